"""The stage decide against its reference; and what of a log bears on an export."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

import keepone.reference.decide
import keepone.stages.decide
from keepone.decisions import Decision, RecordKey
from keepone.decisions.decision import Kind, different, same
from keepone.decisions.effective import Decided, Effective
from keepone.engines.duckdb import DuckDBEngine
from keepone.schema import CANDIDATES, FIELDS, RECORDS, SCORED
from keepone.settings import DecideSettings, ScoreSettings

_ENGINE = DuckDBEngine(threads=1)
_IDS = "abcdefgh"


def records(*keys: tuple[str, str]) -> pa.Table:
    lines = [
        {"row": row, "dataset": dataset, "record_id": record_id, "source_file": "x.csv"}
        for row, (dataset, record_id) in enumerate(sorted(keys))
    ]
    return pa.Table.from_pylist(lines, schema=RECORDS.arrow())


def of(names: str, dataset: str = "") -> list[RecordKey]:
    return [RecordKey.of(name, dataset) for name in names]


def told(effective: Effective) -> list[tuple[Any, ...]]:
    names = ("kind", "number", "record_id", "value")
    return [tuple(line[name] for name in names) for line in effective.statements.to_pylist()]


def test_records_that_are_gone_still_hold_others_together() -> None:
    decided = Decided([same("ann", of("ab")), same("ann", of("bc")), different("bob", of("cz"))])
    effective = decided.effective(records(("", "a"), ("", "c"), ("", "d")))
    assert told(effective) == [("same", 0, "a", None), ("same", 0, "c", None)]
    assert (effective.in_force, effective.without_records) == (3, 3)
    effective = decided.effective(records(("", "c"), ("", "z")))
    assert told(effective) == [("apart", 0, "c", None), ("apart", 0, "z", None)]


def test_decisions_on_other_records_change_nothing() -> None:
    given_records = records(("", "a"), ("", "b"))
    decided = [same("ann", of("ab")), Decision("blacklist", "ann", value="Test")]
    others = [different("bob", of("xy")), Decision("primary", "bob", (tuple(of("z")),))]
    note = Decision("note", "bob", (tuple(of("a")),), value="look again")
    alone = Decided(decided).effective(given_records)
    beside = Decided([others[0], decided[0], note, others[1], decided[1]]).effective(given_records)
    assert told(alone)[-1] == ("blacklist", 0, None, "Test")
    assert alone.digest == beside.digest
    assert alone.statements == beside.statements
    more = Decided([*decided, Decision("primary", "ann", (tuple(of("a")),))])
    assert more.effective(given_records).digest != alone.digest


def test_keys_find_their_own_dataset_or_the_only_record_of_that_id() -> None:
    decided = Decided([same("ann", [*of("a"), *of("b", "crm")])])
    for keys, found in (
        ([("", "a"), ("", "b")], 2),
        ([("export-may", "a"), ("erp", "b")], 2),
        ([("crm", "crm:a"), ("crm", "crm:b"), ("erp", "erp:b"), ("erp", "erp:c")], 2),
        ([("crm", "crm:a"), ("erp", "erp:a"), ("crm", "crm:b"), ("erp", "erp:b")], 0),
    ):
        effective = decided.effective(records(*keys))
        assert effective.statements.num_rows == found, keys


def test_ids_of_15_characters_find_those_of_18_and_the_other_way_round() -> None:
    short, long = "0015f00002a0001", "0015f00002a0001AAA"
    for known, there in ((short, long), (long, short), (long, long), (short, short)):
        decided = Decided([same("ann", [RecordKey.of(known), *of("b")])])
        effective = decided.effective(records(("", there), ("", "b")))
        assert effective.statements.column("record_id").to_pylist() == [there, "b"]


@st.composite
def _tables(draw: st.DrawFn) -> dict[str, Any]:
    count = draw(st.integers(0, 7))
    given_records = records(*(("", name) for name in _IDS[:count]))
    rows = pa.array(range(count), pa.int32())
    first: dict[int, int] = {}
    representative = [first.setdefault(draw(st.integers(0, 4)), row) for row in range(count)]
    points = sorted(set(representative))
    pairs = [(one, other) for one in points for other in points if one <= other]
    candidates = [pair for pair in pairs if draw(st.booleans())]
    scored = [
        (*pair, 0, draw(st.sampled_from([50_000, 199_999, 200_000, 900_000])), 0)
        for pair in candidates
        if draw(st.booleans())
    ]
    values = st.one_of(st.none(), st.sampled_from(["1", "2", "é3"]))
    columns = {f"{name}.value": [draw(values) for _ in range(count)] for name in ("duns", "tax_id")}
    fields = [
        {
            "column": f"c{at}", "header": name, "field": name, "type": kind, "filled": count,
            "distinct": count, "compared": True, "why": "",
        }
        for at, (name, kind) in enumerate((("tax_id", "identifier"), ("duns", "category")))
    ]  # fmt: skip
    names = st.lists(st.sampled_from(_IDS), min_size=2, max_size=4, unique=True)
    decisions = []
    for at in range(draw(st.integers(0, 5))):
        kind: Kind = draw(
            st.sampled_from(("same", "same", "different", "disposition", "blacklist"))
        )
        keys = of("".join(draw(names)))
        parts = tuple((key,) for key in keys) if kind == "different" else (tuple(keys),)
        seen = draw(st.sampled_from(((), ("ids_differ",), ("low_score",))))
        value = {"disposition": "Keep", "blacklist": "Test"}.get(kind)
        parts = () if kind == "blacklist" else parts
        decisions.append(Decision(kind, f"p{at}", parts, value=value, seen=seen))
    effective = Decided(decisions).effective(given_records)
    return {
        "records": given_records,
        "fields": pa.Table.from_pylist(fields, schema=FIELDS.arrow()),
        "features": pa.table(
            {"row": rows} | {name: pa.array(cells, pa.string()) for name, cells in columns.items()}
        ),
        "distinct": pa.table({"row": rows, "representative": pa.array(representative, pa.int32())}),
        "candidates": _table(CANDIDATES.arrow(), [(*pair, 1) for pair in candidates]),
        "scored": _table(SCORED.arrow(), scored),
        "decisions": effective.decisions,
        "statements": effective.statements,
    }


def _table(schema: pa.Schema, lines: Sequence[tuple[int, ...]]) -> pa.Table:
    named = [dict(zip(schema.names, line, strict=True)) for line in lines]
    return pa.Table.from_pylist(named, schema=schema)


@given(_tables())
@settings(max_examples=80)
def test_the_stage_gives_what_its_reference_gives(tables: dict[str, Any]) -> None:
    ours, theirs = (
        module.decide(_ENGINE, DecideSettings(), score=ScoreSettings(), **tables)
        for module in (keepone.stages.decide, keepone.reference.decide)
    )
    for name, table in ours.items():
        assert table.to_pylist() == theirs[name].to_pylist(), name
        assert table.schema == theirs[name].schema, name


def test_what_the_data_says_against_a_decision_is_told_unless_it_was_known() -> None:
    given_records = records(*(("", name) for name in "abcd"))
    rows = pa.array(range(4), pa.int32())
    field = {
        "column": "c0", "header": "Tax ID", "field": "tax_id", "type": "identifier", "filled": 4,
        "distinct": 4, "compared": True, "why": "",
    }  # fmt: skip
    for seen, statuses in (
        ((), ["contradicted", "contradicted"]),
        (("ids_differ",), ["applied", "contradicted"]),
        (("ids_differ", "low_score"), ["applied", "applied"]),
    ):
        effective = Decided(
            [
                Decision("same", "ann", (tuple(of("ab")),), seen=seen),
                Decision("same", "ann", (tuple(of("cd")),), seen=seen),
            ]
        ).effective(given_records)
        made = keepone.stages.decide.decide(
            _ENGINE,
            DecideSettings(),
            score=ScoreSettings(),
            records=given_records,
            fields=pa.Table.from_pylist([field], schema=FIELDS.arrow()),
            features=pa.table({"row": rows, "tax_id.value": ["12", "13", "7", None]}),
            distinct=pa.table({"row": rows, "representative": rows}),
            candidates=_table(CANDIDATES.arrow(), [(0, 1, 1), (2, 3, 1)]),
            scored=_table(SCORED.arrow(), [(0, 1, 0, 900_000, 1), (2, 3, 0, 123_456, 0)]),
            decisions=effective.decisions,
            statements=effective.statements,
        )["decided"]
        assert made.column("status").to_pylist() == statuses
        told_of = dict(zip(statuses, made.column("detail").to_pylist(), strict=True))
        if "contradicted" in told_of and seen:
            assert told_of["contradicted"] == "matches the others at 12.3 % at most"
        elif not seen:
            assert made.column("detail")[0].as_py() == "tax id 12 against 13"
