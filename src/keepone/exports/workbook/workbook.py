"""The workbook as a whole."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError

from keepone.exports.source import Source
from keepone.exports.workbook.pages import Pages
from keepone.exports.workbook.records import write_groups, write_single_records
from keepone.exports.workbook.sheet import CELL_UNITS, SHEET_ROWS
from keepone.exports.workbook.styles import Styles
from keepone.exports.workbook.summary import write_summary
from keepone.exports.workbook.to_verify import COLUMNS, MOST_TO_VERIFY, to_verify

TO_VERIFY = "To verify"


def write_workbook(
    path: Path, source: Source, *, sheet_rows: int = SHEET_ROWS
) -> tuple[int, list[str]]:
    """Write the workbook; return how many records it has, and what a person should know of it.

    Sheets that are full, at `sheet_rows`, are followed by further ones. Rows pass through the
    folder of `path` on their way.
    """
    options = {"constant_memory": True, "tmpdir": str(path.parent)}
    workbook = Workbook(str(path), options)
    written = _write(workbook, source, sheet_rows)
    try:
        workbook.close()  # puts the parts together; after an error there is nothing to put
    except FileCreateError as error:
        # XlsxWriter's word for what the system said when the parts were put together.
        raise OSError(*error.args[0].args) from error
    return written


def _write(workbook: Workbook, source: Source, sheet_rows: int) -> tuple[int, list[str]]:
    workbook.use_zip64()  # a file of more than 4 GB needs it, and no other has it
    told: dict[str, str | datetime] = {"title": f"Keepone run {source.manifest.run_id}"}
    if source.manifest.ended_at is not None:
        # Two exports of a run are the same file.
        told["created"] = datetime.fromisoformat(source.manifest.ended_at)
    workbook.set_properties(told)
    styles = Styles(workbook)
    summary = workbook.add_worksheet("Summary")
    pages = [
        _write_to_verify(workbook, styles, source, sheet_rows),
        write_groups(workbook, styles, source, sheet_rows=sheet_rows),
        write_single_records(workbook, styles, source, sheet_rows=sheet_rows),
    ]
    records = pages[1].rows + pages[2].rows
    notes = _notes(pages)
    write_summary(summary, styles, source, pages, notes)
    summary.activate()
    return records, notes


def _write_to_verify(workbook: Workbook, styles: Styles, source: Source, sheet_rows: int) -> Pages:
    pages = Pages(workbook, styles, TO_VERIFY, COLUMNS, frozen=3, sheet_rows=sheet_rows)
    row_styles = [styles.cell(0, column.kind) for column in COLUMNS]
    for values in to_verify(source):
        pages.add(values, row_styles)
    pages.finish()
    return pages


def _notes(pages: list[Pages]) -> list[str]:
    notes = []
    if cut := sum(page.cut_cells for page in pages):
        cells = "1 text is" if cut == 1 else f"{cut:,} texts are"
        notes.append(f"{cells} cut to the {CELL_UNITS:,} characters that a cell of Excel holds")
    if pages[0].rows == MOST_TO_VERIFY:
        notes.append(
            f"the sheet {TO_VERIFY} has the {MOST_TO_VERIFY:,} records worth most to look at;"
            " all of them are among the groups and single records"
        )
    return notes
