"""Each stage after matching gives what its row-by-row reference gives, in any order of rows."""

from __future__ import annotations

import random
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import keepone.engines.pandas.group_stats
import keepone.reference.disposition
import keepone.reference.enrich
import keepone.reference.golden
import keepone.reference.group_stats
import keepone.reference.relate
import keepone.reference.survivorship
import keepone.stages.disposition
import keepone.stages.enrich
import keepone.stages.golden
import keepone.stages.group_stats
import keepone.stages.relate
import keepone.stages.survivorship
from keepone.engines.duckdb import DuckDBEngine
from keepone.pipeline import STAGES
from keepone.settings import (
    DispositionSettings,
    EnrichSettings,
    GoldenSettings,
    GroupStatsSettings,
    RelateSettings,
    SurvivorshipSettings,
)
from tests.aftermatch.tables import (
    Matched,
    disposition_settings,
    golden_settings,
    matched,
    relate_settings,
    survivorship_settings,
)

_READS = {
    stage.name: stage.reads
    for stage in STAGES
    if stage.name in ("survivorship", "relate", "disposition", "golden", "enrich", "group_stats")
}
_ALSO = {stage.name: stage.also for stage in STAGES}
_BY_POSITION = ("records", "inputs", "normalized", "features")
_STAGES: dict[str, Any] = {
    "survivorship": keepone.stages.survivorship.survivorship,
    "relate": keepone.stages.relate.relate,
    "disposition": keepone.stages.disposition.disposition,
    "golden": keepone.stages.golden.golden,
    "enrich": keepone.stages.enrich.enrich,
    "group_stats": keepone.stages.group_stats.group_stats,
}
_REFERENCES: dict[str, Any] = {
    "survivorship": keepone.reference.survivorship.survivorship,
    "relate": keepone.reference.relate.relate,
    "disposition": keepone.reference.disposition.disposition,
    "golden": keepone.reference.golden.golden,
    "enrich": keepone.reference.enrich.enrich,
    "group_stats": keepone.reference.group_stats.group_stats,
}
_IN_PANDAS: dict[str, Any] = {
    **_STAGES,
    "group_stats": keepone.engines.pandas.group_stats.group_stats,
}
_ENGINE = DuckDBEngine(threads=1)
_ENGINE_OF_FOUR = DuckDBEngine(threads=4, batch_rows=2)


def _after(
    functions: dict[str, Any],
    tables: dict[str, Any],
    choices: dict[str, Any],
    engine: DuckDBEngine = _ENGINE,
) -> dict[str, pa.Table]:
    """Run the stages one after the other and return what they wrote."""
    known = dict(tables)
    written: dict[str, pa.Table] = {}
    for name, function in functions.items():
        given_tables = {table: known[table] for table in _READS[name]}
        also = {each: choices[each] for each in _ALSO[name]}
        # Some find a record by its position: the tables of a run are sorted by their keys.
        given_tables |= {
            table: known[table].sort_by("row") for table in _BY_POSITION if table in given_tables
        }
        made = function(engine, choices[name], **also, **given_tables)
        known |= made
        written |= made
    return written


def _choices(
    survivorship: SurvivorshipSettings,
    golden: GoldenSettings,
    disposition: DispositionSettings,
    relate: RelateSettings,
) -> dict[str, Any]:
    return {
        "survivorship": survivorship,
        "relate": relate,
        "disposition": disposition,
        "golden": golden,
        "enrich": EnrichSettings(),
        # A column that holds numbers, or not, as the cases have it.
        "group_stats": GroupStatsSettings(value_column="Size" if relate.children else None),
    }


def _same(ours: dict[str, pa.Table], theirs: dict[str, pa.Table]) -> None:
    for name, table in ours.items():
        assert table.to_pylist() == theirs[name].to_pylist(), name
        assert table.schema == theirs[name].schema, name


@given(
    matched(), survivorship_settings(), golden_settings(), disposition_settings(), relate_settings
)
@settings(max_examples=60)
def test_stages_give_what_their_references_give(
    case: Matched,
    survivorship: SurvivorshipSettings,
    golden: GoldenSettings,
    disposition: DispositionSettings,
    relate: RelateSettings,
) -> None:
    tables, choices = case.tables(), _choices(survivorship, golden, disposition, relate)
    ours = _after(_STAGES, tables, choices)
    _same(ours, _after(_REFERENCES, tables, choices))
    _same(ours, _after(_IN_PANDAS, tables, choices))


@given(
    matched(),
    survivorship_settings(),
    golden_settings(),
    disposition_settings(),
    relate_settings,
    st.randoms(use_true_random=False),
)
@settings(max_examples=25)
def test_order_of_rows_and_threads_change_nothing(
    case: Matched,
    survivorship: SurvivorshipSettings,
    golden: GoldenSettings,
    disposition: DispositionSettings,
    relate: RelateSettings,
    chance: random.Random,
) -> None:
    tables, choices = case.tables(), _choices(survivorship, golden, disposition, relate)
    # Fields keep their order: it is the order of the input's columns.
    shuffled = {
        name: table if name in {"fields", "child_exports"} else _shuffled(table, chance)
        for name, table in tables.items()
    }
    _same(
        _after(_STAGES, tables, choices),
        _after(_STAGES, shuffled, choices, engine=_ENGINE_OF_FOUR),
    )


def _shuffled(table: pa.Table, chance: random.Random) -> pa.Table:
    return table.take(pa.array(chance.sample(range(len(table)), len(table)), pa.int32()))


def _line(row: int) -> dict[str, str | None]:
    return {"Account Name": f"acme {row % 7}", "Phone": "+15551234567" if row % 3 else None}


@pytest.mark.parametrize(
    "case",
    [
        Matched([], []),
        Matched([{}], [0]),
        Matched([{}, {}, {}], [0, 0, 0]),
        Matched([{}, {}, {}], [0, 0, 0], representatives=[0, 0, 0]),
        Matched(
            [_line(row) for row in range(40)],
            [0] * 40,
            pairs=[(row, row + 1, 5_000, 990_000 - row, row % 8) for row in range(39)],
        ),
        Matched(
            [_line(row) for row in range(40)],
            [0] * 40,
            representatives=[row % 7 for row in range(40)],
            pairs=[
                (left, right, 1_000, 900_000, (left * right) % 8)
                for left in range(7)
                for right in range(left, 7)
            ],
        ),
    ],
    ids=["empty", "alone", "unlinked", "equal and unlinked", "chain", "giant of equals"],
)
def test_extremes_agree_with_the_references(case: Matched) -> None:
    tables = case.tables()
    choices = _choices(
        SurvivorshipSettings(), GoldenSettings(), DispositionSettings(), RelateSettings()
    )
    ours = _after(_STAGES, tables, choices)
    _same(ours, _after(_REFERENCES, tables, choices))
    _same(ours, _after(_IN_PANDAS, tables, choices))
