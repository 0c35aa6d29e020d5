"""The statements of every criterion, and of a blacklist, are also Spark SQL."""

from __future__ import annotations

import pyarrow as pa
import sqlglot

from keepone.engines.duckdb import DuckDBEngine
from keepone.settings import (
    DispositionSettings,
    GoldenSettings,
    GroupStatsSettings,
    RelateSettings,
    SurvivorshipSettings,
)
from keepone.stages.disposition import disposition
from keepone.stages.golden import golden
from keepone.stages.group_stats import group_stats
from keepone.stages.relate import relate
from keepone.stages.survivorship import survivorship
from tests.aftermatch.tables import CRITERIA, Matched
from tests.house.sql import RecordingEngine


def test_statements_transpile_and_parse_as_spark_sql() -> None:
    engine = RecordingEngine(DuckDBEngine(threads=1))
    line: dict[str, str | None] = {
        "Account Name": "acme",
        "Size": "7",
        "Created Date": "2020-01-01",
    }
    tables = Matched([line, line], [0, 0]).tables()

    def some(*names: str) -> dict[str, pa.Table]:
        return {name: tables[name] for name in names}

    tables |= survivorship(
        engine,
        SurvivorshipSettings(criteria=CRITERIA),
        **some("inputs", "fields", "normalized", "distinct", "pairs", "groups"),
    )
    tables |= relate(
        engine,
        RelateSettings(),
        **some(
            "records", "inputs", "fields", "features", "flags", "members", "possible_matches",
            "child_exports",
        ),
    )  # fmt: skip
    tables |= golden(
        engine,
        GoldenSettings(),
        disposition=DispositionSettings(),
        **some("records", "inputs", "fields", "normalized", "features", "flags", "members"),
    )
    tables |= disposition(
        engine,
        DispositionSettings(blacklist=("test",)),
        relate=RelateSettings(),
        **some(
            "records", "fields", "normalized", "features", "flags", "members", "relations",
            "children", "golden",
        ),
    )  # fmt: skip
    group_stats(
        engine,
        GroupStatsSettings(),
        **some("records", "fields", "inputs", "members", "dispositions"),
    )
    assert len(engine.statements) > 20
    for statement in engine.statements:
        spark = sqlglot.transpile(
            statement.sql,
            read="duckdb",
            write="spark",
            unsupported_level=sqlglot.ErrorLevel.RAISE,
        )
        assert len(spark) == 1, statement.name
        assert sqlglot.parse_one(spark[0], read="spark"), statement.name
