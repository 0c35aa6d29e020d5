"""Results of benchmarks that never ran."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from keepone.benchmark.results import (
    SCORE_BINS,
    Results,
    RunFigures,
    Sample,
    SizeFigures,
    StageFigures,
    TableFigures,
)

STAGES = ("ingest", "block", "score", "publish")
_TABLES = {"records": "ingest", "pairs": "score", "review_ready": "publish"}


def samples(
    random: np.random.Generator, ratio: float, noise: float, number: int, share: float = 1.2
) -> list[Sample]:
    """Return samples of a stage that takes `ratio` calibrations, each off by about `noise`."""
    return [
        Sample(
            seconds=0.1 * ratio * slow,
            calibration=0.1,
            share=share,
            calibration_share=1.4,
        )
        for slow in np.exp(random.normal(0, noise, number)).tolist()
    ]


def size(
    records: int = 10_000,
    *,
    seconds: Mapping[str, float] | None = None,
    above_mb: Sequence[float] = (100.0, 104.0, 98.0),
    taken: Mapping[str, list[Sample]] | None = None,
    scores: Sequence[int] = (10,) * SCORE_BINS,
) -> SizeFigures:
    """Return the figures of one size."""
    seconds = seconds or dict.fromkeys(STAGES, records / 1e5)
    runs = [
        RunFigures(
            wall=2.0 + number,
            cpu=3.0,
            peak_rss_mb=400.0,
            baseline_rss_mb=150.0,
            stages={
                stage: StageFigures(
                    seconds=time, cpu_seconds=1.5 * time, write_seconds=time / 10, above_mb=memory
                )
                for stage, time in seconds.items()
            },
        )
        for number, memory in enumerate(above_mb)
    ]
    return SizeFigures(
        records=records,
        candidate_pairs=16 * records,
        uncollapsed_pairs=20 * records,
        survivors=4 * records,
        groups=records // 2,
        f1=0.99,
        runs=runs,
        tables={
            name: TableFigures(
                stage=stage, rows=records, plain_bytes=4_000_000, bytes=500_000, read_seconds=0.01
            )
            for name, stage in (
                ("records", "ingest"),
                ("pairs", "score"),
                ("review_ready", "publish"),
            )
        },
        scores=list(scores),
        samples=dict(taken or {}),
    )


def results(*sizes: SizeFigures) -> Results:
    """Return a benchmark of these sizes on a machine of two processors."""
    return Results(
        version="0.1.0",
        processors=2,
        threads=2,
        memory="auto",
        profile="dense",
        seed=7,
        sizes=list(sizes),
    )
