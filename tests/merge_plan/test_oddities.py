"""A workbook by hand with every oddity of an account list, from the run to the way back."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
import xlsxwriter
from typer.testing import CliRunner

from keepone.cli import app
from keepone.merge_plan.checks import CHECKS
from keepone.merge_plan.document import Plan, read_plan
from keepone.merge_plan.restoring import ROLLBACK
from tests.merge_plan.ids import sf_id
from tests.merge_plan.worlds import account, table

_HEADERS = (
    "Account ID", "Account Name", "Phone", "Website", "Billing Street", "Billing City",
    "Billing Zip/Postal Code", "Billing Country", "Parent Account ID", "Account Record Type",
    "Account Currency", "Account Owner", "Is Person Account", "Customer Portal Account",
    "Partner Account", "Created Date", "Last Modified Date", "Account Description", "Loyalty__c",
)  # fmt: skip
# Name, street and city of companies that nobody takes for one another, then of records alone.
_COMPANIES = [
    ("Brenwick Tannery", "12 Alder Road", "Leeds"),
    ("Quollspar Optics", "77 Hafen Street", "Bristol"),
    ("Vantrell Ceramics", "5 Mill Lane", "York"),
    ("Oxhurst Bakeries", "310 Station Road", "Derby"),
    ("Mirrowden Textiles", "9 Castle Square", "Exeter"),
    ("Fjeldgate Timber", "41 Quay Street", "Hull"),
    ("Zarmond Biscuits", "18 Orchard Way", "Truro"),
    ("Pellcraven Steel", "260 Foundry Row", "Sheffield"),
    ("Ythanside Salmon", "2 Harbour View", "Aberdeen"),
    ("Kestramor Wines", "63 Vine Terrace", "Dover"),
    ("Dunwhistle Toys", "88 Market Place", "Norwich"),
    ("Umberlow Clocks", "14 Bell Court", "Wells"),
    ("Garrivane Boats", "1 Slipway", "Poole"),
    ("Thistlequay Paper", "29 Kiln Road", "Kendal"),
]


class _Sheet:
    """The rows of the workbook; `company` adds records of one company, alike but for `differs`."""

    def __init__(self) -> None:
        self.rows: list[dict[str, str]] = []

    def company(self, which: int, *differs: dict[str, str]) -> list[str]:
        name, street, city = _COMPANIES[which]
        word = name.split()[0].lower()
        ids = []
        for difference in differs:
            number = len(self.rows)
            ids.append(account(number))
            self.rows.append(
                {
                    "Account ID": ids[-1],
                    "Account Name": name,
                    "Phone": f"+44 20 7946 {1000 + 7 * which}",
                    "Website": f"www.{word}.co.uk",
                    "Billing Street": street,
                    "Billing City": city,
                    "Billing Zip/Postal Code": f"AB{which + 1} {which % 9 + 1}CD",
                    "Billing Country": "United Kingdom",
                    "Account Record Type": "Customer",
                    "Account Currency": "GBP",
                    "Account Owner": "Kim Ashe",
                    "Is Person Account": "0",
                    "Customer Portal Account": "0",
                    "Partner Account": "0",
                    "Created Date": f"20{10 + number % 10}-03-0{number % 9 + 1}",
                    "Last Modified Date": "2024-01-31T08:15:00.000Z",
                    **difference,
                }
            )
        return ids


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the workbook, its children, and a run of it."""
    home = tmp_path_factory.mktemp("oddities")
    sheet = _Sheet()
    nasty = "O'Neill \\ \"Söhne\"\n=cmd|' /C calc'!A0 \N{GRINNING FACE}"
    plain = sheet.company(
        0, {"Account Description": ""}, {"Account Description": nasty, "Phone": ""}, {}, {},
        {"Loyalty__c": "-17", "Website": ""},
    )  # fmt: skip
    sheet.company(1, {"Parent Account ID": account(6)}, {})
    sheet.company(2, {"Parent Account ID": account(8)}, {"Parent Account ID": account(7)})
    # The master's parent is a child of the other record, whichever of them is the master.
    sheet.company(3, {"Parent Account ID": account(11)}, {"Parent Account ID": account(12)})
    sheet.company(12, {"Parent Account ID": account(10)})
    sheet.company(13, {"Parent Account ID": account(9)})
    sheet.company(4, {"Is Person Account": "1"}, {})
    sheet.company(5, {"Customer Portal Account": "1"}, {"Partner Account": "1"})
    related = sheet.company(6, {}, {})
    sheet.company(7, {"Account Record Type": "Partner"}, {})
    sheet.company(8, {"Account Currency": "EUR"}, {})
    sheet.company(9, {"Account Owner": "Lou Berg"}, {})
    # Web site and phone would settle together that legal forms differ.
    sheet.company(
        10,
        {"Account Name": "Dunwhistle Toys GmbH"},
        {"Account Name": "Dunwhistle Toys AG", "Website": ""},
    )
    follower = sheet.company(11, {"Parent Account ID": plain[-1][:15]})
    junk = [account(number) for number in (len(sheet.rows), len(sheet.rows) + 1)]
    sheet.rows += [
        {"Account ID": record, "Account Name": name, "Billing Country": "United Kingdom"}
        for record, name in zip(junk, ("test", "DO NOT USE"), strict=True)
    ]
    with xlsxwriter.Workbook(home / "accounts.xlsx", {"strings_to_formulas": False}) as book:
        page = book.add_worksheet("Accounts")
        for at, header in enumerate(_HEADERS):
            page.write_string(0, at, header)
            for line, row in enumerate(sheet.rows, start=1):
                if row.get(header):
                    page.write_string(line, at, row[header])
    contact = sf_id("003", 1)
    (home / "contacts.csv").write_text(
        f"Contact ID,Account ID\n{contact},{related[0]}\n{sf_id('003', 2)},{plain[2]}\n"
        f"{sf_id('003', 3)},{plain[3]}\n{sf_id('003', 4)},{junk[1]}\n",
        encoding="utf-8",
    )
    (home / "relations.csv").write_text(
        f"Id,AccountId,ContactId\n{sf_id('07k', 1)},{related[1]},{contact}\n", encoding="utf-8"
    )
    (home / "ids.json").write_text(json.dumps({"plain": plain, "follower": follower, "junk": junk}))
    _keepone(home, "run", "accounts.xlsx", "--children", "contacts.csv", "--run-id", "odd")
    _make(home, "plan")
    return home


