"""Each matching stage gives what its row-by-row reference gives."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import keepone.kernels.leeway
import keepone.reference.block
import keepone.reference.cluster
import keepone.reference.fit
import keepone.stages.block
import keepone.stages.fit
from keepone.engines.duckdb import DuckDBEngine
from keepone.kernels.comparisons import COMPARISONS
from keepone.kernels.pair_levels import compared_fields, levels_of_pairs, term_frequencies
from keepone.reference import levels as reference_levels
from keepone.rules.model_prior import level_priors, model_rules
from keepone.schema import TABLES
from keepone.settings import BlockSettings, ClusterSettings, FitSettings, Settings
from tests.matching.runs import assert_same_by_both
from tests.matching.tables import (
    PARTS,
    Matchable,
    Record,
    Tables,
    all_pairs,
    matchable,
    origins_table,
    sources,
)

_ENGINE = DuckDBEngine(threads=2)
# Nearly all records share one of a few countries: it is compared, and makes no keys.
_BLOCKED = sorted(set(PARTS) - {"country"})


def _levels(tables: Tables, frequencies: pa.Table | None = None) -> list[list[str]]:
    """Return the levels of every ordered pair of records, per field, by the kernels."""
    rows = range(tables["features"].num_rows)
    left, right = (
        pa.array([a for a in rows for _ in rows], pa.int64()),
        pa.array([*rows] * len(rows), pa.int64()),
    )
    fields = compared_fields(tables["fields"], tables["features"], tables["distinct"], frequencies)
    found: list[list[str]] = [[] for _ in fields]
    for _, levels in levels_of_pairs(fields, left.to_numpy(), right.to_numpy(), 1):
        for own, field, codes in zip(found, fields, levels, strict=True):
            own += [field.comparison.levels[code] for code in codes.tolist()]
    return found


def _levels_by_reference(tables: Tables, frequencies: pa.Table | None = None) -> list[list[str]]:
    rows = range(tables["features"].num_rows)
    fields = reference_levels.compared_fields(
        tables["fields"], tables["features"], tables["distinct"], frequencies
    )
    return [
        [field.comparison.level(left, right) for left in rows for right in rows] for field in fields
    ]


@given(matchable(most=7))
@settings(max_examples=150)
def test_levels(case: Matchable) -> None:
    tables = case.tables()
    assert _levels(tables) == _levels_by_reference(tables)


@given(matchable(most=6), matchable(most=6))
@settings(max_examples=40)
def test_levels_with_frequencies_of_another_file(case: Matchable, fitted: Matchable) -> None:
    """A model serves other files than its own; what the fit did not see is carried by one."""
    types = {**case.types, **fitted.types}
    tables, other = (Matchable(types, each.records).tables() for each in (case, fitted))
    known = compared_fields(other["fields"], other["features"], other["distinct"])
    frequencies = term_frequencies(known)
    assert _levels(tables, frequencies) == _levels_by_reference(tables, frequencies)


@given(matchable(types=_BLOCKED), st.sampled_from([0, 250_000]), st.sampled_from([3, 50_000]))
@settings(max_examples=60)
def test_block(case: Matchable, free_pairs: int, sampled: int) -> None:
    """With no pairs for free the budget is small: blocks are capped, keys crossed."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (keepone.stages.block, keepone.reference.block):
            patch.setattr(module, "_FREE_PAIRS", free_pairs)
            patch.setattr(module, "_SAMPLED", sampled)
        assert_same_by_both(
            case.tables(), _ENGINE, Settings(block=BlockSettings(pairs_per_record=1))
        )


@given(matchable(), st.sampled_from([0, 1, 50]))
@settings(max_examples=60)
def test_fit_score_and_cluster(case: Matchable, iterations: int) -> None:
    tables = case.tables()
    given_pairs = tables | {"candidates": all_pairs(tables["distinct"])}
    assert_same_by_both(given_pairs, _ENGINE, Settings(fit=FitSettings(max_iterations=iterations)))


@pytest.mark.parametrize(
    ("type_", "speaks"), [("category", False), ("region", False), ("phone", True)]
)
def test_a_vague_field_that_never_agrees_says_nothing(type_: str, speaks: bool) -> None:
    """Two sources that share no word of a category differ in it for one company as for any."""
    records: list[Record] = [
        {"name": {"tokens": [f"acme{at % 20:02d}"]}, "field": {"value": f"value{at}"}}
        for at in range(40)
    ]
    tables = Matchable({"name": "organisation", "field": type_}, records).tables()
    given_pairs = tables | {"candidates": all_pairs(tables["distinct"])}
    made = assert_same_by_both(given_pairs, _ENGINE, until="fit")
    field = next(each for each in made["model"]["fields"] if each["field"] == "field")
    assert (field["levels"][-1]["weight"] < 0) is speaks
    # As soon as one pair agrees, the sources speak of the same.
    records[1] = {**records[1], "field": records[0]["field"]}
    tables = Matchable({"name": "organisation", "field": type_}, records).tables()
    given_pairs = tables | {"candidates": all_pairs(tables["distinct"])}
    made = assert_same_by_both(given_pairs, _ENGINE, until="fit")
    field = next(each for each in made["model"]["fields"] if each["field"] == "field")
    assert field["levels"][-1]["weight"] < 0


@given(matchable(most=8))
@settings(max_examples=20)
def test_fit_on_a_sample(case: Matchable) -> None:
    """A file of too many pairs is fitted on some that a hash of the pair picks."""
    tables = case.tables()
    given_pairs = tables | {"candidates": all_pairs(tables["distinct"])}
    with pytest.MonkeyPatch.context() as patch:
        for module in (keepone.stages.fit, keepone.reference.fit):
            patch.setattr(module, "_MOST_PAIRS", 5)
        made = assert_same_by_both(given_pairs, _ENGINE)
    assert made["model"]["pairs_fitted"] <= 5


