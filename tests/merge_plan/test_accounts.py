"""Exports as a plan reads them: which column has the ids, what points, what is refused."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest

from keepone.errors import GateError, InputError
from keepone.merge_plan.accounts import Accounts, must_have, read_accounts
from keepone.merge_plan.before import FOLDER, read_before
from keepone.merge_plan.checking import verify_plan
from keepone.merge_plan.document import PLAN
from tests.merge_plan.worlds import (
    ID,
    NAME,
    PARENT,
    Rows,
    account,
    accounts_of,
    group_of,
    planned,
    written,
)

A, B, C = (account(number) for number in range(3))


def export(path: Path, *lines: Sequence[str]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(lines)
    return path


def read(path: Path, *id_columns: str) -> Accounts:
    return read_accounts([path], pa.array([A, B, C]), id_columns)


def test_another_export_may_spell_ids_otherwise_and_have_new_records(tmp_path: Path) -> None:
    new = account(9)
    path = export(
        tmp_path / "x.csv", [ID, NAME], [f" {B[:15]} ", "Bolt"], [A, "Acme"], ["", "?"], [new, "N"]
    )
    found = read(path, ID)
    assert found.ids.to_pylist() == [B, A, new]
    assert found.column(NAME) == ["Bolt", "Acme", "N"]
    assert found.column(None) == [None] * 3
    assert found.cell(NAME, A) == "Acme"
    assert found.id_columns == {ID}
    assert [(each.file, each.bytes) for each in found.files] == [("x.csv", path.stat().st_size)]


def test_the_column_with_most_of_the_ids_has_them(tmp_path: Path) -> None:
    path = export(
        tmp_path / "x.csv", ["Parent ID", "Account ID"], ["", A], [A, B], ["", C], [C, account(9)]
    )
    assert read(path).ids.to_pylist() == [A, B, C, account(9)]
    assert read(path, "Parent ID").ids.to_pylist() == [A, C]
    assert read(path, "Parent ID", "Account ID").id_columns == {"Account ID"}


@pytest.mark.parametrize(
    ("lines", "said", "hint"),
    [
        ([[ID], [A], [B], [A[:15]]], f"the export x.csv has the record {A} more than once",
         "Export each account once."),
        ([[ID, NAME], ["7", "x"]], "no column holds ids of the run's records",
         "Export the accounts anew, with the column Account ID."),
        ([[NAME, "Town"], ["x", "y"]], "no column holds ids of the run's records",
         "Export the accounts anew, with the column Account ID."),
    ],
)  # fmt: skip
def test_an_export_of_other_records_is_refused(
    tmp_path: Path, lines: list[list[str]], said: str, hint: str
) -> None:
    with pytest.raises(InputError) as told:
        read(export(tmp_path / "x.csv", *lines))
    assert said in told.value.message
    assert told.value.hint == hint


def test_columns_that_are_not_there_are_named(tmp_path: Path) -> None:
    fresh = read(export(tmp_path / "x.csv", [ID, NAME], [A, "Acme"]), ID)
    must_have(fresh, [NAME, ID])
    with pytest.raises(InputError) as told:
        must_have(fresh, [NAME, "Phone", "Fax"])
    assert told.value.message == "the export x.csv lacks the columns Phone, Fax"
    assert told.value.hint == "Export again with the same columns as before."


def test_rows_are_those_that_there_are_each_once() -> None:
    rows: Rows = {A: {NAME: "Acme", PARENT: None}, B: {NAME: "Bolt", PARENT: A}}
    found = accounts_of(rows).rows([B, C, A, B])
    assert list(found.items()) == [(B, [B, "Bolt", A]), (A, [A, "Acme", None])]


def test_a_day_is_told_with_its_time_where_the_export_has_it() -> None:
    told = ["2020-05-01T10:00:00.000Z", "2020-05-01 07:30", "01.05.2020", "May 1st, 2020", "", None]
    rows: Rows = {account(at): {"Created Date": each} for at, each in enumerate(told)}
    assert accounts_of(rows).created == [
        "2020-05-01T10:00:00.000Z", "2020-05-01 07:30", "2020-05-01", "2020-05-01", None, None,
    ]  # fmt: skip
    assert accounts_of({A: {NAME: "Acme"}}).created == [None]


def test_columns_point_but_for_second_spellings_of_the_records_own_id() -> None:
    rows: Rows = {
        A: {PARENT: B[:15], "Owner Account": C, "Short ID": A[:15], "Text": "x"},
        B: {PARENT: None, "Owner Account": B, "Short ID": B[:15], "Text": "y"},
        C: {PARENT: "gone", "Owner Account": None, "Short ID": C[:15], "Text": None},
    }
    found = {name: meant.to_pylist() for name, meant in accounts_of(rows).pointers.items()}
    assert found == {PARENT: [B, None, None], "Owner Account": [C, B, None]}


def test_short_numbers_point_only_in_the_column_of_the_parent() -> None:
    rows: Rows = {
        "1": {PARENT: "2", "Employees": "2", NAME: "Acme"},
        "2": {PARENT: None, "Employees": "1", NAME: "Bolt"},
    }
    assert list(accounts_of(rows).pointers) == [PARENT]


def plan_folder(tmp_path: Path) -> Path:
    rows: Rows = {record: {NAME: "Acme", "Phone": "1"} for record in (A, B, C)}
    plan, before = planned(rows, [group_of(rows, A, B)])
    return written(tmp_path / "plan", plan, before)


def test_a_plan_is_verified_against_its_files_and_a_fresh_export(tmp_path: Path) -> None:
    folder = plan_folder(tmp_path)
    assert {path.name for path in (folder / FOLDER).iterdir()} == {
        "records.parquet", "children.parquet",
    }  # fmt: skip
    assert verify_plan(folder).changes is None
    lines = [[ID, NAME, "Phone"], [A, "Acme", "1"], [C, "Acme", "2"]]
    found = verify_plan(folder, export=export(tmp_path / "x.csv", *lines))
    assert [(each.record_id, each.what) for each in found.changes or []] == [
        (B, "is not in the fresh export")
    ]
    assert found.proof.holds
    assert found.before.ids == [A, B]
    with pytest.raises(InputError, match="lacks the columns Phone"):
        verify_plan(folder, export=export(tmp_path / "y.csv", [ID, NAME], [A, "Acme"]))


def test_children_given_later_have_nothing_to_be_compared_with(tmp_path: Path) -> None:
    folder = plan_folder(tmp_path)
    fresh = export(tmp_path / "x.csv", [ID, NAME, "Phone"], [A, "Acme", "1"], [B, "Acme", "1"])
    children = export(tmp_path / "contacts.csv", ["Contact ID", "Account ID"], ["c-1", A])
    with pytest.raises(InputError) as told:
        verify_plan(folder, export=fresh, children=[children])
    assert told.value.message.startswith("the plan was made without child exports")
    assert told.value.hint == "Leave --children out, or make the plan anew with it."


def test_a_plan_of_nothing_is_out_of_date_by_no_export(tmp_path: Path) -> None:
    plan, before = planned({A: {NAME: "Acme"}}, [])
    folder = written(tmp_path / "plan", plan, before)
    found = verify_plan(folder, export=export(tmp_path / "x.csv", ["Other"], ["1"]))
    assert found.changes == []
    assert found.before.ids == []


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda path: path.unlink(), "merge_steps.csv is missing since the plan was made"),
        (lambda path: path.write_text("x"), "merge_steps.csv was changed since the plan was made"),
    ],
)
def test_a_file_of_a_plan_that_was_touched_is_told(tmp_path: Path, harm: object, said: str) -> None:
    folder = plan_folder(tmp_path)
    assert callable(harm)
    harm(folder / "merge_steps.csv")
    with pytest.raises(GateError) as told:
        verify_plan(folder)
    assert told.value.message == said
    assert told.value.hint == "Make the plan again; its files belong together."


def test_a_plan_that_does_not_hold_is_told_with_what_is_wrong(tmp_path: Path) -> None:
    folder = plan_folder(tmp_path)
    path = folder / PLAN
    path.write_text(path.read_text("utf-8").replace(f'"{B}"', f'"{account(9)}"'), "utf-8")
    with pytest.raises(GateError) as told:
        verify_plan(folder)
    assert told.value.message.startswith("the plan does not hold and must not be carried out: step")
    assert f"there is no record {account(9)}" in told.value.message
    assert told.value.hint == "Report this with the plan's files; --force writes it anyway."


@pytest.mark.parametrize("name", ["records.parquet", "children.parquet"])
def test_images_that_are_damaged_are_told(tmp_path: Path, name: str) -> None:
    rows: Rows = {record: {NAME: "Acme"} for record in (A, B)}
    plan, before = planned(rows, [group_of(rows, A, B)])
    folder = written(tmp_path / "plan", plan, before)
    (folder / FOLDER / name).write_bytes(b"PAR1")
    with pytest.raises(InputError) as told:
        read_before(folder, plan)
    assert told.value.message.startswith(f"{folder / FOLDER} cannot be read: ")
    assert told.value.hint == "Make the plan again."
