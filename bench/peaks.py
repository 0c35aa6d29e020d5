"""What a process holds at its peak, by the operating system's account. Linux only.

`VmHWM` is the most that was resident, files that were read lately among it: the system takes those
away when memory is short. `RssAnon` is what only the process itself can give back; it has no
high-water mark, so it is sampled every 20 ms.
"""

from __future__ import annotations

import re
import resource
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_SAMPLE_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Peaks:
    """One process from start to exit: its exit code, seconds, and peaks in MB of 10^6 bytes.

    `cpu` is the processor time of all its threads. `ended` is False for a process that was stopped
    since it took more than the seconds it was given.
    """

    code: int
    wall: float
    cpu: float
    resident_mb: float
    anonymous_mb: float
    ended: bool = True


def run_watched(
    command: Sequence[str], log: Path, *, cgroup: Path | None = None, seconds: float | None = None
) -> Peaks:
    """Run a process, its output in `log`, and return what it held; at most so many `seconds`."""
    resident = anonymous = 0.0
    ended = True
    before = _children_cpu()
    with log.open("wb") as output:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        if cgroup is not None:
            (cgroup / "cgroup.procs").write_text(str(process.pid), encoding="ascii")
        while process.poll() is None:
            resident = max(resident, _megabytes(process.pid, "VmHWM"))
            anonymous = max(anonymous, _megabytes(process.pid, "RssAnon"))
            if seconds is not None and time.perf_counter() - began > seconds:
                ended = False
                process.kill()
                process.wait()
                break
            time.sleep(_SAMPLE_SECONDS)
        wall = time.perf_counter() - began
    return Peaks(process.returncode, wall, _children_cpu() - before, resident, anonymous, ended)


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _megabytes(process: int, line: str) -> float:
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    found = re.search(rf"^{line}:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) * 1024 / 1e6 if found else 0.0
