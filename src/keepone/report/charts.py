"""Geometry of the report's charts; the templates draw it.

Places and widths across are percentages of the plot, so that a chart is as wide as its page while
its text keeps its size. Places down are pixels.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from keepone.report.values import count

PLOT_HEIGHT = 176
_MARK_ROW = 16
_BAR_ROW = 34


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a bar chart: a label and a figure over a bar of `share` percent."""

    label: str
    figure: str
    share: float
    tone: str = "accent"


@dataclass(frozen=True, slots=True)
class BarChart:
    """Rows of labelled bars. `says` tells the same in words."""

    id: str
    title: str
    says: str
    bars: tuple[Bar, ...]

    @property
    def height(self) -> int:
        """Height in pixels."""
        return _BAR_ROW * len(self.bars)

    @property
    def rows(self) -> list[tuple[int, Bar]]:
        """Each bar with the top of its row in pixels."""
        return [(_BAR_ROW * index, bar) for index, bar in enumerate(self.bars)]


@dataclass(frozen=True, slots=True)
class Column:
    """One bin of a histogram, as a rectangle."""

    x: float
    width: float
    y: float
    height: float
    tone: str
    says: str


@dataclass(frozen=True, slots=True)
class Line:
    """A horizontal grid line at `y` pixels."""

    y: float
    label: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line at `x` percent, its label on row `y` on the side where there is room."""

    x: float
    y: float
    label: str
    anchor: str
    offset: int


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts per bin on a logarithmic scale, with named marks along the axis."""

    id: str
    title: str
    says: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    marks: tuple[Mark, ...]
    bottom: int
    height: int


def bar_chart(
    id: str,  # noqa: A002 - it is the id of the element
    title: str,
    rows: Sequence[tuple[str, int, str]],
    *,
    whole: int,
    figure: Callable[[int], str] = count,
) -> BarChart:
    """Return a chart of (label, amount, tone) rows; each bar is that amount's share of `whole`."""
    bars = tuple(
        Bar(label, figure(amount), 100 * amount / whole if whole else 0.0, tone)
        for label, amount, tone in rows
    )
    says = "; ".join(f"{bar.label}: {bar.figure}" for bar in bars) or "nothing to show"
    return BarChart(id, title, says, bars)


def histogram(
    id: str,  # noqa: A002 - it is the id of the element
    title: str,
    counts: Sequence[int],
    *,
    marks: Sequence[tuple[str, float]],
    tones: Sequence[str],
) -> Histogram:
    """Return a histogram of `counts` over equal bins from 0 to 100.

    `marks` are (label, place) in rising order; `tones` colours the zones between them, so there is
    one more tone than marks. A bin takes the tone of the zone in which its middle lies.
    """
    top = _MARK_ROW * len(marks) + 6
    ceiling = max(10, 10 ** math.ceil(math.log10(max([*counts, 1]) + 1)))
    width = 100 / max(len(counts), 1)
    columns = []
    for index, pairs in enumerate(counts):
        if pairs:
            height = PLOT_HEIGHT * _log_share(pairs, ceiling)
            low, high = index * width, (index + 1) * width
            columns.append(
                Column(
                    x=round(low, 3),
                    width=round(width, 3),
                    y=round(top + PLOT_HEIGHT - height, 1),
                    height=round(height, 1),
                    tone=tones[_zone((low + high) / 2, marks)],
                    says=f"{low:g} to {high:g}: {count(pairs)} pairs",
                )
            )
    powers = range(int(math.log10(ceiling)) + 1)
    lines = tuple(
        Line(round(top + PLOT_HEIGHT * (1 - _log_share(10**power, ceiling)), 1), count(10**power))
        for power in powers
    )
    placed = tuple(
        Mark(
            x=round(place, 3),
            y=_MARK_ROW * row + 11,
            label=f"{label} {place:g}",
            anchor="start" if place < 60 else "end",
            offset=5 if place < 60 else -5,
        )
        for row, (label, place) in enumerate(marks)
    )
    return Histogram(
        id=id,
        title=title,
        says=_zones(counts, marks, width),
        columns=tuple(columns),
        lines=lines,
        marks=placed,
        bottom=top + PLOT_HEIGHT,
        height=top + PLOT_HEIGHT + 24,
    )


def _log_share(amount: int, ceiling: int) -> float:
    """Place `amount` on the scale: one pair stands clear of the axis, `ceiling` at the top."""
    return (math.log10(amount) + 0.4) / (math.log10(ceiling) + 0.4)


def _zone(middle: float, marks: Sequence[tuple[str, float]]) -> int:
    """Return how many marks lie at or below `middle`."""
    return sum(middle >= place for _, place in marks)


def _zones(counts: Sequence[int], marks: Sequence[tuple[str, float]], width: float) -> str:
    """Tell in words how many pairs lie between the marks."""
    edges = [0.0, *(place for _, place in marks), 100.0]
    inside = [0] * (len(marks) + 1)
    for index, pairs in enumerate(counts):
        inside[_zone((index + 0.5) * width, marks)] += pairs
    return "; ".join(
        f"{count(pairs)} pairs from {low:g} to {high:g}"
        for low, high, pairs in zip(edges, edges[1:], inside, strict=False)
    )
