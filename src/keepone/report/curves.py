"""Geometry of charts whose two axes are shares: several curves over one axis, and score by share.

Places across are percentages of the plot, places down are pixels, as in `charts`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from keepone.report.charts import Line
from keepone.report.lines import Dot

PLOT_HEIGHT = 220
_TOP = 22
_AXIS = 24
_STEPS = 5


@dataclass(frozen=True, slots=True)
class Curve:
    """One named curve; `paths` are its stretches without a gap."""

    name: str
    tone: str
    dash: str
    paths: tuple[str, ...]
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True)
class CurveChart:
    """Curves of shares over a common axis; `mark` is a place on it with a name."""

    id: str
    title: str
    says: str
    curves: tuple[Curve, ...]
    lines: tuple[Line, ...]
    ticks: tuple[tuple[float, str], ...]
    mark: tuple[float, str]
    top: int = _TOP
    bottom: int = _TOP + PLOT_HEIGHT
    height: int = _TOP + PLOT_HEIGHT + _AXIS


@dataclass(frozen=True, slots=True)
class Whisker:
    """A share with its interval, `solid` if it counts."""

    x: float
    y: float
    top: float
    bottom: float
    solid: bool
    says: str


@dataclass(frozen=True, slots=True)
class ShareChart:
    """What was said, across, beside what held, upwards; the diagonal is where both are the same."""

    id: str
    title: str
    says: str
    whiskers: tuple[Whisker, ...]
    lines: tuple[Line, ...]
    ticks: tuple[tuple[float, str], ...]
    top: int = _TOP
    bottom: int = _TOP + PLOT_HEIGHT
    height: int = _TOP + PLOT_HEIGHT + _AXIS


def curve_chart(
    id: str,  # noqa: A002 - it is the id of the element
    title: str,
    curves: Sequence[tuple[str, str, str, Sequence[float | None]]],
    *,
    places: Sequence[float],
    ticks: Sequence[float],
    mark: tuple[float, str],
) -> CurveChart:
    """Return a chart of curves, each (name, tone, dash, values), with a value or None per place.

    `places` rise and are in percent, as `ticks` and `mark` are; values are shares of 1. The axis
    begins at the tenth below the least value.
    """
    known = [value for *_, values in curves for value in values if value is not None]
    floor = math.floor(10 * min(known, default=0.0)) / 10
    floor = min(floor, 0.9)
    low, high = min(places), max(places)

    def across(place: float) -> float:
        return round(100 * (place - low) / (high - low), 3) if high > low else 50.0

    def down(value: float) -> float:
        return round(_TOP + PLOT_HEIGHT * (1 - (value - floor) / (1 - floor)), 1)

    drawn = []
    for name, tone, dash, values in curves:
        paths: list[list[str]] = [[]]
        dots = []
        for place, value in zip(places, values, strict=True):
            if value is None:
                paths.append([])
                continue
            paths[-1].append(f"{across(place):g},{down(value):g}")
            dots.append(Dot(across(place), down(value), f"{name} at {place:g} %: {value:.4f}"))
        whole = tuple(" ".join(path) for path in paths if len(path) > 1)
        drawn.append(Curve(name, tone, dash, whole, tuple(dots)))
    rungs = [floor + (1 - floor) * step / _STEPS for step in range(_STEPS + 1)]
    return CurveChart(
        id=id,
        title=title,
        says="; ".join(_range(name, values) for name, _, _, values in curves),
        curves=tuple(drawn),
        lines=tuple(Line(down(rung), f"{rung:.2f}") for rung in rungs),
        ticks=tuple((across(tick), f"{tick:g}") for tick in ticks),
        mark=(across(mark[0]), mark[1]),
    )


def _range(name: str, values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{name} from {min(known):.4f} to {max(known):.4f}" if known else f"{name}: nothing"


def share_chart(
    id: str,  # noqa: A002 - it is the id of the element
    title: str,
    points: Sequence[tuple[float, float, float, float, bool, str]],
) -> ShareChart:
    """Return a chart of points: (said, held, least, most) in percent, whether it counts, words."""

    def down(percent: float) -> float:
        return round(_TOP + PLOT_HEIGHT * (1 - percent / 100), 1)

    return ShareChart(
        id=id,
        title=title,
        says="; ".join(words for *_, words in points) or "nothing to show",
        whiskers=tuple(
            Whisker(round(said, 3), down(held), down(most), down(least), counts, words)
            for said, held, least, most, counts, words in points
        ),
        lines=tuple(Line(down(percent), f"{percent} %") for percent in range(0, 101, 20)),
        ticks=tuple((float(percent), str(percent)) for percent in range(0, 101, 20)),
    )
