"""The first sheet: what the run found, in words and numbers, and how to read the others."""

from __future__ import annotations

from collections.abc import Sequence

from xlsxwriter.worksheet import Worksheet

from keepone.counts import labels_of
from keepone.exports.source import Source
from keepone.exports.workbook.against_primary import DIFFERS, GAINS
from keepone.exports.workbook.pages import Pages
from keepone.exports.workbook.styles import Styles
from keepone.manifest import Counts

_MEANINGS = {
    "Keep": "the only record of its company, or the one of its group that is kept",
    "Enrich": "kept, and gains values that only its duplicates have",
    "Merge": "a duplicate: merge it into the primary of its group",
    "Delete": "junk, such as a placeholder for a name, that no other record needs",
    "Verify": "a person must look first; the reason says at what",
}
_SHEETS = {
    "To verify": "what a person must look at, what is worth most to decide first",
    "Groups": "companies with two records or more; in bold the record that is kept, then its"
    " duplicates",
    "Single records": "companies that have one record",
}
_COLORS = {
    DIFFERS: "the value is another one than that of the record that is kept",
    GAINS: "the record that is kept has no value here",
}


# In points.
_TITLE_HEIGHT, _HEADING_HEIGHT = 30, 20


class _Lines:
    """Writes the sheet line by line, from the top."""

    def __init__(self, sheet: Worksheet, styles: Styles) -> None:
        self.sheet = sheet
        self.styles = styles
        self.row = 0

    def text(self, text: str, *, look: str = "text") -> None:
        self.sheet.merge_range(self.row, 0, self.row, 3, "", getattr(self.styles, look))
        self.sheet.write_string(self.row, 0, text, getattr(self.styles, look))
        self.row += 1

    def heading(self, text: str) -> None:
        self.row += 1
        self.sheet.set_row(self.row, _HEADING_HEIGHT)
        self.sheet.write_string(self.row, 0, text, self.styles.heading)
        self.row += 1

    def figure(self, label: str, number: int, share: float | None, says: str) -> None:
        self.sheet.write_string(self.row, 0, label, self.styles.label)
        self.sheet.write_number(self.row, 1, number, self.styles.count)
        if share is None:
            self.sheet.write_blank(self.row, 2, None, self.styles.share)
        else:
            self.sheet.write_number(self.row, 2, share, self.styles.share)
        self.sheet.write_string(self.row, 3, says, self.styles.says)
        self.row += 1


def write_summary(
    sheet: Worksheet, styles: Styles, source: Source, pages: Sequence[Pages], notes: Sequence[str]
) -> None:
    """Fill the summary of a workbook whose other sheets are `pages`."""
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 2, 11)
    sheet.set_column(3, 3, 78)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    manifest = source.manifest
    lines = _Lines(sheet, styles)
    sheet.set_row(0, _TITLE_HEIGHT)
    lines.text("Which records are the same company", look="title")
    files = ", ".join(file.file for file in manifest.inputs)
    lines.text(f"From {files}; run {manifest.run_id}, {_moment(manifest.ended_at)}.")
    if manifest.counts is not None:
        lines.text(_found(manifest.counts))
        _write_dispositions(lines, source, manifest.counts)
    lines.heading("In this workbook")
    if not source.selection.is_all:
        lines.text(f"Selected: {source.selection.in_words()}.")
    for page in pages:
        title = page.sheets[0].get_name()
        more = f" (on {len(page.sheets)} sheets)" if len(page.sheets) > 1 else ""
        lines.figure(title, page.rows, None, _SHEETS[title] + more)
    for note in notes:
        lines.text(f"{note[0].upper()}{note[1:]}.")
    lines.heading("Colors of the groups")
    for state, says in _COLORS.items():
        sheet.write_blank(lines.row, 0, None, styles.states[state])
        sheet.write_string(lines.row, 1, says, styles.text_line)
        lines.row += 1
    sheet.write_string(lines.row, 0, "Spelling alone is no difference.", styles.text_line)


def _write_dispositions(lines: _Lines, source: Source, counts: Counts) -> None:
    lines.heading("What to do with the records of the run")
    for name, label in labels_of(source.manifest).items():
        number = counts.dispositions.get(label, 0)
        if number:
            lines.figure(label, number, number / max(counts.records, 1), _MEANINGS[name])


def _found(counts: Counts) -> str:
    """Say in a sentence or two what the run found."""
    share = counts.duplicates / max(counts.records, 1)
    records = "1 record" if counts.records == 1 else f"{counts.records:,} records"
    groups = "1 company" if counts.groups == 1 else f"{counts.groups:,} companies"
    duplicates = (
        "1 is a duplicate" if counts.duplicates == 1 else f"{counts.duplicates:,} are duplicates"
    )
    said = f"{records} stand for {groups}: {duplicates} ({share:.1%})."
    if counts.rejects:
        said += f" {counts.rejects:,} rows of the input were no records; rejects.csv says why."
    return said


def _moment(text: str | None) -> str:
    return "" if text is None else text[:16].replace("T", " ") + " UTC"
