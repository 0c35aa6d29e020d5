"""Child exports of a run, from the command line: what they decide, and when a run stands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from keepone.cli import app
from keepone.errors import InputError

_ACCOUNTS = """\
Account ID,Account Name,Billing City,Phone,Parent Account ID
A0000001,Borealis Trading,Salem,555 010 2000,
A0000002,Zinc Works,Rome,555 010 3000,A0000001
A0000003,Test Account,Paris,,
A0000004,Do not use,Nice,,
"""


@pytest.fixture
def accounts(tmp_path: Path) -> Path:
    path = tmp_path / "accounts.csv"
    path.write_text(_ACCOUNTS, encoding="utf-8")
    return path


def _contacts(folder: Path, *accounts: str, name: str = "contacts.csv") -> Path:
    path = folder / name
    lines = [f"C{at:06d}x,{account}" for at, account in enumerate(accounts)]
    path.write_text("\n".join(["Contact ID,Account ID", *lines, ""]), encoding="utf-8")
    return path


def _called(*arguments: str | Path) -> Any:
    result = CliRunner().invoke(app, [*map(str, arguments), "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def _run(accounts: Path, *children: Path) -> dict[str, Any]:
    options = [each for child in children for each in ("--children", child)]
    workspace = accounts.parent / "data"
    told: dict[str, Any] = _called(
        "run", accounts, "--workspace", workspace, "--run-id", "one", "--quiet", *options
    )
    return told


def _rules(accounts: Path) -> dict[str, int]:
    told = _called("rules", "one", "--workspace", accounts.parent / "data")
    return {line["rule"]: line["records"] for line in told if line["records"]}


def test_junk_is_deleted_only_where_nothing_refers_to_it(accounts: Path) -> None:
    _run(accounts)
    assert _rules(accounts) == {"junk_unchecked": 2, "alone": 2}
    told = _run(accounts, _contacts(accounts.parent, "A0000003", "A0000003", "A0000001"))
    assert _rules(accounts) == {"junk_referred": 1, "junk_alone": 1, "alone": 2}
    assert [(file["file"], file["rows"]) for file in told["children"]] == [("contacts.csv", 3)]
    assert told["computed"] == [
        "relate", "disposition", "golden", "enrich", "group_stats", "publish"
    ]  # fmt: skip
    assert told["counts"]["relations"] == {"parent and subsidiary": 1}


def test_what_child_exports_say_is_part_of_what_a_run_is(accounts: Path) -> None:
    first = _contacts(accounts.parent, "A0000003")
    _run(accounts, first)
    elsewhere = accounts.parent / "elsewhere"
    elsewhere.mkdir()
    assert _run(accounts, _contacts(elsewhere, "A0000003"))["computed"] == []
    again = _run(accounts, _contacts(elsewhere, "A0000001"))
    assert "relate" in again["computed"]
    assert _rules(accounts)["junk_alone"] == 2


def test_a_child_export_that_points_nowhere_is_told(accounts: Path) -> None:
    stray = _contacts(accounts.parent, "somebody", "else")
    with pytest.raises(InputError, match="no column points to a record of the run"):
        _run(accounts, stray)
    with pytest.raises(InputError, match="does not exist"):
        _run(accounts, accounts.parent / "gone.csv")


def test_rules_are_listed_without_a_run_too() -> None:
    told = _called("rules")
    assert [line["place"] for line in told] == list(range(1, len(told) + 1))
    assert "records" not in told[0]
    shown = CliRunner().invoke(app, ["rules"], catch_exceptions=False)
    assert "junk_unchecked" in shown.stdout


def test_a_group_tells_what_its_records_are_related_to(accounts: Path) -> None:
    _run(accounts)
    workspace = accounts.parent / "data"
    related = (workspace / "runs" / "one" / "related.csv").read_text(encoding="utf-8")
    assert '"A0000002","subsidiary","A0000001","parent id"' in related
    lines = (workspace / "runs" / "one" / "review_ready.csv").read_text(encoding="utf-8")
    group = next(line for line in lines.splitlines() if "A0000002" in line).split(",")[1].strip('"')
    told = _called("runs", "group", "one", group, "--workspace", workspace)
    (relation,) = told["relations"]
    assert (relation["kind"], relation["related_id"]) == ("subsidiary", "A0000001")
