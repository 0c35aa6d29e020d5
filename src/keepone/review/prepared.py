"""What the app reads of a run, laid out so that any group of a million is found in microseconds.

The tables of a run are packed for keeping. Here they lie unpacked in files that are mapped, a row
per record or group: nothing is decompressed for a page, and memory holds what was looked at. The
files are made when a run is first opened, inside its folder, and again if its tables have changed.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from keepone.files import workspace_errors
from keepone.parquet import row_groups
from keepone.run_tables import RunTables
from keepone.runs import Run
from keepone.schema import TABLES

FOLDER = ".review"
# Raised when the files are laid out differently, so that older ones are made anew.
_LAYOUT = 1
_MARK = "made-of"
# What a record can be found by, beside its id: recognised fields.
_SOUGHT = ("name", "website", "phone")
# Orders in which groups are listed, each with the column it goes by.
ORDERS = {
    "priority": "review_priority",
    "size": "size",
    "score": "min_score",
    "verify": "verify",
    "name": "primary_name",
}

# Ids that are looked up by themselves; more are found in one pass through all.
_ONE_BY_ONE = 100

Rows = npt.NDArray[np.int32]

_GROUPS = """
SELECT stats.*, members."group" AS first_row
FROM stats
JOIN records ON records.record_id = stats.primary_id
JOIN members ON members.row = records.row
ORDER BY stats.group_id
"""
"""One group, as in group_stats, with the smallest row of its records."""

_RECORDS = """
SELECT
    records.record_id, records.dataset, records.source_file,
    members.row = members."primary" AS is_primary,
    members.criterion, members.probability, members.weight,
    dispositions.disposition, dispositions.rule, dispositions.reason,
    dispositions.proposed_disposition
FROM records
JOIN members ON members.row = records.row
JOIN dispositions ON dispositions.row = records.row
ORDER BY records.row
"""
"""One record with the verdict on it, by row."""


class Prepared:
    """The files of one run: tables by row or by position of the group, all mapped."""

    def __init__(self, tables: RunTables, folder: Path) -> None:
        self.tables = tables
        self._folder = folder

    def table(self, name: str) -> pa.Table:
        """Return one of the mapped tables."""
        with pa.memory_map(str(self._folder / f"{name}.arrow")) as mapped:
            return pa.ipc.open_file(mapped).read_all()

    def array(self, name: str) -> npt.NDArray[Any]:
        """Return one of the mapped arrays."""
        found: npt.NDArray[Any] = np.load(self._folder / f"{name}.npy", mmap_mode="r")
        return found

    @cached_property
    def groups(self) -> pa.Table:
        """One group, by position: as in group_stats."""
        return self.table("groups")

    @cached_property
    def records(self) -> pa.Table:
        """One record, by row: its key and the verdict on it."""
        return self.table("records")

    @cached_property
    def inputs(self) -> pa.Table:
        """One record, by row: the input columns as they came."""
        return self.table("inputs")

    @cached_property
    def normalized(self) -> pa.Table:
        """One record, by row: the recognised fields, cleaned."""
        return self.table("normalized")

    @cached_property
    def group_at(self) -> Rows:
        """The position of each record's group."""
        return self.array("group_at")

    @cached_property
    def _members(self) -> tuple[Rows, npt.NDArray[np.int64]]:
        return self.array("members"), self.array("begins")

    @cached_property
    def _by_id(self) -> Rows:
        return self.array("by_id")

    def rows_of(self, position: int) -> Rows:
        """Return the rows of a group's records, in order."""
        members, begins = self._members
        return members[begins[position] : begins[position + 1]]

    def position(self, group_id: str) -> int | None:
        """Return the position of the group with this id, None where there is none."""
        return _find(self.groups.column("group_id"), group_id)

    def rows(self, ids: Iterable[str]) -> dict[str, int]:
        """Return the rows of the records with these ids; ids that no record has are left out."""
        wanted = list(ids)
        if len(wanted) <= _ONE_BY_ONE:
            found = ((each, self.row(each)) for each in wanted)
            return {each: row for each, row in found if row is not None}
        column = self.records.column("record_id")
        places = pc.index_in(column, value_set=pa.array(wanted))
        rows = np.flatnonzero(places.is_valid().to_numpy(zero_copy_only=False))
        which = places.drop_null().to_numpy()
        return {wanted[at]: int(row) for at, row in zip(which, rows, strict=True)}

    def row(self, record_id: str) -> int | None:
        """Return the row of the record with this id, None where there is none."""
        ordered = self._by_id
        ids = self.records.column("record_id")
        low, high = 0, len(ordered)
        while low < high:
            middle = (low + high) // 2
            if ids[int(ordered[middle])].as_py() < record_id:
                low = middle + 1
            else:
                high = middle
        found = low < len(ordered) and ids[int(ordered[low])].as_py() == record_id
        return int(ordered[low]) if found else None


def at(table: pa.Table, rows: Sequence[int] | Rows, columns: Sequence[str]) -> list[dict[str, Any]]:
    """Return some columns of a few rows; no chunk of a mapped table is joined for it."""
    chosen = table.select(list(columns))
    return [line for row in rows for line in chosen.slice(int(row), 1).to_pylist()]


def _find(ordered: pa.ChunkedArray, value: str) -> int | None:
    low, high = 0, len(ordered)
    while low < high:
        middle = (low + high) // 2
        if ordered[middle].as_py() < value:
            low = middle + 1
        else:
            high = middle
    return low if low < len(ordered) and ordered[low].as_py() == value else None


