"""Ingest, row by row: the text of a file read character by character, then one record at a time."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from keepone.errors import InputError
from keepone.readers.cells import row_text
from keepone.readers.datasets import Dataset, datasets
from keepone.readers.id_headers import id_candidates, is_sure
from keepone.readers.source import Reject, Sheet, Source
from keepone.schema import HEADERS, RECORDS, REJECTS
from keepone.settings import IngestSettings

_Line = dict[str, Any]
_ALNUM = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def ingest(
    engine: object,  # noqa: ARG001 - plain Python needs no engine
    settings: IngestSettings,
    *,
    sources: Sequence[Source],
) -> dict[str, pa.Table]:
    """Return `records`, `inputs`, `headers` and `rejects`, as the stage of this name promises."""
    sheets = [sheet for source in sources for sheet in source.read()]
    if not any(sheet.rows_read for sheet in sheets):
        message = "there is a header, but no row below it"
        raise InputError(message)
    parts = datasets(sheets)
    headers = list(dict.fromkeys(header for sheet in sheets for header in sheet.header))
    if settings.id_column is not None and settings.id_column not in headers:
        message = f"no input has a column {settings.id_column!r}"
        raise InputError(message)
    rejects = [(sheet.label, reject) for sheet in sheets for reject in sheet.rejects]
    lines: list[_Line] = []
    for part in parts:
        lines += _records(part, settings.id_column, rejects)
    if not lines:
        message = f"none of the {len(rejects)} rows can be read as a record"
        raise InputError(message)

    datasets_of: dict[str, set[str]] = {}
    for line in lines:
        datasets_of.setdefault(line["id"], set()).add(line["dataset"])
    if any(len(names) > 1 for names in datasets_of.values()):
        for line in lines:
            line["id"] = f"{line['dataset']}:{line['id']}"
    lines.sort(key=lambda line: (line["dataset"].encode(), line["id"].encode()))

    names = [f"c{index:03d}" for index in range(len(headers))]
    records = [
        {
            "row": row,
            "dataset": line["dataset"],
            "record_id": line["id"],
            "source_file": line["file"],
        }
        for row, line in enumerate(lines)
    ]
    inputs = [
        {"row": row}
        | {name: line["cells"].get(header) for name, header in zip(names, headers, strict=True)}
        for row, line in enumerate(lines)
    ]
    ordered = sorted(rejects, key=lambda item: (item[0], item[1].source_row, item[1].code))
    rejected = [
        {"file": file} | {name: getattr(reject, name) for name in REJECTS.arrow().names[1:]}
        for file, reject in ordered
    ]
    input_types = [("row", pa.int32()), *((name, pa.string()) for name in names)]
    return {
        "records": pa.Table.from_pylist(records, RECORDS.arrow()),
        "inputs": pa.Table.from_pylist(inputs, pa.schema(input_types)),
        "headers": pa.Table.from_pylist(
            [
                {"column": name, "header": header}
                for name, header in zip(names, headers, strict=True)
            ],
            HEADERS.arrow(),
        ),
        "rejects": pa.Table.from_pylist(rejected, REJECTS.arrow()),
    }


def csv_rows(text: str, *, delimiter: str, quote: str = '"') -> list[tuple[int, list[str] | None]]:
    """Return each row of delimited text with the 1-based line on which it begins.

    The cells are None where the quotes are broken; then the next line begins a new row. The first
    row says how many cells one over several lines must have.
    """
    rows: list[tuple[int, list[str] | None]] = []
    at, line, width = 0, 1, None
    while at < len(text):
        first_end = at
        while first_end < len(text) and text[first_end] not in "\r\n":
            first_end += 1
        if first_end == at:
            at, line = _past_line_end(text, at), line + 1
            continue
        cells, end = _csv_row(text, at, delimiter, quote)
        inside = text[at:end].replace("\r\n", "\n").replace("\r", "\n").count("\n")
        if cells is None or (inside and width is not None and len(cells) != width):
            rows.append((line, None))
            at, line = _past_line_end(text, first_end), line + 1
        else:
            width = len(cells) if width is None else width
            rows.append((line, cells))
            at, line = _past_line_end(text, end), line + inside + 1
    return rows


def _csv_row(text: str, at: int, delimiter: str, quote: str) -> tuple[list[str] | None, int]:
    """Return the cells of the row at `at`, and where it ends, before the line end."""
    cells: list[str] = []
    while True:
        cell = ""
        if text[at : at + 1] == quote:
            at += 1
            while text[at : at + 1] != quote or text[at + 1 : at + 2] == quote:
                if at >= len(text):
                    return None, at
                cell += text[at]
                at += 2 if text[at] == quote else 1
            at += 1
            if text[at : at + 1] not in {"", delimiter, "\r", "\n"}:
                return None, at
        else:
            while text[at : at + 1] not in {"", delimiter, "\r", "\n"}:
                cell += text[at]
                at += 1
        cells.append(cell)
        if text[at : at + 1] != delimiter:
            return cells, at
        at += 1


def _past_line_end(text: str, at: int) -> int:
    return at + 2 if text[at : at + 2] == "\r\n" else at + 1


def _records(part: Dataset, wanted: str | None, rejects: list[tuple[str, Reject]]) -> list[_Line]:
    """Return a dataset's records, each with its id; what has none of its own is rejected."""
    lines = [
        {"dataset": part.name, "file": sheet.label, "source_row": number, "cells": cells}
        for sheet in part.sheets
        for number, cells in zip(
            sheet.source_rows.to_pylist(), sheet.cells.to_pylist(), strict=True
        )
    ]
    header = wanted if wanted in part.header else _id_header(part)
    for line in lines:
        line["given"] = _id(line["cells"], header)
    salesforce = _are_salesforce([line["given"] for line in lines if line["given"]])
    taken: dict[str, _Line] = {}
    made: Counter[str] = Counter()
    # The fullest first, then by content: the first to come keeps the id.
    for line in sorted(lines, key=_precedence):
        given = line["given"]
        if given is None:
            digest = hashlib.md5(_content(line).encode(), usedforsecurity=False).hexdigest()[:16]
            made[digest] += 1
            line["id"] = f"auto-{digest}" + (f"-{made[digest]}" if made[digest] > 1 else "")
            taken[line["id"]] = line
            continue
        line["id"] = given[:15] + _checksum(given) if salesforce and _is_id(given) else given
        if salesforce and _is_id(given) and len(given) == 18 and given != line["id"]:
            code, message = "bad_id_checksum", (
                f"the last three characters of the id {given} do not fit the rest: it was"
                " mistyped, or its case was changed; export the ids again"
            )  # fmt: skip
        elif line["id"] in taken:
            code, message = "repeated_id", (
                f"the id {line['id']} stands on another row too, and the fullest of them was kept;"
                " remove one of the rows, or give them ids of their own"
            )  # fmt: skip
        else:
            taken[line["id"]] = line
            continue
        raw = row_text(line["cells"][name] for name in part.header)
        rejects.append((line["file"], Reject(line["source_row"], code, message, raw, header)))
    return list(taken.values())


