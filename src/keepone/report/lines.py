"""Geometry of charts over time: lines of values, and bands that name what went on.

Places across are percentages of the plot, places down are pixels, as in `charts`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from keepone.report.charts import Line

PLOT_HEIGHT = 140
_TOP = 20
_BOTTOM = 24
# A band narrower than this has no room for its name.
_NAMED_BAND = 6.0


@dataclass(frozen=True, slots=True)
class Dot:
    """One value: its place, and what it says."""

    x: float
    y: float
    says: str


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of the axis with a name, shown where there is room."""

    x: float
    width: float
    name: str
    says: str
    shaded: bool

    @property
    def has_room(self) -> bool:
        """Whether the name fits."""
        return self.width >= _NAMED_BAND


@dataclass(frozen=True, slots=True)
class LineChart:
    """Values along an axis. `paths` are stretches without a gap, across in percent of the plot.

    `dots` is empty where there are too many values to tell one from the next.
    """

    id: str
    title: str
    says: str
    paths: tuple[str, ...]
    dots: tuple[Dot, ...]
    bands: tuple[Band, ...]
    lines: tuple[Line, ...]
    ticks: tuple[tuple[float, str], ...]
    top: int = _TOP
    bottom: int = _TOP + PLOT_HEIGHT
    height: int = _TOP + PLOT_HEIGHT + _BOTTOM


def line_chart(
    id: str,  # noqa: A002 - it is the id of the element
    title: str,
    points: Sequence[tuple[float, float | None]],
    *,
    figure: Callable[[float], str],
    names: Sequence[str] = (),
    bands: Sequence[tuple[str, float, float]] = (),
    ticks: Sequence[tuple[float, str]] = (),
) -> LineChart:
    """Return a chart of (place, value) points in rising order; no value makes a gap.

    `figure` writes a value; `names` tells the points apart, which are then shown as dots; `bands`
    are (name, from, to), `ticks` (place, label), in the points' unit.
    """
    ends = [place for place, _ in points] + [end for _, *both in bands for end in both]
    low, high = min(ends, default=0.0), max(ends, default=0.0)
    values = [value for _, value in points if value is not None]
    ceiling = _ceiling(max(values, default=0.0))

    def across(place: float) -> float:
        return round(100 * (place - low) / (high - low), 3) if high > low else 50.0

    def down(value: float) -> float:
        return round(_TOP + PLOT_HEIGHT * (1 - value / ceiling), 1)

    paths: list[list[str]] = [[]]
    for place, value in points:
        if value is None:
            paths.append([])
        else:
            paths[-1].append(f"{across(place):g},{down(value):g}")
    dots = (
        Dot(across(place), down(value), f"{name}: {figure(value)}")
        for name, (place, value) in zip(names, points, strict=bool(names))
        if value is not None
    )
    said = f"from {figure(min(values))} to {figure(max(values))}" if values else "nothing to show"
    return LineChart(
        id=id,
        title=title,
        says=said,
        paths=tuple(" ".join(path) for path in paths if len(path) > 1),
        dots=tuple(dots),
        bands=tuple(
            Band(
                x=across(begin),
                width=round(across(end) - across(begin), 3),
                name=name,
                says=f"{name}: {end - begin:.2f} s",
                shaded=index % 2 == 1,
            )
            for index, (name, begin, end) in enumerate(bands)
        ),
        lines=tuple(Line(down(part * ceiling), figure(part * ceiling)) for part in (0, 0.5, 1)),
        ticks=tuple((across(place), label) for place, label in ticks),
    )


def _ceiling(most: float) -> float:
    """Return the least of 1, 2 or 5 times a power of ten that `most` is not above."""
    if most <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(most))
    return next(step * power for step in (1, 2, 5, 10) if most <= step * power)