def prepare(run: Run) -> Prepared:
    """Return the run's files, made if they are missing or of other tables.

    Raises `RunError` for a run that is not finished, `WorkspaceError` where they cannot be written.
    """
    tables = RunTables(run)
    folder = run.path / FOLDER
    mark = _mark(tables)
    if not is_prepared(run):
        with workspace_errors(folder):
            new = folder.with_name(f"{FOLDER}-{secrets.token_hex(4)}")
            new.mkdir()
            try:
                _make(tables, new)
                (new / _MARK).write_text(mark)
                shutil.rmtree(folder, ignore_errors=True)
                new.rename(folder)
            finally:
                shutil.rmtree(new, ignore_errors=True)
    return Prepared(tables, folder)


def is_prepared(run: Run) -> bool:
    """Whether the run's files stand and are made of the tables it has."""
    mark = run.path / FOLDER / _MARK
    return mark.is_file() and mark.read_text() == _mark(RunTables(run))


def _mark(tables: RunTables) -> str:
    stages = "".join(stage.fingerprint for stage in tables.manifest.stages)
    return f"{_LAYOUT} {hashlib.sha256(stages.encode()).hexdigest()}"


def _make(tables: RunTables, folder: Path) -> None:
    for name in ("inputs", "normalized"):
        _write(folder, name, row_groups(tables.path(name), TABLES[name]))
    groups, records = _queried(tables)
    group_at = _group_positions(tables, groups)
    rules = records.column("rule").combine_chunks().dictionary_encode()
    masks = np.zeros(len(groups), dtype=np.int64)
    np.bitwise_or.at(masks, group_at, np.int64(1) << rules.indices.to_numpy().astype(np.int64))
    groups = groups.append_column("rules", pa.array(masks))
    _write(folder, "rules", [pa.table({"rule": rules.dictionary})])
    _write(folder, "groups", [groups])
    _write(folder, "records", [records])
    np.save(folder / "group_at.npy", group_at)
    np.save(folder / "members.npy", np.argsort(group_at, kind="stable").astype(np.int32))
    sizes = np.bincount(group_at, minlength=len(groups))
    np.save(folder / "begins.npy", np.concatenate(([0], np.cumsum(sizes))))
    by_id = pc.sort_indices(records.column("record_id")).to_numpy().astype(np.int32)
    np.save(folder / "by_id.npy", by_id)
    for order, column in ORDERS.items():
        np.save(
            folder / f"by_{order}.npy", _ordered(groups.column(column), largest=order != "name")
        )
    _write_links(tables, folder)
    _write_sought(tables, folder, records)


def _queried(tables: RunTables) -> tuple[pa.Table, pa.Table]:
    import duckdb  # noqa: PLC0415 - a run whose files stand needs none

    with closing(duckdb.connect(":memory:")) as connection:
        for name, columns in {
            "records": None,
            "members": ["row", "group", "primary", "criterion", "probability", "weight"],
            "dispositions": None,
        }.items():
            connection.register(name, tables.whole(name, columns))
        connection.register("stats", tables.whole("group_stats"))
        groups = connection.sql(_GROUPS).to_arrow_table()
        records = connection.sql(_RECORDS).to_arrow_table()
    return groups.combine_chunks(), records.combine_chunks()


def _group_positions(tables: RunTables, groups: pa.Table) -> Rows:
    """Return the position of each record's group, by row."""
    first = tables.whole("members", ["group"]).column(0).to_numpy()
    position = np.zeros(len(first), dtype=np.int32)
    position[groups.column("first_row").to_numpy()] = np.arange(len(groups), dtype=np.int32)
    found: Rows = position[first]
    return found


def _ordered(column: pa.ChunkedArray, *, largest: bool) -> Rows:
    """Return the positions by value, what has none last; equal ones keep the order of ids."""
    if pa.types.is_string(column.type):
        column = pc.utf8_lower(column)
        order = pc.sort_indices(column).to_numpy()  # what has none comes last
    else:
        values = column.to_numpy().astype(np.float64)
        order = np.argsort(-values if largest else values, kind="stable")
    found: Rows = order.astype(np.int32)
    return found


def _write_links(tables: RunTables, folder: Path) -> None:
    """Write the scored pairs by left row, and the possible matches from either side."""
    pairs = tables.whole("pairs", ["l", "r", "weight", "probability"])
    _write(folder, "pairs", [pairs])
    near = tables.whole("possible_matches", ["l", "r", "weight", "probability"])
    other = near.select(["r", "l", "weight", "probability"]).rename_columns(near.column_names)
    both = pa.concat_tables([near, other]).sort_by([("l", "ascending"), ("r", "ascending")])
    _write(folder, "near", [both])
    _write(folder, "distinct", [tables.whole("distinct")])


def _write_sought(tables: RunTables, folder: Path, records: pa.Table) -> None:
    """Write what records are searched by: folded to plain small letters, digits of phones."""
    import duckdb  # noqa: PLC0415 - a run whose files stand needs none

    there = [name for name in _SOUGHT if name in tables.columns("normalized")]
    with closing(duckdb.connect(":memory:")) as connection:
        connection.register("normalized", tables.whole("normalized", ["row", *there]))
        connection.register("keys", records.select(["record_id"]))
        terms = [f'strip_accents(lower(coalesce("{name}", \'\'))) AS "{name}"' for name in there]
        found = connection.sql(
            f"SELECT {', '.join(['row', *terms])} FROM normalized ORDER BY row"
        ).to_arrow_table()
    _write(folder, "sought", [found.drop_columns(["row"])])


def _write(folder: Path, name: str, pieces: Iterator[pa.Table] | list[pa.Table]) -> None:
    first: pa.Table | None = None
    path = str(folder / f"{name}.arrow")
    for piece in pieces:
        if first is None:
            first = piece
            writer = pa.ipc.new_file(path, piece.schema)
        writer.write_table(piece)
    writer.close()
