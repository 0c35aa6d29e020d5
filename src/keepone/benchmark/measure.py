"""Whole runs, each a process of its own from start to exit, all outputs written."""

from __future__ import annotations

import shutil
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from keepone.artifacts import read_artifact
from keepone.benchmark.exports import export_of, truth_of
from keepone.benchmark.process import run_process
from keepone.benchmark.results import (
    SCORE_BINS,
    GeneratorProfile,
    RunFigures,
    SizeFigures,
    StageFigures,
    TableFigures,
)
from keepone.config import load_settings
from keepone.errors import InternalError
from keepone.evaluation import evaluate_run
from keepone.manifest import Manifest
from keepone.runs import Run, find_run
from keepone.settings import Settings

_MILLION = 1_000_000
_READ_TIMES = 3


@dataclass(frozen=True, slots=True)
class Load:
    """What is run: the generator's profile, and the share of the machine that a run may take.

    `assignments` are settings of the run, each `stage.key=value`; none for the usual ones.
    """

    profile: GeneratorProfile
    threads: int
    memory: str
    assignments: tuple[str, ...] = ()

    @property
    def settings(self) -> Settings:
        """The settings of its runs; `SettingsError` for an assignment that is none."""
        return load_settings(assignments=self.assignments, threads=self.threads, memory=self.memory)


@dataclass(frozen=True, slots=True)
class Measured:
    """One size as measured: its export, the runs' figures, and the last run, which still stands."""

    records: int
    export: Path
    runs: list[RunFigures]
    run: Run


def measure_runs(
    records: int, load: Load, repeats: int, out: Path, say: Callable[[str], None]
) -> Measured:
    """Run `repeats` times on an export of so many records and return what each run used."""
    say(f"{records:,} records: making the export")
    export = export_of(records, load.profile, out)
    workspace = out / "runs" / str(records)
    shutil.rmtree(workspace, ignore_errors=True)
    runs = []
    for index in range(repeats):
        say(f"{records:,} records: run {index + 1} of {repeats}")
        run_id = f"run-{index}"
        command = [sys.executable, "-m", "keepone", "run", str(export), "--quiet", "--no-cache"]
        command += ["--workspace", str(workspace), "--run-id", run_id]
        command += ["--threads", str(load.threads), "--memory", load.memory]
        for assignment in load.assignments:
            command += ["--set", assignment]
        usage = run_process(command, out / "run.log")
        run = find_run(run_id, workspace)
        manifest = run.finished()
        baseline = manifest.baseline_rss_mb or 0.0
        runs.append(
            RunFigures(
                wall=usage.wall,
                cpu=usage.cpu,
                peak_rss_mb=usage.peak_rss_mb,
                baseline_rss_mb=baseline,
                stages={
                    stage.name: StageFigures(
                        seconds=stage.seconds,
                        cpu_seconds=stage.cpu_seconds,
                        write_seconds=stage.write_seconds,
                        above_mb=round(max((stage.peak_rss_mb or 0.0) - baseline, 0.0), 1),
                    )
                    for stage in manifest.stages
                },
            )
        )
        if index < repeats - 1:
            shutil.rmtree(run.path)
    return Measured(records, export, runs, run)


def judge(measured: Measured) -> float | None:
    """Return the run's F1 by the truth of its export, judged by a process of its own."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_f1, measured.run, truth_of(measured.export)).result()


def _f1(run: Run, truth: Path) -> float | None:
    return evaluate_run(run, truth).f1


def figures_of(measured: Measured, f1: float | None) -> SizeFigures:
    """Put together what the run's manifest and its tables tell; reads every table back."""
    manifest = measured.run.finished()
    counts = manifest.counts
    if counts is None or counts.uncollapsed_pairs is None:
        message = f"the run {measured.run.path} finished without its figures"
        raise InternalError(message)
    return SizeFigures(
        records=measured.records,
        candidate_pairs=counts.candidate_pairs,
        uncollapsed_pairs=counts.uncollapsed_pairs,
        survivors=counts.survivors,
        groups=counts.groups,
        f1=f1,
        runs=measured.runs,
        tables=_tables(measured.run.path, manifest),
        scores=_scores(measured.run.path, manifest),
    )


def _tables(folder: Path, manifest: Manifest) -> dict[str, TableFigures]:
    files = [file for stage in manifest.stages for file in stage.artifacts]
    return {
        file.name: TableFigures(
            stage=stage.name,
            rows=file.rows or 0,
            plain_bytes=file.plain_bytes or 0,
            bytes=file.bytes,
            read_seconds=statistics.median(
                _seconds(partial(read_artifact, folder, file.name, files))
                for _ in range(_READ_TIMES)
            ),
        )
        for stage in manifest.stages
        for file in stage.artifacts
        if file.file.endswith(".parquet")
    }


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _scores(folder: Path, manifest: Manifest) -> list[int]:
    """Count the scored pairs by their probability, in equal bins."""
    files = [file for stage in manifest.stages for file in stage.artifacts]
    probability = read_artifact(folder, "pairs", files).column("probability").to_numpy()
    bins = np.minimum(probability.astype(np.int64) * SCORE_BINS // _MILLION, SCORE_BINS - 1)
    counted: list[int] = np.bincount(bins, minlength=SCORE_BINS).tolist()
    return counted
