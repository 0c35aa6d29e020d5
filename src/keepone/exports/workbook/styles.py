"""What the cells of the workbook look like."""

from __future__ import annotations

from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.format import Format

from keepone.exports.workbook.against_primary import DIFFERS, GAINS, SAME
from keepone.exports.workbook.sheet import style_of

TEXT, SCORE, NUMBER = "@", "0.00", "0"
"""Number formats: text stays text also when somebody edits the cell."""

_FONT = {"font_name": "Calibri", "font_size": 10, "valign": "top"}
_LINE = {"bottom": 1, "bottom_color": "#DDE3EA"}
_BANDS: tuple[dict[str, Any], ...] = ({}, {"bg_color": "#F2F5F9"})
_STATES: dict[int, dict[str, Any]] = {
    SAME: {},
    DIFFERS: {"bg_color": "#FFE7B3"},
    GAINS: {"bg_color": "#D5EED8"},
}


class Styles:
    """The formats of one workbook, and the numbers by which rows of records name them."""

    def __init__(self, workbook: Workbook) -> None:
        self._workbook = workbook
        dark = {"bold": True, "bg_color": "#1F3A5F", "font_color": "#FFFFFF"}
        self.header = self._format(
            dark, {"text_wrap": True, "valign": "vcenter", "num_format": TEXT}
        )
        self.title = self._format({"bold": True, "font_size": 18, "font_color": "#1F3A5F"})
        self.heading = self._format({"bold": True, "font_size": 12, "font_color": "#1F3A5F"})
        self.text = self._format({"num_format": TEXT, "text_wrap": True})
        self.text_line = self._format({"num_format": TEXT})
        self.label = self._format({"num_format": TEXT}, _LINE)
        self.count = self._format({"num_format": "#,##0"}, _LINE)
        self.share = self._format({"num_format": "0.0%"}, _LINE)
        self.says = self._format({"num_format": TEXT, "align": "left", "indent": 1}, _LINE)
        self.states = {
            state: self._format({"num_format": TEXT}, _LINE, look)
            for state, look in _STATES.items()
            if look
        }
        self._cells = {
            (band, is_primary, kind, state): style_of(
                self._format(
                    {"num_format": kind, "bold": is_primary},
                    {} if kind == TEXT else {"align": "center"},
                    _LINE,
                    _BANDS[band],
                    _STATES[state],
                )
            )
            for band in (0, 1)
            for is_primary in (False, True)
            for kind in (TEXT, SCORE, NUMBER)
            for state in _STATES
            if kind == TEXT or state == SAME
        }

    def cell(self, band: int, kind: str, *, is_primary: bool = False, state: int = SAME) -> int:
        """Return the number of a cell's format; groups lie on `band` 0 and 1 in turn."""
        return self._cells[band, is_primary, kind, state]

    def _format(self, *looks: dict[str, Any]) -> Format:
        whole: dict[str, Any] = dict(_FONT)
        for look in looks:
            whole |= look
        return self._workbook.add_format(whole)
