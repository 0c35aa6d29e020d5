"""Runs the tests on mutants: each in a process of its own that is forked, so that it starts warm.

The libraries are imported once, before forking; the package and the tests are imported anew in each
process, where a mutant takes its module's place. The files on disk never change.
"""

from __future__ import annotations

import ast
import importlib
import json
import os
import resource
import signal
import sys
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import coverage
import hypothesis
import pytest

from bench.mutation.mutants import Mutant
from bench.mutation.targets import ROOT, Target

_PACKAGE = ROOT / "src" / "keepone"
# What takes long to import, and starts no threads by it.
_LIBRARIES = (
    "duckdb", "fastapi", "httpx", "hypothesis.strategies", "jinja2", "numpy", "phonenumbers",
    "pyarrow.compute", "pyarrow.parquet", "pydantic", "rapidfuzz", "rich.console",
    "scipy.cluster.hierarchy", "scipy.sparse.csgraph", "sqlalchemy", "sqlglot", "tldextract",
    "typer.testing", "yaml",
)  # fmt: skip
_PYTEST = (
    "-q",
    "-x",
    "-m",
    "not slow",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:xdist",
    "--hypothesis-seed=0",
)
# Processor time that a mutant may take: so often what its tests take without one, and so much more.
_PATIENCE = 5
_LEAST = 20
# One that waits for itself takes none: so often that time, by the clock, and it ends.
_WAITING = 40
_LATE = (signal.SIGXCPU, signal.SIGALRM)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a mutant: the test that saw it, None if none did; how many could have."""

    mutant: Mutant
    seen_by: str | None
    tests: int


class Judge:
    """The tests of one target, run once without a mutant: which reach what, how long they take.

    Raises `RuntimeError` if they fail as they are.
    """

    def __init__(self, target: Target) -> None:
        for library in _LIBRARIES:
            importlib.import_module(library)
        self._files = [str(ROOT / test) for test in target.tests]
        clean = _Child(None, self._files, measured=target.paths)
        os.waitpid(clean.process, 0)
        told = clean.answer()
        if told is None or told["failed"] is not None:
            message = f"the tests of {target.name} fail without a mutant: {told}"
            raise RuntimeError(message)
        self.seconds: dict[str, float] = told["seconds"]
        self._reached: dict[str, dict[str, list[str]]] = told["reached"]
        self._seen = dict.fromkeys(self.seconds, 0)

    def judge(self, mutants: Sequence[Mutant], jobs: int) -> Iterator[Outcome]:
        """Yield the outcome of each mutant as it is known, `jobs` at a time."""
        waiting = deque((mutant, self._telling(mutant)) for mutant in mutants)
        running: dict[int, tuple[Mutant, list[str], _Child]] = {}
        while waiting or running:
            while waiting and len(running) < jobs:
                mutant, tests = waiting.popleft()
                if tests:
                    tests.sort(key=lambda test: (-self._seen[test], self.seconds[test]))
                    seconds = _PATIENCE * sum(self.seconds[test] for test in tests)
                    child = _Child(mutant, self._files, tests, seconds=int(seconds) + _LEAST)
                    running[child.process] = mutant, tests, child
                else:
                    yield Outcome(mutant, None, 0)
            if running:
                process, status = os.wait()
                mutant, tests, child = running.pop(process)
                yield Outcome(mutant, self._seen_by(child, status), len(tests))

    def _seen_by(self, child: _Child, status: int) -> str | None:
        told = child.answer()
        if told is None:
            late = os.WIFSIGNALED(status) and os.WTERMSIG(status) in _LATE
            return "its time" if late else f"the process, which ended with status {status}"
        seen_by: str | None = told["failed"]
        if seen_by in self._seen:
            self._seen[seen_by] += 1
        return seen_by

    def _telling(self, mutant: Mutant) -> list[str]:
        """Return the tests that run the function with the fault; all, if importing runs it."""
        lines = _function_around(mutant)
        reached = self._reached.get(str(mutant.path), {})
        tests = {test for line in lines or () for test in reached.get(str(line), [])}
        return list(self.seconds) if lines is None or "" in tests else sorted(tests)


class _Child:
    """A process that runs tests, on a mutant if one is given, and leaves word of what it saw."""

    def __init__(
        self,
        mutant: Mutant | None,
        files: list[str],
        tests: list[str] | None = None,
        *,
        measured: Sequence[Path] = (),
        seconds: int | None = None,
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="mutant-")
        self._answer = Path(self._folder.name) / "answer.json"
        self.process = os.fork()
        if not self.process:
            try:
                os.chdir(self._folder.name)  # a mutant may take any path for another
                _silence(seconds)
                if mutant is not None:
                    sys.meta_path.insert(0, _Finder(mutant))
                plugin = _Plugin(tests, measured)
                temporary = str(Path(self._folder.name) / "tests")
                pytest.main([*_PYTEST, "--basetemp", temporary, *files], plugins=[plugin])
                self._answer.write_text(json.dumps(plugin.told()), "utf-8")
            finally:
                os._exit(0)  # nothing of the parent is to be put in order twice

    def answer(self) -> dict[str, Any] | None:
        """Return what the process, which has ended, left word of; None if it could not."""
        with self._folder:
            if not self._answer.exists():
                return None
            told: dict[str, Any] = json.loads(self._answer.read_text("utf-8"))
            return told


def _silence(seconds: int | None) -> None:
    """Let this process print nothing, and end when it has taken `seconds` of processor time."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    if seconds is not None:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
        signal.setitimer(signal.ITIMER_REAL, _WAITING * seconds)


