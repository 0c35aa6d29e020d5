"""Geometry of a waterfall: where each bar begins and ends; terminal and chart draw it."""

from __future__ import annotations

from dataclasses import dataclass

from keepone.explain.explanation import Step, Waterfall
from keepone.group_pairs import MILLION

START = "start"
TOTAL = "weight"


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, from `begin` to `end` as shares of the width: `end` is where the next one begins.

    `tone` is `for`, `against` or `total`; `step` the field that it stands for, None for the first
    and the last.
    """

    label: str
    figure: str
    says: str
    begin: float
    end: float
    tone: str
    step: Step | None = None

    @property
    def low(self) -> float:
        """Its left edge."""
        return min(self.begin, self.end)

    @property
    def width(self) -> float:
        """Its share of the width."""
        return abs(self.end - self.begin)


@dataclass(frozen=True, slots=True)
class Bars:
    """The bars from the start of every pair to the weight of this one.

    Those that add most come first, whether for or against. `zero` is the place of no evidence
    either way; `missing` are the steps that had nothing to compare.
    """

    zero: float
    rows: tuple[Bar, ...]
    missing: tuple[Step, ...]


def bars_of(waterfall: Waterfall) -> Bars:
    """Return the bars of a waterfall."""
    told = [step for step in waterfall.steps if not step.is_missing]
    told.sort(key=lambda step: -abs(step.bits))
    places = [0.0, waterfall.start]
    for step in told:
        places.append(places[-1] + step.bits)
    least = min(places)
    room = (max(places) - least) or 1.0
    at = [(place - least) / room for place in places]
    zero, end = at[0], (waterfall.weight - least) / room
    rows = [
        Bar(
            START,
            signed(waterfall.start),
            "where every pair begins",
            zero,
            at[1],
            _tone(at[1] - zero),
        )
    ]
    for step, before, after in zip(told, at[1:-1], at[2:], strict=True):
        tone = _tone(step.bits)
        rows.append(Bar(step.field, signed(step.bits), _said(step), before, after, tone, step))
    says = f"a match at {percent(waterfall.model_probability)}"
    if waterfall.worth is not None:
        says += f", calibrated {percent(waterfall.probability)}"
    rows.append(Bar(TOTAL, signed(waterfall.weight), says, zero, end, "total"))
    return Bars(zero, tuple(rows), tuple(step for step in waterfall.steps if step.is_missing))


def signed(bits: float) -> str:
    """Return bits with their sign and two digits."""
    return f"{bits:+.2f}"


def percent(probability: float) -> str:
    """Return a probability in percent, cut to one digit, so that no doubt is rounded away."""
    thousandths = round(probability * MILLION) // 1_000
    if not thousandths and probability:
        return "less than 0.1 %"
    return f"{thousandths // 10}.{thousandths % 10} %"


def _tone(bits: float) -> str:
    return "for" if bits >= 0 else "against"


def _said(step: Step) -> str:
    """Return what a step says; of evidence that stands beside stronger of its kind, how much."""
    if step.bits == step.weight:
        return step.says
    return f"{step.says} ({signed(step.weight)} by itself)"