def _precedence(line: _Line) -> tuple[int, bytes, bytes, int]:
    filled = sum(cell is not None for cell in line["cells"].values())
    return -filled, _content(line).encode(), line["file"].encode(), line["source_row"]


def _content(line: _Line) -> str:
    cells = line["cells"]
    ordered = sorted(cells)
    return "\x1e".join(f"{name}\x1f{cells[name]}" for name in ordered if cells[name] is not None)


def _id(cells: dict[str, str | None], header: str | None) -> str | None:
    return (cells[header] or "").strip() or None if header else None


def _id_header(part: Dataset) -> str | None:
    for header in id_candidates(part.header):
        ids = [_ids_of(sheet, header) for sheet in part.sheets]
        rows = sum(len(values) for values in ids)
        filled = sum(value is not None for values in ids for value in values)
        distinct = sum(len({*values} - {None}) for values in ids)
        repeats = filled - distinct
        if is_sure(header):
            if 2 * filled >= rows and repeats <= max(5, filled // 20) and repeats <= distinct:
                return header
        elif filled == rows and repeats == 0 and rows > 1:
            return header
    return None


def _ids_of(sheet: Sheet, header: str) -> list[str | None]:
    return [_id({header: value}, header) for value in sheet.cells.column(header).to_pylist()]


def _is_id(text: str) -> bool:
    return len(text) in {15, 18} and set(text) <= _ALNUM


def _checksum(identity: str) -> str:
    fives = (identity[0:5], identity[5:10], identity[10:15])
    return "".join(
        _CHECK[sum(1 << place for place, letter in enumerate(five) if letter.isupper())]
        for five in fives
    )


def _are_salesforce(ids: Sequence[str]) -> bool:
    short = [text for text in ids if _is_id(text) and len(text) == 15]
    long = [text for text in ids if _is_id(text) and len(text) == 18]
    if not ids or len(short) + len(long) < 0.95 * len(ids):
        return False
    if long:
        return 2 * sum(text[15:] == _checksum(text) for text in long) > len(long)
    prefix, count = max(
        Counter(text[:3] for text in short).items(), key=lambda item: (item[1], item[0])
    )
    numbers = sum(text.isdigit() for text in short)
    known = prefix.startswith(("00", "a"))
    return known and count >= 0.95 * len(short) and 2 * numbers < len(short)
