"""A worksheet that takes whole rows, fast.

XlsxWriter checks and stores each cell before it writes it, at 4 to 5 µs a cell; a million records
have some twenty million. Here a row goes straight to the file in which XlsxWriter, in its constant
memory mode, keeps what is written of a sheet.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

# What Excel holds: rows of a sheet, and UTF-16 units of a cell.
SHEET_ROWS = 1_048_576
CELL_UNITS = 32_767

_CUT = "…"
# Signs of XML, characters that it does not have, and what would be read as an escape of one.
_SPECIAL = re.compile(r"[&<>\x00-\x08\x0b-\x1f\ufffe\uffff]|_x[0-9A-Fa-f]{4}_")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}

Value = str | float | None


class Sheet(Worksheet):  # type: ignore[misc]
    """A worksheet of a workbook in constant memory mode; no row is written twice."""

    def __init__(self) -> None:
        super().__init__()
        self.cut_cells = 0
        self._letters: list[str] = []

    def begin_rows(self, columns: int) -> None:
        """Let rows be added after those written so far, which are finished."""
        self._write_single_row(self.previous_row + 1)
        self._letters = [xl_col_to_name(column) for column in range(columns)]

    def add_row(self, row: int, values: Sequence[Value], styles: Sequence[int]) -> None:
        """Write row number `row`, counted from 0, with a value and a style for each column.

        A text is written as text whatever it looks like, cut where Excel has no room for it;
        `cut_cells` counts those.
        """
        self._check_dimensions(row, len(self._letters) - 1)
        number = row + 1
        parts = [f'<row r="{number}">']
        for letter, value, style in zip(self._letters, values, styles, strict=True):
            if value is None:
                parts.append(f'<c r="{letter}{number}" s="{style}"/>')
            elif isinstance(value, str):
                text = value if _is_simple(value) else self._as_xml(value)
                space = "" if text == text.strip() else ' xml:space="preserve"'
                parts.append(
                    f'<c r="{letter}{number}" s="{style}" t="inlineStr">'
                    f"<is><t{space}>{text}</t></is></c>"
                )
            else:
                parts.append(f'<c r="{letter}{number}" s="{style}"><v>{value!r}</v></c>')
        parts.append("</row>")
        self.fh.write("".join(parts))

    def _as_xml(self, text: str) -> str:
        # Characters beyond the first 65,536 take two units.
        units = text.encode("utf-16-le")
        if len(units) > 2 * CELL_UNITS:
            text = units[: 2 * (CELL_UNITS - 1)].decode("utf-16-le", errors="ignore") + _CUT
            self.cut_cells += 1
        return _SPECIAL.sub(_escape, text)


def style_of(cell_format: Format) -> int:
    """Return the number by which rows name a format."""
    number: int = cell_format._get_xf_index()  # noqa: SLF001 - XlsxWriter's own sheets ask for it so
    return number


def _is_simple(text: str) -> bool:
    return len(text) <= CELL_UNITS // 2 and _SPECIAL.search(text) is None


def _escape(found: re.Match[str]) -> str:
    text = found[0]
    if text in _ENTITIES:
        return _ENTITIES[text]
    if len(text) > 1:
        return "_x005F" + text
    return f"_x{ord(text):04X}_"
