"""Workbooks: what they hold, what is lost, and what is refused."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from keepone.errors import InputError
from keepone.readers.workbook import read_workbook
from keepone.settings import IngestSettings

from .conftest import Run

CORPUS = Path(__file__).with_name("corpus")
Build = Callable[[Callable[[Any], None]], Path]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Write a workbook with what the function puts into it."""

    def build(fill: Callable[[Any], None]) -> Path:
        path = tmp_path / "book.xlsx"
        book = xlsxwriter.Workbook(str(path))
        fill(book)
        book.close()
        return path

    return build


def test_values_become_text(run: Run, build: Build) -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet()
        date = book.add_format({"num_format": "yyyy-mm-dd"})
        time = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet.write_row(0, 0, ["Id", "Phone", "Zip", "Ratio", "Day", "Moment", "Yes", "Long"])
        sheet.write_row(1, 0, [7, 5551234567.0, 2134, 1.25])
        sheet.write_datetime(1, 4, datetime.datetime(2024, 2, 29), date)
        sheet.write_datetime(1, 5, datetime.datetime(2024, 2, 29, 13, 5), time)
        sheet.write_boolean(1, 6, True)
        sheet.write_number(1, 7, 1e-7)

    found = run(build(fill))
    assert found.ids == ["7"]
    assert [found.column(header) for header in found.headers[1:]] == [
        ["5551234567"], ["2134"], ["1.25"], ["2024-02-29"], ["2024-02-29T13:05:00"], ["true"],
        ["0.0000001"],
    ]  # fmt: skip


def test_lost_formulas_errors_and_merged_cells_are_noted(run: Run, build: Build) -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet("Data")
        sheet.write_row(0, 0, ["Id", "Name", "Sum"])
        sheet.write_row(1, 0, ["1", "a"])
        sheet.write_formula(1, 2, "=1+1", value=2)
        sheet.write_row(2, 0, ["2", "b"])
        sheet.write_formula(2, 2, "=1/0", value="#DIV/0!")
        sheet.write_row(3, 0, ["3", "c"])
        sheet.write_blank(3, 2, None)
        sheet.merge_range(4, 0, 4, 1, "4")
        sheet.write(4, 2, "x")

    path = build(fill)
    found = run(path)
    assert found.ids == ["1", "2", "3", "4"]
    assert found.column("Sum") == ["2", None, None, "x"]
    merged, errors = found.notes
    assert "1 merged range (the first at A5)" in merged
    assert "1 cell with an error such as #N/A (the first at C3)" in errors


def test_a_formula_without_a_stored_value_is_noted(run: Run, tmp_path: Path) -> None:
    import openpyxl  # noqa: PLC0415 - the one library that stores formulas without values

    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["Id", "Name", "Sum"], ["1", "a", "=1+1"], ["2", "b", "=A1"]):
        sheet.append(row)
    book.save(tmp_path / "book.xlsx")
    found = run(tmp_path / "book.xlsx")
    assert found.column("Sum") == [None, None]
    assert [
        note
        for note in found.notes
        if "2 formulas without a stored value (the first at C2)" in note
    ]


def test_sheets_that_list_the_same_in_other_words(run: Run, build: Build) -> None:
    def fill(book: Any) -> None:
        for name, rows, header in (
            ("Accounts", 3, ["Id", "Account Name", "Phone", "Billing City"]),
            ("Companies", 2, ["Record ID", "Company name", "Phone Number", "City"]),
            ("Contacts", 2, ["Contact ID", "First Name", "Last Name", "Account Name", "Phone"]),
        ):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, header)
            for row in range(1, rows + 1):
                sheet.write_row(row, 0, [f"{name}{row}", *("x" for _ in header[1:])])

    found = run(build(fill))
    assert found.ids == ["Accounts1", "Accounts2", "Accounts3", "Companies1", "Companies2"]
    assert set(found.tables["records"].column("dataset").to_pylist()) == {
        "book [Accounts]", "book [Companies]",
    }  # fmt: skip
    (note,) = found.notes
    assert "sheet 'Contacts' (2 rows) has other columns and was not read" in note


def test_several_sheets(run: Run, build: Build) -> None:
    def fill(book: Any) -> None:
        for name, rows in (("East", 3), ("West", 2)):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["Id", "Name"])
            for row in range(1, rows + 1):
                sheet.write_row(row, 0, [f"{name}{row}", "x"])
        legend = book.add_worksheet("Legend")
        legend.write_row(0, 0, ["Word", "Meaning", "Since"])
        legend.write_row(1, 0, ["a", "b", "c"])
        book.add_worksheet("Empty")

    path = build(fill)
    found = run(path)
    assert found.ids == ["East1", "East2", "East3", "West1", "West2"]
    assert set(found.tables["records"].column("source_file").to_pylist()) == {
        "book.xlsx [East]", "book.xlsx [West]",
    }  # fmt: skip
    (note,) = found.notes
    assert "sheet 'Legend' (1 row) has other columns and was not read" in note
    assert run(path, sheet="Legend").headers == ["Word", "Meaning", "Since"]
    with pytest.raises(InputError, match="no sheet 'North'"):
        run(path, sheet="North")
    with pytest.raises(InputError, match="no sheet of it holds a row"):
        run(path, sheet="Empty")


def test_titles_gaps_and_footers(run: Run, build: Build) -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet()
        sheet.write(2, 1, "Account Report")
        sheet.write_row(4, 1, ["Id", "Name", "City"])
        sheet.write_row(5, 1, ["1", "a", "b"])
        sheet.write_row(7, 1, ["2", "c", "d"])
        sheet.write(9, 1, "Confidential Information - Do Not Distribute")

    found = run(build(fill))
    assert found.headers == ["Id", "Name", "City"]
    assert found.ids == ["1", "2"]
    assert found.codes == [
        (3, "before_header"), (4, "before_header"), (7, "empty_row"), (9, "empty_row"),
        (10, "report_footer"),
    ]  # fmt: skip


def test_totals_below_each_sheet_are_no_records(run: Run, build: Build) -> None:
    def fill(book: Any) -> None:
        for name, first in (("North", 1), ("South", 3)):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["Vendor No.", "Name", "City", "Phone", "Tax", "Sum"])
            for row in (1, 2):
                sheet.write_row(row, 0, [first + row, f"Vendor {first + row}", "Ulm", "", "", 5])
            sheet.write_row(3, 0, ["Total", 2])
            sheet.write_number(3, 5, 10)
            sheet.write_row(4, 0, ["Total", 2])

    found = run(build(fill))
    assert found.ids == ["2", "3", "4", "5"]
    assert [code for _, code in found.codes] == ["report_footer"] * 4


def test_a_password_is_asked_to_be_taken_off(run: Run) -> None:
    with pytest.raises(InputError, match="protected by a password"):
        run(CORPUS / "password.xlsx")


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_workbook_cut_short(run: Run, tmp_path: Path, share: float) -> None:
    for name in ("accounts.xlsx", "accounts.xls"):
        whole = (CORPUS / name).read_bytes()
        path = tmp_path / name
        path.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(InputError) as caught:
            run(path)
        assert name in caught.value.message


def test_time_and_memory_are_limited() -> None:
    path = CORPUS / "accounts.xlsx"
    with pytest.raises(InputError, match="within 0 seconds"):
        read_workbook(path, "a.xlsx", IngestSettings(), [], seconds=0)
    with pytest.raises(InputError, match="needs more than 1 MB"):
        read_workbook(path, "a.xlsx", IngestSettings(), [], megabytes=1)
