"""Reads one workbook, as a process of its own: `python -m keepone.readers.workbook_child`.

A workbook is a compressed program of sorts, and a small file can ask for any amount of memory or
time. So it is opened where neither can hurt: the parent sets the limits and reads the output.

Standard output holds one line of JSON, `{"sheets": [{"name", "rows", "notes"}]}`, or
`{"error": code, "detail": text}`; then, but for errors, an Arrow stream with `sheet` (its place in
the list), `row` (1-based) and `cells` (a list of texts, as long as the sheet is wide);
long gaps between rows are left out.
"""

from __future__ import annotations

import json
import re
import sys
import zipfile
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree  # nosec B405  # Expat stops bombs; this process is bounded

import pyarrow as pa
import python_calamine as calamine

from keepone.readers.cells import cell_text
from keepone.readers.notes import amount

SCHEMA = pa.schema([("sheet", pa.int32()), ("row", pa.int64()), ("cells", pa.list_(pa.string()))])
_BATCH_ROWS = 10_000
# A cell far below the others makes a sheet of up to a million blank rows. More of them than this in
# one piece are no rows.
GAP = 1_000
# What a library quotes of a workbook may be a cell.
_QUOTED = re.compile(r"""'[^']*'|"[^"]*"|`[^`]*`""")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LOSABLE = re.compile(rb"<(?:\w+:)?f[\s/>]|\bt=.e.")
# The stream in which an encrypted workbook keeps its contents; names in OLE files are UTF-16.
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def main(path: str, megabytes: int, seconds: int) -> None:
    """Read the workbook at `path` with that much memory and processor time, and write it out."""
    _limit(megabytes, seconds)
    out = sys.stdout.buffer
    try:
        with calamine.load_workbook(path) as book:
            sheets = [book.get_sheet_by_index(index) for index in range(len(book.sheet_names))]
            lost = _lost_values(path)
            described = [
                {
                    "name": sheet.name,
                    "rows": sheet.height,
                    "notes": [*_merged(sheet), *lost.get(index, ())],
                }
                for index, sheet in enumerate(sheets)
            ]
            out.write(json.dumps({"sheets": described}).encode() + b"\n")
            with pa.ipc.new_stream(out, SCHEMA) as stream:
                for index, sheet in enumerate(sheets):
                    for batch in _batches(index, sheet):
                        stream.write_batch(batch)
    except calamine.PasswordError:
        out.write(b'{"error": "password", "detail": ""}\n')
    except (calamine.CalamineError, zipfile.BadZipFile, ElementTree.ParseError) as error:
        code = "password" if _is_encrypted(path) else "damaged"
        detail = _QUOTED.sub("…", str(error))
        out.write(json.dumps({"error": code, "detail": detail}).encode() + b"\n")
    except MemoryError:
        out.write(b'{"error": "memory", "detail": ""}\n')
    out.flush()


def _limit(megabytes: int, seconds: int) -> None:
    try:
        import resource  # noqa: PLC0415 - Windows has no such module; there the clock's limit holds
    except ImportError:
        return
    memory = megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    # The signal of the first tells the parent that it was time; the second has none of its own.
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _is_encrypted(path: str) -> bool:
    with open(path, "rb") as file:  # noqa: PTH123 - a path as it came on the command line
        data = file.read()
    return data.startswith(_OLE) and _ENCRYPTED in data


def _batches(index: int, sheet: Any) -> Iterator[pa.RecordBatch]:
    if sheet.start is None:
        return
    rows: list[list[str | None]] = []
    numbers: list[int] = []
    blank: list[str | None] = [None] * sheet.width
    gap = 0
    # The iterator begins at the sheet's first row, wherever the table begins.
    for number, row in enumerate(sheet.iter_rows(), start=1):
        if number <= sheet.start[0]:
            continue
        if row.count("") == len(row):
            gap += 1
            continue
        if gap <= GAP:
            rows += [blank] * gap
            numbers += range(number - gap, number)
        gap = 0
        rows.append([cell_text(value) for value in row])
        numbers.append(number)
        if len(rows) >= _BATCH_ROWS:
            yield _batch(index, numbers, rows)
            rows, numbers = [], []
    if gap:
        # Formulas that give no text, down to wherever; the last row tells how far.
        kept = gap if gap <= GAP else 1
        rows += [blank] * kept
        numbers += range(number - kept + 1, number + 1)
    if rows:
        yield _batch(index, numbers, rows)


