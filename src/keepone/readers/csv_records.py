"""Rows of delimited text, one at a time and with care: the slow path, and the rules.

A row ends at LF, CRLF or CR outside quotes; a line of no characters is no row. A cell that begins
with the quote runs to the closing quote, a doubled quote inside stands for one, and the delimiter
or the end of the row must follow. In other cells quotes are characters like any other.

Where this is broken (something else follows the closing quote, or the quote is never closed), only
the line on which the row began is given up, and the next line begins a new row: a forgotten quote
costs one row and not the rest of the file. The same holds for a row over several lines that has
the wrong number of cells, since that is what a forgotten quote looks like.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, replace
from functools import lru_cache

# A quoted cell longer than this was never closed.
REACH = 8 * 1024 * 1024
_LINE_END = re.compile(rb"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Dialect:
    """The delimiter and the quote: one ASCII character each."""

    delimiter: bytes
    quote: bytes


@dataclass(frozen=True, slots=True)
class Record:
    """One row: its cells, None where the quotes are broken, and where it stands.

    `start` and `end` are byte offsets (`end` is past the line end), `line` is 1-based, `lines` the
    number of lines it covers.
    """

    cells: tuple[str, ...] | None
    start: int
    end: int
    line: int
    lines: int

    def moved(self, *, bytes_: int, lines: int) -> Record:
        """Return the same row in a text that begins that much earlier."""
        return replace(
            self, start=self.start + bytes_, end=self.end + bytes_, line=self.line + lines
        )


def records(
    text: bytes,
    dialect: Dialect,
    *,
    final: bool,
    width: int | None = None,
    start: int = 0,
    line: int = 1,
    stop: int | None = None,
    reach: int = REACH,
) -> list[Record]:
    """Return the rows of `text` that begin at `start` or later and before `stop`.

    `final` says that nothing follows `text`; otherwise a row that may go on is left out. `width` is
    the number of cells that a row should have.
    """
    stop = len(text) if stop is None else stop
    found: list[Record] = []
    while start < stop:
        match = _LINE_END.search(text, start)
        if not final and (match is None or (match.group() == b"\r" and match.end() == len(text))):
            break
        first, after = (match.start(), match.end()) if match else (len(text), len(text))
        if first == start:
            start, line = after, line + 1
            continue
        cells = _one_line(text[start:first].decode("utf-8", "replace"), dialect)
        if cells is not None:
            record = Record(cells, start, after, line, 1)
        else:
            quoted = _quoted_row(text, dialect, start, final=final, reach=reach)
            if quoted is None:
                break
            broken, row, end = quoted
            lines = 1 if broken else _lines(text, start, end)
            if broken or (lines > 1 and width is not None and len(row) != width):
                record = Record(None, start, after, line, 1)
            else:
                record = Record(row, start, end, line, lines)
        found.append(record)
        start, line = record.end, line + record.lines
    return found


def _one_line(line: str, dialect: Dialect) -> tuple[str, ...] | None:
    """Return the cells of a row that begins and ends on this line; None if its quotes do not."""
    delimiter, quote = dialect.delimiter.decode(), dialect.quote.decode()
    if quote not in line:
        return tuple(line.split(delimiter))
    # The same rules, much faster; it also gives up cells that are longer than it can take.
    try:
        return tuple(next(csv.reader((line,), delimiter=delimiter, quotechar=quote, strict=True)))
    except csv.Error:
        return None


def _lines(text: bytes, start: int, end: int) -> int:
    """Return how many lines a row covers; only a file's last has no line end."""
    return len(_LINE_END.findall(text, start, end)) + (text[end - 1] not in b"\r\n")


def _quoted_row(
    text: bytes, dialect: Dialect, start: int, *, final: bool, reach: int
) -> tuple[bool, tuple[str, ...], int] | None:
    """Return whether the row at `start` is broken, its cells and its end.

    None if that cannot be told before more text comes.
    """
    cells: list[str] = []
    quoted, plain = _patterns(dialect)
    at = start
    while True:
        if text.startswith(dialect.quote, at):
            match = quoted.match(text, at, min(len(text), start + reach))
            if match is None:
                return None if not final and len(text) - start < reach else (True, (), 0)
            cell = match.group()[1:-1].replace(dialect.quote * 2, dialect.quote)
        else:
            match = plain.match(text, at)
            assert match is not None
            cell = match.group()
        cells.append(cell.decode("utf-8", "replace"))
        at = match.end()
        # A closing quote at the end may be half of a doubled one, and \r half of \r\n.
        if not final and (at == len(text) or (at == len(text) - 1 and text.endswith(b"\r"))):
            return None
        if text.startswith(dialect.delimiter, at):
            at += 1
            continue
        ending = _LINE_END.match(text, at)
        if ending is None and at < len(text):
            return True, (), 0
        return False, tuple(cells), ending.end() if ending else at


@lru_cache(maxsize=32)
def _patterns(dialect: Dialect) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    quote, delimiter = re.escape(dialect.quote), re.escape(dialect.delimiter)
    # Possessive, so that an unclosed quote is found out in one pass.
    quoted = re.compile(
        rb"%b[^%b]*+(?:%b%b[^%b]*+)*+%b" % (quote, quote, quote, quote, quote, quote)
    )
    plain = re.compile(rb"[^%b\r\n]*" % delimiter)
    return quoted, plain
