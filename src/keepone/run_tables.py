"""The tables of one finished run, found by name and read as far as they are needed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from keepone.errors import RunError
from keepone.parquet import Lookup, opened, read_parquet
from keepone.runs import Run
from keepone.schema import TABLES


class RunTables:
    """Finds the tables that the stages of a finished run made."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.manifest = run.finished()
        self._paths = {
            file.name: run.path / file.file
            for stage in self.manifest.stages
            for file in stage.artifacts
            if file.file.endswith(".parquet")
        }

    def has(self, name: str) -> bool:
        """Return whether the run has a table of that name."""
        return name in self._paths

    def path(self, name: str) -> Path:
        """Return where the table is; `RunError` where the run has none of that name."""
        if name not in self._paths:
            message = f"the run {self.run.run_id} has no table {name}"
            raise RunError(message, hint="Run it again with the same inputs and --run-id.")
        return self._paths[name]

    def lookup(self, name: str) -> Lookup:
        """Return the table for finding rows in it."""
        return Lookup(self.path(name), TABLES[name])

    def whole(self, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Return the table, or some of its columns."""
        return read_parquet(self.path(name), TABLES[name], columns)

    def columns(self, name: str) -> list[str]:
        """Return the names of the table's columns."""
        with opened(self.path(name)) as file:
            return list(file.schema_arrow.names)

    def at(self, name: str, rows: Sequence[int], columns: Sequence[str]) -> pa.Table:
        """Return these columns of the records at `rows`, in the order of `rows`.

        The table has to have one row per record.
        """
        rising = sorted(set(rows))
        cells = self.lookup(name).at(rising, columns)
        return cells.take([rising.index(row) for row in rows])
