"""The files of a run for review: made once, anew when its tables change, by several at once."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any
from unittest.mock import patch

import pytest

import keepone
from keepone.decisions.log import DecisionLog
from keepone.errors import RunError
from keepone.review.app import create_app
from keepone.review.desk import Desk, OpenRun
from keepone.review.differences import Piece, marked
from keepone.review.listing import ListQuery
from keepone.review.prepared import is_prepared, prepare
from keepone.runs import Run
from keepone.traces import LAID_OUT
from tests.review.conftest import HOST, People


@pytest.fixture
def run(workspace: Path) -> Run:
    run = Run(workspace / "runs" / "one")
    shutil.rmtree(run.path / LAID_OUT)
    return run


def files(run: Run) -> dict[str, tuple[int, int]]:
    """Return which files there are, with what tells them from others of the name."""
    found = {}
    for path in (run.path / LAID_OUT).iterdir():
        status = path.stat()
        found[path.name] = (status.st_ino, status.st_size)
    return found


def test_the_files_are_made_once(run: Run) -> None:
    assert not is_prepared(run)
    prepare(run)
    assert is_prepared(run)
    made = files(run)
    prepare(run)
    assert files(run) == made


def test_every_record_and_group_is_found(run: Run) -> None:
    prepared = prepare(run)
    ids = prepared.records.column("record_id").to_pylist()
    groups = prepared.groups.column("group_id").to_pylist()
    assert [prepared.row(each) for each in ids] == list(range(len(ids)))
    assert [prepared.position(each) for each in groups] == list(range(len(groups)))
    assert prepared.rows(ids) == {each: row for row, each in enumerate(ids)}
    assert prepared.rows([*ids[:3], "nobody"]) == {each: row for row, each in enumerate(ids[:3])}
    for absent in ("", "\x00", "zzzz", ids[0] + "x", "\U0010ffff"):
        assert prepared.row(absent) is None
        assert prepared.position(absent) is None
    members = [row for at in range(len(groups)) for row in prepared.rows_of(at).tolist()]
    assert sorted(members) == list(range(len(ids)))
    for at in range(len(groups)):
        assert len(prepared.rows_of(at)) == prepared.groups.column("size")[at].as_py()
        assert {int(prepared.group_at[row]) for row in prepared.rows_of(at)} == {at}


def test_a_run_that_was_run_again_is_opened_anew(
    workspace: Path, run: Run, log: DecisionLog
) -> None:
    desk = Desk(workspace, log)
    first = desk.open("one")
    assert desk.open("one") is first
    before, waiting = files(run), first.prepared.groups.column("verify").to_numpy().sum()
    accounts = next(workspace.parent.parent.rglob("review*/accounts.csv"))
    settings = {"disposition": {"auto": 55}}
    keepone.run(accounts, workspace=workspace, run_id="one", settings=settings)
    assert not is_prepared(run)
    second = desk.open("one")
    assert second is not first
    assert files(run) != before
    assert second.prepared.groups.column("verify").to_numpy().sum() < waiting


def test_a_run_that_was_deleted_is_not_there(workspace: Path, run: Run, log: DecisionLog) -> None:
    desk = Desk(workspace, log)
    desk.open("one")
    shutil.rmtree(run.path)
    with pytest.raises(RunError, match="there is no run one"):
        desk.open("one")


def _prepared_by(path: Path, start: object) -> None:
    start.wait()  # type: ignore[attr-defined]
    prepared = prepare(Run(path))
    found = prepared.position(prepared.groups.column("group_id")[0].as_py())
    whole = found == 0 and len(prepared.table("pairs")) > 0 and len(prepared.array("by_id")) > 0
    os._exit(0 if whole else 1)


def test_several_processes_may_make_them_at_once(run: Run) -> None:
    spawned = multiprocessing.get_context("spawn")
    start = spawned.Barrier(3)
    processes = [spawned.Process(target=_prepared_by, args=(run.path, start)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert is_prepared(run)
    assert [path.name for path in run.path.glob(f"{LAID_OUT}*")] == [LAID_OUT]


def _lays_out_until_killed(path: Path, begun: Any) -> None:
    def tell(_share: float) -> None:
        begun.set()
        time.sleep(600)

    prepare(Run(path), tell)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_what_a_killed_process_was_making_is_swept_and_what_others_make_is_not(
    workspace: Path, run: Run, log: DecisionLog
) -> None:
    spawned = multiprocessing.get_context("spawn")
    begun = [spawned.Event(), spawned.Event()]
    processes = [
        spawned.Process(target=_lays_out_until_killed, args=(run.path, each)) for each in begun
    ]
    try:
        for process, each in zip(processes, begun, strict=True):
            process.start()
            assert each.wait(120)
        processes[0].kill()
        processes[0].join()
        assert len(list(run.path.glob(f"{LAID_OUT}-*"))) == 2
        create_app(workspace, People(), [HOST], log)
        assert len(list(run.path.glob(f"{LAID_OUT}-*"))) == 1
    finally:
        for process in processes:
            process.kill()
            process.join()
    create_app(workspace, People(), [HOST], log)
    assert list(run.path.glob(f"{LAID_OUT}*")) == []


def test_what_an_older_release_left_is_swept_when_nobody_writes_to_it(
    workspace: Path, run: Run, log: DecisionLog
) -> None:
    left, new = (run.path / f"{LAID_OUT}-{name}" for name in ("left", "new"))
    for path in (left, new):
        path.mkdir()
        (path / "groups.arrow").write_bytes(b"")
    os.utime(left, (0, 0))
    create_app(workspace, People(), [HOST], log)
    assert [path.name for path in run.path.glob(f"{LAID_OUT}-*")] == [new.name]


# --- differences within values ---


def shown(value: str, other: str | None) -> str:
    """Return a value with what differs in brackets."""
    return "".join(
        f"[{piece.text}]" if piece.differs else piece.text for piece in marked(value, other)
    )


@pytest.mark.parametrize(
    ("value", "other", "expected"),
    [
        ("Acme", None, "Acme"),
        ("Acme", "", "Acme"),
        ("Acme", "ACME", "Acme"),
        ("Acme Ltd", "Acme", "Acme[ Ltd]"),
        ("Acme", "Acme Ltd", "Acme"),
        ("Acme Holding", "Bolt Holding", "[Acme] Holding"),
        ("Frank Aviatiln", "Frank Aviation", "Frank Aviati[l]n"),
        ("", "Acme", ""),
        ("STRASSE", "straße", "STRASSE"),
    ],
)
def test_what_differs_is_marked(value: str, other: str | None, expected: str) -> None:
    assert shown(value, other) == expected


def test_a_very_long_value_is_marked_whole_and_at_once() -> None:
    value = " ".join(f"w{at}" for at in range(10_000))
    assert marked(value, value[:-1] + "x") == [Piece(value, differs=True)]


def test_many_who_ask_at_once_get_one_open_run(workspace: Path, log: DecisionLog) -> None:
    desk = Desk(workspace, log)
    with ThreadPoolExecutor(16) as crowd:
        found = list(crowd.map(lambda _: desk.open("one"), range(16)))
    assert len({id(each) for each in found}) == 1


def test_a_list_is_found_once_for_all_who_ask(opened: OpenRun) -> None:
    query = ListQuery(size_from=2)
    overlay = opened.standing.overlay
    begun, seen = Barrier(8), []
    found = opened.listing._found

    def counted(*asked: Any) -> Any:
        seen.append(asked)
        time.sleep(0.05)  # the others are here by then
        return found(*asked)

    def ask(_: int) -> list[int]:
        begun.wait()
        positions: list[int] = opened.listing.positions(query, overlay).tolist()
        return positions

    with patch.object(opened.listing, "_found", counted), ThreadPoolExecutor(8) as crowd:
        shown = list(crowd.map(ask, range(8)))
    assert len(seen) == 1
    assert all(each == shown[0] for each in shown)
