"""An export of accounts as a plan sees it: its cells, its ids, and what points to what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from keepone.children import KnownIds
from keepone.errors import InputError
from keepone.kernels.dates import normalize_date
from keepone.kernels.salesforce_ids import are_salesforce_ids
from keepone.merge_plan.document import File
from keepone.readers import Sheet, open_sources
from keepone.readers.id_headers import id_candidates
from keepone.rules.salesforce import Role, find_roles
from keepone.run_tables import RunTables
from keepone.settings import IngestSettings
from keepone.shelf import MEMORY

Row = list[str | None]
# How ids of accounts begin.
_ACCOUNT = "001"


@dataclass(frozen=True)
class Accounts:
    """The records of an export, one row each, every cell as it came.

    `ids` are those of the run; `cells` has a column per header. `id_columns` are the columns that
    the ids come from.
    """

    ids: pa.Array
    cells: pa.Table
    id_columns: frozenset[str]
    files: tuple[File, ...]

    @property
    def headers(self) -> list[str]:
        """The columns, in order."""
        names: list[str] = self.cells.column_names
        return names

    @cached_property
    def salesforce(self) -> bool:
        """Whether these are Salesforce's accounts: its other records merge otherwise, or not."""
        accounts = pc.sum(pc.starts_with(self.ids, _ACCOUNT)).as_py() or 0
        return are_salesforce_ids(self.ids) and accounts >= 0.95 * len(self.ids)

    @cached_property
    def roles(self) -> Mapping[Role, str]:
        """The columns by which merges are judged."""
        return find_roles(header for header in self.headers if header not in self.id_columns)

    @cached_property
    def place(self) -> dict[str, int]:
        """The row of each record."""
        return {record: row for row, record in enumerate(self.ids.to_pylist())}

    @cached_property
    def pointers(self) -> dict[str, pa.Array]:
        """The columns that hold ids of other records, with the record that each cell means.

        Values that look like no id by chance point wherever they stand; short numbers only in the
        column of the parent.
        """
        known = KnownIds(pa.chunked_array([self.ids]))
        found = {}
        for header in self.headers:
            if header in self.id_columns or not (
                known.telling or header == self.roles.get("parent")
            ):
                continue
            meant = known.found(self.cells.column(header).combine_chunks())
            own = pc.sum(pc.equal(meant, self.ids)).as_py() or 0
            # A second spelling of the record's own id is no pointer.
            if meant.null_count < len(meant) and 2 * own <= len(meant) - meant.null_count:
                found[header] = meant
        return found

    @cached_property
    def created(self) -> list[str | None]:
        """The day on which each record was made, with its time where the export tells it so."""
        column = self.roles.get("created")
        if column is None:
            return [None] * len(self.ids)
        text = self.cells.column(column)
        days = normalize_date(text.combine_chunks()).column("value").to_pylist()
        iso = pc.match_substring_regex(text, r"^\d{4}-\d{2}-\d{2}[T ]\d").to_pylist()
        return [
            cell if is_iso else day
            for cell, day, is_iso in zip(text.to_pylist(), days, iso, strict=True)
        ]

    def rows(self, records: Iterable[str]) -> dict[str, Row]:
        """Return the cells of these records, in the order of the columns."""
        wanted = [record for record in dict.fromkeys(records) if record in self.place]
        picked = self.cells.take(pa.array([self.place[record] for record in wanted], pa.int64()))
        columns = [column.to_pylist() for column in picked.columns]
        return {
            record: list(cells)
            for record, cells in zip(wanted, zip(*columns, strict=True), strict=True)
        }

    def cell(self, header: str, record: str) -> str | None:
        """Return one cell."""
        text: str | None = self.cells.column(header)[self.place[record]].as_py()
        return text

    def column(self, header: str | None) -> list[str | None]:
        """Return the cells of a column; nothing throughout where there is none."""
        if header is None:
            return [None] * len(self.ids)
        cells: list[str | None] = self.cells.column(header).to_pylist()
        return cells


def accounts_of_run(tables: RunTables) -> Accounts:
    """Return the export that the run read."""
    headers = tables.whole("headers").to_pylist()
    names = {row["column"]: row["header"] for row in headers}
    inputs = tables.whole("inputs").drop_columns(["row"])
    fields = tables.whole("fields").select(["header", "type"]).to_pylist()
    files = tuple(
        File(file=each.file, sha256=each.sha256, bytes=each.bytes)
        for each in tables.manifest.inputs
    )
    return Accounts(
        tables.whole("records", ["record_id"]).column(0).combine_chunks(),
        inputs.rename_columns([names[column] for column in inputs.column_names]),
        frozenset(row["header"] for row in fields if row["type"] == "record_id"),
        files,
    )


def read_accounts(paths: Sequence[Path], ids: pa.Array, id_columns: Iterable[str]) -> Accounts:
    """Read another export of the records with these ids; it may have new ones too.

    Raises `InputError` where the file cannot be read, has no column of their ids, or has one of
    them twice.
    """
    known = KnownIds(pa.chunked_array([ids]))
    parts: list[pa.Table] = []
    found: list[pa.Array] = []
    used: set[str] = set()
    sources = open_sources(paths, IngestSettings())
    for source in sources:
        for sheet in source.read(MEMORY):
            header = _id_column(sheet, known, id_columns)
            told = sheet.cells.column(header).combine_chunks()
            meant = pc.coalesce(known.found(told), pc.utf8_trim_whitespace(told))
            parts.append(sheet.cells.filter(meant.is_valid()))
            found.append(meant.drop_null())
            used.add(header)
    records = pa.concat_arrays(found)
    if pc.count_distinct(records).as_py() < len(records):
        repeated = pc.value_counts(records).to_pylist()
        twice = min(each["values"] for each in repeated if each["counts"] > 1)
        message = f"the export {sources[0].name} has the record {twice} more than once"
        raise InputError(message, hint="Export each account once.")
    files = tuple(File(file=s.name, sha256=s.sha256, bytes=s.size) for s in sources)
    cells = pa.concat_tables(parts, promote_options="default")
    return Accounts(records, cells, frozenset(used), files)


def must_have(fresh: Accounts, columns: Iterable[str]) -> None:
    """Raise `InputError` where an export lacks any of the columns: changes there would not show."""
    missing = [header for header in columns if header not in fresh.cells.column_names]
    if missing:
        message = f"the export {fresh.files[0].file} lacks the columns {', '.join(missing)}"
        raise InputError(message, hint="Export again with the same columns as before.")


def _id_column(sheet: Sheet, known: KnownIds, wanted: Iterable[str]) -> str:
    """Return the column that holds most of the known ids; that of the run, if it is there."""
    names = [name for name in wanted if name in sheet.header] or id_candidates(sheet.header)
    hits = {
        name: len(sheet.cells) - known.found(sheet.cells.column(name).combine_chunks()).null_count
        for name in names
    }
    best = max(hits, key=lambda name: hits[name], default=None)
    if best is None or not hits[best]:
        message = f"{sheet.label}: no column holds ids of the run's records"
        raise InputError(message, hint="Export the accounts anew, with the column Account ID.")
    return best
