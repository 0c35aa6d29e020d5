"""Workbooks: XLSX, XLS and what else calamine reads, opened in a process of their own."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from keepone.errors import InputError
from keepone.processes import command_of, environment
from keepone.readers.cells import row_text
from keepone.readers.gather import Gathered
from keepone.readers.headers import header_row, unique_headers
from keepone.readers.notes import amount
from keepone.readers.source import Reject, Sheet
from keepone.readers.workbook_child import SCHEMA
from keepone.rules.table_kinds import same_kind
from keepone.settings import IngestSettings
from keepone.shelf import MEMORY, Shelf

# A full sheet (1,048,576 rows) of 20 columns takes about a minute and 2 GB. What a workbook may
# take grows with its size, so that a small file cannot ask for much: the most whatever its size,
# then the least, and what each megabyte adds.
SECONDS = 600
MEGABYTES = 6_144
_LEAST_SECONDS, _SECONDS_EACH = 8, 30
_LEAST_MEGABYTES, _MEGABYTES_EACH = 2_048, 64
# The exit code of a process that used up its time; Windows knows no such thing.
_OUT_OF_TIME = -getattr(signal, "SIGXCPU", 1_000)
_HEADER_ROWS = 64


def read_workbook(
    path: Path,
    label: str,
    settings: IngestSettings,
    notes: list[str],
    shelf: Shelf = MEMORY,
    *,
    seconds: int = SECONDS,
    megabytes: int = MEGABYTES,
) -> tuple[Sheet, ...]:
    """Read the sheet that `settings.sheet` names, or the largest and all that list the same.

    Those are the sheets with its columns, and others whose headers say the same in other words.

    Rows are counted as the workbook counts them; more than `workbook_child.GAP` blank ones in one
    piece are passed over. Raises `InputError` if the workbook is damaged,
    encrypted, needs more than `seconds` or `megabytes`, or more than fits its size, or has no such
    sheet.
    """
    described, tables = _run_child(path, label, seconds, megabytes, shelf)
    names = [sheet["name"] for sheet in described]
    if settings.sheet is not None and settings.sheet not in names:
        message = f"{label} has no sheet {settings.sheet!r}"
        raise InputError(message, hint=f"Its sheets are: {', '.join(names)}. Set ingest.sheet.")
    filled = [index for index, table in enumerate(tables) if table.num_rows]
    if settings.sheet is not None:
        filled = [index for index in filled if names[index] == settings.sheet]
    if not filled:
        message = f"{label} is empty: no sheet of it holds a row"
        raise InputError(message, hint="Check that the export has records.")
    several = len(filled) > 1
    sheets: list[tuple[int, Sheet, list[str]]] = []
    for index in filled:
        own: list[str] = []
        own_label = f"{label} [{names[index]}]" if several else label
        sheet = _sheet(tables[index], own_label, settings, own, shelf)
        sheets.append((index, sheet, own))
    largest = max(sheets, key=lambda item: (item[1].cells.num_rows, -item[0]))[1]
    taken = []
    for index, sheet, own in sheets:
        same = set(sheet.header) == set(largest.header)
        if same or same_kind(sheet.header, largest.header):
            taken.append(sheet)
            notes += own
            notes += [f"{sheet.label}: {note}." for note in described[index]["notes"]]
        else:
            notes.append(
                f"{label}: sheet {names[index]!r} ({amount(sheet.rows_read, 'row')}) has other"
                " columns and was not read; set ingest.sheet to read it instead."
            )
    return tuple(taken)


def _sheet(
    table: pa.Table, label: str, settings: IngestSettings, notes: list[str], shelf: Shelf
) -> Sheet:
    cells = table.column("cells")
    head: list[list[str | None]] = cells.slice(0, _HEADER_ROWS).to_pylist()
    at = header_row(head)
    if at is None:
        at = 0
    width = max(len(row) for row in head)
    # Columns at the right with neither a header nor a value are formatting, not data.
    while width > 1 and not head[at][width - 1] and not _is_filled(cells, width - 1):
        width -= 1
    headers = unique_headers(head[at][:width], label, notes)
    gathered = Gathered(label, headers, settings.max_cell, shelf)
    gathered.count(table.num_rows - 1)
    rows = table.column("row")
    notes += _gaps(rows.to_numpy(), label)
    message = "the row stands above the header and was taken for a title"
    for number, row in zip(rows[:at].to_pylist(), head[:at], strict=True):
        raw = row_text(row)
        gathered.reject(Reject(number, "before_header", message, raw))
    for batch in table.slice(at + 1).to_batches():
        columns = [pc.list_element(batch.column("cells"), index) for index in range(width)]
        body = pa.table(columns, names=[str(index) for index in range(width)])
        gathered.add(body, batch.column("row"))
    return gathered.sheet()


def _gaps(rows: npt.NDArray[np.int64], label: str) -> list[str]:
    """Say where rows are left out."""
    before = np.flatnonzero(np.diff(rows) > 1)
    if not before.size:
        return []
    missing = int((np.diff(rows) - 1).sum())
    first, last = int(rows[before[0]]) + 1, int(rows[before[0] + 1]) - 1
    note = (
        f"{label}: {missing:,} blank rows were passed over, the first gap from row {first:,} to"
        f" {last:,}; check that what stands below belongs to the table."
    )
    return [note]


def _is_filled(cells: pa.ChunkedArray, index: int) -> bool:
    return any(len(pc.list_element(chunk, index).drop_null()) for chunk in cells.chunks)


def _run_child(
    path: Path, label: str, seconds: int, megabytes: int, shelf: Shelf
) -> tuple[list[dict[str, Any]], list[pa.Table]]:
    size = path.stat().st_size >> 20
    megabytes = min(megabytes, _LEAST_MEGABYTES + _MEGABYTES_EACH * size)
    processor = min(max(1, seconds), _LEAST_SECONDS + _SECONDS_EACH * size)
    child = subprocess.Popen(  # noqa: S603  # nosec B603  # our own module; paths are arguments
        command_of(
            "keepone.readers.workbook_child", str(path.resolve()), str(megabytes), str(processor)
        ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(),
    )
    timed_out = threading.Event()

    def stop() -> None:
        timed_out.set()
        child.kill()

    timer = threading.Timer(seconds, stop)
    timer.start()
    try:
        assert child.stdout is not None
        answer, sheets = _output(child.stdout, shelf)
        code = child.wait()
    finally:
        timer.cancel()
        child.kill()
        child.wait()
    if timed_out.is_set() or code == _OUT_OF_TIME:
        given = seconds if timed_out.is_set() else processor
        message = f"{label} could not be read within {given} seconds"
        raise InputError(message, hint="Save the sheet as CSV and give that file instead.")
    if answer.get("error") == "password":
        message = f"{label} is protected by a password"
        raise InputError(message, hint="Save a copy without a password.")
    if answer.get("error") == "damaged":
        message = f"{label} is no whole workbook: {answer['detail']}"
        raise InputError(message, hint="Export or copy the file again, or save it as XLSX or CSV.")
    if code != 0 or answer.get("error") == "memory" or sheets is None:
        message = f"{label} could not be read: it needs more than {megabytes:,} MB, or is damaged"
        raise InputError(message, hint="Save the sheet as CSV and give that file instead.")
    return answer["sheets"], sheets


def _output(stream: IO[bytes], shelf: Shelf) -> tuple[dict[str, Any], list[pa.Table] | None]:
    """Return what the child said, and the rows of each sheet; None where they break off."""
    line = stream.readline()
    if not line.endswith(b"\n"):
        return {}, None
    answer: dict[str, Any] = json.loads(line)
    if "error" in answer:
        return answer, None
    sinks = [shelf.sink(SCHEMA) for _ in answer["sheets"]]
    try:
        with pa.ipc.open_stream(stream) as rows:
            for batch in rows:  # each is of one sheet
                sinks[batch.column("sheet")[0].as_py()].add(pa.Table.from_batches([batch]))
    except (pa.ArrowException, OSError):
        return answer, None
    return answer, [sink.table() for sink in sinks]
