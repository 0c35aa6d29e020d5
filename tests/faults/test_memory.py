"""Too little memory: said plainly, with 2, and what is done is gone on from."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from keepone import pipeline
from keepone.errors import RunError
from keepone.machine import Machine
from keepone.settings import Settings
from tests.bad_input.test_interrupted import tables
from tests.faults.worlds import begin, ended, run_folder, whole_run, write_accounts
from tests.processes import ENVIRONMENT

_LIMITED = """
import resource, sys
from keepone import pipeline
from keepone.cli import main
import scipy.sparse.csgraph, duckdb, keepone.commands.run, keepone.engines.duckdb, threading
for stage in pipeline.STAGES:  # what is loaded takes its share
    if hasattr(stage.run, "load"):
        stage.run.load()
with open("/proc/self/statm") as file:
    taken = int(file.read().split()[0]) * resource.getpagesize()
limit = taken + int(sys.argv[1]) * 10**6
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
sys.argv = ["keepone", "run", sys.argv[2], "--run-id", "r", "--quiet", "--threads", "2"]
main()
"""


def test_the_least_memory_is_not_enough(tmp_path: Path) -> None:
    export = write_accounts(tmp_path, 3_000)
    code, said = ended(begin(tmp_path, export, "--memory", "64MB"))
    assert code == 2
    assert "error: the run needs more memory" in said
    assert "--memory 4GB" in said
    assert not (run_folder(tmp_path) / ".spill").exists()
    assert ended(begin(tmp_path, export))[0] == 0
    assert tables(run_folder(tmp_path)) == whole_run(tmp_path / "whole", export)[0]


@pytest.mark.parametrize("place", ["open_sources", "make_plan", "render_report"])
def test_memory_that_runs_out_outside_the_stages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    export = write_accounts(tmp_path, 40)

    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, place, fail)
        with pytest.raises(RunError, match="the run needs more memory"):
            pipeline.run(export, workspace=tmp_path, run_id="r")
    again = pipeline.run(export, workspace=tmp_path, run_id="r")
    assert again.finished().counts is not None


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("can't start new thread"),
        pa.ArrowException("Unknown error: Failed to launch worker thread: Resource unavailable"),
    ],
)
def test_no_room_for_a_thread_is_too_little_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(pipeline, "open_sources", fail)
    with (
        pytest.raises(RunError, match="needs more memory"),
        pipeline.read_columns(tmp_path, Settings()),
    ):
        pass
    error.args = ("something else",)
    with (
        pytest.raises(type(error), match="something else"),
        pipeline.read_columns(tmp_path, Settings()),
    ):
        pass


def test_an_inspection_says_so_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Machine, "of", lambda _: Machine(1, 10**9))
    monkeypatch.setattr(pipeline, "open_sources", lambda *_: fail())
    with (
        pytest.raises(RunError, match="needs more memory"),
        pipeline.read_columns(tmp_path, Settings()),
    ):
        pass


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the system sets no limit to addresses")
@pytest.mark.parametrize("megabytes", [120, 160, 240, 320])
def test_the_system_gives_no_more(tmp_path: Path, megabytes: int) -> None:
    export = write_accounts(tmp_path, 3_000)
    done = subprocess.run(
        [sys.executable, "-c", _LIMITED, str(megabytes), str(export)],
        cwd=tmp_path,
        env=ENVIRONMENT,
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert "Traceback" not in done.stderr
    assert done.returncode == 0 or "the run needs more memory" in done.stderr
    assert done.returncode in {0, 2}
    assert ended(begin(tmp_path, export))[0] == 0
    assert tables(run_folder(tmp_path)) == whole_run(tmp_path / "whole", export)[0]
