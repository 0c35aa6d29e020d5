"""Runs are deleted with all they left, and nothing else is; some are kept from it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from keepone.decisions.decision import same
from keepone.decisions.keys import RecordKey
from keepone.decisions.workspace import open_log
from keepone.deletion import delete_runs, find_doomed
from keepone.errors import RunError
from keepone.lock import locked
from keepone.pins import is_pinned
from keepone.review.prepared import prepare
from keepone.runs import Run, list_runs
from tests.processes import keepone_process


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def started_in_the_app(workspace: Path, run_id: str, *uploads: str) -> None:
    job = workspace / "jobs" / run_id
    job.mkdir(parents=True)
    (job / "order.json").write_text(json.dumps({"uploads": [*uploads], "children": []}))
    for upload in uploads:
        (workspace / "uploads" / upload).mkdir(parents=True, exist_ok=True)
        (workspace / "uploads" / upload / "export.csv").write_text("data")


def test_every_trace_goes_and_decisions_stay(place: Path) -> None:
    workspace = place / "keepone-data"
    prepare(Run(workspace / "runs" / "one"))
    started_in_the_app(workspace, "one", "aa", "bb")
    started_in_the_app(workspace, "two", "bb")
    with open_log(workspace) as log:
        log.append(same("ann", [RecordKey.of("A000"), RecordKey.of("A001")]))
        before = log.entries()
    other = content(workspace / "runs" / "two")
    done = keepone_process("runs", "delete", "one", "--yes", cwd=place)
    assert done.returncode == 0, done.stderr
    left = {path.relative_to(workspace).as_posix() for path in workspace.rglob("*")}
    assert not [path for path in left if "one" in path.split("/") or "aa" in path.split("/")]
    assert not [path for path in left if path.startswith(".")]
    assert (workspace / "uploads" / "bb" / "export.csv").exists()
    assert content(workspace / "runs" / "two") == other
    with open_log(workspace) as log:
        assert log.entries() == before
    again = keepone_process("runs", "show", "two", cwd=place)
    assert again.returncode == 0, again.stderr


def test_the_newest_is_kept_unless_it_is_wanted(place: Path) -> None:
    workspace = place / "keepone-data"
    newest = list_runs(workspace)[0].run_id
    before = content(workspace)
    refused = keepone_process("runs", "delete", "one", "two", "--yes", cwd=place)
    assert refused.returncode == 2
    assert f"the run {newest} is the newest" in refused.stderr
    assert content(workspace) == before
    done = keepone_process("runs", "delete", "one", "two", "--newest", "--yes", cwd=place)
    assert done.returncode == 0, done.stderr
    assert list_runs(workspace) == []


def test_a_pinned_run_is_kept_until_it_is_unpinned(place: Path) -> None:
    run = Run(place / "keepone-data" / "runs" / "one")
    assert keepone_process("runs", "pin", "one", cwd=place).returncode == 0
    assert is_pinned(run)
    assert "finished, pinned" in keepone_process("runs", "list", cwd=place).stdout
    refused = keepone_process("runs", "delete", "one", "--newest", "--yes", cwd=place)
    assert (refused.returncode, run.path.exists()) == (2, True)
    assert "keepone runs unpin one" in refused.stderr
    assert (
        keepone_process("run", "accounts.csv", "--run-id", "one", "-q", cwd=place).returncode == 0
    )
    assert is_pinned(run)
    assert keepone_process("runs", "unpin", "one", cwd=place).returncode == 0
    assert not is_pinned(run)
    done = keepone_process("runs", "delete", "one", "--newest", "--yes", cwd=place)
    assert (done.returncode, run.path.exists()) == (0, False)


@pytest.mark.parametrize(
    ("arguments", "said", "code"),
    [
        (["--dry-run"], "", 0),
        (["--dry-run", "--yes"], "", 0),
        ([], "n\n", 0),
        ([], "", 2),
    ],
)
def test_nothing_is_deleted_unless_somebody_says_so(
    place: Path, arguments: list[str], said: str, code: int
) -> None:
    before = content(place)
    done = keepone_process("runs", "delete", "one", "--newest", *arguments, cwd=place, said=said)
    assert done.returncode == code
    assert content(place) == before


def test_yes_on_the_terminal_deletes(place: Path) -> None:
    done = keepone_process("runs", "delete", "one", "--newest", cwd=place, said="y\n")
    assert done.returncode == 0, done.stderr
    assert not (place / "keepone-data" / "runs" / "one").exists()


def test_one_that_is_worked_on_or_unknown_is_refused(place: Path) -> None:
    workspace = place / "keepone-data"
    with locked(workspace / "runs" / "one"), pytest.raises(RunError, match="being worked on"):
        find_doomed(["one"], workspace)
    with pytest.raises(RunError, match="no run three"):
        find_doomed(["three"], workspace)
    with pytest.raises(RunError, match="is no run id"):
        find_doomed(["../runs"], workspace)


def test_a_damaged_run_can_be_deleted(place: Path) -> None:
    workspace = place / "keepone-data"
    (workspace / "runs" / "one" / "manifest.json").write_text("{")
    delete_runs(find_doomed(["one"], workspace, newest_too=True))
    assert not (workspace / "runs" / "one").exists()


def test_an_order_that_leads_elsewhere_takes_nothing_away(place: Path) -> None:
    workspace = place / "keepone-data"
    started_in_the_app(workspace, "one")
    order = workspace / "jobs" / "one" / "order.json"
    order.write_text(json.dumps({"uploads": ["..", "../runs", "/", 7, ""]}))
    (doomed,) = find_doomed(["one"], workspace, newest_too=True)
    assert doomed.others == (workspace / "jobs" / "one",)


def test_json_tells_what_was_deleted(place: Path) -> None:
    done = keepone_process("runs", "delete", "one", "--newest", "--yes", "--json", cwd=place)
    told = json.loads(done.stdout)
    assert told["deleted"] is True
    assert [each["run_id"] for each in told["runs"]] == ["one"]
    assert told["runs"][0]["files"] > 20
