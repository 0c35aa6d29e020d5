"""Delimited text: fast where it is sound, careful where it is not.

A block is scanned as a whole; its sound rows of the right width go to Arrow's parser in one piece.
From the first row that needs care, a stretch is read row by row, then the fast way is tried again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pacsv

from keepone.errors import InputError, InternalError, SettingsError
from keepone.readers.csv_dialect import find_layout
from keepone.readers.csv_records import REACH, Dialect, Record, records
from keepone.readers.csv_scan import Scan, scan
from keepone.readers.encodings import Utf8Text
from keepone.readers.gather import Gathered
from keepone.readers.headers import unique_headers
from keepone.readers.notes import fallback_note
from keepone.readers.source import RAW_LENGTH, Reject, Sheet
from keepone.settings import IngestSettings
from keepone.shelf import MEMORY, Shelf

BLOCK = 8 * 1024 * 1024
# Enough to tell the dialect and the header from.
_HEAD = 128 * 1024
# How much is read with care before the fast way is tried again.
_STRETCH = 256 * 1024
_PARSER_BLOCK = 1024 * 1024


def read_csv(
    stream: BinaryIO,
    label: str,
    settings: IngestSettings,
    notes: list[str],
    shelf: Shelf = MEMORY,
    *,
    block: int = BLOCK,
    reach: int = REACH,
) -> Sheet:
    """Read delimited text of any delimiter and encoding; `block` (bytes) changes nothing.

    Rejects: `ragged_row`, `broken_quotes`, `bad_encoding`, `before_header`, and those of
    `cells.split_faulty` and `footers`. Raises `InputError` if there is no header.
    """
    text = Utf8Text(stream, settings.encoding)
    blocks = text.blocks(block)
    head = next(blocks, b"")
    following = next(blocks, None)
    while following is not None and len(head) < _HEAD:
        head += following
        following = next(blocks, None)
    layout = find_layout(head, delimiter=_delimiter(settings), final=following is None)
    if layout is None:
        message = f"{label} is empty: it holds no header and no rows"
        raise InputError(message, hint="Export it again, and check that the export has records.")
    header = unique_headers(layout.header, label, notes)
    if layout.parted_below and settings.delimiter is None:
        notes.append(
            f"{label}: the header is one cell, so each line was read as one value; if there are"
            " more columns, set ingest.delimiter, or remove what stands above the header."
        )
    gathered = Gathered(label, header, settings.max_cell, shelf, damage=text.marks_damage)
    gathered.count(len(layout.above))
    for record in layout.above:
        gathered.reject(_above(record, head))
    body = _Body(layout.dialect, gathered, reach, line=layout.line)
    body.feed(head[layout.body :], final=following is None)
    while following is not None:
        upcoming = next(blocks, None)
        body.feed(following, final=upcoming is None)
        following = upcoming
    if text.fallback_lines:
        notes.append(fallback_note(label, text.fallback_lines))
    return gathered.sheet()


def _delimiter(settings: IngestSettings) -> bytes | None:
    if settings.delimiter is None:
        return None
    mark = {"\\t": "\t", "tab": "\t"}.get(settings.delimiter, settings.delimiter)
    if len(mark) != 1 or not mark.isascii() or mark in "\r\n\"'":
        message = f"ingest.delimiter: {settings.delimiter!r} is not one ASCII character"
        raise SettingsError(message, hint="Use a character such as , ; | or tab.")
    return mark.encode()


def _above(record: Record, head: bytes) -> Reject:
    raw = head[record.start : record.end].decode("utf-8", "replace").rstrip("\r\n")
    message = "the row stands above the header and was taken for a title"
    return Reject(record.line, "before_header", message, raw[:RAW_LENGTH])


@dataclass(slots=True)
class _Body:
    """The rows below the header, fed in pieces. `line` is the 1-based line of `rest`."""

    dialect: Dialect
    gathered: Gathered
    reach: int
    line: int
    rest: bytes = b""
    stretch: int = _STRETCH

    @property
    def width(self) -> int:
        return len(self.gathered.header)

    def feed(self, piece: bytes, *, final: bool) -> None:
        """Take the next piece; with `final`, nothing may be left over."""
        text = self.rest + piece
        at = 0
        while at < len(text):
            window = text[at:] if at else text
            found = scan(window, self.dialect, width=self.width, final=final)
            self._fast(window, found)
            at += found.end
            self.line += found.lines_passed
            if not found.faulty and len(text) - at <= self.reach:
                break
            # Where faults are thick, looking at the whole block again and again does not pay.
            self.stretch = _STRETCH if found.end > self.stretch else 2 * self.stretch
            careful = records(
                text, self.dialect, final=final, width=self.width, start=at, line=self.line,
                stop=min(at + self.stretch, len(text)), reach=self.reach,
            )  # fmt: skip
            if not careful:
                break
            self._careful(text, careful)
            at = careful[-1].end
            self.line = careful[-1].line + careful[-1].lines
        self.rest = text[at:]
        if final and self.rest.strip(b"\r\n"):
            message = f"{self.gathered.label}: {len(self.rest)} bytes were left unread"
            raise InternalError(message)

    def _fast(self, text: bytes, found: Scan) -> None:
        self.gathered.count(found.cells.size)
        fit = found.cells == self.width
        for index in np.flatnonzero(~fit).tolist():
            raw = text[int(found.starts[index]) : int(found.ends[index])]
            (record,) = records(raw, self.dialect, final=True)
            self._unfit(record, self.line + int(found.lines[index]), raw)
        if fit.any():
            pieces = _runs(text, found, fit)
            longest = int((found.ends - found.starts).max())
            table = self._parse(pieces, multiline=found.multiline, longest=longest)
            self.gathered.add(table, pa.array(found.lines[fit] + self.line))

    def _careful(self, text: bytes, found: Sequence[Record]) -> None:
        self.gathered.count(len(found))
        kept = [record for record in found if len(record.cells or ()) == self.width]
        for record in found:
            if len(record.cells or ()) != self.width:
                self._unfit(record, record.line, text[record.start : record.end])
        if kept:
            columns = zip(*(record.cells or () for record in kept), strict=True)
            table = pa.table(
                [pa.array([cell or None for cell in column], pa.string()) for column in columns],
                names=list(self.gathered.header),
            )
            self.gathered.add(table, pa.array([record.line for record in kept], pa.int64()))

    def _parse(self, text: bytes, *, multiline: bool, longest: int) -> pa.Table:
        names = list(self.gathered.header)
        return pacsv.read_csv(
            pa.BufferReader(text),
            read_options=pacsv.ReadOptions(
                column_names=names,
                # A row may not be longer than two of the parser's own blocks.
                block_size=_PARSER_BLOCK if longest < _PARSER_BLOCK // 2 else len(text) + 1,
            ),
            parse_options=pacsv.ParseOptions(
                delimiter=self.dialect.delimiter.decode(),
                quote_char=self.dialect.quote.decode(),
                newlines_in_values=multiline,
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                # What is read here is UTF-8 already.
                check_utf8=False,
            ),
        )

    def _unfit(self, record: Record, line: int, raw: bytes) -> None:
        text = raw.decode("utf-8", "replace").rstrip("\r\n")
        if record.cells is None:
            message = (
                "the quotes are broken: a quote opens here and is not closed before the delimiter"
                " or the end of the row; close it, or double the quotes inside the cell"
            )
            self.gathered.reject(Reject(line, "broken_quotes", message, text[:RAW_LENGTH]))
        elif not any(cell.strip() for cell in record.cells):
            message = "every cell of the row is blank; nothing is lost"
            self.gathered.reject(Reject(line, "empty_row", message, text[:RAW_LENGTH]))
        else:
            message = (
                f"the row has {len(record.cells)} cells, the header {self.width};"
                " put cells that hold the delimiter into quotes"
            )
            self.gathered.reject_ragged(
                Reject(line, "ragged_row", message, text[:RAW_LENGTH]), record.cells
            )


def _runs(text: bytes, found: Scan, fit: npt.NDArray[np.bool_]) -> bytes:
    """Return the text of the rows that fit; rows side by side are copied in one piece."""
    if fit.all():
        return text[: found.end]
    edges = np.flatnonzero(np.diff(fit.astype(np.int8), prepend=0, append=0))
    limits = np.append(found.starts, found.end)[edges].tolist()
    view = memoryview(text)
    return b"".join(view[start:end] for start, end in zip(limits[::2], limits[1::2], strict=True))
