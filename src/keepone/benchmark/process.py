"""Runs a command as a whole process and tells what it used, by the operating system's account."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from keepone.errors import RunError


@dataclass(frozen=True, slots=True)
class Usage:
    """What one process used from start to exit: seconds, and MB of 10^6 bytes at the peak.

    A system that accounts processes counts into a peak what the parent held when it started the
    process: start it from a small one.
    """

    wall: float
    cpu: float
    peak_rss_mb: float


def run_process(command: list[str], log: Path) -> Usage:
    """Run a process to its end and return what it used; its output goes to `log`.

    Raises `RunError` if it fails, and where the system keeps no account of processes.
    """
    if sys.platform == "win32":
        message = "Windows keeps no account of what a process used"
        raise RunError(message, hint="Measure on Linux or macOS.")
    with log.open("wb") as output:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)  # noqa: S603  # nosec B603  # its own command
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        message = f"this failed with exit code {process.returncode}: {' '.join(command)}"
        raise RunError(message, hint=f"What it said is in {log}.")
    kilobytes = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return Usage(wall, usage.ru_utime + usage.ru_stime, kilobytes * 1024 / 1e6)
