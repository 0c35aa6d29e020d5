"""A workspace that is full or cannot be written: told with advice, nothing half-written stays."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from tests.processes import ENVIRONMENT

from .conftest import Keepone

Write = Callable[[str, str | bytes], Path]
ACCOUNTS = "Id,Name,City\n" + "".join(f"{n},Company {n % 40},Rome\n" for n in range(60))


def full(*_: Any, **__: Any) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize(
    ("module", "function", "after"),
    [(pq, "ParquetWriter", 0), (pq, "ParquetWriter", 7), (pacsv, "CSVWriter", 0), (os, "fsync", 3)],
)
def test_a_full_disk(
    keepone_run: Keepone,
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
    module: Any,
    function: str,
    after: int,
) -> None:
    """The disk is full from some write on; with room again, the run is resumed."""
    write("a.csv", ACCOUNTS)
    write_on = getattr(module, function)
    calls = iter(range(10**9))
    with monkeypatch.context() as patch:
        patch.setattr(
            module, function, lambda *a, **k: full() if next(calls) >= after else write_on(*a, **k)
        )
        answer = keepone_run("a.csv")
    answer.refused("no space left to write", "keepone-data", "the run resumes")
    assert not list(answer.run.rglob("*.partial"))
    keepone_run("a.csv").took(records=60, rejects=0)


@pytest.mark.skipif(sys.platform == "win32", reason="the system sets no limits to files")
@pytest.mark.parametrize("size", [1_000, 10_000])
def test_files_that_may_not_grow(tmp_path: Path, write: Write, size: int) -> None:
    """The system itself refuses, in a process of its own."""
    write("a.csv", ACCOUNTS)
    code = (
        "import resource, sys; from keepone.cli import main\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))\n"
        "sys.argv = ['keepone', 'run', 'a.csv', '--run-id', 'r']; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=ENVIRONMENT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2, done.stderr
    assert "error: no space left to write" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_in_the_place_of_the_workspace(keepone_run: Keepone, write: Write) -> None:
    write("a.csv", ACCOUNTS)
    write("keepone-data", "a file")
    keepone_run("a.csv").refused("cannot write keepone-data", "not a directory", "--workspace")


def test_a_file_in_the_place_of_a_run(keepone_run: Keepone, write: Write, tmp_path: Path) -> None:
    write("a.csv", ACCOUNTS)
    (tmp_path / "keepone-data" / "runs").mkdir(parents=True)
    write("keepone-data/runs/r", "a file")
    keepone_run("a.csv").refused("keepone-data", "--workspace")


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS])
def test_a_workspace_that_may_not_be_written(
    keepone_run: Keepone, write: Write, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    write("a.csv", ACCOUNTS)

    def refuse(path: Path, *_: Any, **__: Any) -> None:
        raise OSError(code, os.strerror(code), str(path))

    monkeypatch.setattr(Path, "mkdir", refuse)
    keepone_run("a.csv").refused("cannot write", os.strerror(code).lower(), "--workspace")


def test_a_fault_of_ours_ends_with_1_and_keeps_the_details(
    keepone_run: Keepone, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a.csv", ACCOUNTS)

    def stumble(*_: Any, **__: Any) -> None:
        message = "stumbled"
        raise ZeroDivisionError(message)

    with monkeypatch.context() as patch:
        patch.setattr(pq, "ParquetWriter", stumble)
        answer = keepone_run("a.csv")
    assert answer.code == 1
    assert "it is our fault: ZeroDivisionError in " in answer.err
    details = (answer.run / "fault.txt").read_text()
    assert "Traceback" in details
    assert str(Path("keepone-data", "runs", "r", "fault.txt")) in answer.err
