"""Runs as processes of their own, and what they leave behind."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

from keepone.generate import generate
from keepone.generate import write as write_export
from tests.bad_input.test_interrupted import tables
from tests.processes import ENVIRONMENT

# So little that the run spills to files of its own, which a process that is killed leaves, or that
# it does not get by with it.
SMALL = ("--memory", "64MB")


def write_accounts(folder: Path, records: int) -> Path:
    path = folder / "a.csv"
    write_export(generate(records, profile="crm", seed=31), path)
    return path


def begin(folder: Path, export: Path, *options: str) -> subprocess.Popen[str]:
    """Begin the run `r` in the workspace of `folder`."""
    command = [sys.executable, "-m", "keepone", "run", str(export), "--run-id", "r", "--quiet"]
    return subprocess.Popen(
        [*command, *options],
        cwd=folder,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str], within: float = 300) -> tuple[int, str]:
    """Return the exit code and what was said on standard error."""
    _, said = process.communicate(timeout=within)
    assert "Traceback" not in said
    return process.returncode, said


def whole_run(folder: Path, export: Path, *options: str) -> tuple[dict[str, str], float]:
    """Return the digests of a run that nothing cut short, and its seconds."""
    folder.mkdir()
    began = time.perf_counter()
    code, said = ended(begin(folder, export, *options))
    assert code == 0, said
    return tables(run_folder(folder)), time.perf_counter() - began


def run_folder(folder: Path) -> Path:
    return folder / "keepone-data" / "runs" / "r"


def cut_short(process: subprocess.Popen[str], after: float, how: signal.Signals) -> bool:
    """Send a signal so many seconds from now; whether the process was still there."""
    try:
        process.wait(after)
    except subprocess.TimeoutExpired:
        process.send_signal(how)
        return True
    return False
