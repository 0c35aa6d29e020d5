"""A process that is killed at any moment leaves what the next one goes on from."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from keepone import pipeline
from keepone.generate import generate
from keepone.generate import write as write_export
from keepone.settings import Settings
from tests.processes import ENVIRONMENT

from .test_interrupted import POSIX, tables

# Kills itself at the n-th time that it opens, renames, links or removes a file in the run folder,
# or, for -n, when half of the n-th table is on the disk: so each step of writing is a moment to be
# killed at, and no clock decides which.
_KILLED = """
import os, signal, sys
count, last = 0, int(sys.argv[1])

def hook(event, args):
    global count
    if event in ("open", "os.rename", "os.link", "os.remove") and "keepone-data" in str(args[0]):
        count += 1
        if count == last:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(hook)
import pyarrow.parquet as pq

class HalfWriter(pq.ParquetWriter):
    def close(self):
        global last
        if self.is_open:
            super().close()
            last += 1
            if last == 0:
                os.truncate(self.where, os.path.getsize(self.where) // 2)
                os.kill(os.getpid(), signal.SIGKILL)

if last < 0:
    pq.ParquetWriter = HalfWriter
from keepone import run
run("a.csv", run_id=sys.argv[2])
print(count)
"""


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "a.csv"
    write_export(generate(120, profile="crm", seed=4), path)
    return path


@pytest.fixture(scope="module")
def whole(export: Path) -> dict[str, str]:
    """Return the digests of a run that nothing cut short."""
    return tables(pipeline.run(export, workspace=export.parent / "whole").path)


def killed(folder: Path, moment: int, run_id: str = "r") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _KILLED, str(moment), run_id],
        cwd=folder,
        env=ENVIRONMENT,
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def moments(export: Path) -> int:
    """Return how many moments there are to be killed at."""
    done = killed(export.parent, 0, "counted")
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@POSIX
@pytest.mark.parametrize("part", range(6))
def test_killed_while_it_writes(
    export: Path, moments: int, whole: dict[str, str], tmp_path: Path, part: int
) -> None:
    """The same command resumes it, or another run takes over what it left; both end alike."""
    (tmp_path / "a.csv").write_bytes(export.read_bytes())
    # A moment in each sixth of the run, and two processes that die before one comes through.
    moment = random.Random(part).randint(part * moments // 6 + 1, (part + 1) * moments // 6)
    for again in (moment, 8):
        assert killed(tmp_path, again).returncode == -signal.SIGKILL
    data = tmp_path / "keepone-data"
    other = pipeline.run(tmp_path / "a.csv", workspace=data, run_id="other")
    resumed = pipeline.run(tmp_path / "a.csv", workspace=data, run_id="r")
    assert tables(resumed.path) == whole
    assert tables(other.path) == whole
    assert not list(resumed.path.rglob("*.partial"))


@POSIX
@pytest.mark.parametrize("table", [1, 4, 9, 14, 19])
def test_killed_in_the_middle_of_a_table(
    export: Path, whole: dict[str, str], tmp_path: Path, table: int
) -> None:
    (tmp_path / "a.csv").write_bytes(export.read_bytes())
    assert killed(tmp_path, -table).returncode == -signal.SIGKILL
    data = tmp_path / "keepone-data"
    assert list(data.rglob("*.partial"))
    resumed = pipeline.run(tmp_path / "a.csv", workspace=data, run_id="r")
    assert tables(resumed.path) == whole
    assert not list(data.rglob("*.partial"))


@POSIX
def test_killed_while_it_takes_over(export: Path, whole: dict[str, str], tmp_path: Path) -> None:
    """A run that dies with another's files half brought does not take them for its own."""
    (tmp_path / "a.csv").write_bytes(export.read_bytes())
    data = tmp_path / "keepone-data"
    strict = Settings.model_validate({"cluster": {"join": 80}})
    pipeline.run(tmp_path / "a.csv", workspace=data, run_id="r", settings=strict)
    pipeline.run(tmp_path / "a.csv", workspace=data, run_id="first")
    for moment in range(20, 120, 14):
        assert killed(tmp_path, moment).returncode == -signal.SIGKILL
    resumed = pipeline.run(tmp_path / "a.csv", workspace=data, run_id="r")
    assert tables(resumed.path) == whole
    assert not list(resumed.path.rglob("*.partial"))
