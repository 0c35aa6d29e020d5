"""Text that a spreadsheet would take for a formula, and the apostrophe that keeps it text.

A program that opens a CSV file may compute a cell that begins with `= + - @`, or do as control
characters say. Such a cell gets an apostrophe in front. So that taking it away again gives the
value back, a value gets one too that would be such a cell but for apostrophes it has already.

A sign followed by nothing but digits, spaces and points is a number or a text to every
spreadsheet: `+1 555 010 0199` and `-12.50` stay what they are.
"""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

# Arrow searches columns and Python single cells for the same: what stands here means one thing in
# both languages of patterns.
#
# Blanks may stand before the sign: some programs trim them. The wide signs are those of East Asian
# keyboards, which Excel takes for the others.
_BLANKS = " \u00a0\u3000\ufeff"
_SIGNS = "=+@\uff1d\uff0b\uff0d\uff20-"
_ACTIVE = rf"'*(?:[\x00-\x1f\x7f]|[{_BLANKS}]*[{_SIGNS}])"
_PLAIN = "'*[+-][0-9][0-9 .]*"
_ACTIVE_TEXT, _PLAIN_TEXT = re.compile(_ACTIVE), re.compile(_PLAIN)
_MARK = "'"

# The first bytes of UTF-8 with which a cell that `_ACTIVE` finds may begin; most begin otherwise.
_FIRST_BYTES = pa.array(
    [bytes([byte]) for byte in (*range(0x21), 0x7F, *b"'+-=@", 0xC2, 0xE3, 0xEF)], pa.binary()
)


def escaped(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column of text whose cells no spreadsheet takes for formulas."""
    active = _active(column)
    if active is None:
        return column
    return pc.if_else(active, pc.binary_join_element_wise(_MARK, column, ""), column)


def unescaped(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column of text as it was before `escaped`."""
    active = _active(column)
    if active is None:
        return column
    marked = pc.and_(active, pc.starts_with(column, _MARK))
    return pc.if_else(marked, pc.utf8_slice_codeunits(column, 1), column)


def escaped_text(text: str) -> str:
    """Return one text as `escaped` has it."""
    return _MARK + text if _is_active(text) else text


def unescaped_text(text: str) -> str:
    """Return one text as `unescaped` has it."""
    return text.removeprefix(_MARK) if _is_active(text) else text


def _is_active(text: str) -> bool:
    return _ACTIVE_TEXT.match(text) is not None and _PLAIN_TEXT.fullmatch(text) is None


def _active(column: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """Tell of each cell whether it would be a formula, apostrophes aside; None where none would."""
    first = pc.binary_slice(column.cast(pa.binary()), 0, 1)
    if not pc.any(pc.is_in(first, value_set=_FIRST_BYTES)).as_py():
        return None
    active = pc.match_substring_regex(column, f"^{_ACTIVE}")
    return pc.and_not(active, pc.match_substring_regex(column, f"^{_PLAIN}$"))
