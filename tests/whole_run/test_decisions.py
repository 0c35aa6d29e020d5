"""What people decided holds in every run: the next, of another order, of a newer export."""

from __future__ import annotations

import csv
import random
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import keepone
from keepone import Decision, RecordKey
from keepone.cli import app
from keepone.decisions.decision import different, same
from keepone.generate import generate
from keepone.generate import write as write_export

Lines = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "accounts.csv"
    write_export(generate(400, profile="dense", seed=5), path)
    header, *rows = rows_of(path)
    # Some accounts stand in the file twice, equal but for their ids.
    again = [[f"again-{at}", *row[1:]] for at, row in enumerate(rows[::20])]
    return written(path, [header, *rows, *again])


@pytest.fixture(scope="module")
def plain(export: Path, tmp_path_factory: pytest.TempPathFactory) -> keepone.Result:
    return keepone.run(export, workspace=tmp_path_factory.mktemp("plain"), run_id="plain")


def rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def written(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def lines_of(result: keepone.Result) -> Lines:
    return {line["record_id"]: line for line in result.review_ready.to_arrow().to_pylist()}


def decide(workspace: Path, *decisions: Decision) -> None:
    with keepone.open_log(workspace) as log:
        for decision in decisions:
            log.append(decision)


def keys(*ids: str) -> list[RecordKey]:
    return [RecordKey.of(each) for each in ids]


def judgements(lines: Lines) -> tuple[list[list[str]], list[list[str]]]:
    """Return sets that are to be together, and to be apart: of strangers, of equals, of a group."""
    chance = random.Random(1)
    ids = sorted(lines)
    groups: dict[str, list[str]] = {}
    for each in ids:
        groups.setdefault(lines[each]["group_id"], []).append(each)
    large = sorted(groups.values(), key=lambda group: (-len(group), group))
    strangers = [chance.choice(group) for group in large[3:9]]
    equals = [each for each in ids if each.startswith("again-")][:3]
    together = [strangers[:3], strangers[3:5], [equals[0], large[10][0]]]
    apart = [large[0][:4], [large[1][0], large[1][-1]], equals[1:2] + twin_of(lines, equals[1])]
    return together, apart


def twin_of(lines: Lines, record_id: str) -> list[str]:
    """Return a record of the same group, an equal one if the group has it."""
    group = lines[record_id]["group_id"]
    return [each for each in lines if lines[each]["group_id"] == group and each != record_id][:1]


def assert_held(lines: Lines, together: list[list[str]], apart: list[list[str]]) -> None:
    for ids in together:
        assert len({lines[each]["group_id"] for each in ids}) == 1, ids
    for ids in apart:
        assert len({lines[each]["group_id"] for each in ids}) == len(ids), ids


def test_decisions_hold_in_every_order_and_in_the_next_export(
    export: Path, plain: keepone.Result, tmp_path: Path
) -> None:
    together, apart = judgements(lines_of(plain))
    decide(tmp_path, *(same("ann", keys(*ids), "told") for ids in together))
    decide(tmp_path, *(different("bob", keys(*ids)) for ids in apart))
    first = keepone.run(export, workspace=tmp_path, run_id="first")
    lines = lines_of(first)
    assert_held(lines, together, apart)
    for ids in together:
        primary = lines[ids[0]]["primary_id"]
        if primary in ids:
            others = [lines[each] for each in ids if each != primary]
            assert {line["disposition"] for line in others} == {"Merge"}
            assert all("decided by ann on" in line["reason"] for line in others)
    assert first.counts["records"] == plain.counts["records"]
    counted = first.manifest["decisions"]
    assert (counted["in_force"], counted["without_records"]) == (6, 0)

    for sets, rule in ((together, "held_together"), (apart, "held_apart")):
        for ids in sets:
            told = first.explain(ids[0], ids[1])
            assert (told.stage, told.rule) == ("decide", rule)
            assert "decided by" in told.says

    header, *rows = rows_of(export)
    random.Random(2).shuffle(rows)
    shuffled = keepone.run(
        written(tmp_path / "shuffled.csv", [header, *rows]), workspace=tmp_path, run_id="shuffled"
    )
    ours, theirs = lines_of(shuffled), lines
    for line in (*ours.values(), *theirs.values()):
        line.pop("source_file")
    assert ours == theirs

    # Some records are gone from a newer export under another name, and others are new.
    gone = {together[0][1], apart[0][2]}
    newer = [[f"new-{row[0]}", *row[1:]] for row in rows[:30]]
    kept = [row for row in rows if row[0] not in gone]
    path = written(tmp_path / "accounts-in-may.csv", [header, *kept, *newer])
    refreshed = keepone.run(path, workspace=tmp_path, run_id="refreshed")
    left = [
        [[each for each in ids if each not in gone] for ids in sets] for sets in (together, apart)
    ]
    assert_held(lines_of(refreshed), left[0], left[1])
    assert refreshed.manifest["decisions"]["without_records"] == 2


def test_sources_that_hold_no_company_twice_give_way_to_people(
    export: Path, plain: keepone.Result, tmp_path: Path
) -> None:
    """All records are of one source: no two are together, but those that people put together."""
    together, _ = judgements(lines_of(plain))
    decide(tmp_path, *(same("ann", keys(*ids)) for ids in together))
    settings = {"profile": {"link": "source_file"}}
    lines = lines_of(keepone.run(export, workspace=tmp_path, settings=settings))
    assert_held(lines, together, [])
    held = {each for ids in together for each in ids}
    assert all(line["group_size"] == 1 for each, line in lines.items() if each not in held)


def test_overrides_and_the_blacklist_apply(
    export: Path, plain: keepone.Result, tmp_path: Path
) -> None:
    lines = lines_of(plain)
    groups: dict[str, list[str]] = {}
    for each, line in lines.items():
        groups.setdefault(line["group_id"], []).append(each)
    group, members = next(
        (group, members)
        for group, members in groups.items()
        if len(members) > 2
        and {lines[each]["disposition"] for each in members} <= {"Keep", "Merge"}
    )
    primary = next(each for each in members if not lines[each]["is_primary"])
    other = next(each for each in members if each != primary)
    alone = next(line for line in lines.values() if line["group_size"] == 1)
    decide(
        tmp_path,
        Decision("primary", "ann", (tuple(keys(primary)),), "the signed contract"),
        Decision("disposition", "ann", (tuple(keys(other)),), value="Keep"),
        Decision("blacklist", "ann", value=alone["field_name"]),
    )
    result = keepone.run(export, workspace=tmp_path, run_id="over")
    changed = lines_of(result)
    assert {changed[each]["primary_id"] for each in members} == {primary}
    assert "decided by ann on" in changed[primary]["reason"]
    assert "the signed contract" in changed[primary]["reason"]
    assert changed[other]["disposition"] == "Keep"
    assert changed[alone["record_id"]]["disposition"] == "Delete"
    flags = {line["group_id"]: line["flags"] for line in result.group_stats.to_arrow().to_pylist()}
    assert "decided" in flags[group]
    assert sum("decided" in told for told in flags.values()) == 1
    page = (result.path / "report.html").read_text("utf-8")
    assert "What people decided" in page


def test_only_what_bears_on_the_records_is_computed_again(export: Path, tmp_path: Path) -> None:
    one = keepone.run(export, workspace=tmp_path, run_id="one")
    before = lines_of(one)
    ids = sorted(before)
    assert one.manifest["decisions"] is None
    decide(tmp_path, same("ann", keys("not", "there")))
    again = keepone.run(export, workspace=tmp_path, run_id="two")
    assert all(stage["reused"] for stage in again.manifest["stages"])
    decide(tmp_path, same("ann", keys(*ids[:2])))
    third = keepone.run(export, workspace=tmp_path, run_id="three")
    reused = {stage["name"]: stage["reused"] for stage in third.manifest["stages"]}
    assert reused["score"]
    assert not reused["decide"]
    assert not reused["cluster"]
    # A run that is made from nothing has the same fingerprints as one that knew the records before.
    shutil.rmtree(tmp_path / "runs")
    fresh = keepone.run(export, workspace=tmp_path, run_id="four")
    assert [stage["fingerprint"] for stage in fresh.manifest["stages"]] == [
        stage["fingerprint"] for stage in third.manifest["stages"]
    ]
    settings = {"machine": {"decisions": "none"}}
    aside = keepone.run(export, workspace=tmp_path, run_id="aside", settings=settings)
    assert lines_of(aside) == before
    with keepone.open_log(tmp_path) as log:
        log.undo("ann")
    assert lines_of(keepone.run(export, workspace=tmp_path, run_id="five")) == before


def test_the_commands(export: Path, tmp_path: Path) -> None:
    def call(*arguments: str, code: int = 0) -> str:
        done = CliRunner().invoke(app, [*arguments, "--workspace", str(tmp_path)])
        assert done.exit_code == code or (code == 2 and done.exception), done.output
        return done.output

    ids = [row[0] for row in rows_of(export)[1:5]]
    call("decisions", "add", "split", ids[0], ids[1], "/", ids[2], "--author", "ann")
    call("decisions", "add", "different", *ids[:2], "--author", "ann", "--why", "two towns")
    assert "two towns" in call("decisions", "list")
    call("decisions", "add", "sme", *ids, code=2)
    call("decisions", "undo", "--author", "ann")
    assert "two towns" not in call("decisions", "list")
    assert "two towns" in call("decisions", "list", "--all")
    call("decisions", "redo", "--author", "ann")
    file = tmp_path / "log.jsonl"
    call("decisions", "export", str(file))
    assert len(file.read_text("utf-8").splitlines()) == 4
    assert "0 of 4" in call("decisions", "import", str(file))
    labels = tmp_path / "labels.csv"
    call("decisions", "export", str(labels), "--labels")
    assert rows_of(labels)[0] == ["id_l", "id_r", "match"]
    assert {tuple(row) for row in rows_of(labels)[1:]} == {
        (*sorted(pair), "0") for pair in ((ids[0], ids[1]), (ids[0], ids[2]), (ids[1], ids[2]))
    }
    answers = written(tmp_path / "answers.csv", [["id_l", "id_r", "match"], [*ids[2:], "1"],
                                                 [*ids[:2], "unsure"]])  # fmt: skip
    assert "1 of 1" in call("decisions", "import", str(answers), "--author", "bob")
    file.write_text('{"kind": "same"}\n', "utf-8")
    call("decisions", "import", str(file), code=2)
    assert "Erased from 2" in call("decisions", "forget", ids[0])
    assert ids[0] not in call("decisions", "list", "--all", "--json")
