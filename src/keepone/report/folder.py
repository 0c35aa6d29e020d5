"""Reads a run's folder: the manifest, and of each table only the columns asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from keepone.errors import RunError
from keepone.manifest import Counts, Manifest, read_manifest
from keepone.parquet import declared, opened, read_parquet
from keepone.schema import TABLES

_RERUN = "Run it again with the same inputs and --run-id; what stands is used, the rest is made."


class RunFolder:
    """One run's manifest and tables. A missing or damaged file is a `RunError` that names it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.manifest: Manifest = read_manifest(path)
        self._files = {
            artifact.name: path / artifact.file
            for stage in self.manifest.stages
            for artifact in stage.artifacts
            if artifact.file.endswith(".parquet")
        }

    def counts(self) -> Counts:
        """Return the run's figures; `RunError` where its stages have not all run."""
        if self.manifest.counts is None:
            message = f"the run in {self._path} is not finished"
            raise RunError(message, hint=_RERUN)
        return self.manifest.counts

    def columns(self, table: str) -> frozenset[str]:
        """Return the names of the table's columns."""
        with opened(self._path_of(table)) as file:
            return frozenset(file.schema_arrow.names)

    def read(self, table: str, columns: Sequence[str]) -> pa.Table:
        """Return these columns of the table."""
        return read_parquet(self._path_of(table), TABLES[table], columns)

    def batches(self, table: str, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Yield these columns in batches, for tables that may be larger than is good to hold."""
        with opened(self._path_of(table)) as file:
            for group in range(file.num_row_groups):
                rows = file.read_row_group(group, columns=list(columns))
                yield from declared(TABLES[table], rows).to_batches()

    def _path_of(self, table: str) -> Path:
        if table not in self._files:
            message = f"the run in {self._path} has no table {table}"
            raise RunError(message, hint=_RERUN)
        return self._files[table]