def _function_around(mutant: Mutant) -> range | None:
    """Return the lines of the body of the outermost function that holds the fault."""
    tree = ast.parse(mutant.path.read_text("utf-8"))
    bodies = [each for each in tree.body if not isinstance(each, ast.ClassDef)]
    bodies += [each for node in tree.body if isinstance(node, ast.ClassDef) for each in node.body]
    for node in bodies:
        if isinstance(node, ast.FunctionDef) and node.body[0].lineno <= mutant.line <= (
            node.end_lineno or 0
        ):
            return range(node.body[0].lineno, (node.end_lineno or 0) + 1)
    return None


class _Finder(MetaPathFinder, Loader):
    """Imports a mutant in place of its module."""

    def __init__(self, mutant: Mutant) -> None:
        name = mutant.path.relative_to(_PACKAGE.parent).with_suffix("")
        self._name = ".".join(name.parts)
        self._path = str(mutant.path)
        self._code: CodeType = compile(mutant.source, self._path, "exec", dont_inherit=True)

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        """Return where the mutant is imported from; None for all other modules."""
        if fullname != self._name:
            return None
        spec = ModuleSpec(fullname, self, origin=self._path)
        spec.has_location = True
        return spec

    def exec_module(self, module: ModuleType) -> None:
        """Run the mutant's code."""
        exec(self._code, module.__dict__)  # noqa: S102 - the project's own source, with a fault


class _Plugin:
    """Takes the tests in the order given, and notes what fails, what is reached and how long."""

    def __init__(self, tests: list[str] | None, measured: Sequence[Path]) -> None:
        self._order = None if tests is None else {test: at for at, test in enumerate(tests)}
        self._failed: str | None = None
        self._seconds: dict[str, float] = {}
        self._measured = [str(path) for path in measured]
        self._coverage = coverage.Coverage(data_file=None, include=self._measured)

    def pytest_configure(self) -> None:
        # A counterexample is enough; nobody reads the smallest.
        phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
        hypothesis.settings.register_profile(
            "mutants", deadline=None, database=None, phases=phases, derandomize=True
        )
        hypothesis.settings.load_profile("mutants")
        if self._measured:
            self._coverage.start()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if self._order is not None:
            order = self._order
            items[:] = sorted(
                (item for item in items if item.nodeid in order),
                key=lambda item: order[item.nodeid],
            )

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        if self._measured:
            self._coverage.switch_context(item.nodeid)
        began = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        result = yield
        self._seconds[item.nodeid] = resource.getrusage(resource.RUSAGE_SELF).ru_utime - began
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and self._failed is None:
            self._failed = report.nodeid

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed and self._failed is None:
            self._failed = f"collecting {report.nodeid}"

    def told(self) -> dict[str, Any]:
        """Return what was noted."""
        if self._measured:
            self._coverage.stop()
        data = self._coverage.get_data()
        reached = {path: data.contexts_by_lineno(path) for path in self._measured}
        return {"failed": self._failed, "seconds": self._seconds, "reached": reached}
