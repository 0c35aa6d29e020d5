"""The doctor finds what is wrong, says how to mend it, and the mending works."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from keepone.decisions.decision import same
from keepone.decisions.keys import RecordKey
from keepone.decisions.workspace import LOG_FILE, open_log
from keepone.health import Finding, examine
from tests.processes import keepone_process


def found(workspace: Path, level: str) -> list[Finding]:
    return [finding for finding in examine(workspace) if finding.level == level]


def test_a_healthy_workspace(place: Path) -> None:
    workspace = place / "keepone-data"
    with open_log(workspace) as log:
        log.append(same("ann", [RecordKey.of("A000"), RecordKey.of("A001")]))
    done = keepone_process("doctor", "--json", cwd=place)
    told = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert told["healthy"] is True
    assert {"keepone", "python", "duckdb", "pyarrow"} <= told["versions"].keys()
    levels = {each["check"]: each["level"] for each in told["findings"]}
    assert {"memory", "disk", "size", "run one", "run two", "decisions"} <= levels.keys()
    assert "damaged" not in levels.values()


@pytest.mark.parametrize("harm", ["gone", "cut", "flipped"])
def test_a_damaged_table_is_found_and_mended_as_it_says(place: Path, harm: str) -> None:
    workspace = place / "keepone-data"
    table = workspace / "runs" / "one" / "stages" / "00_records.parquet"
    whole = table.read_bytes()
    harmed = {"gone": None, "cut": whole[:-9], "flipped": whole[:-9] + bytes(9)}[harm]
    table.unlink()
    if harmed is not None:
        table.write_bytes(harmed)
    done = keepone_process("doctor", cwd=place)
    assert done.returncode == 3
    (finding,) = found(workspace, "damaged")
    assert finding.check == "run one"
    assert "stages/00_records.parquet" in finding.says
    assert finding.mend is not None
    assert "--run-id one" in finding.mend
    if harm == "flipped":  # of the right size: only the other way to mend it helps
        assert keepone_process("runs", "delete", "one", "--newest", "-y", cwd=place).returncode == 0
    else:
        again = keepone_process("run", "accounts.csv", "--run-id", "one", "-q", cwd=place)
        assert again.returncode == 0, again.stderr
    assert keepone_process("doctor", cwd=place).returncode == 0


def test_a_manifest_that_cannot_be_read_is_damage(place: Path) -> None:
    workspace = place / "keepone-data"
    (workspace / "runs" / "one" / "manifest.json").write_text("{")
    (workspace / "runs" / "two" / "manifest.json").unlink()
    one, two = found(workspace, "damaged")
    assert ("cannot be read" in one.says, "is missing" in two.says) == (True, True)
    assert one.mend == "keepone runs delete one"


def test_an_unfinished_run_is_no_damage(place: Path) -> None:
    path = place / "keepone-data" / "runs" / "one" / "manifest.json"
    told = json.loads(path.read_text())
    told["status"], told["stages"] = "running", told["stages"][:4]
    path.write_text(json.dumps(told))
    (finding,) = [each for each in found(path.parents[2], "note") if each.check == "run one"]
    assert finding.says == "interrupted after 4 stages"
    assert keepone_process("doctor", cwd=place).returncode == 0


def test_what_interrupted_work_left_is_told(place: Path) -> None:
    workspace = place / "keepone-data"
    left = [
        workspace / "runs" / "one" / ".spill" / "table-1.arrow",
        workspace / "runs" / "one" / ".review-00ff" / "groups.arrow",
        workspace / "runs" / "two" / "stages" / ".03_pairs.parquet.partial",
        workspace / ".takeaway-x" / "out.csv",
        workspace / ".deleted-x" / "manifest.json",
        workspace / "jobs" / "gone" / "order.json",
    ]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("left")
    notes = [each for each in found(workspace, "note") if each.check == "leftover"]
    assert len(notes) == len(left)
    for note in notes:
        assert note.mend is not None
        assert note.mend.startswith("rm -r ")
        path = Path(note.mend.removeprefix("rm -r "))
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert not [each for each in examine(workspace) if each.check == "leftover"]


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        ("DELETE FROM decisions WHERE position = 2", "2 to 2 are missing"),
        ("DELETE FROM decision_records WHERE position = 3", "not found by the records"),
        ("UPDATE decisions SET author = 'eve' WHERE position = 1", "filed as another"),
        ("UPDATE decisions SET body = '{' WHERE position = 1", "cannot be read"),
        ("INSERT INTO decision_records VALUES ('A9', '', 77)", "decision 77, which is missing"),
    ],
)
def test_a_log_that_was_tampered_with_is_found(place: Path, harm: str, says: str) -> None:
    workspace = place / "keepone-data"
    with open_log(workspace) as log:
        for number in range(4):
            log.append(same("ann", [RecordKey.of(f"A{number}"), RecordKey.of("B")]))
        log.undo("ann")
        assert log.faults() == []
    with sqlite3.connect(workspace / LOG_FILE) as connection:
        connection.execute(harm)
    connection.close()
    damaged = found(workspace, "damaged")
    assert any(says in finding.says for finding in damaged), damaged


def test_a_log_that_is_no_database_is_found(place: Path) -> None:
    (place / "keepone-data" / LOG_FILE).write_bytes(b"no database" * 100)
    (finding,) = found(place / "keepone-data", "damaged")
    assert finding.check == "decisions"


def test_rights_that_are_too_wide_are_told(place: Path) -> None:
    workspace = place / "keepone-data"
    workspace.chmod(0o755)
    (finding,) = [each for each in found(workspace, "note") if each.check == "rights"]
    assert finding.mend == f"chmod -R go-rwx {workspace}"


def test_there_may_be_no_workspace_yet(tmp_path: Path) -> None:
    done = keepone_process("doctor", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "there is no workspace" in done.stdout
