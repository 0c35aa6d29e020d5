"""From an export to the way back through the commands, as the README tells it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from keepone.cli import app
from keepone.errors import KeeponeError
from keepone.generate import generate, write, write_children
from keepone.merge_plan.document import Plan, read_plan
from keepone.merge_plan.restoring import ROLLBACK
from tests.merge_plan.worlds import NaiveOrg, Rows, children_of, table

_DATA = Path(__file__).parents[3] / "shared" / "data"
_FIELDS = {
    "Account Name": "Name", "Phone": "Phone", "Website": "Website", "Industry": "Industry",
    "Parent Account ID": "ParentId", "Billing Street": "BillingStreet",
    "Billing City": "BillingCity", "Billing State": "BillingState",
    "Billing Postal Code": "BillingPostalCode", "Billing Country": "BillingCountry",
}  # fmt: skip


def _keepone(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def _done(*arguments: str) -> str:
    result = _keepone(*arguments)
    assert result.exit_code == 0, result.output + str(result.exception)
    return result.output


def _exported(home: Path, records: int) -> list[str]:
    """Generate an export with children; return the options that name these."""
    made = generate(records, seed=3)
    write(made, home / "accounts.csv")
    paths = write_children(made, home / "accounts.csv", seed=3)
    return [word for path in paths for word in ("--children", str(path))]


def _walk(home: Path, records: int) -> tuple[Path, list[str]]:
    """Run an export, plan, verify, and write the way back; return the plan's folder."""
    children = _exported(home, records)
    workspace, export, folder = str(home / "data"), str(home / "accounts.csv"), home / "plan"
    _done("run", export, "--run-id", "r", "--workspace", workspace)
    told = _done(
        "plan", "make", "r", "--workspace", workspace, "--out", str(folder),
        "--accept", "owners_differ", *children,
    )  # fmt: skip
    assert "the way back gives back every field" in told
    told = _done("plan", "verify", str(folder), "--export", export, *children)
    assert "No record of the plan has changed" in told
    _done("plan", "rollback", str(folder))
    return folder, children


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    return _walk(tmp_path_factory.mktemp("walk"), 2_000)


def _rows(path: Path) -> Rows:
    return {
        row["Account ID"]: {
            header: text or None for header, text in row.items() if header != "Account ID"
        }
        for row in table(path)
    }


def test_the_files_do_what_the_run_decided_and_take_it_back(
    walked: tuple[Path, list[str]],
) -> None:
    folder, paths = walked
    rows = _rows(folder.parent / "accounts.csv")
    pointers = [
        (row[header], kind, row["Account ID"])
        for path, kind, header in zip(
            paths[1::2], ("contact", "opportunity"), ("Contact ID", "Opportunity ID"), strict=True
        )
        for row in table(Path(path))
    ]
    org, was = (NaiveOrg(rows, children_of(pointers), _FIELDS) for _ in range(2))
    org.carry_out(folder)
    run = folder.parent / "data" / "runs" / "r" / "review_ready.parquet"
    verdicts = pq.read_table(run, columns=["record_id", "primary_id", "disposition"]).to_pylist()
    primary = {row["record_id"]: row["primary_id"] for row in verdicts}
    decided = {row["record_id"]: str(row["disposition"]) for row in verdicts}
    gone = set(was.accounts) - set(org.accounts)
    assert len(gone) > 400
    assert "Merge" in {decided[record] for record in gone} <= {"Merge", "Delete"}
    for child, parent in was.children.items():
        now = org.children[child]
        assert now == (primary[parent] if parent in gone else parent)
    org.take_back(folder / ROLLBACK)
    assert org.accounts == was.accounts
    assert org.children == was.children


def test_a_wider_export_leaves_out_what_changed(walked: tuple[Path, list[str]]) -> None:
    folder, children = walked
    plan = read_plan(folder)
    group = plan.groups[0]
    lines = (folder.parent / "accounts.csv").read_text("utf-8").splitlines()
    wide = [lines[0] + ',"LastModifiedDate"']
    for line in lines[1:]:
        now = line.replace(',"USA",', ',"Elsewhere",').replace(",,", ',"x",', 1)
        changed = group.losers[0] in line
        wide.append((now if changed else line) + ',"2024-01-31T08:15:00.000Z"')
    fresh = folder.parent / "wide.csv"
    fresh.write_text("\n".join(wide) + "\n", encoding="utf-8")
    _done(
        "plan", "make", "r", "--workspace", str(folder.parent / "data"), "--out",
        str(folder.parent / "wide"), "--accept", "owners_differ", "--export", str(fresh), *children,
    )  # fmt: skip
    other = read_plan(folder.parent / "wide")
    assert [each.group_id for each in other.left_out if each.check == "changed"] == [group.group_id]
    assert len(other.groups) == len(plan.groups) - 1
    assert other.modified_column == "LastModifiedDate"
    assert set(other.last_modified.values()) == {"2024-01-31T08:15:00.000Z"}