@st.composite
def _scored(draw: st.DrawFn) -> Tables:
    """Draw pairs with few different probabilities, so that ties and copies are common."""
    count = draw(st.integers(0, 14))
    first: dict[int, int] = {}
    drawn = draw(st.lists(st.integers(0, 9), min_size=count, max_size=count))
    origins = draw(sources(count)) or [None] * count
    representatives = [
        first.setdefault(value, row) if own is None else row
        for row, (value, own) in enumerate(zip(drawn, origins, strict=True))
    ]
    # A greater weight has no smaller probability; those within a tenth of a bit are one level.
    scores = {-6_630: 10_000, -1_200: 300_000, 0: 500_000, 1: 500_001, 1_222: 700_000,
              3_170: 900_000, 9_000: 998_000}  # fmt: skip
    weights = st.sampled_from(sorted(scores))
    points = sorted(set(representatives))
    possible = [(left, right) for left in points for right in points if left <= right]
    chosen = draw(st.lists(st.sampled_from(possible), unique=True)) if possible else []
    lines = [
        {"l": left, "r": right, "weight": weight, "probability": scores[weight], "conflicts": 0}
        for left, right in sorted(chosen)
        for weight in [draw(weights)]
    ]
    # What was compared and not kept contradicts the links around it.
    ruled_out = draw(st.lists(st.sampled_from(possible), unique=True)) if possible else []
    compared = [{"l": left, "r": right, "keys": 0} for left, right in sorted({*chosen, *ruled_out})]
    rows = {"row": list(range(count)), "representative": representatives}
    return {
        "candidates": pa.Table.from_pylist(compared, schema=TABLES["candidates"].arrow()),
        "distinct": pa.table(rows, schema=TABLES["distinct"].arrow()),
        "origins": origins_table(origins),
        "scored": pa.Table.from_pylist(lines, schema=TABLES["scored"].arrow()),
        "model": {
            "calibrated": draw(st.booleans()),
            "fields": [{"type": "phone"}] * draw(st.sampled_from((2, 3))),
        },
        "judgements": _judgements(draw, count),
    }


def _judgements(draw: st.DrawFn, count: int) -> pa.Table:
    """Draw sets of records that are together, and sets no two of which are; often none."""
    lines = []
    if count and draw(st.booleans()):
        together = draw(st.lists(st.integers(0, 9), min_size=count, max_size=count))
        sets = {place: [row for row in range(count) if together[row] == place] for place in (0, 1)}
        kept = [rows for rows in sets.values() if len(rows) > 1]
        lines += [("same", number, row) for number, rows in enumerate(kept) for row in rows]
        first = {row: rows[0] for rows in kept for row in rows}
        for number in range(draw(st.integers(0, 3))):
            drawn = draw(st.sets(st.integers(0, count - 1), max_size=4))
            parted = {first.get(row, row) for row in drawn}
            lines += [("apart", number, row) for row in parted if len(parted) > 1]
    told = [
        {"row": row, "kind": kind, "number": number, "field": "", "decision": 0, "said": ""}
        for kind, number, row in lines
    ]
    return pa.Table.from_pylist(told, schema=TABLES["judgements"].arrow())


@given(_scored(), st.sampled_from([25.0, 50.0, 70.0, 95.0]))
@settings(max_examples=300)
def test_cluster_and_calibrate(tables: Tables, join: float) -> None:
    """Exactly the same groups, also among pairs of equal probability; no source twice in any.

    The calibration is the same for any `cluster.join`, rises, and raises nothing past its bound.
    """
    # So few links as can be drawn shall tell: the belief in their contradictions weighs one.
    rules = replace(model_rules(), contradicted_wedges=1)
    with pytest.MonkeyPatch.context() as patch:
        for module in (keepone.kernels.leeway, keepone.reference.cluster):
            patch.setattr(module, "model_rules", lambda: rules)
        made = assert_same_by_both(tables, _ENGINE, Settings(cluster=ClusterSettings(join=join)))
        default = assert_same_by_both(tables, _ENGINE)
    group = made["groups"].column("group").to_pylist()
    judged = tables["judgements"].to_pylist()
    held = [line for line in judged if line["kind"] == "same"]
    for number in {line["number"] for line in held}:
        assert len({group[line["row"]] for line in held if line["number"] == number}) == 1
    parted = [(group[line["row"]], line["number"]) for line in judged if line["kind"] == "apart"]
    assert len(parted) == len(set(parted))
    together = {line["row"] for line in held}
    sourced = [(group[row], own) for row, own in _rows(tables["origins"]) if row not in together]
    assert len(sourced) == len(set(sourced))
    pairs, steps = made["pairs"].to_pylist(), made["calibration"].to_pylist()
    if tables["model"]["calibrated"]:
        assert not steps
        assert all(pair["probability"] == pair["model_probability"] for pair in pairs)
    shares = [step["share"] for step in steps]
    assert shares == sorted(set(shares))
    worth = [(pair["weight"], pair["probability"]) for pair in pairs]
    assert sorted(worth) == sorted(worth, key=lambda each: each[::-1])
    for pair in pairs:
        assert pair["probability"] <= max(pair["model_probability"], 950_000)
    assert default["calibration"].equals(made["calibration"])


def _rows(origins: pa.Table) -> list[tuple[int, int]]:
    return [(line["row"], line["origin"]) for line in origins.to_pylist()]


def test_every_level_has_a_prior() -> None:
    known = set(level_priors())
    for type_, comparison in COMPARISONS.items():
        assert {(type_, level) for level in comparison.levels[1:]} <= known
