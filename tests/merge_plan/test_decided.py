"""A plan goes by what people had decided when its run was made, and by nothing later."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from keepone.cli import app
from keepone.errors import GateError, InputError, KeeponeError
from keepone.generate import generate, write, write_children
from keepone.merge_plan.document import read_plan


def _keepone(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def _done(*arguments: str) -> str:
    result = _keepone(*arguments)
    assert result.exit_code == 0, result.output + str(result.exception)
    return result.output


class _Desk:
    """A workspace with one export, its runs and their plans."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.data = ("--workspace", str(home / "data"))
        made = generate(700, seed=9)
        write(made, home / "accounts.csv")
        paths = write_children(made, home / "accounts.csv", seed=9)
        self.children = [word for path in paths for word in ("--children", str(path))]

    def run(self, run_id: str, *more: str) -> None:
        export = str(self.home / "accounts.csv")
        _done("run", export, "--run-id", run_id, *self.data, *self.children, *more)

    def plan(self, run_id: str, name: str, *more: str) -> Path:
        words = ("--accept", "owners_differ", *self.data, *self.children, *more)
        _done("plan", "make", run_id, "--out", str(self.home / name), *words)
        return self.home / name

    def decide(self, *words: str) -> str:
        told = _done("decisions", "add", *words, "--author", "anna", *self.data, "--json")
        return str(json.loads(told)["id"])

    def refused(self, folder: Path, *more: str) -> KeeponeError:
        error = _keepone("plan", "verify", str(folder), *more).exception
        assert isinstance(error, KeeponeError)
        return error


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> _Desk:
    desk = _Desk(tmp_path_factory.mktemp("desk"))
    desk.run("one")
    return desk


def test_a_decision_after_the_plan_refuses_it_until_it_is_taken_back(desk: _Desk) -> None:
    folder = desk.plan("one", "first")
    group = read_plan(folder).groups[0]
    assert "Nobody has decided" in _done("plan", "verify", str(folder), *desk.data)
    desk.decide("different", group.master, group.losers[0])
    error = desk.refused(folder)
    assert isinstance(error, GateError)
    assert "2 records of the plan were decided on since" in error.message
    told = json.loads(_keepone("plan", "verify", str(folder), "--json").stdout)
    assert [line["record_id"] for line in told["decided"]] == [group.master, group.losers[0]]
    assert "different, decided by anna on " in told["decided"][0]["what"]
    assert "Nobody" not in _done("plan", "verify", str(folder), "--no-decisions")
    _done("decisions", "undo", "--author", "anna", *desk.data)
    assert "Nobody has decided" in _done("plan", "verify", str(folder), *desk.data)


def test_notes_and_decisions_on_other_records_refuse_nothing(desk: _Desk) -> None:
    folder = desk.plan("one", "other")
    plan = read_plan(folder)
    touched = {record for group in plan.groups for record in (group.master, *group.losers)}
    touched.update(each.record_id for each in plan.deletions)
    others = [record for each in plan.left_out for record in each.records if record not in touched]
    desk.decide("different", *others[:2])
    desk.decide("note", plan.groups[0].master, "--value", "rang them up")
    assert "Nobody has decided" in _done("plan", "verify", str(folder), *desk.data)


def test_a_group_decided_on_since_the_run_is_left_out_and_settled_ones_enter(desk: _Desk) -> None:
    plan = read_plan(desk.plan("one", "before"))
    merged = plan.groups[1]
    left = next(each for each in plan.left_out if each.check == "open_verify" and each.group_id)
    desk.decide("primary", merged.master)
    desk.decide("same", *left.records)
    since = read_plan(desk.plan("one", "since"))
    found = [each for each in since.left_out if each.check == "decided_since"]
    assert {each.group_id for each in found} == {merged.group_id, left.group_id}
    assert all("decided by anna on " in each.reason for each in found)
    desk.run("two")
    again = read_plan(desk.plan("two", "again"))
    entered = {group.group_id for group in again.groups}
    assert {merged.group_id, left.group_id} <= entered


def test_a_duplicate_that_people_keep_stays_and_the_others_are_merged(desk: _Desk) -> None:
    plan = read_plan(desk.plan("one", "all", "--no-decisions"))
    group = next(each for each in plan.groups[2:] if len(each.losers) > 1)
    alone = next(each for each in plan.groups[2:] if len(each.losers) == 1)
    desk.decide("disposition", group.losers[0], alone.losers[0], "--value", "Keep")
    desk.run("kept")
    again = {each.group_id: each for each in read_plan(desk.plan("kept", "kept")).groups}
    assert set(again[group.group_id].losers) == set(group.losers[1:])
    assert alone.group_id not in again


def test_a_name_blacklisted_since_refuses_the_records_that_have_it(desk: _Desk) -> None:
    desk.run("names")
    folder = desk.plan("names", "names")
    group = read_plan(folder).groups[3]
    rows = (desk.home / "accounts.csv").read_text("utf-8").splitlines()
    name = next(line for line in rows if group.master in line).split('"')[3]
    desk.decide("blacklist", "--value", name)
    told = json.loads(_keepone("plan", "verify", str(folder), "--json").stdout)
    assert group.master in {line["record_id"] for line in told["decided"]}
    _done("decisions", "undo", "--author", "anna", *desk.data)


def test_a_log_that_is_not_the_plans_is_refused(desk: _Desk, tmp_path: Path) -> None:
    group = read_plan(desk.plan("one", "unlogged", "--no-decisions")).groups[-1]
    desk.decide("primary", group.losers[0])
    desk.run("logged")
    folder = desk.plan("logged", "logged")
    for where in (tmp_path, tmp_path / "none"):
        error = desk.refused(folder, "--workspace", str(where))
        assert isinstance(error, InputError)
        assert "not the log of decisions" in error.message
        assert error.hint is not None
        assert "--no-decisions" in error.hint
    (tmp_path / "other.sqlite").touch()
    words = ("--out", str(tmp_path / "plan"), *desk.data)
    other = ("--decisions", str(tmp_path / "other.sqlite"))
    made = _keepone("plan", "make", "logged", *words, *other).exception
    assert isinstance(made, InputError)
    assert "decisions that the log does not hold" in made.message
    assert made.hint is not None
    assert "--decisions" in made.hint


def test_what_was_forgotten_refuses_the_plan_that_went_by_it(desk: _Desk) -> None:
    group = read_plan(desk.plan("one", "aside", "--no-decisions")).groups[4]
    desk.decide("same", group.master, group.losers[0])
    desk.run("known")
    folder = desk.plan("known", "known")
    _done("decisions", "forget", group.losers[0], "--author", "anna", *desk.data)
    assert "records of the plan" in desk.refused(folder).message
    told = json.loads(_keepone("plan", "verify", str(folder), "--json").stdout)
    assert told["decided"] == [
        {
            "record_id": "The log of decisions",
            "what": "has forgotten records of the plan",
        }
    ]
