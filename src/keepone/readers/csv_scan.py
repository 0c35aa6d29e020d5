"""The fast look at a block of delimited text: where its rows are, and up to where it is sound.

It follows the rules of `csv_records` on whole arrays of byte offsets. A quote at an even place is
taken to open, at an odd place to close; a doubled quote closes and opens again. That reading holds
as long as every opening quote follows a delimiter, a line end or its own closing quote, and every
closing one precedes the like. The scan stops before the first row where it does not hold.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from keepone.readers.csv_records import Dialect

Offsets = npt.NDArray[np.int64]
_LF, _CR = 10, 13


@dataclass(frozen=True, slots=True)
class Scan:
    """The sound rows at the beginning of a block.

    Row i covers bytes `starts[i]` to `ends[i]` (its line end not included), begins on line
    `lines[i]` (0 is the block's first) and has `cells[i]` cells. `end` is where the sound part
    ends, `lines_passed` the lines in it. `faulty` tells that the row at `end` needs care; otherwise
    it only needs more text. `multiline` tells that some cell holds a line end.
    """

    starts: Offsets
    ends: Offsets
    lines: Offsets
    cells: Offsets
    end: int
    lines_passed: int
    faulty: bool
    multiline: bool


def scan(block: bytes, dialect: Dialect, *, width: int, final: bool) -> Scan:
    """Return the rows of `block` up to the first that is unfinished or needs care.

    Rows over several lines whose number of cells is not `width` need care, as do broken quotes.
    """
    bytes_ = np.frombuffer(block, np.uint8)
    line_ends = _line_ends(block, bytes_, final=final)
    marks = np.flatnonzero(bytes_ == dialect.delimiter[0])
    row_ends, limit, faulty = line_ends, len(block), False
    if dialect.quote in block:
        quotes = np.flatnonzero(bytes_ == dialect.quote[0])
        limit, faulty = _sound_until(bytes_, quotes, dialect, final=final)
        row_ends = _outside(line_ends, quotes)
        marks = _outside(marks, quotes)
    row_ends = row_ends[: np.searchsorted(row_ends, limit)]
    end = int(row_ends[-1]) + 1 if row_ends.size else 0
    ended = row_ends.size
    if final and not faulty and end < len(block):
        # The last row has no line end.
        row_ends = np.append(row_ends, len(block))
        end = len(block)

    starts = np.empty_like(row_ends)
    starts[:1] = 0
    starts[1:] = row_ends[:-1] + 1
    ends = row_ends.copy()
    ends[_follows(bytes_, row_ends, _CR) & (row_ends > starts)] -= 1
    cells = np.diff(np.searchsorted(marks, row_ends), prepend=0) + 1

    lines = np.searchsorted(line_ends, starts)
    passed = int(np.searchsorted(line_ends, end))
    multiline = passed > ended
    if multiline:
        covered = np.searchsorted(line_ends, row_ends) - lines
        suspect = np.flatnonzero((covered > 0) & (cells != width))
        if suspect.size:
            first = int(suspect[0])
            end, passed, faulty = int(starts[first]), int(lines[first]), True
            starts, ends, lines, cells = starts[:first], ends[:first], lines[:first], cells[:first]
    written = ends > starts
    return Scan(
        starts[written], ends[written], lines[written], cells[written],
        end, passed, faulty, multiline,
    )  # fmt: skip


def _line_ends(block: bytes, bytes_: npt.NDArray[np.uint8], *, final: bool) -> Offsets:
    """Offsets of the last byte of each line end: LF, or CR that no LF follows."""
    if b"\r" not in block:
        return np.flatnonzero(bytes_ == _LF)
    is_end = bytes_ == _LF
    returns = np.flatnonzero(bytes_ == _CR)
    inner = returns[returns < len(block) - 1]
    is_end[inner[bytes_[inner + 1] != _LF]] = True
    if final and bytes_[-1] == _CR:
        is_end[-1] = True
    return np.flatnonzero(is_end)


def _follows(bytes_: npt.NDArray[np.uint8], ends: Offsets, byte: int) -> npt.NDArray[np.bool_]:
    """Whether what ends at `ends` is LF with `byte` before it."""
    inner = (ends > 0) & (ends < bytes_.size)
    at = np.where(inner, ends, 1 if bytes_.size > 1 else 0)
    return np.asarray(inner & (bytes_[at] == _LF) & (bytes_[at - 1] == byte))


def _outside(offsets: Offsets, quotes: Offsets) -> Offsets:
    """Those of `offsets` that are outside quotes."""
    return np.asarray(offsets[np.searchsorted(quotes, offsets) % 2 == 0])


def _sound_until(
    bytes_: npt.NDArray[np.uint8], quotes: Offsets, dialect: Dialect, *, final: bool
) -> tuple[int, bool]:
    """Return the offset up to which the quotes are sound, and whether what follows is broken."""
    neighbours = np.zeros(256, dtype=bool)
    neighbours[[dialect.delimiter[0], dialect.quote[0], _LF, _CR]] = True
    opening, closing = quotes[0::2], quotes[1::2]
    opens_well = neighbours[bytes_[opening - 1]]
    if opening[0] == 0:
        opens_well[0] = True
    # A closing quote on the last byte: the end of the file follows, or nobody knows what.
    closes_well = neighbours[bytes_[np.minimum(closing + 1, bytes_.size - 1)]]
    broken = [
        int(offsets[~well][0])
        for offsets, well in ((opening, opens_well), (closing, closes_well))
        if not well.all()
    ]
    if broken:
        return min(broken), True
    if quotes.size % 2:
        return int(quotes[-1]), final
    return bytes_.size, False
