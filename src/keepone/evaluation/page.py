"""The evaluation as one HTML page with nothing outside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from keepone.evaluation.agreement import Agreement, Counted
from keepone.evaluation.calibration import LEAST_PAIRS, Bin, Calibration
from keepone.evaluation.study import ExplainedMistake, Study
from keepone.evaluation.sweep import SweepPoint
from keepone.evaluation.words import LOST, WRONG
from keepone.report.charts import BarChart, bar_chart
from keepone.report.curves import CurveChart, ShareChart, curve_chart, share_chart
from keepone.report.page import render_page
from keepone.report.values import count, share

_TICKS = (25, 40, 50, 60, 80, 99)
# The three curves of a sweep: told apart by colour and by dash.
_STROKES = (
    ("F1", "keep", "whole"),
    ("precision", "record", "dashed"),
    ("recall", "verify", "dotted"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the figures: what is counted, how well that is met, and what it is made of."""

    name: str
    figures: Agreement | Counted
    says: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """The worst mistakes of one kind that one stage is to blame for."""

    id: str
    title: str
    says: str
    mistakes: tuple[ExplainedMistake, ...]


def render_study(study: Study) -> str:
    """Return the study as an HTML page. The same run and truth give the same page."""
    evaluation = study.evaluation
    return render_page(
        "evaluation.html.j2",
        study=study,
        evaluation=evaluation,
        rows=tuple(_rows(study)),
        lost=_parts("lost", "True pairs that are not grouped", evaluation.lost, LOST),
        wrong=_parts("wrong", "Grouped pairs that are not true", evaluation.wrong, WRONG),
        groups=_curves("groups", "Pairs of groups made at each threshold", study.sweep),
        links=_curves("links", "Pairs scored at or above each threshold", study.sweep),
        best=max(study.sweep, key=lambda point: (point.groups.f1 or 0.0, -point.threshold)),
        calibration=evaluation.calibration,
        least_pairs=LEAST_PAIRS,
        reliability=_reliability(evaluation.calibration),
        chapters=tuple(_chapters(study.mistakes)),
    )


def _rows(study: Study) -> Iterator[Row]:
    """Give the lines of figures; without entities there are pairs alone."""
    evaluation = study.evaluation
    pairs = evaluation.pairs
    yield Row(
        "Pairs of records",
        pairs,
        f"{count(pairs.correct)} pairs are true and grouped, of {count(pairs.found)} grouped and"
        f" {count(pairs.true)} true",
    )
    if evaluation.b_cubed is not None:
        yield Row(
            "Records (B-cubed)",
            evaluation.b_cubed,
            "the share of a record's group that is its entity, and of its entity that is in its"
            " group; the mean over records",
        )
    for name, counted, alone in (
        ("Whole groups", evaluation.groups, "records that stand alone included"),
        ("Whole groups of two and more", evaluation.larger_groups, "of two records or more"),
    ):
        if counted is not None:
            yield Row(
                name,
                counted,
                f"{count(counted.correct)} groups are an entity exactly, of {count(counted.found)}"
                f" groups and {count(counted.true)} entities, {alone}",
            )


def _parts(
    id: str,  # noqa: A002 - it is the id of the element
    title: str,
    parts: Mapping[str, int],
    words: Mapping[str, str],
) -> BarChart:
    total = sum(parts.values())
    rows = [(f"{stage}: {words[stage]}", pairs, "pair") for stage, pairs in parts.items()]
    return bar_chart(
        id, title, rows, whole=total, figure=lambda part: f"{count(part)} ({share(part, total)})"
    )


def _curves(id: str, title: str, points: tuple[SweepPoint, ...]) -> CurveChart:  # noqa: A002
    counted = [getattr(point, id) for point in points]
    own = next(point.threshold for point in points if point.current)
    return curve_chart(
        id,
        title,
        [
            (name, tone, dash, [getattr(each, name.lower()) for each in counted])
            for name, tone, dash in _STROKES
        ],
        places=[point.threshold for point in points],
        ticks=_TICKS,
        mark=(own, f"cluster.join {own:g}"),
    )


def _reliability(calibrated: Calibration) -> ShareChart:
    return share_chart(
        "reliability",
        "Share of true pairs by score",
        [
            (
                each.score,
                each.share,
                each.least,
                each.most,
                each.counts,
                _words(each),
            )
            for each in calibrated.bins
        ],
    )


def _words(one: Bin) -> str:
    return (
        f"scored {one.low} to {one.high} %, {one.score:.1f} in the mean: {one.share:.1f} % of"
        f" {count(one.pairs)} pairs are true ({one.least:.1f} to {one.most:.1f})"
    )


def _chapters(mistakes: tuple[ExplainedMistake, ...]) -> Iterator[Chapter]:
    for kind, stages, says in (
        ("wrong", ("score", "grouping"), "Grouped, though not the same"),
        ("lost", ("blocking", "score", "grouping"), "The same, though not grouped"),
    ):
        for stage in stages:
            of_stage = tuple(
                each
                for each in mistakes
                if (each.mistake.kind, each.mistake.stage) == (kind, stage)
            )
            if of_stage:
                words = (WRONG if kind == "wrong" else LOST)[stage]
                yield Chapter(f"{kind}-{stage}", f"{says}: {words}", stage, of_stage)