def _batch(index: int, numbers: list[int], rows: list[list[str | None]]) -> pa.RecordBatch:
    return pa.record_batch(
        [
            pa.array([index] * len(rows), pa.int32()),
            pa.array(numbers, pa.int64()),
            pa.array(rows, pa.list_(pa.string())),
        ],
        schema=SCHEMA,
    )


def _merged(sheet: Any) -> list[str]:
    ranges = sheet.merged_cell_ranges or []
    if not ranges:
        return []
    (row, column), _ = min(ranges)
    note = (
        f"{amount(len(ranges), 'merged range')} (the first at {_place(row, column)}): the value"
        " stands in the first cell of each, the others are empty"
    )
    return [note]


def _place(row: int, column: int) -> str:
    letters, rest = "", column + 1
    while rest:
        rest, letter = divmod(rest - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return f"{letters}{row + 1}"


def _lost_values(path: str) -> dict[int, list[str]]:
    """Say, by sheet, which cells of an XLSX file have no text: formulas without a value, errors."""
    if not zipfile.is_zipfile(path):
        return {}
    notes: dict[int, list[str]] = {}
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        for index, part in enumerate(_sheet_parts(archive)):
            # Parsing the XML takes longer than reading the workbook; most hold neither.
            if part in names and _has_formulas_or_errors(archive, part):
                notes[index] = _lost_in(archive, part)
    return notes


def _sheet_parts(archive: zipfile.ZipFile) -> list[str]:
    """Return the archive's parts that hold the sheets, in the workbook's order."""
    try:
        told = archive.read("xl/_rels/workbook.xml.rels"), archive.read("xl/workbook.xml")
        relations, book = map(ElementTree.fromstring, told)  # nosec B314  # as above
    except KeyError:
        return []  # another kind of workbook, such as XLSB or ODS
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    parts = []
    for sheet in book.iterfind("{*}sheets/{*}sheet"):
        identity = next((value for key, value in sheet.items() if key.endswith("}id")), None)
        target = targets.get(identity, "")
        parts.append(target.removeprefix("/") if target.startswith("/") else f"xl/{target}")
    return parts


def _has_formulas_or_errors(archive: zipfile.ZipFile, part: str) -> bool:
    before = b""
    with archive.open(part) as file:
        while block := file.read(1 << 20):
            if _LOSABLE.search(before + block):
                return True
            before = block[-16:]
    return False


def _lost_in(archive: zipfile.ZipFile, part: str) -> list[str]:
    formulas: list[str] = []
    errors: list[str] = []
    with archive.open(part) as file:
        # Expat stops at entities that grow out of all proportion.
        for _, element in ElementTree.iterparse(file):  # noqa: S314  # nosec B314
            tag = element.tag.rpartition("}")[2]
            if tag == "c":
                place = element.get("r", "?")
                value = element.find("{*}v")
                if element.get("t") == "e":
                    errors.append(place)
                elif (
                    element.find("{*}f") is not None
                    and (value is None or not value.text)
                    # A formula may well give the empty text; then its type is text.
                    and element.get("t") != "str"
                ):
                    formulas.append(place)
            elif tag == "row":
                element.clear()
    notes = []
    if formulas:
        notes.append(
            f"{amount(len(formulas), 'formula')} without a stored value (the first at"
            f" {formulas[0]}), read as empty; open the file in a spreadsheet program, save it, and"
            " run again"
        )
    if errors:
        notes.append(
            f"{amount(len(errors), 'cell')} with an error such as #N/A (the first at {errors[0]}),"
            " read as empty"
        )
    return notes


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
