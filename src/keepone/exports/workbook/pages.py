"""A table on as many sheets as it needs, each with its header, widths, filter and frozen row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xlsxwriter import Workbook

from keepone.exports.workbook.sheet import SHEET_ROWS, Sheet, Value
from keepone.exports.workbook.styles import TEXT, Styles

_LEAST_WIDTH, _MOST_WIDTH = 8, 40
_HEADER_HEIGHT = 32


@dataclass(frozen=True, slots=True)
class PageColumn:
    """A column: its header, the number format of its cells, and its width in characters."""

    header: str
    kind: str = TEXT
    width: float = 14


def fitting_width(header: str, texts: Sequence[str | None]) -> float:
    """Return a width in which most of the texts can be read, and half of the header."""
    lengths = sorted(len(text) for text in texts if text)
    most = lengths[len(lengths) * 9 // 10] if lengths else 0
    return min(max(most, len(header) / 2, _LEAST_WIDTH), _MOST_WIDTH) + 2


class Pages:
    """Writes rows to a sheet, and to a further one where they would not fit.

    `frozen` columns stay in sight, as the header does.
    """

    def __init__(
        self,
        workbook: Workbook,
        styles: Styles,
        title: str,
        columns: Sequence[PageColumn],
        *,
        frozen: int,
        sheet_rows: int = SHEET_ROWS,
    ) -> None:
        self._workbook = workbook
        self._styles = styles
        self._title = title
        self._columns = columns
        self._frozen = frozen
        self._sheet_rows = sheet_rows
        self._row = 0
        self.sheets: list[Sheet] = []
        self.rows = 0
        self._open()

    @property
    def cut_cells(self) -> int:
        """How many texts were too long for a cell."""
        return sum(sheet.cut_cells for sheet in self.sheets)

    def keep_together(self, rows: int) -> None:
        """Begin another sheet where so many rows do not fit on this one and would on another."""
        if self._row + rows > self._sheet_rows and rows < self._sheet_rows:
            self._open()

    def add(self, values: Sequence[Value], styles: Sequence[int]) -> None:
        """Write a row."""
        if self._row >= self._sheet_rows:
            self._open()
        self._sheet.add_row(self._row, values, styles)
        self._row += 1
        self.rows += 1

    def finish(self) -> None:
        """Put a filter over the rows of the last sheet."""
        self._sheet.autofilter(0, 0, max(self._row - 1, 0), len(self._columns) - 1)

    @property
    def _sheet(self) -> Sheet:
        return self.sheets[-1]

    def _open(self) -> None:
        if self.sheets:
            self.finish()
        number = len(self.sheets) + 1
        name = self._title if number == 1 else f"{self._title} {number}"
        sheet = self._workbook.add_worksheet(name, worksheet_class=Sheet)
        self.sheets.append(sheet)
        for place, column in enumerate(self._columns):
            sheet.set_column(place, place, column.width)
        sheet.set_row(0, _HEADER_HEIGHT)
        for place, column in enumerate(self._columns):
            sheet.write_string(0, place, column.header, self._styles.header)
        sheet.freeze_panes(1, self._frozen)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.begin_rows(len(self._columns))
        self._row = 1