def _keepone(home: Path, *arguments: str, code: int = 0) -> str:
    paths = [
        str(home / each) if each.partition("/")[0].endswith((".xlsx", ".csv")) else each
        for each in arguments
    ]
    workspace = [] if arguments[:2] in {("plan", "verify"), ("plan", "rollback")} else [
        "--workspace", str(home / "data"),
    ]  # fmt: skip
    result = CliRunner().invoke(app, [*paths, *workspace])
    told = result.output + (str(result.exception) if result.exception else "")
    found = getattr(result.exception, "exit_code", result.exit_code)
    assert found == code, told
    return told


def _make(home: Path, name: str, *options: str) -> Plan:
    _keepone(
        home, "plan", "make", "odd", "--out", str(home / name), "--children", "contacts.csv",
        "--children", "relations.csv", *options,
    )  # fmt: skip
    return read_plan(home / name)


@pytest.fixture(scope="module")
def ids(folder: Path) -> dict[str, list[str]]:
    told: dict[str, list[str]] = json.loads((folder / "ids.json").read_text())
    return told


def test_every_oddity_is_found_and_told(folder: Path) -> None:
    plan = read_plan(folder / "plan")
    found = {each.check: each.reason for each in plan.left_out}
    assert set(found) == {
        "parent_in_group", "each_others_parents", "hierarchy_cycle", "person_and_business",
        "portal_users", "related_contact", "record_types_differ", "currencies_differ",
        "owners_differ", "open_verify", "has_children",
    }  # fmt: skip
    assert found["owners_differ"] in {
        "owners differ: Lou Berg, Kim Ashe", "owners differ: Kim Ashe, Lou Berg",
    }  # fmt: skip
    assert sf_id("003", 1) in found["related_contact"]
    assert [each["Check"] for each in table(folder / "plan" / "verify.csv")] == [
        each.check for each in plan.left_out
    ]
    assert [each.check for each in plan.unseen] == []
    assert set(found) - {"has_children"} <= {check.name for check in CHECKS}


def test_only_the_plain_group_is_merged_and_only_lonely_junk_deleted(
    folder: Path, ids: dict[str, list[str]]
) -> None:
    plan = read_plan(folder / "plan")
    (group,) = plan.groups
    assert {group.master, *group.losers} == set(ids["plain"])
    assert [len(step.duplicates) for step in group.steps] == [2, 2]
    assert [each.record_id for each in plan.deletions] == ids["junk"][:1]
    assert [row["Id"] for row in table(folder / "plan" / "deletes.csv")] == ids["junk"][:1]
    merged = {row["old_id"] for row in table(folder / "plan" / "crosswalk.csv")}
    assert merged == {*group.losers, *ids["junk"][:1]}


