"""SQL is reviewed as SQL: snapshots are current, and each statement is Spark's too."""

from __future__ import annotations

import pytest
import sqlglot

from tests.house.sql import SNAPSHOTS, Statement, render, statements_by_stage


@pytest.fixture(scope="module")
def stages() -> dict[str, list[Statement]]:
    return statements_by_stage()


def test_snapshots_are_current(stages: dict[str, list[Statement]]) -> None:
    standing = {path.stem: path.read_text("utf-8") for path in SNAPSHOTS.glob("*.sql")}
    rendered = {name: render(statements) for name, statements in stages.items()}
    assert rendered == standing, "write them anew with `make snapshots` and read the difference"


def test_each_statement_transpiles_and_parses_as_spark_sql(
    stages: dict[str, list[Statement]],
) -> None:
    for name, statements in stages.items():
        for statement in statements:
            spark = sqlglot.transpile(
                statement.sql,
                read="duckdb",
                write="spark",
                unsupported_level=sqlglot.ErrorLevel.RAISE,
            )
            assert len(spark) == 1, f"{name}, {statement.name}: one statement at a time"
            assert sqlglot.parse_one(spark[0], read="spark"), f"{name}, {statement.name}"


def test_statements_only_read(stages: dict[str, list[Statement]]) -> None:
    for name, statements in stages.items():
        for statement in statements:
            parsed = sqlglot.parse_one(statement.sql, read="duckdb")
            assert isinstance(parsed, sqlglot.exp.Query), f"{name}, {statement.name}"
