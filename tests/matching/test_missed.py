"""What no key found: within groups, between them, and apart from all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import keepone.reference.missed
import keepone.stages.missed
from keepone.engines.duckdb import DuckDBEngine
from keepone.schema import BLOCKING, TABLES
from keepone.settings import MissedSettings
from tests.matching.tables import Matchable, Record, sources

_ENGINE = DuckDBEngine(threads=2)
_MISSED: list[Callable[..., dict[str, pa.Table]]] = [
    keepone.stages.missed.missed,
    keepone.reference.missed.missed,
]
_BOTH = pytest.mark.parametrize("missed", _MISSED, ids=["stage", "reference"])
_TYPES = {"name": "organisation", "phone": "phone", "city": "city"}
_NAME, _PHONE = 1, 2

Pair = tuple[int, int, int, int]  # left, right, keys, probability


def _world(
    records: Sequence[Record],
    pairs: Sequence[Pair],
    groups: Sequence[int],
    origins: Sequence[int | None] = (),
) -> Any:
    """Return what the stage reads: candidate pairs are scored where they are probable at all."""
    tables = Matchable(_TYPES, list(records), origins=list(origins)).tables()
    keys = [dict.fromkeys(BLOCKING.arrow().names, 0) | {"key": at, "name": name}
            for at, name in enumerate(_TYPES)]  # fmt: skip
    lines = [
        {"l": left, "r": right, "keys": bits, "probability": probability,
         "model_probability": probability, "weight": 0, "conflicts": 0}
        for left, right, bits, probability in sorted(pairs)
    ]  # fmt: skip
    return tables | {
        "blocking": pa.Table.from_pylist(keys, schema=BLOCKING.arrow()),
        "candidates": _table("candidates", lines),
        "pairs": _table("pairs", [line for line in lines if line["probability"]]),
        "groups": _table(
            "groups", [{"row": row, "group": group} for row, group in enumerate(groups)]
        ),
    }


def _table(name: str, lines: list[dict[str, Any]]) -> pa.Table:
    names = TABLES[name].arrow().names
    kept = [{column: line[column] for column in names} for line in lines]
    return pa.Table.from_pylist(kept, schema=TABLES[name].arrow())


def _records(count: int) -> list[Record]:
    return [
        {"name": {"tokens": [f"n{at}"]}, "phone": {"value": f"{at:010d}"}} for at in range(count)
    ]


def _pairs(missed: Callable[..., dict[str, pa.Table]], world: Any) -> dict[str, int]:
    told = missed(_ENGINE, MissedSettings(), **world)["missed"].to_pylist()
    return {line["part"]: line["pairs"] for line in told}


@_BOTH
def test_pairs_of_a_group_that_were_not_compared_are_counted(missed: Any) -> None:
    """Ten in a row, each compared with the next, all of them one company."""
    world = _world(_records(10), [(at, at + 1, 3, 1_000_000) for at in range(9)], [0] * 10)
    assert _pairs(missed, world) == {
        "all": 36, "within groups": 36, "between linked groups": 0, "apart": 0,
    }  # fmt: skip


@_BOTH
def test_groups_that_half_speak_for_each_other_lack_pairs(missed: Any) -> None:
    """Of the pairs between two threes, four that were compared have a probability of 0.9."""
    groups = [0, 0, 0, 3, 3, 3]
    inner = [(a, b, 3, 1_000_000) for a, b in ((0, 1), (0, 2), (1, 2), (3, 4), (3, 5), (4, 5))]
    outer = [(a, b, 3, 900_000) for a in (0, 1) for b in (3, 4)]
    # Five are left; the groups are one as likely as 3.6 in 9, and then nine of ten pairs are.
    found = _pairs(missed, _world(_records(6), inner + outer, groups))
    assert found["between linked groups"] == round(5 * 0.4 * 0.9)
    assert found["within groups"] == 0


@_BOTH
def test_groups_with_records_of_one_source_lack_nothing(missed: Any) -> None:
    """A source that has no company twice tells that its two records are two companies."""
    pairs = [(0, 1, 3, 1_000_000), (2, 3, 3, 1_000_000), (0, 3, 3, 900_000)]
    groups = [0, 0, 2, 2]
    apart = _world(_records(4), pairs, groups, [7, 8, 7, None])
    assert _pairs(missed, apart)["between linked groups"] == 0
    # Three are left; the groups are one as likely as 0.9 in 4, and then nine of ten pairs are.
    free = _world(_records(4), pairs, groups, [7, 8, 9, None])
    assert _pairs(missed, free)["between linked groups"] == round(3 * 0.225 * 0.9)


@_BOTH
def test_what_one_key_finds_the_other_may_miss(missed: Any) -> None:
    """Of forty pairs the name found ten alone, the phone eight alone, and both found the rest."""
    found = [_NAME] * 10 + [_PHONE] * 8 + [_NAME | _PHONE] * 22
    pairs = [(2 * at, 2 * at + 1, keys, 990_000) for at, keys in enumerate(found)]
    groups = [row - row % 2 for row in range(80)]
    # In records: 20 · 16 over 44 and one; each is a pair with the other record of its group.
    world = _world(_records(80), pairs, groups)
    assert _pairs(missed, world)["apart"] == round(20 * 16 / 45)


@_BOTH
def test_a_record_of_one_key_is_lost_as_often_as_that_key_fails(missed: Any) -> None:
    """The name failed 10 of 50 pairs that the phone found; 100 more records have no phone."""
    found = [_PHONE] * 10 + [_NAME | _PHONE] * 40
    pairs = [(2 * at, 2 * at + 1, keys, 990_000) for at, keys in enumerate(found)]
    pairs += [(at, at + 1, _NAME, 990_000) for at in range(100, 200, 2)]
    records = [
        record if at < 100 else {"name": record["name"]} for at, record in enumerate(_records(200))
    ]
    fails = (20 + 0.5) / (100 + 10)
    world = _world(records, pairs, [row - row % 2 for row in range(200)])
    assert _pairs(missed, world)["apart"] == round(100 * fails / (1 - fails))


@_BOTH
def test_equal_records_are_compared_with_each_other_by_their_one_pair(missed: Any) -> None:
    same: list[Record] = [{"name": {"tokens": ["n"]}, "phone": {"value": "5551234567"}}] * 3
    world = _world([*same, *_records(1)], [(0, 0, 0, 990_000)], [0, 0, 0, 3])
    assert set(_pairs(missed, world).values()) == {0}
    # Where their pair does not hold they are groups of one, and nothing is within a group.
    world = _world([*same, *_records(1)], [(0, 0, 0, 300_000)], [0, 1, 2, 3])
    assert _pairs(missed, world)["within groups"] == 0


@_BOTH
def test_a_file_without_pairs_misses_next_to_none(missed: Any) -> None:
    told = missed(_ENGINE, MissedSettings(), **_world(_records(5), [], [*range(5)]))["missed"]
    for line in told.to_pylist():
        assert (line["pairs"], line["low"], line["high"]) == (0, 0, 2)


@st.composite
def _worlds(draw: st.DrawFn) -> Any:
    count = draw(st.integers(1, 9))
    values = {
        "name": st.lists(st.sampled_from(["acme", "flurb"]), max_size=1),
        "phone": st.none() | st.sampled_from(["5550000001", "5550000002"]),
        "city": st.none() | st.sampled_from(["york", "bath"]),
    }
    records = [
        {
            "name": {"tokens": draw(values["name"])},
            "phone": {"value": draw(values["phone"])},
            "city": {"value": draw(values["city"])},
        }
        for _ in range(count)
    ]
    origins = draw(sources(count))
    file = Matchable(_TYPES, records, origins=origins)
    representative = file.tables()["distinct"].column(1).to_pylist()
    ends = sorted(set(representative))
    possible = [(a, b) for a in ends for b in ends if a < b]
    chosen = draw(st.sets(st.sampled_from(possible))) if possible else set()
    chosen |= {(row, row) for row in ends if representative.count(row) > 1}
    pairs = [
        (a, b, 0 if a == b else draw(st.integers(1, 7)),
         draw(st.sampled_from([0, 10_000, 333_333, 500_000, 999_999])))
        for a, b in sorted(chosen)
    ]  # fmt: skip
    named = [draw(st.integers(0, 2)) for _ in range(count)]
    groups = [named.index(each) for each in named]
    return _world(records, pairs, groups, origins)


@given(_worlds())
@settings(max_examples=150)
def test_the_stage_says_what_the_reference_says(world: Any) -> None:
    ours, theirs = (missed(_ENGINE, MissedSettings(), **world)["missed"] for missed in _MISSED)
    assert ours.to_pylist() == theirs.to_pylist()
    for line in ours.to_pylist():
        assert 0 <= line["low"] <= line["pairs"] <= line["high"]
