"""How the runs of a workspace went over time: what they took, and what they found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from keepone.errors import RunError
from keepone.manifest import Manifest
from keepone.report.lines import LineChart, line_chart
from keepone.report.page import render_page
from keepone.report.values import count, seconds, size
from keepone.runs import list_runs


@dataclass(frozen=True, slots=True)
class Point:
    """One finished run. Times and memory are None where former work was used again.

    `stages` holds each stage's seconds and peak of memory in MB, None likewise.
    """

    run_id: str
    started_at: str
    records: int
    candidate_pairs: int
    survivors: int
    groups: int
    duplicates: int
    dispositions: dict[str, int]
    seconds: float | None
    peak_rss_mb: float | None
    stages: dict[str, tuple[float, float | None] | None]

    def as_dict(self) -> dict[str, Any]:
        """Return the point as plain data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of every run, in their order; `unit` is s, MB, or nothing for a count."""

    name: str
    unit: str
    values: tuple[float | None, ...]

    def figure(self, value: float) -> str:
        """Return a value of this measure as a person reads it."""
        if self.unit == "s":
            return seconds(value)
        return size(round(value * 1e6)) if self.unit == "MB" else count(round(value))


def read_trend(workspace: Path, *, latest: int) -> list[Point]:
    """Return the latest finished runs of the workspace, the first begun first."""
    points = []
    for run in list_runs(workspace):
        try:
            point = _point(run.manifest())
        except RunError:
            continue  # damaged: `keepone runs list` tells of it
        if point is not None:
            points.append(point)
    points.sort(key=lambda point: (point.started_at, point.run_id))
    return points[-latest:]


def _point(manifest: Manifest) -> Point | None:
    counts = manifest.counts
    if manifest.status != "finished" or counts is None:
        return None
    whole = not any(stage.reused for stage in manifest.stages)
    return Point(
        run_id=manifest.run_id,
        started_at=manifest.started_at,
        records=counts.records,
        candidate_pairs=counts.candidate_pairs,
        survivors=counts.survivors,
        groups=counts.groups,
        duplicates=counts.duplicates,
        dispositions=counts.dispositions,
        seconds=manifest.seconds if whole else None,
        peak_rss_mb=manifest.peak_rss_mb if whole else None,
        stages={
            stage.name: None if stage.reused else (stage.seconds, stage.peak_rss_mb)
            for stage in manifest.stages
        },
    )


def measures(points: Sequence[Point]) -> list[Measure]:
    """Return what is charted of the runs: time, memory, counts, dispositions, stages."""
    labels = dict.fromkeys(label for point in points for label in point.dispositions)
    stages = dict.fromkeys(name for point in points for name in point.stages)
    found = [
        Measure("Time", "s", tuple(point.seconds for point in points)),
        Measure("Memory", "MB", tuple(point.peak_rss_mb for point in points)),
        Measure("Records", "", tuple(point.records for point in points)),
        Measure("Candidate pairs", "", tuple(point.candidate_pairs for point in points)),
        Measure("Match pairs", "", tuple(point.survivors for point in points)),
        Measure("Groups", "", tuple(point.groups for point in points)),
        Measure("Duplicates", "", tuple(point.duplicates for point in points)),
    ]
    found += [
        Measure(label, "", tuple(point.dispositions.get(label, 0) for point in points))
        for label in labels
    ]
    for name in stages:
        ran = [point.stages.get(name) for point in points]
        found.append(Measure(f"{name}: time", "s", tuple(one and one[0] for one in ran)))
        found.append(Measure(f"{name}: memory", "MB", tuple(one and one[1] for one in ran)))
    return found


def render_trend(workspace: Path, points: Sequence[Point]) -> str:
    """Return the runs as one HTML page of charts with nothing outside it."""
    return render_page(
        "trend.html.j2",
        workspace=str(workspace),
        runs=len(points),
        first=points[0].started_at if points else "",
        last=points[-1].started_at if points else "",
        plots=[_plot(number, one, points) for number, one in enumerate(measures(points))],
    )


def _plot(number: int, measure: Measure, points: Sequence[Point]) -> LineChart:
    """Return the chart of a measure: a step for each run, however long it was until the next."""
    ends = sorted({0, len(points) - 1}) if points else []
    return line_chart(
        f"measure-{number}",
        measure.name,
        list(enumerate(measure.values)),
        figure=measure.figure,
        names=[f"{point.run_id}, {point.started_at[:16]}" for point in points],
        ticks=[(end, points[end].started_at[:10]) for end in ends],
    )