def test_checks_that_lose_nothing_can_be_accepted(folder: Path) -> None:
    accepted = ("owners_differ", "currencies_differ", "record_types_differ")
    options = [word for name in accepted for word in ("--accept", name)]
    plan = _make(folder, "accepted", *options)
    assert not {each.check for each in plan.left_out}.intersection(accepted)
    assert len(plan.groups) == 4
    told = _keepone(folder, "plan", "make", "odd", "--out", "x", "--accept", "portal_users", code=2)
    assert "no such check that can be accepted" in told


def test_the_plan_verifies_until_a_record_changes(folder: Path, ids: dict[str, list[str]]) -> None:
    plan = str(folder / "plan")
    told = _keepone(folder, "plan", "verify", plan, "--export", "accounts.xlsx",
                    "--children", "contacts.csv", "--children", "relations.csv")  # fmt: skip
    assert "No record of the plan has changed" in told
    for record, expected in ((ids["plain"][1], "differs in Billing City"), (ids["junk"][1], None)):
        _fresh(folder, record, "Billing City", "Elsewhere")
        code = 3 if expected else 0
        told = _keepone(folder, "plan", "verify", plan, "--export", "fresh.csv", code=code)
        assert (expected or "No record of the plan has changed") in told


def test_a_new_child_of_a_record_that_goes_is_a_change(
    folder: Path, ids: dict[str, list[str]]
) -> None:
    text = (folder / "contacts.csv").read_text("utf-8")
    new = f"{sf_id('003', 9)},{ids['junk'][0]}\n"
    (folder / "later.csv").write_text(text + new, encoding="utf-8")
    told = _keepone(folder, "plan", "verify", str(folder / "plan"), "--export", "accounts.xlsx",
                    "--children", "later.csv", "--children", "relations.csv", code=3)  # fmt: skip
    assert f"{ids['junk'][0]} the child {sf_id('003', 9)} is new" in told


def _fresh(folder: Path, record: str, column: str, value: str) -> None:
    """Write the before-images and the junk that stays as a fresh export, one cell changed."""
    plan = read_plan(folder / "plan")
    if not (folder / "plan" / ROLLBACK).exists():
        _keepone(folder, "plan", "rollback", str(folder / "plan"))
    rows = table(folder / "plan" / ROLLBACK / "before_images.csv")
    for row in rows:
        if row["keepone_record_id"] == record:
            row[column] = value
    with (folder / "fresh.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, plan.columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


def test_values_reach_each_file_as_it_needs_them(folder: Path, ids: dict[str, list[str]]) -> None:
    made = folder / "plan"
    script = (made / "merge.apex").read_text("ascii")
    assert r"O\'Neill \\ " in script
    assert r"\u00F6" in script
    assert r"\uD83D\uDE00" in script
    calls = json.loads((made / "merge_requests.json").read_text("utf-8"))
    carried: dict[str, str] = {}
    for request in calls[0]["merge"]:
        carried |= request["masterRecord"]
    assert carried["Description"].startswith('O\'Neill \\ "Söhne"\n=cmd')
    assert carried["Loyalty__c"] == "-17"
    steps = table(made / "merge_steps.csv")
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in steps for cell in row.values())
    assert steps[0]["Keep"] in ids["plain"]


def test_the_way_back_says_who_belongs_where(folder: Path, ids: dict[str, list[str]]) -> None:
    back = folder / "plan" / ROLLBACK
    if not back.exists():
        _keepone(folder, "plan", "rollback", str(folder / "plan"))
    (group,) = read_plan(folder / "plan").groups
    parents = {row["Id"]: row["ParentId"] for row in table(back / "3_parents.csv")}
    children = {row["Id"]: row["AccountId"] for row in table(back / "4_contact_accountid.csv")}
    wanted = {sf_id("003", 2): ids["plain"][2], sf_id("003", 3): ids["plain"][3]}
    assert children == {kid: home for kid, home in wanted.items() if home in group.losers}
    assert parents == (
        {ids["follower"][0]: ids["plain"][-1]} if ids["plain"][-1] in group.losers else {}
    )
    images = {row["keepone_record_id"] for row in table(back / "before_images.csv")}
    assert images == {*ids["plain"], ids["junk"][0], *parents}
    guide = (back / "README.txt").read_text("utf-8")
    assert "15 days" in guide


def test_a_changed_file_of_the_plan_is_noticed(folder: Path) -> None:
    _make(folder, "touched")
    path = folder / "touched" / "crosswalk.csv"
    path.write_text(path.read_text("utf-8").replace("merged", "Merged"), encoding="utf-8")
    told = _keepone(folder, "plan", "verify", str(folder / "touched"), code=3)
    assert "crosswalk.csv was changed since the plan was made" in told
