"""Records on sheets: groups with the primary first and what differs from it, and single records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from xlsxwriter import Workbook

from keepone.exports.source import Source
from keepone.exports.workbook.against_primary import Marked, states, whole_groups
from keepone.exports.workbook.pages import PageColumn, Pages, fitting_width
from keepone.exports.workbook.sheet import SHEET_ROWS
from keepone.exports.workbook.styles import NUMBER, SCORE, TEXT, Styles
from keepone.ids import FIELD_PREFIX, SOURCE_FILE

GROUPS, SINGLE = "Groups", "Single records"


@dataclass(frozen=True, slots=True)
class Shown:
    """A column of a sheet: what review_ready calls it, and what is compared with the primary's.

    Of a recognised field the cleaned value is compared, so that spelling alone is no difference;
    of a verdict nothing is.
    """

    page: PageColumn
    column: str
    compared: str | None = None


_GROUP = Shown(PageColumn("Group", TEXT, 20), "group_id")
_DISPOSITION = Shown(PageColumn("Disposition", TEXT, 12), "disposition")
_RECORD = Shown(PageColumn("Record ID", TEXT, 20), "record_id")
_SCORE = Shown(PageColumn("Score", SCORE, 8), "score")
_PROPOSED = Shown(PageColumn("If you agree", TEXT, 12), "proposed_disposition")
_REASON = Shown(PageColumn("Reason", TEXT, 80), "reason")
_SIZE = Shown(PageColumn("Records", NUMBER, 9), "group_size")


def export_columns(source: Source) -> list[Shown]:
    """Return the columns of the export as they came, and fields of which none of them is there."""
    published = source.tables.columns("review_ready")
    first = next(source.batches("review_ready"), None)

    def page(header: str, name: str) -> PageColumn:
        texts = [] if first is None else first.column(name).to_pylist()
        return PageColumn(header, TEXT, fitting_width(header, texts))

    shown = []
    for column in source.manifest.columns:
        name, cleaned = column.column, f"{FIELD_PREFIX}{column.field}"
        if name in published and column.type != "record_id":
            compared = cleaned if column.field is not None and cleaned in published else name
            shown.append(Shown(page(column.header, name), name, compared))
    told = {column.compared for column in shown}
    for name in published:
        if name.startswith(FIELD_PREFIX) and name not in told:
            header = name.removeprefix(FIELD_PREFIX).replace("_", " ").capitalize()
            shown.append(Shown(page(header, name), name, name))
    if len(source.manifest.inputs) > 1:
        shown.append(Shown(page("Source file", SOURCE_FILE), SOURCE_FILE, SOURCE_FILE))
    return shown


def write_groups(
    workbook: Workbook, styles: Styles, source: Source, *, sheet_rows: int = SHEET_ROWS
) -> Pages:
    """Write the records of groups of two and more, the primary first."""
    frozen = [_GROUP, _DISPOSITION, _RECORD]
    shown = [*frozen, *export_columns(source), _SCORE, _PROPOSED, _REASON, _SIZE]
    columns = [column.page for column in shown]
    pages = Pages(workbook, styles, GROUPS, columns, frozen=len(frozen), sheet_rows=sheet_rows)
    rows = _RowStyles(styles, [column.page.kind for column in shown])
    band = 1
    for groups, wanted in whole_groups(_of_groups(source, shown)):
        differing = states(groups, [column.compared for column in shown])[wanted]
        table = groups.filter(pa.array(wanted))
        primary = table.column("is_primary").to_pylist()
        sizes = _run_lengths(table.column("group_id").to_pylist())
        cells = zip(*(table.column(column.column).to_pylist() for column in shown), strict=True)
        for at, values in enumerate(cells):
            if sizes[at]:
                band = 1 - band
                pages.keep_together(sizes[at])
            pages.add(values, rows.of(band, differing[at], is_primary=primary[at]))
    pages.finish()
    return pages


def write_single_records(
    workbook: Workbook, styles: Styles, source: Source, *, sheet_rows: int = SHEET_ROWS
) -> Pages:
    """Write the records that are alone in their group."""
    frozen = [_DISPOSITION, _RECORD]
    shown = [*frozen, *export_columns(source), _PROPOSED, _REASON]
    columns = [column.page for column in shown]
    pages = Pages(workbook, styles, SINGLE, columns, frozen=len(frozen), sheet_rows=sheet_rows)
    names = [column.column for column in shown]
    row_styles = [styles.cell(0, TEXT)] * len(names)
    for batch in source.batches("review_ready", list(dict.fromkeys((*names, "group_size")))):
        single = batch.filter(pc.equal(batch.column("group_size"), 1))
        for values in zip(*(single.column(name).to_pylist() for name in names), strict=True):
            pages.add(values, row_styles)
    pages.finish()
    return pages


class _RowStyles:
    """The styles of a row, by its band, whether it is a primary, and which cells differ."""

    def __init__(self, styles: Styles, kinds: Sequence[str]) -> None:
        self._styles = styles
        self._usual = {
            (band, is_primary): [styles.cell(band, kind, is_primary=is_primary) for kind in kinds]
            for band in (0, 1)
            for is_primary in (False, True)
        }

    def of(self, band: int, differing: npt.NDArray[np.uint8], *, is_primary: bool) -> list[int]:
        usual = self._usual[band, is_primary]
        if is_primary or not differing.any():
            return usual
        styled = usual.copy()
        for place in np.flatnonzero(differing).tolist():
            styled[place] = self._styles.cell(band, TEXT, state=int(differing[place]))
        return styled


def _of_groups(source: Source, shown: Sequence[Shown]) -> Iterator[Marked]:
    """Give the records of groups of two and more, marked where they are to be shown."""
    names = ["is_primary", *(column.column for column in shown)]
    names += [column.compared for column in shown if column.compared is not None]
    for batch, wanted in source.marked_batches("review_ready", list(dict.fromkeys(names))):
        several = pc.greater(batch.column("group_size"), 1)
        yield batch.filter(several), wanted[several.to_numpy()]


def _run_lengths(groups: Sequence[str]) -> list[int]:
    """Return at the first row of each group how many rows it has, else 0."""
    lengths = [0] * len(groups)
    first = 0
    for at, group in enumerate(groups):
        if group != groups[first]:
            first = at
        lengths[first] += 1
    return lengths
