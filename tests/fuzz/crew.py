"""Processes that read malformed files, and the faults that come of it."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

import keepone
from tests.fuzz.case import Case
from tests.fuzz.cases import case_of

# Seconds of processor time that a file may take; by the clock, which others' work holds up, more.
SECONDS = 10
_CLOCK = 120
# Bytes that reading a file may add to what the process has, and that a child may have in all.
MEMORY = 1 << 30
CHILD_MEMORY = 2_500 << 20
# One file in so many goes through `inspect`, one through a whole run.
_INSPECTED, _RUN = 5, 40
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Fault:
    """A file that did harm: its number, what it is, and what happened."""

    number: int
    kind: str
    way: str
    said: str


@dataclass(slots=True)
class Found:
    """What came of many files: how many by kind and outcome, the faults, and the costliest."""

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)
    most_seconds: float = 0.0
    most_memory: int = 0
    most_child_memory: int = 0

    @property
    def files(self) -> int:
        """How many files were read or refused."""
        return self.outcomes.total()

    def add(self, number: int, case: Case, way: str, told: dict[str, Any]) -> None:
        """Take in what came of one file."""
        self.outcomes[case.kind, told["outcome"]] += 1
        self.most_seconds = max(self.most_seconds, told["seconds"])
        self.most_memory = max(self.most_memory, told["memory"])
        self.most_child_memory = max(self.most_child_memory, told["child_memory"])
        self.faults += [Fault(number, case.kind, way, said) for said in _wrong(case, told)]

    def merge(self, other: Found) -> None:
        """Take in what came of other files."""
        self.outcomes += other.outcomes
        self.faults = sorted([*self.faults, *other.faults], key=lambda fault: fault.number)
        self.most_seconds = max(self.most_seconds, other.most_seconds)
        self.most_memory = max(self.most_memory, other.most_memory)
        self.most_child_memory = max(self.most_child_memory, other.most_child_memory)


def _wrong(case: Case, told: dict[str, Any]) -> Iterator[str]:
    """Say what is wrong with the way a file was read."""
    if told["outcome"] == "fault":
        yield told["said"]
        return
    if told["seconds"] > SECONDS:
        yield f"took {told['seconds']:.1f} seconds of processor time"
    if told["memory"] > MEMORY:
        yield f"took {told['memory'] >> 20:,} MB"
    if told["child_memory"] > CHILD_MEMORY:
        yield f"its child took {told['child_memory'] >> 20:,} MB"
    if told["outcome"] == "read":
        rows = told["rows"]
        if rows["rows"] != rows["records"] + rows["rejects"]:
            yield f"rows are lost or made: {rows}"
        if case.rows is not None and rows["rows"] != case.rows:
            yield f"the file has {case.rows} rows, and {rows['rows']} were read"


@dataclass(slots=True)
class _Reader:
    """One process that reads; it is started anew after a file that ended it."""

    folder: Path
    process: subprocess.Popen[bytes] | None = None

    def read(self, case: Case, number: int, way: str) -> dict[str, Any]:
        path = self.folder / f"case{number}{case.suffix}"
        path.write_bytes(case.content)
        try:
            return self._asked({"path": str(path), "settings": case.settings, "way": way})
        finally:
            path.unlink()

    def _asked(self, task: dict[str, Any]) -> dict[str, Any]:
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(task).encode() + b"\n")
        process.stdin.flush()
        answer = _line(process.stdout, _CLOCK)
        if answer:
            told: dict[str, Any] = json.loads(answer)
            return told
        hung = answer is None
        self.close()
        said = "did not end" if hung else f"ended the process: {process.returncode}"
        return {"outcome": "fault", "said": f"{said}\n{self._last_words()}", "rows": None,
                "seconds": 0.0, "memory": 0, "child_memory": 0}  # fmt: skip

    def _started(self) -> subprocess.Popen[bytes]:
        if self.process is None:
            paths = [str(_ROOT), str(Path(keepone.__file__).parents[1])]
            with (self.folder / "stderr.txt").open("wb") as stderr:
                self.process = subprocess.Popen(  # our own module
                    [sys.executable, "-X", "faulthandler", "-m", "tests.fuzz.reading",
                     str(self.folder)],
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, cwd=_ROOT,
                    env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
                )  # fmt: skip
        return self.process

    def _last_words(self) -> str:
        return (self.folder / "stderr.txt").read_text(errors="replace")[-3_000:]

    def close(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


def _line(stream: IO[bytes], seconds: float) -> bytes | None:
    """Return the next line, empty if the stream ended, None if neither came in time."""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        return stream.readline() if selector.select(seconds) else None


def fuzz(seed: int, numbers: Iterable[int], *, readers: int = 1) -> Found:
    """Read the files of these numbers, and return what came of it."""
    wanted = list(numbers)
    with ThreadPoolExecutor(readers) as pool:
        shares = [wanted[start::readers] for start in range(readers)]
        parts = list(pool.map(_share, [seed] * readers, shares))
    found = Found()
    for part in parts:
        found.merge(part)
    return found


def _share(seed: int, numbers: list[int]) -> Found:
    found = Found()
    with TemporaryDirectory(prefix="keepone-fuzz-") as folder:
        reader = _Reader(Path(folder))
        try:
            for number in numbers:
                case = case_of(seed, number)
                way = "inspect" if number % _INSPECTED == 1 else "ingest"
                way = "run" if number % _RUN == 0 else way
                found.add(number, case, way, reader.read(case, number, way))
        finally:
            reader.close()
    return found
