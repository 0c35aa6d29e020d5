"""What stands in a workspace is its owner's alone, whatever the umask; other outputs follow it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from keepone.decisions.workspace import open_log
from keepone.files import private_file, private_folder, replacing, write_text
from keepone.review.jobs import Jobs, Order
from keepone.review.prepared import prepare
from keepone.review.users import Users
from keepone.runs import Run
from keepone.word_lists import WordLists, write_lists
from tests.processes import keepone_process

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the rights are those of POSIX")


def rights(path: Path) -> int:
    return path.stat().st_mode & 0o777


def check_all(workspace: Path) -> None:
    wrong = {
        str(path): oct(rights(path))
        for path in (workspace, *workspace.rglob("*"))
        if rights(path) != (0o700 if path.is_dir() else 0o600)
    }
    assert not wrong


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o277])
def test_a_run_is_its_owners_alone(place: Path, umask: int) -> None:
    done = keepone_process(
        "run", "accounts.csv", "--workspace", "new/ws", "-q", "--profile",
        "--set", "machine.group_details=eager", cwd=place, umask=umask,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    added = keepone_process(
        "decisions", "add", "note", "A001", "--value", "x", "--workspace", "new/ws",
        cwd=place, umask=umask,
    )  # fmt: skip
    assert added.returncode == 0, added.stderr
    check_all(place / "new" / "ws")


def test_the_files_of_the_review_app_are_too(place: Path) -> None:
    workspace = place / "keepone-data"
    before = os.umask(0)
    try:
        prepare(Run(workspace / "runs" / "one"))
        Users(workspace).put("ann", "admin", "a long password")
        write_lists(workspace, WordLists(blacklist=("junk",)), version=WordLists().version)
        with open_log(workspace):
            check_all(workspace)
        order = Order(run_id="x", by="ann", started="now", uploads=[], files=[])
        Jobs(workspace, "workspace", lambda _: None).start(order)
    finally:
        os.umask(before)
    check_all(workspace)


def test_what_a_user_names_a_place_for_keeps_the_umask(place: Path) -> None:
    run = "keepone-data/runs/one"
    done = keepone_process("export", run, "--out", "out.csv", cwd=place, umask=0o022)
    assert done.returncode == 0, done.stderr
    assert rights(place / "out.csv") == 0o644


def test_a_folder_that_is_there_keeps_its_rights(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o755)
    private_folder(shared / "ws" / "runs")
    assert [rights(path) for path in (shared, shared / "ws", shared / "ws" / "runs")] == [
        0o755,
        0o700,
        0o700,
    ]


def test_a_folder_that_another_process_makes_meanwhile_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = Path.mkdir
    others: list[Path] = []

    def late(folder: Path, *arguments: object, **named: object) -> None:
        if not others:
            others.append(folder)
            make(folder)
        make(folder, mode=0o700)

    monkeypatch.setattr(Path, "mkdir", late)
    private_folder(tmp_path / "one" / "two")
    assert others == [tmp_path / "one"]
    assert (tmp_path / "one" / "two").is_dir()


def test_a_file_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("kept")
    path.chmod(0o644)
    private_file(path)
    assert (path.read_text(), rights(path)) == ("kept", 0o644)


def test_what_a_killed_process_left_is_no_hole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    left = tmp_path / ".file.partial"
    left.write_text("old")
    left.chmod(0o666)
    write_text(path, "new", private=True)
    assert (path.read_text(), rights(path), left.exists()) == ("new", 0o600, False)
    with replacing(path) as new:
        assert not new.exists()
        new.write_text("open")
    assert path.read_text() == "open"
