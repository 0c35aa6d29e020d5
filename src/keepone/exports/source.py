"""The tables of a run as an export gets them: a row group at a time, without what is left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pyarrow as pa

from keepone.exports.selection import Picked, Places, Selection, picked
from keepone.manifest import Manifest
from keepone.parquet import declared, opened
from keepone.run_tables import RunTables
from keepone.runs import Run
from keepone.schema import TABLES
from keepone.table_schema import TableSchema


class Source:
    """Gives the tables of one finished run in batches that fit into memory.

    A batch is a row group of the file: some thousands of rows, some megabytes of text.
    """

    def __init__(self, tables: RunTables, selection: Selection, chosen: Picked | None) -> None:
        self.tables = tables
        self.selection = selection
        self._picked = chosen

    @property
    def manifest(self) -> Manifest:
        """What the run says of itself."""
        return self.tables.manifest

    def names(self) -> list[str]:
        """Return the names of the run's tables, in the order in which stages make them."""
        return [name for name in TABLES if self.tables.has(name)]

    def for_people(self) -> list[str]:
        """Return the names of the tables that speak of records and groups by their ids."""
        return [name for name in self.names() if speaks_to_people(TABLES[name])]

    def schema(self, name: str, columns: Sequence[str] | None = None) -> pa.Schema:
        """Return the columns of a table with their declared types, or some of them."""
        with opened(self.tables.path(name)) as file:
            stored = file.schema_arrow.empty_table()
        whole = declared(TABLES[name], stored).schema.remove_metadata()
        return whole if columns is None else pa.schema([whole.field(column) for column in columns])

    def rows(self, name: str) -> int:
        """Return how many rows of a table are exported."""
        places = self.places(name)
        if places is not None:
            return len(places)
        with opened(self.tables.path(name)) as file:
            rows: int = file.metadata.num_rows
        return rows

    def places(self, name: str) -> Places | None:
        """Return the positions of the rows that are exported; None where that is all of them."""
        return None if self._picked is None else self._picked.places(TABLES[name])

    def batches(self, name: str, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """Give the rows of a table that are exported, in their order; batches without any, not.

        Raises `RunError` where the file is missing or damaged.
        """
        places = self.places(name)
        for start, rows in self._row_groups(name, columns, places):
            if rows.num_rows:
                yield rows if places is None else rows.take(_within(places, start, rows.num_rows))

    def marked_batches(
        self, name: str, columns: Sequence[str] | None = None
    ) -> Iterator[tuple[pa.Table, np.ndarray]]:
        """Give all rows of a table, each batch with a mask of those that are exported."""
        places = self.places(name)
        for start, rows in self._row_groups(name, columns, None):
            mask = np.full(rows.num_rows, places is None)
            if places is not None:
                mask[_within(places, start, rows.num_rows)] = True
            yield rows, mask

    def _row_groups(
        self, name: str, columns: Sequence[str] | None, places: Places | None
    ) -> Iterator[tuple[int, pa.Table]]:
        """Give row groups, each with the position of its first row; those without places, not."""
        wanted = None if columns is None else list(columns)
        with opened(self.tables.path(name)) as file:
            start = 0
            for index in range(file.num_row_groups):
                size = file.metadata.row_group(index).num_rows
                if places is None or len(_within(places, start, size)):
                    rows = declared(TABLES[name], file.read_row_group(index, columns=wanted))
                    yield start, rows.replace_schema_metadata(None)
                start += size


def speaks_to_people(schema: TableSchema) -> bool:
    """Whether a table can be read without row numbers: of groups, or of rows of the input."""
    return schema.name == "rejects" or any(column.name == "group_id" for column in schema.columns)


@contextmanager
def opened_source(run: Run, selection: Selection) -> Iterator[Source]:
    """Give the source of a finished run; `RunError` where the run did not get there."""
    tables = RunTables(run)
    with picked(tables, selection) as chosen:
        yield Source(tables, selection, chosen)


def _within(places: Places, start: int, size: int) -> Places:
    """Return those of the places that stand in the `size` rows from `start` on, counted from it."""
    first, last = np.searchsorted(places, (start, start + size))
    return places[first:last] - start
