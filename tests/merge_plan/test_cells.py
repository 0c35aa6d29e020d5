"""Cells of a workbook as they reach a plan: formulas, dates, numbers, blanks, ids of any length."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from typer.testing import CliRunner
from xlsxwriter.worksheet import Worksheet

from keepone.cli import app
from keepone.merge_plan.document import Plan, read_plan
from keepone.merge_plan.restoring import ROLLBACK
from tests.merge_plan.worlds import account, table


@dataclass(frozen=True)
class _Formula:
    """A cell that computes what it shows."""

    says: str
    shows: str


_Cell = str | int | float | date | _Formula

_COMMON: Mapping[str, _Cell] = {
    "Account Name": "Brenwick Tannery",
    "Website": "www.brenwick.co.uk",
    "Billing Street": "12 Alder Road",
    "Billing City": "Łódź",
    "Billing Zip/Postal Code": "02134",
    "Billing Country": "Poland",
}
# Who is kept follows from the cells: the first fills most columns.
_ROWS: tuple[Mapping[str, _Cell], ...] = (
    {
        "Account ID": account(1),
        "Phone": "=1+1",
        "Created Date": date(2012, 5, 1),
        "Annual Revenue": 1234567.5,
        "Account Description": "   ",
        "Ticker Symbol": "BRWK",
        "Site": "Main",
    },
    {"Account ID": account(2)[:15], "Created Date": date(2009, 1, 31), "Employees": 1200},
    {"Account ID": account(3), "Contract End": date(2030, 12, 31), "Employees": "N/A"},
    {
        "Account ID": account(4)[:15],
        "Account Description": _Formula('="Zażółć "&"gęślą"', "Zażółć gęślą"),
        "Number": "=2+2",
        "Annual Revenue": 7,
    },
)
# Other companies, so that there is something to tell a company by.
_OTHERS: list[Mapping[str, _Cell]] = [
    {
        "Account ID": account(10 + number),
        "Account Name": f"{name} Ltd",
        "Website": f"www.{name.split()[0].lower()}.co.uk",
        "Phone": f"+44 20 7946 {1000 + 7 * number}",
        "Billing Street": f"{3 + number} {name.split()[1]} Street",
        "Billing City": city,
        "Billing Zip/Postal Code": f"AB{number + 1} 2CD",
        "Billing Country": "United Kingdom",
    }
    for number, (name, city) in enumerate(
        [("Quollspar Optics", "Bristol"), ("Vantrell Ceramics", "York"),
         ("Oxhurst Bakeries", "Derby"), ("Mirrowden Textiles", "Exeter"),
         ("Fjeldgate Timber", "Hull"), ("Zarmond Biscuits", "Truro"),
         ("Pellcraven Steel", "Sheffield"), ("Ythanside Salmon", "Aberdeen"),
         ("Kestramor Wines", "Dover"), ("Umberlow Clocks", "Wells")]
    )
]  # fmt: skip
_FIELDS = (
    ("Name", "Account Name", "string"),
    ("Phone", "Account Phone", "phone"),
    ("Description", "Account Description", "textarea"),
    ("NumberOfEmployees", "Employees", "int"),
    ("AnnualRevenue", "Annual Revenue", "currency"),
    ("Contract_End__c", "Contract End", "date"),
    ("Number__c", "Number", "string"),
)


def _write(page: Worksheet, row: int, column: int, cell: _Cell, days: object) -> None:
    match cell:
        case _Formula():
            page.write_formula(row, column, cell.says, None, cell.shows)
        case date():
            page.write_datetime(row, column, cell, days)
        case str():
            page.write_string(row, column, cell)
        case _:
            page.write_number(row, column, cell)


def _keepone(*arguments: str | Path) -> None:
    result = CliRunner().invoke(app, [str(each) for each in arguments])
    assert result.exit_code == 0, result.output + str(result.exception)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of the plan, with its way back."""
    home = tmp_path_factory.mktemp("cells")
    rows: list[Mapping[str, _Cell]] = [*({**_COMMON, **row} for row in _ROWS), *_OTHERS]
    headers = list(dict.fromkeys(header for row in rows for header in row))
    with xlsxwriter.Workbook(home / "accounts.xlsx") as book:
        page, days = book.add_worksheet(), book.add_format({"num_format": "dd.mm.yyyy"})
        for column, header in enumerate(headers):
            page.write_string(0, column, header)
            for at, row in enumerate(rows, start=1):
                if header in row:
                    _write(page, at, column, row[header], days)
    fields = [
        {"name": name, "label": label, "type": kind, "updateable": True,
         "unique": name == "Number__c"}
        for name, label, kind in _FIELDS
    ]  # fmt: skip
    (home / "account.json").write_text(json.dumps({"name": "Account", "fields": fields}), "utf-8")
    workspace = ("--workspace", home / "data")
    _keepone("run", home / "accounts.xlsx", "--run-id", "cells", *workspace)
    _keepone(
        "plan", "make", "cells", *workspace, "--out", home / "plan",
        "--describe", home / "account.json",
    )  # fmt: skip
    _keepone("plan", "verify", home / "plan", "--export", home / "accounts.xlsx")
    _keepone("plan", "rollback", home / "plan")
    return home / "plan"


@pytest.fixture(scope="module")
def plan(folder: Path) -> Plan:
    return read_plan(folder)


def test_each_cell_is_what_the_workbook_shows(folder: Path, plan: Plan) -> None:
    assert not plan.left_out
    (group,) = plan.groups
    assert (group.master, group.oldest) == (account(1), account(2))
    assert group.losers == [account(2), account(3), account(4)]
    (call,) = json.loads((folder / "merge_requests.json").read_text("utf-8"))
    first, second = (request["masterRecord"] for request in call["merge"])
    assert first == {
        "type": "Account", "Id": account(1), "NumberOfEmployees": 1200,
        "Contract_End__c": "2030-12-31",
    }  # fmt: skip
    # The value of the fourth record comes with it, and that of a unique field after all merges.
    assert second == {"type": "Account", "Id": account(1), "Description": "Zażółć gęślą"}
    assert table(folder / "primary_updates.csv") == [{"Id": account(1), "Number__c": "=2+2"}]
    assert table(folder / "merge_steps.csv")[1]["Written afterwards"] == "Number: =2+2"


def test_what_was_blank_is_emptied_again(folder: Path) -> None:
    emptied = dict.fromkeys(
        ("Description", "NumberOfEmployees", "Contract_End__c", "Number__c"), "#N/A"
    )
    back = folder / ROLLBACK
    assert table(back / "1_masters.csv") == [{"Id": account(1), **emptied}]
    images = {row["keepone_record_id"]: row for row in table(back / "before_images.csv")}
    assert images[account(1)]["Account Description"] == "   "
    assert images[account(2)]["Account ID"] == account(2)[:15]
    assert images[account(3)]["Employees"] == "N/A"
    made = {row["old_id"]: row for row in table(back / "5_insert_if_purged.csv")}
    assert made[account(3)]["NumberOfEmployees"] == ""
    assert made[account(3)]["Contract_End__c"] == "2030-12-31T00:00:00.000+0000"
