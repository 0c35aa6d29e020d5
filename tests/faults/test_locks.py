"""Two runs with one id: the second says so and touches nothing."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from keepone.errors import RunError
from keepone.lock import LOCK, is_locked, locked
from tests.faults.worlds import begin, ended, run_folder, whole_run, write_accounts
from tests.processes import ENVIRONMENT


def test_the_second_run_of_one_id_touches_nothing(tmp_path: Path) -> None:
    export = write_accounts(tmp_path, 300)
    whole_run(tmp_path / "w", export)
    run = run_folder(tmp_path / "w")
    before = {path: path.stat().st_mtime_ns for path in run.rglob("*")}
    with locked(run):
        code, said = ended(begin(tmp_path / "w", export, "--no-cache"))
    assert code == 2
    assert "the run r is being worked on by another process" in said
    assert "hint:  Wait for it, or give another --run-id." in said
    assert {path: path.stat().st_mtime_ns for path in run.rglob("*")} == before


def test_of_runs_begun_at_once_one_is_made(tmp_path: Path) -> None:
    export = write_accounts(tmp_path, 300)
    processes = [begin(tmp_path, export, "--no-cache") for _ in range(3)]
    codes = sorted(ended(process)[0] for process in processes)
    assert codes[0] == 0
    assert set(codes) <= {0, 2}
    assert ended(begin(tmp_path, export))[0] == 0


def test_who_only_looks_holds_nobody_up(tmp_path: Path) -> None:
    run = tmp_path / "r"
    with locked(run):
        pass
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            is_locked(run)

    lookers = [threading.Thread(target=look) for _ in range(2)]
    for looker in lookers:
        looker.start()
    try:
        for _ in range(50):
            with locked(run):
                pass
    finally:
        done.set()
        for looker in lookers:
            looker.join()


def test_looking_writes_nothing(tmp_path: Path) -> None:
    assert not is_locked(tmp_path)
    assert not list(tmp_path.iterdir())
    with locked(tmp_path):
        assert is_locked(tmp_path)
    (tmp_path / LOCK).chmod(0o444)
    assert not is_locked(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="there an open file is not taken away")
def test_a_lock_taken_away_is_nobody_s(tmp_path: Path) -> None:
    """Who waits for a run that comes to nothing does not get the lock of a folder that is gone."""
    code = (
        "import pathlib, sys, time; from keepone.lock import LOCK, locked\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "with locked(folder):\n"
        "    print('held', flush=True); time.sleep(0.3)\n"
        "    (folder / LOCK).unlink(); folder.rmdir()"
    )
    folder = tmp_path / "r"
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(folder)],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    with locked(folder):
        assert process.wait() == 0
        assert (folder / LOCK).exists()
        with pytest.raises(RunError, match="another process"), locked(folder):
            pass
    process.stdout.close()
