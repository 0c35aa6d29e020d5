"""A benchmark from its first export to its verdict."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from keepone import __version__
from keepone.benchmark.exports import SEED
from keepone.benchmark.gate import Check, compare
from keepone.benchmark.measure import Load, Measured, figures_of, judge, measure_runs
from keepone.benchmark.results import Results, SizeFigures
from keepone.benchmark.subjects import Subjects
from keepone.benchmark.timing import Work, take_samples
from keepone.engines.duckdb import DuckDBEngine
from keepone.files import workspace_errors
from keepone.machine import Machine
from keepone.pipeline import STAGES
from keepone.stage import Stage

# A stage that looks slower is timed so many times more before it is called slower.
_SECOND_LOOKS = 3

Prepared = Mapping[str, Callable[[], Work]]


@dataclass(frozen=True, slots=True)
class Effort:
    """How often everything is measured: whole runs, and samples of single stages."""

    repeats: int
    samples: int


@dataclass(frozen=True, slots=True)
class Gate:
    """A kept benchmark to be compared with, and the percent by which a stage may be slower."""

    then: Results
    tolerance: float


@dataclass(frozen=True, slots=True)
class Session:
    """One benchmark: what is run, how often, where its files go, and who is told of its progress.

    Exports and logs stay in `out`, runs do not.
    """

    load: Load
    effort: Effort
    out: Path
    say: Callable[[str], None]

    def bench(self, sizes: Sequence[int], gate: Gate | None) -> tuple[Results, list[Check]]:
        """Measure every size, and compare with what was kept if a gate is given.

        Whole runs come first, as processes of their own while this one is small; then single stages
        are timed in this one, those that look slower again.
        """
        with workspace_errors(self.out):
            self.out.mkdir(parents=True, exist_ok=True)
        try:
            measured = [
                measure_runs(size, self.load, self.effort.repeats, self.out, self.say)
                for size in sizes
            ]
            ratios = [judge(each) for each in measured]
            with self.engine() as engine:
                ready = [self.prepare(each, engine) for each in measured]
                figures = [
                    self.timed(self._figures(each, f1), prepared, list(prepared))
                    for each, f1, prepared in zip(measured, ratios, ready, strict=True)
                ]
                results = Results(
                    version=__version__,
                    threads=self.load.threads,
                    memory=self.load.memory,
                    profile=self.load.profile,
                    settings=self.load.assignments,
                    seed=SEED,
                    sizes=figures,
                )
                return (results, []) if gate is None else self.judged(results, ready, gate)
        finally:
            shutil.rmtree(self.out / "runs", ignore_errors=True)

    @contextmanager
    def engine(self) -> Iterator[DuckDBEngine]:
        """Yield the engine that single stages are timed with."""
        memory = Machine.of(self.load.settings.machine).memory // 2
        spill = self.out / "runs" / "spill"
        engine = DuckDBEngine(threads=self.load.threads, memory=memory, spill=spill)
        try:
            yield engine
        finally:
            engine.close()

    def prepare(
        self, measured: Measured, engine: DuckDBEngine, stages: Sequence[Stage] = STAGES
    ) -> Prepared:
        """Return the work of the run that still stands, `stages` among it."""
        scratch = self.out / "runs" / "scratch"
        return Subjects(
            measured.run, measured.export, engine, self.load.settings, scratch, stages
        ).prepared()

    def _figures(self, measured: Measured, f1: float | None) -> SizeFigures:
        self.say(f"{measured.records:,} records: reading the tables back")
        return figures_of(measured, f1)

    def timed(self, size: SizeFigures, prepared: Prepared, names: Sequence[str]) -> SizeFigures:
        """Return the figures with further samples of the named pieces of work."""
        if not self.effort.samples or not names:
            return size
        self.say(f"{size.records:,} records: timing {', '.join(names)}")
        taken = take_samples(prepared, names, self.effort.samples, self.load.threads)
        samples = size.samples | {
            name: size.samples.get(name, []) + more for name, more in taken.items()
        }
        return size.model_copy(update={"samples": samples})

    def judged(
        self, results: Results, ready: Sequence[Prepared], gate: Gate
    ) -> tuple[Results, list[Check]]:
        """Compare; time again whatever looks slower, and judge it by all of its samples."""
        for _ in range(_SECOND_LOOKS):
            checks = compare(gate.then, results, gate.tolerance)
            slow = [(each.records, each.subject) for each in checks if each.looks_slower]
            if not slow:
                return results, checks
            sizes = [
                self.timed(size, prepared, [what for n, what in slow if n == size.records])
                for size, prepared in zip(results.sizes, ready, strict=True)
            ]
            results = results.model_copy(update={"sizes": sizes})
        return results, compare(gate.then, results, gate.tolerance)
