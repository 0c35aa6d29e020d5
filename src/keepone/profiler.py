"""Samples what a process does while a run goes on: its stacks, and the memory it holds."""

from __future__ import annotations

import sys
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Self

from keepone.machine import resident_bytes
from keepone.manifest import StageRun
from keepone.progress import Progress

_SAMPLE_SECONDS = 0.005
_SAMPLES_PER_RSS = 4
_BEFORE = "start"
# Below these modules all stages hang; what is above them is the same for all.
_TRUNK = frozenset({"keepone.runner", "keepone.stage"})
# Between a module and one that it imports, these say nothing.
_IMPORTING = "importlib."
_BOOTSTRAP = ("threading", "concurrent.futures.thread")
# A thread whose innermost frame is one of these works on nothing.
_IDLE = frozenset(
    {("threading", "wait"), ("threading", "_wait_for_tstate_lock"), (_BOOTSTRAP[1], "_worker")}
)

Stack = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """One stage under way, in seconds since the profiler began."""

    stage: str
    begin: float
    end: float


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was sampled.

    `stacks` holds seconds by stack, its stage first, summed over all threads that were at work;
    `memory` holds seconds since the beginning, rising, each with the bytes held then, and is empty
    where the system does not tell them.
    """

    stacks: dict[Stack, float]
    memory: list[tuple[float, int]]
    spans: list[Span]


class Profiler:
    """A context in which a thread looks every 5 ms at what all others do.

    It is a `Progress` too, and hands on to another one what it is told: so it knows the stage. Time
    within a library counts for the Python function that called it.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._seconds: dict[tuple[str, tuple[tuple[str, CodeType], ...]], float] = defaultdict(
            float
        )
        self._memory: list[tuple[float, int]] = []
        self._spans: list[Span] = []
        self._stage, self._since = _BEFORE, 0.0
        self._began = time.perf_counter()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, name="keepone-profiler", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._enter(_BEFORE)

    def started(self, name: str, number: int, steps: int) -> None:
        """Note that a stage begins, and hand it on."""
        self._enter(name)
        self._progress.started(name, number, steps)

    def finished(self, stage: StageRun) -> None:
        """Hand on that a stage is done; it lasts until the next one begins."""
        self._progress.finished(stage)

    def warned(self, message: str) -> None:
        """Hand on what a person should know."""
        self._progress.warned(message)

    def recorded(self) -> Recorded:
        """Return what was sampled up to now."""
        stacks: dict[Stack, float] = defaultdict(float)
        for (stage, frames), seconds in dict(self._seconds).items():
            names = (f"{module}.{code.co_qualname}" for module, code in frames)
            stacks[stage, *names] += seconds
        return Recorded(dict(stacks), list(self._memory), list(self._spans))

    def _enter(self, stage: str) -> None:
        now = time.perf_counter() - self._began
        self._spans.append(Span(self._stage, self._since, now))
        self._stage, self._since = stage, now

    def _sample(self) -> None:
        own = threading.get_ident()
        before, count = time.perf_counter(), 0
        while not self._stop.wait(_SAMPLE_SECONDS):
            now = time.perf_counter()
            # A library may hold the interpreter for longer: then that is the time it took.
            for thread, frame in sys._current_frames().items():  # noqa: SLF001 - there is no other way
                if thread != own and (frames := _frames(frame)):
                    self._seconds[self._stage, frames] += now - before
            if count % _SAMPLES_PER_RSS == 0 and (held := resident_bytes()) is not None:
                self._memory.append((now - self._began, held))
            before, count = now, count + 1


def _frames(innermost: FrameType) -> tuple[tuple[str, CodeType], ...]:
    """Return module and code of the frames from the outermost; nothing for a thread that waits."""
    frames: list[tuple[str, CodeType]] = []
    frame: FrameType | None = innermost
    while frame is not None:
        module = frame.f_globals.get("__name__", "?")
        if not frames and (module, frame.f_code.co_name) in _IDLE:
            return ()
        if module in _TRUNK:
            break
        if not module.startswith(_IMPORTING):
            frames.append((module, frame.f_code))
        frame = frame.f_back
    while frames and frames[-1][0] in _BOOTSTRAP:
        frames.pop()
    return tuple(reversed(frames))
