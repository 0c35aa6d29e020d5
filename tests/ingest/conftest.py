"""What the ingest tests share: one engine, and runs of reading and ingesting in one call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pytest

from keepone.engines.duckdb import DuckDBEngine
from keepone.readers import open_sources
from keepone.schema import TABLES
from keepone.settings import IngestSettings
from keepone.stages.ingest import ingest


@dataclass(frozen=True, slots=True)
class Ingested:
    """The four tables, the rows read and the notes."""

    tables: dict[str, pa.Table]
    rows: int
    notes: list[str]

    @property
    def ids(self) -> list[str]:
        ids: list[str] = self.tables["records"].column("record_id").to_pylist()
        return ids

    @property
    def codes(self) -> list[tuple[int, str]]:
        return [(line["source_row"], line["code"]) for line in self.rejects]

    @property
    def rejects(self) -> list[dict[str, Any]]:
        lines: list[dict[str, Any]] = self.tables["rejects"].to_pylist()
        return lines

    @property
    def headers(self) -> list[str]:
        headers: list[str] = self.tables["headers"].column("header").to_pylist()
        return headers

    def column(self, header: str) -> list[str | None]:
        """The cells under a header, in the order of rows."""
        name = f"c{self.headers.index(header):03d}"
        cells: list[str | None] = self.tables["inputs"].column(name).to_pylist()
        return cells


Run = Callable[..., Ingested]


@pytest.fixture(scope="session")
def engine() -> Iterator[DuckDBEngine]:
    engine = DuckDBEngine(threads=2)
    yield engine
    engine.close()


@pytest.fixture
def run(engine: DuckDBEngine) -> Run:
    """Open, read and ingest; every row read is checked to be a record or a reject."""

    def run(inputs: Any, **settings: Any) -> Ingested:
        slice_ = IngestSettings(**settings)
        sources = open_sources(inputs, slice_)
        tables = ingest(engine, slice_, sources=sources)
        tables = {name: TABLES[name].conform(table) for name, table in tables.items()}
        rows = sum(source.rows or 0 for source in sources)
        assert rows == tables["records"].num_rows + tables["rejects"].num_rows
        assert tables["inputs"].num_rows == tables["records"].num_rows
        return Ingested(tables, rows, [note for source in sources for note in source.notes])

    return run
