"""Small exports for plans, by hand or by chance, and a CRM so simple that it can be believed.

`NaiveOrg` knows the files of a plan and nothing of the code that made them: it reads what an
integration would call and what Data Loader would load, and looks through all records at each step.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from keepone.children import CHILDREN
from keepone.merge_plan.accounts import Accounts
from keepone.merge_plan.before import Before
from keepone.merge_plan.document import Origin, Plan
from keepone.merge_plan.groups import Junk, MergeGroup, Verdicts, Winner
from keepone.merge_plan.making import (
    Wishes,
    assemble_plan,
    images,
    new_folder,
    write_plan,
)
from keepone.merge_plan.targets import Names
from tests.merge_plan.ids import sf_id

ORIGIN = Origin(
    run_id="test", settings_digest="", settings={}, fingerprints={}, run_inputs=[], export=[],
    children=[],
)  # fmt: skip
ID, NAME, PARENT = "Account ID", "Account Name", "Parent Account ID"
CODE, NOTE = "Code__c", "Description"

Rows = dict[str, dict[str, str | None]]


def account(number: int) -> str:
    """Return the id of an account."""
    return sf_id("001", number)


def accounts_of(rows: Rows) -> Accounts:
    """Return an export of these rows; the record ids are in `ID`."""
    headers = list(dict.fromkeys(header for row in rows.values() for header in row))
    columns = {
        header: pa.array([row.get(header) for row in rows.values()], pa.string())
        for header in headers
    }
    cells = pa.table({ID: pa.array(list(rows), pa.string()), **columns})
    return Accounts(pa.array(list(rows), pa.string()), cells, frozenset({ID}), ())


def children_of(pointers: Sequence[tuple[str, str, str]], **told: str) -> pa.Table:
    """Return a table of children: (child, kind, account) each; contacts tell of themselves."""
    rows = [
        {
            "child_id": child,
            "parent_id": parent,
            "kind": kind,
            "column": "AccountId",
            "value": parent,
            "contact_id": child if kind == "contact" else told.get("contact"),
            "user_type": told.get("user_type"),
        }
        for child, kind, parent in sorted(pointers)
    ]
    return pa.Table.from_pylist(rows, CHILDREN)


def group_of(rows: Rows, *members: str, winners: Mapping[str, Winner] | None = None) -> MergeGroup:
    """Return the group of these records, the first of which is the master."""
    return MergeGroup(f"g-{members[0]}", members[0], members[1:], winners or {})


def planned(
    rows: Rows,
    groups: Sequence[MergeGroup],
    *,
    junk: Sequence[str] = (),
    children: pa.Table | None = None,
    accepted: Sequence[str] = (),
    names: Names | None = None,
) -> tuple[Plan, Before]:
    """Return the plan of these groups, and the images it needs."""
    accounts = accounts_of(rows)
    verdicts = Verdicts(tuple(groups), tuple(Junk(record, "junk") for record in junk))
    plan = assemble_plan(
        verdicts,
        accounts,
        children,
        names or Names(),
        accepted=frozenset(accepted),
        origin=ORIGIN,
    )
    known = CHILDREN.empty_table() if children is None else children
    return plan, images(plan, accounts, known)


def written(folder: Path, plan: Plan, before: Before, wishes: Wishes | None = None) -> Path:
    """Write a plan's folder and return it."""
    with new_folder(folder) as made:
        write_plan(made, plan.model_copy(update={"proven": True}), before, {}, wishes or Wishes())
    return folder


def table(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file and its parts; none where there is no file."""
    parts = sorted(path.parent.glob(f"{path.stem}_[0-9][0-9][0-9].csv"))
    found = []
    for part in [path] if path.exists() else parts:
        with part.open(encoding="utf-8-sig", newline="") as file:
            found += list(csv.DictReader(file))
    return found


class NaiveOrg:
    """Accounts by id with fields by API name, children with where they point to, and a bin."""

    def __init__(self, rows: Rows, children: pa.Table, fields: Mapping[str, str]) -> None:
        """`fields` says how columns are called in the API."""
        self.accounts: Rows = {
            record: {fields.get(column, column): text for column, text in row.items()}
            for record, row in rows.items()
        }
        self.children = {
            (row["kind"], row["child_id"]): row["parent_id"] for row in children.to_pylist()
        }
        self.bin: Rows = {}

    def merge(self, request: dict[str, Any]) -> None:
        master = dict(request["masterRecord"])
        assert master.pop("type") == "Account"
        record = master.pop("Id")
        assert 1 <= len(request["recordToMergeIds"]) <= 2
        assert len({record, *request["recordToMergeIds"]}) == 1 + len(request["recordToMergeIds"])
        for loser in request["recordToMergeIds"]:
            self.bin[loser] = self.accounts.pop(loser)
            for row in self.accounts.values():
                if row.get("ParentId") == loser:
                    row["ParentId"] = record
            for child, parent in self.children.items():
                if parent == loser:
                    self.children[child] = record
        emptied = dict.fromkeys(master.pop("fieldsToNull", ()))
        self.write(record, master | emptied)

    def write(self, record: str, values: Mapping[str, str | None]) -> None:
        assert set(values) <= set(self.accounts[record]), "a field that there is not"
        self.accounts[record].update(values)
        parent = self.accounts[record].get("ParentId")
        seen = {record}
        while parent is not None:
            assert parent not in seen, "a circle of parents"
            seen.add(parent)
            assert parent in self.accounts, "a parent that is gone"
            parent = self.accounts[parent].get("ParentId")
        codes = [code for row in self.accounts.values() if (code := row.get(CODE)) is not None]
        assert len(codes) == len(set(codes)), "a unique value twice"

    def load(self, rows: Sequence[Mapping[str, str]]) -> None:
        """Update as the Bulk API does."""
        for row in rows:
            values = {
                field: None if text == "#N/A" else text
                for field, text in row.items()
                if field != "Id" and text != ""
            }
            self.write(row["Id"], values)

    def delete(self, record: str) -> None:
        assert record not in self.children.values()
        assert all(row.get("ParentId") != record for row in self.accounts.values())
        self.bin[record] = self.accounts.pop(record)

    def carry_out(self, folder: Path) -> None:
        """Do what the files of a plan say, in their order."""
        for path in sorted(folder.glob("merge_requests*.json")):
            for call in json.loads(path.read_text("utf-8")):
                assert 1 <= len(call["merge"]) <= 200
                for request in call["merge"]:
                    self.merge(request)
        self.load(table(folder / "primary_updates.csv"))
        for row in table(folder / "deletes.csv"):
            self.delete(row["Id"])

    def take_back(self, folder: Path) -> None:
        """Do what the files of the way back say, in their order."""
        self.load(table(folder / "1_masters.csv"))
        scripts = sorted([*folder.glob("2_*.apex"), *folder.glob("apex/2_*.apex")])
        for script in scripts:
            for record in re.findall(
                r"^    '(\w{18})',?$", script.read_text("ascii"), re.MULTILINE
            ):
                self.accounts[record] = self.bin.pop(record)
        for row in table(folder / "3_parents.csv"):
            self.load([row])
        for kind in {kind for kind, _ in self.children}:
            for row in table(folder / f"4_{kind}_accountid.csv"):
                assert row["AccountId"] in self.accounts
                self.children[kind, row["Id"]] = row["AccountId"]
