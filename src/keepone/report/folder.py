"""Reads a run's folder: the manifest, and of each table only the columns asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from keepone.errors import RunError
from keepone.manifest import Counts, Manifest, read_manifest

_BATCH = 1 << 18
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
        return frozenset(self._open(table).schema_arrow.names)

    def read(self, table: str, columns: Sequence[str]) -> pa.Table:
        """Return these columns of the table."""
        return self._open(table).read(columns=list(columns))

    def batches(self, table: str, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Yield these columns in batches, for tables that may be larger than is good to hold."""
        yield from self._open(table).iter_batches(_BATCH, columns=list(columns))

    def _open(self, table: str) -> pq.ParquetFile:
        if table not in self._files:
            message = f"the run in {self._path} has no table {table}"
            raise RunError(message, hint=_RERUN)
        try:
            return pq.ParquetFile(self._files[table])
        except (OSError, pa.ArrowException) as error:
            message = f"cannot read {self._files[table]}: {error}"
            raise RunError(message, hint=_RERUN) from error
