"""Which delimiter and which quote a text file uses."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from keepone.readers.csv_records import Dialect, Record, records
from keepone.readers.headers import header_row

# In the order in which a draw is decided.
_DELIMITERS = (b",", b"\t", b";", b"|", b"\x1f", b"\x01", b"^", b"~")
# The ASCII unit separator, which no other text holds.
_NO_DELIMITER = b"\x1f"
_SAMPLE_BYTES = 64 * 1024
_SAMPLE_ROWS = 300
# Excel's own hint, on a line before the header.
_HINT = re.compile(rb"sep=([\x01-\x7e])(?:\r\n|\n|\r)", re.IGNORECASE)

_SINGLE_QUOTED = re.compile(rb"'[^'\r\n]*'(?:[^\w\s'\"]|\t)'[^'\r\n]*'")


@dataclass(frozen=True, slots=True)
class Layout:
    """A text file's dialect, its header row, the rows above it, and where the body begins.

    `body` is a byte offset, `line` the 1-based line that stands there. `parted_below` says that the
    header is one cell, but some delimiter would part a row below it.
    """

    dialect: Dialect
    header: tuple[str, ...]
    above: tuple[Record, ...]
    body: int
    line: int
    parted_below: bool


def find_layout(head: bytes, *, delimiter: bytes | None, final: bool) -> Layout | None:
    """Return the layout of the file that begins with `head`; None if it holds no row.

    A delimiter fits as far as rows agree in the number of their cells; the one that fits best is
    taken, among equals the one that makes more cells. One that fits fewer than half of the rows is
    none, and the file has a single column, as it has where the header is one cell. `final` says
    that `head` is the whole file.
    """
    hint = _HINT.match(head)
    start = hint.end() if hint else 0
    if hint and delimiter is None:
        delimiter = hint.group(1)
    for sample in (head[start : start + _SAMPLE_BYTES], head[start:]):
        # The last row of a sample is cut off, unless the sample is all there is.
        whole = final and start + len(sample) == len(head)
        quote = _quote(sample)
        marks = [mark for mark in _DELIMITERS if mark in sample] or [_DELIMITERS[0]]
        dialects = [Dialect(mark, quote) for mark in ([delimiter] if delimiter else marks)]
        readings = [(dialect, records(sample, dialect, final=whole)) for dialect in dialects]
        if all(rows for _, rows in readings):
            break
        # By some delimiter the first row is longer than the sample.
    fits = [
        (fit, -index)
        for index, (_, rows) in enumerate(readings)
        if (fit := _fit(rows[:_SAMPLE_ROWS])) is not None
    ]
    dialect, rows = readings[-max(fits)[1]] if fits else readings[0]
    at = header_row([row.cells or () for row in rows])
    if at is None and not whole:
        # All rows of the sample are blank.
        rows = records(head[start:], dialect, final=final)
        at = header_row([row.cells or () for row in rows])
    if at is None:
        return None
    line = 2 if hint else 1
    header = rows[at].cells
    assert header is not None
    if len(header) == 1 and delimiter is None:
        # What looks like a delimiter below a header of one cell is part of the names there.
        dialect = Dialect(_NO_DELIMITER, quote)
    return Layout(
        dialect,
        header,
        tuple(row.moved(bytes_=start, lines=line - 1) for row in rows[:at]),
        start + rows[at].end,
        line - 1 + rows[at].line + rows[at].lines,
        len(header) == 1
        and any(len(row.cells or ()) > 1 for _, reading in readings for row in reading[at:]),
    )


def _quote(sample: bytes) -> bytes:
    """Return the single quote if the header's first two cells are in single quotes."""
    return b"'" if _SINGLE_QUOTED.match(sample) else b'"'


def _fit(rows: list[Record]) -> tuple[float, int] | None:
    """Return the share of rows with the usual number of cells, and that number."""
    counts = Counter(len(row.cells or ()) for row in rows)
    if not counts:
        return None
    frequency, usual = max((frequency, cells) for cells, frequency in counts.items())
    share = frequency / len(rows)
    # A comma in half of the names does not make a second column: with two, the header has two.
    if usual < 2 or share < 0.5 or (usual == 2 and len(rows[0].cells or ()) != 2):
        return None
    return share, usual
