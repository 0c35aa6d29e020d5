"""What the regression gate sees: slowdowns planted in each stage, and runs that nothing changed.

    python -m bench.gate_proof [--records N] [--samples N] [--unchanged N] [--slowdown PERCENT]

Keeps one benchmark of generated accounts, lets the gate judge it again as often as `--unchanged`
says, then once for each stage with a busy wait of `--slowdown` percent of the stage's own time. As
in `keepone bench`, whatever looks slower is timed again. Prints a Markdown table, and exits with 1
if a slowdown was missed or an unchanged run was called slower.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from keepone import __version__
from keepone.benchmark.exports import SEED
from keepone.benchmark.gate import Check
from keepone.benchmark.measure import Load, figures_of, measure_runs
from keepone.benchmark.results import Results, SizeFigures
from keepone.benchmark.session import Effort, Gate, Prepared, Session
from keepone.machine import available_processors
from keepone.pipeline import STAGES
from keepone.stage import Stage

_TOLERANCE = 5.0


def slowed(stage: Stage, percent: float) -> Stage:
    """Return the stage, taking `percent` longer: after its work it waits, and keeps busy."""

    def run(*given: Any, **tables: Any) -> Mapping[str, Any]:
        began = time.perf_counter()
        result = stage.run(*given, **tables)
        ended = time.perf_counter()
        until = ended + percent / 100 * (ended - began)
        while time.perf_counter() < until:
            pass
        return result

    return replace(stage, run=run)


def judge(
    session: Session, kept: Results, bare: SizeFigures, prepared: Prepared, names: Sequence[str]
) -> list[Check]:
    """Time the named pieces of work anew and return the gate's checks of their times."""
    now = kept.model_copy(update={"sizes": [session.timed(bare, prepared, names)]})
    _, checks = session.judged(now, [prepared], Gate(kept, _TOLERANCE))
    return [check for check in checks if check.unit == "calibrations" and check.subject in names]


def row(what: str, checks: Sequence[Check]) -> str:
    """Return a line for the change that came nearest to being called a slowdown."""
    worst = max(checks, key=lambda check: check.change - max(check.limit, check.noise))
    called = ", ".join(check.subject for check in checks if check.failed) or "nothing"
    return f"| {what} | {worst.subject} | {worst.change:+.1f} | {worst.noise:.1f} | {called} |"


def main() -> None:
    """Plant, judge and print."""
    parser = argparse.ArgumentParser(description="What the regression gate sees.")
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--samples", type=int, default=5)
    parser.add_argument("--unchanged", type=int, default=3)
    parser.add_argument("--slowdown", type=float, default=10.0)
    parser.add_argument("--out", type=Path, default=Path("demo/gate"))
    options = parser.parse_args()
    load = Load("dense", available_processors(), "auto")
    session = Session(load, Effort(1, options.samples), options.out, lambda _: None)
    options.out.mkdir(parents=True, exist_ok=True)
    measured = measure_runs(options.records, load, 1, options.out, lambda _: None)
    wrong = 0

    def say(line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    with session.engine() as engine:
        bare = figures_of(measured, None)
        prepared = session.prepare(measured, engine)
        kept = Results(
            version=__version__,
            threads=load.threads,
            memory=load.memory,
            profile=load.profile,
            seed=SEED,
            sizes=[session.timed(bare, prepared, list(prepared))],
        )
        say("| planted | largest change | of, % | chance, % | called slower |")
        say("|---|---|---:|---:|---|")
        for _ in range(options.unchanged):
            checks = judge(session, kept, bare, prepared, list(prepared))
            wrong += any(check.failed for check in checks)
            say(row("nothing", checks))
        for stage in STAGES:
            stages = [slowed(each, options.slowdown) if each is stage else each for each in STAGES]
            planted = session.prepare(measured, engine, stages)
            checks = judge(session, kept, bare, planted, [stage.name])
            wrong += not checks[0].failed
            say(row(f"{options.slowdown:g} % in {stage.name}", checks))
    shutil.rmtree(options.out / "runs")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
