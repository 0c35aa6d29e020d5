"""Logistic regression over counted patterns of levels, held to the weights it starts from.

What a pattern's pairs show is added up field by field, and each weight moves only as far as those
pairs outweigh the belief that it lies near where it was. The sum of losses is convex and has one
minimum, which Newton's steps reach to far more digits than weights are kept in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from keepone.kernels.encoding import Longs

Floats = npt.NDArray[np.float64]

_MOST_STEPS = 50
# A step that moves no weight by more bits than this is the last: the error left is its square.
_SETTLED = 1e-7
# A step that makes matters worse is halved, but not below this share of it.
_LEAST_STEP = 2.0**-24


@dataclass(frozen=True, slots=True)
class Shown:
    """Patterns of levels, a row each: what each field shows, and how many pairs show it.

    `levels` are per field, and `counts` how much log-odds a bit of that level's weight makes, 0
    where there was nothing to compare; `unit` is that for a bit of the start, which counts in all
    rows. `matches` is how many of the `pairs` are held to be matches, in parts of one.
    """

    levels: list[Longs]
    counts: list[Floats]
    unit: float
    pairs: Floats
    matches: Floats


def moved_weights(
    shown: Shown, weights: list[Floats], start: float, *, spread: float, spread_of_start: float
) -> tuple[list[Floats], float]:
    """Return the weights of each field's levels, and the start of every row, all in bits.

    They are believed to lie within `spread` and `spread_of_start` bits of what they were.
    """
    sizes = [len(own) for own in weights]
    begins = np.cumsum([0, *sizes]).tolist()
    before = np.concatenate([*weights, [start]])
    held = np.full(len(before), spread**-2.0)
    held[-1] = spread_of_start**-2.0

    def log_odds(values: Floats) -> Floats:
        total: Floats = np.full(len(shown.pairs), shown.unit * values[-1])
        for at, (levels, counts) in enumerate(zip(shown.levels, shown.counts, strict=True)):
            total += counts * values[begins[at] : begins[at + 1]][levels]
        return total

    def loss(values: Floats) -> float:
        odds = log_odds(values)
        missed = shown.pairs * np.logaddexp(0, odds) - shown.matches * odds
        return float(missed.sum() + 0.5 * (held * (values - before) ** 2).sum())

    # What no row shows stays where it is.
    moving = np.flatnonzero(_summed(shown, np.ones(len(shown.pairs)), sizes))
    values = before.copy()
    now = loss(values)
    for _ in range(_MOST_STEPS):
        probability = 0.5 * (1 + np.tanh(0.5 * log_odds(values)))
        beyond = shown.matches - shown.pairs * probability
        doubt = shown.pairs * probability * (1 - probability)
        gradient = _summed(shown, beyond, sizes) - held * (values - before)
        curvature = _crossed(shown, doubt, begins) + np.diag(held)
        step = np.zeros(len(values))
        step[moving] = np.linalg.solve(curvature[np.ix_(moving, moving)], gradient[moving])
        share = 1.0
        while (then := loss(values + share * step)) > now and share > _LEAST_STEP:
            share /= 2
        values, now = values + share * step, then
        if np.abs(step).max() < _SETTLED:
            break
    return np.split(values[:-1], begins[1:-1]), float(values[-1])


def _summed(shown: Shown, rows: Floats, sizes: list[int]) -> Floats:
    """Return what the rows make at each weight, the start at the end."""
    sums = [
        np.bincount(levels, weights=counts * rows, minlength=size)
        for levels, counts, size in zip(shown.levels, shown.counts, sizes, strict=True)
    ]
    return np.concatenate([*sums, [shown.unit * rows.sum()]])


def _crossed(shown: Shown, doubt: Floats, begins: list[int]) -> Floats:
    """Return what the rows' doubts make at each two weights."""
    crossed = np.zeros((begins[-1] + 1, begins[-1] + 1))
    for one, (levels, counts) in enumerate(zip(shown.levels, shown.counts, strict=True)):
        own, rows = slice(begins[one], begins[one + 1]), counts * doubt
        size = own.stop - own.start
        with_start = shown.unit * np.bincount(levels, weights=rows, minlength=size)
        crossed[own, -1] = crossed[-1, own] = with_start
        for two in range(one + 1):
            theirs = slice(begins[two], begins[two + 1])
            width = theirs.stop - theirs.start
            both = np.bincount(
                levels * width + shown.levels[two],
                weights=rows * shown.counts[two],
                minlength=size * width,
            ).reshape(size, width)
            crossed[own, theirs] = both
            crossed[theirs, own] = both.T
    crossed[-1, -1] = shown.unit**2 * doubt.sum()
    return crossed
