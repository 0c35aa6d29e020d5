"""Workbooks as people make them: nothing is lost without a word."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from .conftest import Keepone

Build = Callable[[Callable[[Any], None]], Path]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Write book.xlsx with what the function puts into it."""

    def build(fill: Callable[[Any], None]) -> Path:
        book = xlsxwriter.Workbook(str(tmp_path / "book.xlsx"))
        fill(book)
        book.close()
        return tmp_path / "book.xlsx"

    return build


def test_phones_and_postal_codes_that_are_numbers(keepone_run: Keepone, build: Build) -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Id", "Name", "Phone", "Zip", "Country"])
        zeros = book.add_format({"num_format": "00000"})
        for row in range(1, 21):
            sheet.write_row(row, 0, [row, f"Company {row}", 6175550100.0 + row])
            sheet.write_number(row, 3, 2134 + row, zeros)
            sheet.write(row, 4, "US")

    answer = keepone_run(build(fill))
    answer.took(records=20, rejects=0)
    (first,) = [record for record in answer.records if record["record_id"] == "1"]
    assert first["Phone"] == "6175550101"
    assert first["field_phone"] == "+16175550101"
    assert first["field_postal_code"] == "02135"


def test_formulas_with_and_without_values(keepone_run: Keepone, tmp_path: Path) -> None:
    book: Any = openpyxl.Workbook()
    for row in (["Id", "Name", "City"], ["1", '="Acme"&" Inc"', "Rome"], ["2", "Beta", "Oslo"]):
        book.active.append(row)
    book.save(tmp_path / "book.xlsx")
    answer = keepone_run("book.xlsx")
    answer.took(records=2, rejects=0)
    assert "1 formula without a stored value (the first at B2), read as empty" in answer.out


def test_merged_cells_and_errors(keepone_run: Keepone, build: Build) -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Id", "Name", "City"])
        for row in range(1, 5):
            sheet.write_row(row, 0, [f"{row}", f"Company {row}"])
        sheet.merge_range(1, 2, 2, 2, "Rome")
        sheet.write(3, 2, "Oslo")
        sheet.write_formula(4, 2, "=NA()", value="#N/A")

    answer = keepone_run(build(fill))
    answer.took(records=4, rejects=0)
    assert "1 merged range (the first at C2)" in answer.out
    assert "1 cell with an error such as #N/A (the first at C5)" in answer.out


def test_sheets_with_the_same_columns_and_with_others(keepone_run: Keepone, build: Build) -> None:
    def fill(book: Any) -> None:
        for name, rows in (("North", 3), ("South", 2)):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["Id", "Name"])
            for row in range(1, rows + 1):
                sheet.write_row(row, 0, [f"{name}{row}", f"Company {name} {row}"])
        legend = book.add_worksheet("Legend")
        legend.write_row(0, 0, ["Word", "Meaning", "Since"])
        legend.write_row(1, 0, ["a", "b", "c"])

    answer = keepone_run(build(fill))
    answer.took(records=5, rejects=0)
    sources = {record["source_file"] for record in answer.records}
    assert sources == {"book.xlsx [North]", "book.xlsx [South]"}
    assert "sheet 'Legend' (1 row) has other columns and was not read" in answer.out


def test_rows_that_are_no_records(keepone_run: Keepone, build: Build) -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "Account report")
        sheet.write_row(2, 0, ["Id", "Name", "City"])
        sheet.write_row(3, 0, ["1", "Acme", "Rome"])
        sheet.write_row(5, 0, ["2", "Beta", "Oslo"])
        sheet.write(7, 0, "Confidential Information - Do Not Distribute")

    answer = keepone_run(build(fill))
    answer.took(records=2, rejects=5)
    codes = [(reject["row"], reject["code"]) for reject in answer.rejects]
    assert codes == [
        ("1", "before_header"), ("2", "before_header"), ("5", "empty_row"), ("7", "empty_row"),
        ("8", "report_footer"),
    ]  # fmt: skip
