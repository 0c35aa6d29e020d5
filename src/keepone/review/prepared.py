"""What the app reads of a run, laid out so that any group of a million is found in microseconds.

The tables of a run are packed for keeping. Here they lie unpacked in files that are mapped, a row
per record or group: nothing is decompressed for a page, and memory holds what was looked at. The
files are made when a run is first opened, inside its folder, and again if its tables have changed.
"""

from __future__ import annotations

import errno
import hashlib
import secrets
import shutil
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from keepone.files import make_private, private_folder, workspace_errors
from keepone.lock import LOCK, is_locked, locked
from keepone.review.laying import lay_out
from keepone.run_tables import RunTables
from keepone.runs import Run
from keepone.traces import LAID_OUT, LAYING

# Raised when the files are laid out differently, so that older ones are made anew.
_LAYOUT = 4
_MARK = "made-of"
# What nobody has written to for so long is not being made.
_IDLE_SECONDS = 3_600
# Ids that are looked up by themselves; more are found in one pass through all.
_ONE_BY_ONE = 100
# Rows whose cells are read one at a time; more are taken together, where that joins no chunks.
_CELL_BY_CELL = 20

Rows = npt.NDArray[np.int32]


class Prepared:
    """The files of one run: tables by row or by position of the group, all mapped."""

    def __init__(self, tables: RunTables, folder: Path) -> None:
        self.tables = tables
        self._folder = folder
        self._mapped: dict[str, pa.Table] = {}

    def table(self, name: str) -> pa.Table:
        """Return one of the mapped tables."""
        if name not in self._mapped:
            with pa.memory_map(str(self._folder / f"{name}.arrow")) as mapped:
                self._mapped[name] = pa.ipc.open_file(mapped).read_all()
        return self._mapped[name]

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
        return _find(self.groups.column("group_id"), group_id, lambda each: each.as_py())

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
        ids = self.records.column("record_id")
        found = _find(self._by_id, record_id, lambda row: ids[int(row)].as_py())
        return None if found is None else int(self._by_id[found])


def run_of(ordered: npt.NDArray[Any], value: int) -> range:
    """Return where `value` stands in an array that rises."""
    # Of the array's own type: for any other, numpy would first convert all of the array.
    begin, end = np.searchsorted(ordered, np.array([value, value + 1], dtype=ordered.dtype))
    return range(int(begin), int(end))


def at(table: pa.Table, rows: Sequence[int] | Rows, columns: Sequence[str]) -> list[dict[str, Any]]:
    """Return some columns of a few rows; no chunk of a mapped table is joined for it."""
    if len(rows) > _CELL_BY_CELL and all(table.column(name).num_chunks < 2 for name in columns):
        found: list[dict[str, Any]] = (
            table.select(list(columns)).take(pa.array(rows, pa.int64())).to_pylist()
        )
        return found
    cells = [(name, table.column(name)) for name in columns]
    return [{name: column[int(row)].as_py() for name, column in cells} for row in rows]


def _find(ordered: Any, value: str, text: Callable[[Any], str]) -> int | None:
    """Return where `value` stands in what rises by `text`, None where it does not."""
    found = bisect_left(ordered, value, key=text)
    return found if found < len(ordered) and text(ordered[found]) == value else None


def _untold(_share: float) -> None:
    """Tell nobody."""


def prepare(run: Run, tell: Callable[[float], None] = _untold) -> Prepared:
    """Return the run's files, made if they are missing or of other tables.

    `tell` is told which share of the work is done. Raises `RunError` for a run that is not
    finished, `WorkspaceError` where they cannot be written.
    """
    tables = RunTables(run)
    folder = run.path / LAID_OUT
    mark = _mark(tables)
    if not is_prepared(run):
        with workspace_errors(folder):
            bench = folder.with_name(f"{LAYING}{secrets.token_hex(4)}")
            try:
                with locked(bench):
                    new = bench / "new"
                    private_folder(new)
                    lay_out(tables, new, tell)
                    (new / _MARK).write_text(mark)
                    make_private(new)
                    _put(run, new, folder)
            finally:
                shutil.rmtree(bench, ignore_errors=True)
    return Prepared(tables, folder)


def is_prepared(run: Run) -> bool:
    """Whether the run's files stand and are made of the tables it has."""
    try:
        mark = (run.path / LAID_OUT / _MARK).read_text()
    except FileNotFoundError:
        return False
    return mark == _mark(RunTables(run))


def sweep(workspace: Path) -> None:
    """Remove what is left of files that were not finished, since their process came to an end."""
    for bench in (workspace / "runs").glob(f"*/{LAYING}*"):
        with suppress(FileNotFoundError):  # finished meanwhile
            # Older releases held nothing while they laid out.
            idle = time.time() - bench.stat().st_mtime > _IDLE_SECONDS
            if not is_locked(bench) if (bench / LOCK).exists() else idle:
                shutil.rmtree(bench, ignore_errors=True)


def _put(run: Run, new: Path, folder: Path) -> None:
    """Give the new files their name, unless another process was faster: its files are as good."""
    while not is_prepared(run):
        former = new.with_name("former")
        with suppress(FileNotFoundError):
            folder.rename(former)
        try:
            new.rename(folder)
        except OSError as error:
            if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
                raise
        finally:
            shutil.rmtree(former, ignore_errors=True)


def _mark(tables: RunTables) -> str:
    stages = "".join(stage.fingerprint for stage in tables.manifest.stages)
    return f"{_LAYOUT} {hashlib.sha256(stages.encode()).hexdigest()}"