def test_what_json_tells_is_what_the_plan_says(walked: tuple[Path, list[str]]) -> None:
    folder, _ = walked
    told = json.loads(_done("plan", "verify", str(folder), "--json"))
    plan = read_plan(folder)
    assert told["plan_id"] == plan.plan_id
    assert told["proof"]["merged"] == sum(len(group.losers) for group in plan.groups)
    assert told["changes"] is None


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("make", "r", "--out", "{folder}"), "is there already"),
        (("make", "r", "--out", "{folder}/x", "--children", "{folder}/none.csv"), "does not exist"),
        (
            ("make", "r", "--out", "{folder}/x", "--mapping", "{folder}/README.txt"),
            "no mapping file",
        ),
        (("verify", "{folder}/before"), "holds no merge plan"),
        (("verify", "{folder}", "--export", "{folder}/verify.csv"), "no column holds ids"),
        (("rollback", "{folder}"), "is there already"),
    ],
)
def test_a_mistake_is_told_with_what_to_do(
    walked: tuple[Path, list[str]], arguments: tuple[str, ...], told: str
) -> None:
    folder, _ = walked
    words = [word.format(folder=folder) for word in arguments]
    if words[0] == "make":
        words += ["--workspace", str(folder.parent / "data")]
    error = _keepone("plan", *words).exception
    assert isinstance(error, KeeponeError)
    assert error.exit_code == 2
    assert told in error.message
    assert error.hint


def _columns(home: Path, name: str, *headers: str) -> str:
    """Write these columns of the accounts to a file of their own, and return its path."""
    rows = table(home / "accounts.csv")
    with (home / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, headers, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return str(home / name)


def test_an_export_that_cannot_show_a_change_is_refused(walked: tuple[Path, list[str]]) -> None:
    folder, children = walked
    short = _columns(folder.parent, "short.csv", "Account ID", "Account Name")
    error = _keepone("plan", "verify", str(folder), "--export", short).exception
    assert isinstance(error, KeeponeError)
    assert "lacks the columns" in error.message
    workspace = ("--workspace", str(folder.parent / "data"))
    other = _keepone("plan", "make", "r", *workspace, "--out", "x", "--export", short, *children)
    assert isinstance(other.exception, KeeponeError)
    assert "lacks the columns" in other.exception.message


def test_only_kinds_of_children_that_both_have_are_compared(
    walked: tuple[Path, list[str]],
) -> None:
    folder, children = walked
    export = str(folder.parent / "accounts.csv")
    _done("plan", "verify", str(folder), "--export", export, *children[:2])
    bare = folder.parent / "bare"
    workspace = ("--workspace", str(folder.parent / "data"))
    _done("plan", "make", "r", *workspace, "--out", str(bare), "--accept", "owners_differ")
    error = _keepone("plan", "verify", str(bare), "--export", export, *children).exception
    assert isinstance(error, KeeponeError)
    assert "without child exports" in error.message


@pytest.mark.slow
def test_94_000_accounts_with_children(tmp_path: Path) -> None:
    folder, _ = _walk(tmp_path, 94_000)
    assert len(read_plan(folder).groups) > 10_000


@pytest.mark.slow
@pytest.mark.data
def test_chicago_is_no_salesforce_export(tmp_path: Path) -> None:
    records = next(iter(sorted((_DATA / "chicago").glob("records.*"))), None)
    if records is None:
        pytest.skip(f"{_DATA / 'chicago'} is missing")
    workspace, folder = str(tmp_path / "data"), tmp_path / "plan"
    _done("run", str(records), "--run-id", "r", "--workspace", workspace)
    told = _done("plan", "make", "r", "--workspace", workspace, "--out", str(folder))
    assert "no Apex and no SOAP requests" in told
    _done("plan", "verify", str(folder), "--export", str(records))
    _done("plan", "rollback", str(folder))
    plan: Plan = read_plan(folder)
    assert plan.groups
    names = {path.name for path in folder.iterdir()}
    assert {"merge_steps.csv", "primary_updates.csv", "crosswalk.csv"} <= names
    assert not {"apex", "merge.apex", "merge_requests.json"} & names
