"""DuckDB as the engine: in process, spilling inside the workspace, closed to the outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from keepone.engine import Scope, quote
from keepone.settings import BATCH_ROWS
from keepone.shelf import MEMORY, Shelf

_CHUNK = 1 << 15


class _DuckDBScope:
    """Temporary tables and registered Arrow tables of one stage."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, give_back: Callable[[], None]
    ) -> None:
        self._connection = connection
        self._give_back = give_back

    def table(self, name: str, sql: str, params: Mapping[str, Any] | None = None) -> None:
        self._connection.execute(
            f"CREATE OR REPLACE TEMPORARY TABLE {quote(name)} AS {sql}", dict(params or {})
        )

    def add(self, name: str, table: pa.Table) -> None:
        # A scan is shared out by chunks: a table of one would keep one processor busy.
        batches = table.to_batches(max_chunksize=_CHUNK)
        self._connection.register(name, pa.Table.from_batches(batches, table.schema))

    def drop(self, *names: str) -> None:
        for name in names:
            self._connection.execute(f"DROP TABLE {quote(name)}")
        self._give_back()

    def fetch(self, sql: str, params: Mapping[str, Any] | None = None) -> pa.Table:
        relation = self._connection.sql(sql, params=dict(params or {}))
        return relation.to_arrow_table()


class DuckDBEngine:
    """One in-memory DuckDB database for a run.

    `memory` is DuckDB's own ceiling in bytes; past it, it spills to `spill`. Nothing outside can be
    reached from SQL: no extension is loaded and no file is opened by a statement.
    """

    name = "duckdb"

    def __init__(
        self,
        *,
        threads: int = 2,
        memory: int | None = None,
        batch_rows: int = BATCH_ROWS,
        spill: Path | None = None,
        shelf: Shelf = MEMORY,
    ) -> None:
        self.threads = threads
        self.batch_rows = batch_rows
        self.shelf = shelf
        config: dict[str, str | bool | int | float | list[str]] = {
            "threads": threads,
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "preserve_insertion_order": "true",
        }
        self._limit = "RESET memory_limit"
        if memory is not None:
            config["memory_limit"] = f"{memory}B"
            self._limit = f"SET memory_limit = '{memory}B'"
        config["temp_directory"] = str(spill) if spill is not None else ""
        self._connection = duckdb.connect(":memory:", config=config)
        self._connection.execute("SET TimeZone = 'UTC'")
        self._connection.execute("SET enable_external_access = false")

    @contextmanager
    def scope(self, **tables: pa.Table) -> Iterator[Scope]:
        """Open a scope; all that it made is dropped at its end, also after an error."""
        cursor = self._connection.cursor()
        scope = _DuckDBScope(cursor, self._give_back)
        try:
            for name, table in tables.items():
                scope.add(name, table)
            yield scope
        finally:
            cursor.close()
            self._give_back()

    def _give_back(self) -> None:
        """Give the memory of what was dropped back to the system.

        DuckDB's allocator keeps it for the next table, a hundred megabytes and more, and lets go of
        it when a limit of memory is set, be it the same as before: a matter of milliseconds.
        """
        self._connection.execute(self._limit)

    def close(self) -> None:
        """Close the database and give its memory back."""
        self._connection.close()
