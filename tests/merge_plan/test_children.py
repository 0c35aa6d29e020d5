"""Child exports: which column is the child's id, which point to accounts, and to which record."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
import xlsxwriter

from keepone.children import CHILDREN, read_children
from keepone.errors import InputError
from tests.merge_plan.ids import sf_ids

_ONE, _TWO = "0015f0000026PtmAAE", "0015f000002673FAAQ"
_CONTACT, _DEAL, _TASK, _CASE, _RELATION = sf_ids("003", "006", "00T", "500", "07k")
_IDS = pa.chunked_array([[_ONE, _TWO]])
_NUMBERS = pa.chunked_array([["1", "2", "3"]])


def _written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_contact_points_to_its_account_in_any_spelling_of_the_id(tmp_path: Path) -> None:
    lines = [
        "Account ID,Contact ID,Last Name",
        f"{_ONE[:15]},0035f00000ABCDEAA4,A",
        f"{_ONE.upper()},0035f00000ABCDFAA4,B",
        f"{_TWO},0035f00000ABCDGAA4,C",
        ",0035f00000ABCDHAA4,D",
    ]
    path = _written(tmp_path / "people.csv", "\n".join(lines))
    children = read_children([path], _IDS)
    assert children.table.schema == CHILDREN
    rows = children.table.to_pylist()
    assert [(row["child_id"], row["parent_id"], row["value"]) for row in rows] == [
        ("0035f00000ABCDEAA4", _ONE, _ONE[:15]),
        ("0035f00000ABCDFAA4", _ONE, _ONE.upper()),
        ("0035f00000ABCDGAA4", _TWO, _TWO),
    ]
    assert {(row["kind"], row["column"]) for row in rows} == {("contact", "Account ID")}
    assert all(row["contact_id"] == row["child_id"] for row in rows)
    assert [source.name for source in children.files] == ["people.csv"]


def test_any_column_that_holds_ids_of_the_run_points(tmp_path: Path) -> None:
    text = f"Id,Reseller__c,AccountId,Note\n{_DEAL},{_TWO},{_ONE},x\n"
    children = read_children([_written(tmp_path / "deals.csv", text)], _IDS)
    found = {(row["column"], row["parent_id"]) for row in children.table.to_pylist()}
    assert found == {("Reseller__c", _TWO), ("AccountId", _ONE)}
    assert set(children.table.column("kind").to_pylist()) == {"opportunity"}


def test_short_numbers_point_only_under_a_header_that_says_so(tmp_path: Path) -> None:
    text = "Contact Id,Company Id,Stars\n1,3,2\n2,3,1\n9,7,1\n"
    children = read_children([_written(tmp_path / "people.csv", text)], _NUMBERS)
    found = [
        (row["child_id"], row["parent_id"], row["column"]) for row in children.table.to_pylist()
    ]
    assert found == [("1", "3", "Company Id"), ("2", "3", "Company Id")]
    assert set(children.table.column("kind").to_pylist()) == {"contact"}
    assert children.notes == (
        "people.csv: 1 of 3 values of 'Company Id' are no record of the run.",
    )


def test_a_relation_tells_of_its_contact(tmp_path: Path) -> None:
    text = f"Id,ContactId,AccountId\n{_RELATION},{_CONTACT},{_ONE}\n"
    (row,) = read_children([_written(tmp_path / "r.csv", text)], _IDS).table.to_pylist()
    assert (row["kind"], row["contact_id"]) == ("account_contact_relation", _CONTACT)


def test_a_workbook_is_read_too_and_unread_rows_are_told(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "cases.xlsx") as book:
        sheet = book.add_worksheet("Cases")
        sheet.write_row(0, 0, ["Case ID", "Account ID"])
        sheet.write_row(1, 0, [_CASE, _ONE])
    ragged = f"Task ID,Account ID\n{_TASK},{_TWO}\nA,B,C\n"
    paths = [tmp_path / "cases.xlsx", _written(tmp_path / "tasks.csv", ragged)]
    children = read_children(paths, _IDS)
    assert children.table.column("kind").to_pylist() == ["task", "case"]
    assert any("1 rows cannot be read" in note for note in children.notes)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Contact ID,City\n1,Bonn\n", "no column points to a record"),
        (f"Account ID,City\n{_ONE},Bonn\n{_ONE},Bonn\n", "no column holds an id of its own"),
    ],
)
def test_a_file_that_tells_nothing_is_refused(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        read_children([_written(tmp_path / "x.csv", text)], _IDS)


def test_no_files_no_children() -> None:
    assert read_children([], _IDS).table.num_rows == 0
