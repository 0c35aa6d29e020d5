"""The statements of every criterion, and of a blacklist, are also Spark SQL."""

from __future__ import annotations

import sqlglot

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
    chosen = {
        "survivorship": SurvivorshipSettings(criteria=CRITERIA),
        "relate": RelateSettings(),
        "golden": GoldenSettings(),
        "enrich": EnrichSettings(),
        "disposition": DispositionSettings(blacklist=("test",)),
        "group_stats": GroupStatsSettings(),
    }
    for stage in STAGES:
        if stage.name in chosen:
            given = {name: tables[name] for name in stage.reads}
            given |= {name: chosen[name] for name in stage.also}
            tables |= stage.run(engine, chosen[stage.name], **given)
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
