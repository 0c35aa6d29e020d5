"""The machine that a run stands on: its processors, its memory, and what a stage took of them."""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from keepone.errors import SettingsError
from keepone.settings import BATCH_ROWS, MachineSettings

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_BINARY_UNITS = {"k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?", re.IGNORECASE)
_LEAST = 64 * 10**6
_UNKNOWN = 2 * 10**9
_SAMPLE_SECONDS = 0.02


def parse_memory(text: str) -> int | None:
    """Return the bytes that a size such as 2GB, 512MiB or 1.5g stands for; None for auto.

    Raises `SettingsError` for anything else, and for less than 64 MB.
    """
    if text.strip().lower() == "auto":
        return None
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        message = f"machine.memory: {text!r} is no size"
        raise SettingsError(message, hint="Write a size such as 2GB or 512MB, or auto.")
    number, unit, binary = match.groups()
    units = _BINARY_UNITS if binary else _UNITS
    if unit.lower() not in units:
        message = f"machine.memory: {text!r} is no size"
        raise SettingsError(message, hint="Write a size such as 2GB or 512MB, or auto.")
    size = int(float(number) * units[unit.lower()])
    if size < _LEAST:
        message = f"machine.memory: {text!r} is less than the 64MB a run needs at least"
        raise SettingsError(message)
    return size


@dataclass(frozen=True, slots=True)
class Machine:
    """The share of the machine that a run may take: processors, and memory in bytes.

    `batch_rows` is how many records a stage that goes through them in batches takes at a time.
    """

    threads: int
    memory: int
    batch_rows: int = BATCH_ROWS

    @classmethod
    def of(cls, settings: MachineSettings) -> Machine:
        """Return the share that the settings name, with the automatic parts looked up."""
        memory = parse_memory(settings.memory)
        return cls(
            threads=settings.threads or available_processors(),
            memory=memory if memory is not None else max(available_memory() // 2, _LEAST),
            batch_rows=settings.batch_rows,
        )


def available_processors() -> int:
    """Return how many processors this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def available_memory() -> int:
    """Return the bytes of memory that are free for this process, container limits included."""
    free = _meminfo_available() or _physical_memory() or _UNKNOWN
    limit = _number(Path("/sys/fs/cgroup/memory.max"))
    if limit is not None:
        used = _number(Path("/sys/fs/cgroup/memory.current")) or 0
        free = min(free, max(limit - used, 0))
    return free


def _meminfo_available() -> int | None:
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
    except OSError:
        return None
    match = re.search(r"^MemAvailable:\s+(\d+) kB$", text, re.MULTILINE)
    return int(match[1]) * 1024 if match else None


def _physical_memory() -> int | None:
    if sys.platform == "win32":
        return None
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return None


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None  # no such file outside a container; "max" inside one without a limit


@dataclass(slots=True)
class Alarm:
    """Calls `ring` once, with the bytes held, when resident memory is seen above `limit` bytes.

    It rings in the thread that saw it. `ring` is None once it has rung.
    """

    limit: int
    ring: Callable[[int], None] | None

    def hear(self, resident: int) -> None:
        """Ring, if `resident` is past the limit and it has not rung."""
        if resident > self.limit and (ring := self.ring) is not None:
            self.ring = None
            ring(resident)


@dataclass(slots=True)
class Usage:
    """What was used between two moments; `peak_rss_mb` is None where the system does not tell."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_rss_mb: float | None = None


class Meter:
    """Measures wall time, processor time of all threads, and the peak of resident memory.

    The peak of a stretch is exact where the process grew past all it had been before, and sampled
    every 20 ms by a light thread otherwise. Stretches may lie within each other. `alarm` hears
    every sample or, on a system without samples, the peak of each stretch.
    """

    def __init__(self, alarm: Alarm | None = None) -> None:
        self._alarm = alarm
        self._peaks: list[list[int]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, name="keepone-meter", daemon=True)

    def __enter__(self) -> Self:
        if resident_bytes() is not None:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    @contextmanager
    def measure(self) -> Iterator[Usage]:
        """Yield a `Usage` that is filled in when the block ends."""
        usage = Usage()
        peak = [resident_bytes() or 0]
        highest = highest_resident_bytes() or 0
        self._peaks.append(peak)
        started, cpu = time.perf_counter(), cpu_seconds()
        try:
            yield usage
        finally:
            usage.seconds = round(time.perf_counter() - started, 4)
            usage.cpu_seconds = round(cpu_seconds() - cpu, 4)
            self._peaks.pop()
            now = highest_resident_bytes() or 0
            # A system without samples still knows the highest of all time.
            seen = max(peak[0], resident_bytes() or 0, now if now > highest else 0) or now
            usage.peak_rss_mb = round(seen / 1e6, 1) if seen else None
            if self._alarm is not None and not self._thread.is_alive():
                self._alarm.hear(seen)

    def _sample(self) -> None:
        while not self._stop.wait(_SAMPLE_SECONDS):
            now = resident_bytes() or 0
            for peak in tuple(self._peaks):
                peak[0] = max(peak[0], now)
            if self._alarm is not None:
                self._alarm.hear(now)


def cpu_seconds() -> float:
    """Return the processor time of this process, all its threads, and its ended children."""
    times = os.times()
    return time.process_time() + times.children_user + times.children_system


def resident_bytes() -> int | None:
    """Return the memory that the process holds now; None where the system does not tell."""
    try:
        pages = Path("/proc/self/statm").read_bytes().split()[1]
    except OSError:
        return None
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def highest_resident_bytes() -> int | None:
    """Return the most memory that the process ever held; None where the system does not tell."""
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415 - Windows has no such module

    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return highest if sys.platform == "darwin" else highest * 1024
