"""Which records of a run are exported: what was asked for, and where those records stand."""

from __future__ import annotations

import glob
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt

from keepone.counts import labels_of
from keepone.difference import places_changed
from keepone.errors import ExportError
from keepone.manifest import Manifest
from keepone.run_tables import RunTables
from keepone.runs import Run
from keepone.table_schema import TableSchema

Places = npt.NDArray[np.int64]
"""Positions of rows in a table, which rise."""

Range = tuple[float | None, float | None]
"""The least and the greatest value, both included; None where there is no such end."""

# The columns that are looked at are few and narrow; past this DuckDB spills.
_MEMORY = "256MB"

_PICKED = """
CREATE TEMPORARY TABLE picked AS
SELECT file_row_number AS place, record_id, group_id
FROM read_parquet($path, file_row_number = TRUE)
WHERE (CAST($dispositions AS VARCHAR[]) IS NULL
        OR list_contains(CAST($dispositions AS VARCHAR[]), disposition))
    AND (CAST($least_score AS DOUBLE) IS NULL OR score >= $least_score)
    AND (CAST($most_score AS DOUBLE) IS NULL OR score <= $most_score)
    AND (CAST($least_size AS DOUBLE) IS NULL OR group_size >= $least_size)
    AND (CAST($most_size AS DOUBLE) IS NULL OR group_size <= $most_size)
    AND (NOT CAST($changed AS BOOLEAN) OR file_row_number IN (SELECT place FROM changed))
"""
"""One record that was asked for. A score that is null, as a primary's, is in no range."""

_PICKED_ROWS = """
CREATE TEMPORARY TABLE picked_rows AS
SELECT records."row" FROM read_parquet($records) AS records SEMI JOIN picked USING (record_id)
"""
"""The same records by row."""

_PLACES = "SELECT place FROM picked ORDER BY place"

_OF_ROWS = """
SELECT file_row_number
FROM read_parquet($path, file_row_number = TRUE) SEMI JOIN picked_rows USING ("row")
ORDER BY file_row_number
"""
"""What a table says of the records that were asked for."""

_OF_PAIRS = """
SELECT file_row_number
FROM read_parquet($path, file_row_number = TRUE)
WHERE l IN (SELECT "row" FROM picked_rows) AND r IN (SELECT "row" FROM picked_rows)
ORDER BY file_row_number
"""
"""Pairs of which both records were asked for."""

_OF_GROUPS = """
SELECT file_row_number
FROM read_parquet($path, file_row_number = TRUE) SEMI JOIN picked USING (group_id)
ORDER BY file_row_number
"""
"""Groups of which at least one record was asked for."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The records to export: those for which all that is said here holds.

    `dispositions` are any of these, as the run calls them or as Keepone does; `score` and
    `group_size` are ranges; `changed_since` is a run that does not know the record or says
    otherwise of it.
    """

    dispositions: tuple[str, ...] = ()
    score: Range = (None, None)
    group_size: Range = (None, None)
    changed_since: Run | None = None

    @property
    def is_all(self) -> bool:
        """Whether nothing is left out."""
        return self == Selection()

    def in_words(self) -> str:
        """Say in one line what is exported."""
        said = []
        if self.dispositions:
            said.append(f"disposition {' or '.join(self.dispositions)}")
        if self.score != (None, None):
            said.append(f"score {_range_in_words(self.score)}")
        if self.group_size != (None, None):
            said.append(f"group size {_range_in_words(self.group_size)}")
        if self.changed_since is not None:
            said.append(f"changed since the run {self.changed_since.run_id}")
        return ", ".join(said) or "all records"


class Picked:
    """Where the records of a selection stand in each table of a run."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, tables: RunTables, selection: Selection
    ) -> None:
        self._connection = connection
        self._tables = tables
        changed = selection.changed_since
        places = None if changed is None else places_changed(changed, tables.run)
        connection.register(
            "changed", {"place": np.empty(0, np.int64) if places is None else places}
        )
        connection.execute(
            _PICKED,
            {
                "path": self._path("review_ready"),
                "dispositions": _labels(selection.dispositions, tables.manifest) or None,
                "least_score": selection.score[0],
                "most_score": selection.score[1],
                "least_size": selection.group_size[0],
                "most_size": selection.group_size[1],
                "changed": changed is not None,
            },
        )
        connection.execute(_PICKED_ROWS, {"records": self._path("records")})

    def places(self, schema: TableSchema) -> Places | None:
        """Return the positions in this table; None where it tells of no single records or groups.

        Of pairs there are those of which both records were asked for, of groups those with at
        least one such record.
        """
        columns = {column.name for column in schema.columns}
        if schema.name == "review_ready":
            return self._fetch(_PLACES)
        for known, statement in (("row", _OF_ROWS), ("l", _OF_PAIRS), ("group_id", _OF_GROUPS)):
            if known in columns:
                return self._fetch(statement, self._path(schema.name))
        return None

    def _path(self, name: str) -> str:
        # DuckDB takes the path for a pattern.
        return glob.escape(str(self._tables.path(name)))

    def _fetch(self, statement: str, path: str | None = None) -> Places:
        params = None if path is None else {"path": path}
        (places,) = self._connection.execute(statement, params).fetchnumpy().values()
        return np.asarray(places, dtype=np.int64)


@contextmanager
def picked(tables: RunTables, selection: Selection) -> Iterator[Picked | None]:
    """Find the records of a selection, for as long as the block lasts; None where it is all."""
    if selection.is_all:
        yield None
        return
    with (
        tempfile.TemporaryDirectory(prefix="keepone-") as spill,
        closing(duckdb.connect(":memory:")) as connection,
    ):
        connection.execute("SET memory_limit = $memory", {"memory": _MEMORY})
        connection.execute("SET temp_directory = $spill", {"spill": spill})
        yield Picked(connection, tables, selection)


def _labels(wanted: tuple[str, ...], manifest: Manifest) -> list[str]:
    """Return the run's labels of these dispositions; `ExportError` for one that it has not."""
    labels = labels_of(manifest)
    known = {name.lower(): label for name, label in labels.items()}
    known |= {label.lower(): label for label in labels.values()}
    unknown = [name for name in wanted if name.lower() not in known]
    if unknown:
        message = f"the run {manifest.run_id} has no disposition {', '.join(map(repr, unknown))}"
        raise ExportError(message, hint=f"It has {', '.join(labels.values())}.")
    return [known[name.lower()] for name in wanted]


def _range_in_words(span: Range) -> str:
    low, high = span
    if low == high:
        return f"{low:g}"
    if low is None or high is None:
        return f"up to {high:g}" if low is None else f"from {low:g} on"
    return f"{low:g} to {high:g}"
