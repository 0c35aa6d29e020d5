"""A disk that fills at any write, or may not be written: said, nothing half-written, resumed."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from keepone import files
from keepone.errors import WorkspaceError
from keepone.manifest import Manifest, read_manifest, write_manifest
from keepone.runs import Run, list_runs
from tests.bad_input.test_interrupted import tables
from tests.faults.worlds import begin, ended, run_folder, whole_run, write_accounts
from tests.processes import ENVIRONMENT
from tests.runner.test_run_folder import hashes
from tests.runner.toy_pipeline import run_toy

# Steps of bringing a file to the disk: its content, its name, and the folder that holds the name.
_STEPS = ["_sync", "_sync_folder", "replace"]


@pytest.mark.parametrize("step", _STEPS)
def test_the_disk_is_full_at_each_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    told = hashes(run_toy(tmp_path / "whole").path)
    for last in range(1, 200):
        count = 0

        def fill(holder: object, name: str, last: int = last) -> None:
            do = getattr(holder, name)

            def fail(*given: object) -> object:
                nonlocal count
                count += 1
                if count >= last:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                return do(*given)

            monkeypatch.setattr(holder, name, fail)

        workspace = tmp_path / str(last)
        with monkeypatch.context():
            fill(Path if step == "replace" else files, step)
            try:
                run_toy(workspace)
            except WorkspaceError as error:
                said = error.message
            else:
                said = ""
            monkeypatch.undo()
        folder = workspace / "runs" / "toy"
        assert not list(folder.rglob("*.partial"))
        assert hashes(run_toy(workspace).path) == told
        if not said:
            break
        assert "no space left to write" in said
    assert last > 15


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a disk of 3 MB, where this process may mount one."""
    place = tmp_path / "small"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)]
    if sys.platform != "linux" or subprocess.run(command, check=False).returncode:
        pytest.skip("no disk can be mounted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_small_disk(small_disk: Path, tmp_path: Path) -> None:
    export = write_accounts(tmp_path, 3_000)
    code, said = ended(begin(small_disk, export))
    assert code == 2
    assert "error: no space left" in said
    assert "the run resumes" in said
    run = run_folder(small_disk)
    assert not list(run.rglob("*.partial"))
    done = [stage.name for stage in read_manifest(run).stages]
    assert done[:2] == ["ingest", "profile"]
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    code, said = ended(begin(small_disk, export))
    assert code == 0, said
    assert [one.name for one in read_manifest(run).stages if one.reused] == done
    assert tables(run) == whole_run(tmp_path / "whole", export)[0]
    # Full or not, what may not be written can be read.
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    code, said = ended(begin(small_disk, export))
    assert code == 2
    assert "cannot write" in said
    assert "read-only file system" in said
    listed = subprocess.run(
        [sys.executable, "-m", "keepone", "runs", "list"],
        cwd=small_disk,
        env=ENVIRONMENT,
        check=True,
        capture_output=True,
        text=True,
    )
    assert "finished" in listed.stdout


def test_an_interrupted_run_is_listed_from_a_disk_that_may_not_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_toy(tmp_path)
    write_manifest(run.path, run.manifest().model_copy(update={"status": "running"}))
    opened = os.open

    def refuse(path: str, flags: int, mode: int = 0o777) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)
        return opened(path, flags, mode)

    monkeypatch.setattr(os, "open", refuse)
    found: list[Run] = list_runs(tmp_path)
    manifests: list[Manifest] = [one.manifest() for one in found]
    assert [one.status for one in manifests] == ["interrupted"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize("words", [["--help"], ["runs", "list"], ["config", "schema"]])
def test_a_full_disk_is_said_of_what_is_printed(words: list[str], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "keepone", *words]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command, check=False, stdout=full, stderr=subprocess.PIPE, text=True, cwd=tmp_path
        )
    assert done.returncode == 2
    assert done.stderr.startswith("error: cannot write: no space left on")
    assert "Traceback" not in done.stderr
    assert "our fault" not in done.stderr
