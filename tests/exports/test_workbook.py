"""The workbook opens in readers of their own, shows what differs, and computes nothing."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from python_calamine import CalamineWorkbook

import keepone
from keepone.exports.selection import Selection
from keepone.exports.source import opened_source
from keepone.exports.workbook import write_workbook
from keepone.exports.workbook.sheet import _SPECIAL, _escape
from keepone.generate import generate
from keepone.runs import Run

_DIFFERS, _GAINS = "FFFFE7B3", "FFD5EED8"
_HOSTILE = (
    "=1+1",
    "+1 555 010 0199",
    "-2",
    "@SUM(1)",
    "<r><t>rich</t></r>",
    "<b>&amp;</b>",
    "_x0041_",
    " spaces ",
    "line\nbreak",
    "tab\tand \x0b bell \x07",
    "株式会社 🙂",
    "https://example.com",
    "02134",
    "\ufffe",
    "x" * 40_000,
    "🙂" * 20_000,
)


def _cells(sheet: Worksheet) -> tuple[list[str], list[dict[str, Any]]]:
    header, *rows = sheet.iter_rows()
    names = [str(cell.value) for cell in header]
    return names, [dict(zip(names, row, strict=True)) for row in rows]


@pytest.fixture(scope="module")
def book(crm: keepone.Result, tmp_path_factory: pytest.TempPathFactory) -> openpyxl.Workbook:
    path = tmp_path_factory.mktemp("book") / "out.xlsx"
    assert crm.export(path).rows == 600
    return openpyxl.load_workbook(path)


def test_every_record_is_there_once(book: openpyxl.Workbook, crm: keepone.Result) -> None:
    assert book.sheetnames == ["Summary", "To verify", "Groups", "Single records"]
    ids = [row["Record ID"].value for name in book.sheetnames[2:] for row in _cells(book[name])[1]]
    assert sorted(ids) == sorted(crm.review_ready.to_arrow()["record_id"].to_pylist())


def test_groups_have_their_primary_first_and_what_differs_is_colored(
    book: openpyxl.Workbook, crm: keepone.Result
) -> None:
    lines = {line["record_id"]: line for line in crm.review_ready.to_arrow().to_pylist()}
    _, rows = _cells(book["Groups"])
    primary: dict[str, Any] = {}
    seen = set()
    for row in rows:
        line = lines[row["Record ID"].value]
        if row["Group"].value not in seen:
            assert line["is_primary"]
            primary = line
        seen.add(row["Group"].value)
        assert line["primary_id"] == primary["record_id"]
        assert row["Record ID"].font.bold == line["is_primary"]
        for header, field in (("Account Name", "name"), ("Phone", "phone"), ("Website", "website")):
            own, kept = line[f"field_{field}"], primary[f"field_{field}"]
            color = row[header].fill.start_color.rgb if row[header].fill.fill_type else None
            assert row[header].value == line[header]
            assert (color == _DIFFERS) == (None not in (own, kept) and own != kept)
            assert (color == _GAINS) == (own is not None and kept is None)
    assert seen == {line["group_id"] for line in lines.values() if line["group_size"] > 1}


def test_sheets_are_ready_to_work_with(book: openpyxl.Workbook) -> None:
    for name, frozen in (("To verify", "D2"), ("Groups", "D2"), ("Single records", "C2")):
        sheet = book[name]
        assert sheet.freeze_panes == frozen
        assert sheet.auto_filter.ref == sheet.dimensions
        assert all(8 <= sheet.column_dimensions[letter].width <= 101 for letter in "ABCDEF")
        for row in sheet.iter_rows(min_row=2):
            assert all(cell.data_type == "s" for cell in row if isinstance(cell.value, str))
            assert all(cell.number_format == "@" for cell in row if isinstance(cell.value, str))


def test_the_summary_says_what_was_found(book: openpyxl.Workbook, crm: keepone.Result) -> None:
    lines = [[cell for cell in row if cell is not None] for row in book["Summary"].values]
    text = "\n".join(str(line[0]) for line in lines if line)
    assert f"600 records stand for {crm.counts['groups']:,} companies" in text
    figures = {line[0]: line[1] for line in lines if len(line) > 2}
    shown = {name: number for name, number in crm.counts["dispositions"].items() if number}
    assert figures.items() >= shown.items()
    assert figures["Groups"] + figures["Single records"] == 600


def test_what_to_verify_comes_by_priority(book: openpyxl.Workbook, crm: keepone.Result) -> None:
    _, rows = _cells(book["To verify"])
    assert len(rows) == crm.counts["dispositions"]["Verify"] > 0
    priorities = [row["Priority"].value for row in rows]
    assert priorities == sorted(priorities, reverse=True)
    assert all(row["Name"].value for row in rows)


def test_a_selection_is_compared_with_primaries_that_are_not_in_it(
    crm: keepone.Result, tmp_path: Path
) -> None:
    made = crm.export(tmp_path / "out.xlsx", dispositions=["Merge"])
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    _, rows = _cells(book["Groups"])
    assert len(rows) == made.rows == crm.counts["dispositions"]["Merge"]
    assert {row["Disposition"].value for row in rows} == {"Merge"}
    colors = {cell.fill.start_color.rgb for row in rows for cell in row.values()}
    assert {_DIFFERS, _GAINS} <= colors
    said = [row[0] for row in book["Summary"].values]
    assert "Selected: disposition Merge." in said


def test_full_sheets_are_followed_by_others(crm: keepone.Result, tmp_path: Path) -> None:
    with opened_source(Run(crm.path), Selection()) as source:
        rows, _ = write_workbook(tmp_path / "out.xlsx", source, sheet_rows=60)
    assert rows == 600
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    names = [name for name in book.sheetnames if name.startswith("Groups")]
    assert names == ["Groups", *(f"Groups {number}" for number in range(2, len(names) + 1))]
    assert len(names) > 3
    sheets_of: dict[str, set[str]] = {}
    for name in names:
        _, lines = _cells(book[name])
        assert len(lines) < 60
        assert book[name].auto_filter.ref == book[name].dimensions
        for line in lines:
            sheets_of.setdefault(line["Group"].value, set()).add(name)
    assert {len(sheets) for sheets in sheets_of.values()} == {1}


def _hostile_run(workspace: Path, values: Sequence[str]) -> keepone.Result:
    table = pa.table(
        {
            "Account ID": [f"={number}" for number in range(len(values))],
            "Account Name": [f"Company {number}" for number in range(len(values))],
            "=Notes": list(values),
        }
    )
    return keepone.run(table, workspace=workspace, run_id="hostile")


def test_no_value_is_computed_or_breaks_the_file(tmp_path: Path) -> None:
    values = [value for value in _HOSTILE if "\x0b" not in value and value != "\ufffe"]
    result = _hostile_run(tmp_path, values)
    made = result.export(tmp_path / "out.xlsx")
    assert made.notes == ("2 texts are cut to the 32,767 characters that a cell of Excel holds",)
    wanted = {}
    for line in result.review_ready.to_arrow().to_pylist():
        units = line["=Notes"].encode("utf-16-le")
        cut = len(units) > 2 * 32_767
        wanted[line["record_id"]] = (
            units[: 2 * 32_766].decode("utf-16-le", "ignore") + "…" if cut else line["=Notes"]
        )
    book = CalamineWorkbook.from_path(tmp_path / "out.xlsx")
    found = {}
    for name in book.sheet_names[2:]:
        header, *rows = book.get_sheet_by_name(name).to_python()
        for row in rows:
            cells = dict(zip(header, row, strict=True))
            found[cells["Record ID"]] = cells["=Notes"]
    assert found == wanted
    with zipfile.ZipFile(tmp_path / "out.xlsx") as archive:
        for entry in archive.namelist():
            if entry.startswith("xl/worksheets/"):
                text = archive.read(entry).decode()
                assert "<f>" not in text
                assert "<f " not in text
                assert 't="str"' not in text


def test_control_characters_are_written_as_excel_writes_them(tmp_path: Path) -> None:
    assert _SPECIAL.sub(_escape, "a\x0b\x07\ufffe\r") == "a_x000B__x0007__xFFFE__x000D_"
    assert _SPECIAL.sub(_escape, "_x0041_") == "_x005F_x0041_"
    assert _SPECIAL.sub(_escape, "tab\tline\n") == "tab\tline\n"


def test_an_export_of_verdicts_and_fields_alone(tmp_path: Path) -> None:
    accounts = generate(100, seed=1).accounts
    result = keepone.run(
        accounts, workspace=tmp_path, run_id="x", settings={"publish": {"columns": ["review"]}}
    )
    result.export(tmp_path / "out.xlsx")
    names, _ = _cells(openpyxl.load_workbook(tmp_path / "out.xlsx")["Groups"])
    assert names[:4] == ["Group", "Disposition", "Record ID", "Name"]
    assert "Account Name" not in names
