"""DuckDB as the engine: what it holds, and that giving memory back changes no limit."""

from __future__ import annotations

import pytest

from keepone.engines.duckdb import DuckDBEngine

_LIMIT = "SELECT current_setting('memory_limit') AS value"
_HELD = "SELECT coalesce(sum(memory_usage_bytes), 0) AS value FROM duckdb_memory()"


@pytest.mark.parametrize("memory", [None, 512 << 20])
def test_the_limit_of_memory_outlives_what_is_given_back(memory: int | None) -> None:
    engine = DuckDBEngine(memory=memory)
    with engine.scope() as scope:
        before = scope.fetch(_LIMIT).to_pylist()
        scope.table("numbers", "SELECT range AS n FROM range(1000000)")
        held = scope.fetch(_HELD).to_pylist()[0]["value"]
        scope.drop("numbers")
        assert scope.fetch(_HELD).to_pylist()[0]["value"] < held
        assert scope.fetch(_LIMIT).to_pylist() == before
    with engine.scope() as scope:
        assert scope.fetch(_LIMIT).to_pylist() == before
    assert memory is None or before == [{"value": "512.0 MiB"}]
    engine.close()


def test_what_a_scope_made_ends_with_it() -> None:
    engine = DuckDBEngine()
    with engine.scope() as scope:
        scope.table("numbers", "SELECT range AS n FROM range(10)")
    with engine.scope() as scope:
        scope.table("numbers", "SELECT 1 AS n")
        assert scope.fetch("SELECT n FROM numbers").to_pylist() == [{"n": 1}]
    engine.close()
