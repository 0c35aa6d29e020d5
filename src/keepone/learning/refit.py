"""Refits a model to labels: calibration first, then the weights of levels.

Logistic regression over what the model itself adds up, held to the model as it was: a weight moves
from where it stood as far as labels outweigh the belief that it lies within `strength` bits of it.
What is fitted is the probability of a match given what a pair shows, so it does not matter that
labels were asked for where the model was in doubt; shares of levels counted among such pairs would
take the doubtful pairs for all pairs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from keepone.kernels.encoding import Ints, Longs
from keepone.learning.compared import Floats, Patterns, Weights

# Bits by which the prior odds are believed to lie within those before, and the same for the
# logarithm of the slope.
_SPREAD_OF_PRIOR = 3.0
_SPREAD_OF_SLOPE = 0.5
# Calibration and weights are fitted in turn, each by a few of Newton's steps.
_ROUNDS = 3
_STEPS = 12
# A step that moves nothing by more than this, in 1/1000 bit or in thousandths, is the last.
_SETTLED = 2.0
_NAT = math.log(2)
_MOST_WEIGHT = 60_000
_LONGEST = 3_000.0
# Of a step that lowers nothing even so short, nothing is taken.
_LEAST_SHARE = 1 / 64
_MOST_BITS = 60.0


@dataclass(frozen=True, slots=True)
class Counted:
    """Labels by what pairs show: `matches` and `others` of each distinct row of levels."""

    patterns: Patterns
    matches: Floats
    others: Floats

    @property
    def labels(self) -> Floats:
        """The labels of each row."""
        return self.matches + self.others

    def where(self, kept: Longs) -> Counted:
        """Return some of the rows."""
        return Counted(self.patterns[kept], self.matches[kept], self.others[kept])


def refit(weights: Weights, seen: Counted, strength: float) -> Weights:
    """Return the weights as the labels have them; with a strength of 0 calibrated only."""
    labelled = seen.where(np.flatnonzero(seen.labels > 0))
    fitted = weights
    for _ in range(_ROUNDS if strength else 1):
        fitted = _calibrated(weights, fitted, labelled)
        if strength:
            fitted = _moved(weights, fitted, labelled, strength)
    return fitted


def _calibrated(before: Weights, weights: Weights, seen: Counted) -> Weights:
    """Fit the slope and the prior odds, the evidence of the fields as it is."""
    evidence = (weights.evidence(seen.patterns) - weights.prior) * _NAT / 1000
    # In log-odds: steepness * evidence + level, where the steepness is that before times exp(a).
    a, level = math.log(weights.slope / before.slope), weights.slope * weights.prior * _NAT / 1000
    start = before.slope * before.prior * _NAT / 1000
    spread = _SPREAD_OF_PRIOR * _NAT
    for _ in range(_STEPS):
        steep = before.slope * math.exp(a) * evidence
        wrong, doubt = _residuals(steep + level, seen)
        gradient = np.array(
            [wrong @ steep - a / _SPREAD_OF_SLOPE**2, wrong.sum() - (level - start) / spread**2]
        )
        mixed = doubt @ steep
        curvature = np.array(
            [
                [doubt @ (steep * steep) + _SPREAD_OF_SLOPE**-2, mixed],
                [mixed, doubt.sum() + spread**-2],
            ]
        )
        step = np.linalg.solve(curvature, gradient)
        a += float(np.clip(step[0], -0.5, 0.5))
        level += float(np.clip(step[1], -3.0, 3.0))
        if 1000 * np.abs(step).max() < _SETTLED:
            break
    slope = before.slope * math.exp(a)
    return replace(weights, slope=slope, prior=round(1000 * level / _NAT / slope))


def _moved(before: Weights, weights: Weights, seen: Counted, strength: float) -> Weights:
    """Fit the weights of levels, at the slope and prior odds that were fitted."""
    starts = np.cumsum([0, *(len(own) for own in before.levels)])
    origin = np.concatenate(before.levels).astype(np.float64)
    moved = np.concatenate(weights.levels).astype(np.float64)
    codes = seen.patterns + starts[:-1]
    # Levels that no label shows stay; `missing`, the first of each field, says nothing in any case.
    shown = np.setdiff1d(np.unique(codes), starts[:-1])
    place = np.full(len(moved), len(shown))
    place[shown] = np.arange(len(shown))
    at = place[codes]
    held = strength**-2 / 1e6  # a thousandth of a bit is what weights are counted in
    unit = weights.slope * _NAT / 1000
    current = weights
    for _ in range(_STEPS):
        counts = unit * _counts(current, seen.patterns)
        log_odds = unit * current.prior + (counts * moved[codes]).sum(axis=1)
        wrong, doubt = _residuals(log_odds, seen)
        gradient = _summed(at, counts * wrong[:, None], len(shown)) - held * (moved - origin)[shown]
        curvature = _crossed(at, counts, doubt, len(shown)) + held * np.eye(len(shown))
        step = np.clip(np.linalg.solve(curvature, gradient), -_LONGEST, _LONGEST)

        known = _Known(unit * current.prior, counts, codes, seen, origin, shown, held)
        moved = _lowered(moved, step, known)
        levels = np.split(np.rint(moved).astype(np.int32), starts[1:-1])
        current = replace(current, levels=tuple(levels))
        if np.abs(step).max(initial=0.0) < _SETTLED:
            break
    labels = np.bincount(
        codes.reshape(-1),
        weights=np.repeat(seen.labels, codes.shape[1]),
        minlength=len(moved),
    ).astype(np.float64)
    falling = [
        _falling(own, chains, said)
        for own, chains, said in zip(
            current.levels, before.falling, np.split(labels, starts[1:-1]), strict=True
        )
    ]
    return replace(current, levels=tuple(falling))


@dataclass(frozen=True, slots=True)
class _Known:
    """What stays as it is within one step: the start of every row, how much counts, the labels.

    `held` is how hard the weights that are `shown` are pulled back to their `origin`.
    """

    start: float
    counts: Floats
    codes: Longs
    seen: Counted
    origin: Floats
    shown: Longs
    held: float

    def loss(self, moved: Floats) -> float:
        """Return how badly weights explain the labels, and how far they are from the origin."""
        odds = self.start + (self.counts * moved[self.codes]).sum(axis=1)
        missed = self.seen.labels * np.logaddexp(0, odds) - self.seen.matches * odds
        away = (moved - self.origin)[self.shown]
        return float(missed.sum() + 0.5 * self.held * (away @ away))


def _lowered(moved: Floats, step: Floats, known: _Known) -> Floats:
    """Return the weights after the step, or so much of it as lowers the loss.

    Where the odds of many labels are extreme, the whole step leads past the valley, and the next
    one further away.
    """
    now, share = known.loss(moved), 1.0
    while share >= _LEAST_SHARE:
        new = moved.copy()
        new[known.shown] = np.clip(moved[known.shown] + share * step, -_MOST_WEIGHT, _MOST_WEIGHT)
        if known.loss(new) <= now:
            return new
        share /= 2
    return moved


def _summed(at: Longs, values: Floats, size: int) -> Floats:
    """Return the sum of the values at each of `size` places; what lies past them is left out."""
    sums = np.bincount(at.reshape(-1), weights=values.reshape(-1), minlength=size + 1)
    return sums[:size].astype(np.float64)


def _crossed(at: Longs, counts: Floats, doubt: Floats, size: int) -> Floats:
    """Return the sum over rows of each two places' counts, times the row's doubt."""
    width = size + 1
    sums = np.zeros(width * width)
    for one in range(at.shape[1]):
        pair = at[:, [one]] * width + at
        product = counts[:, [one]] * counts * doubt[:, None]
        sums += np.bincount(pair.reshape(-1), weights=product.reshape(-1), minlength=len(sums))
    return sums.reshape(width, width)[:size, :size]


def _residuals(log_odds: Floats, seen: Counted) -> tuple[Floats, Floats]:
    """Return matches beyond those expected, and the variance of the matches, of each row."""
    odds = np.exp(np.clip(log_odds, -_MOST_BITS * _NAT, _MOST_BITS * _NAT))
    probability = odds / (1 + odds)
    labels = seen.labels
    return seen.matches - labels * probability, labels * probability * (1 - probability)


def _counts(weights: Weights, patterns: Patterns) -> Floats:
    """Return how much of each field's weight counts in each row: whole, or by the overlap."""
    counts = np.ones(patterns.shape)
    shown = np.stack([own[patterns[:, at]] for at, own in enumerate(weights.levels)], axis=1)
    rows, rest = np.arange(len(patterns)), weights.overlap / 1000
    for family in dict.fromkeys(weights.families):
        members = [at for at, name in enumerate(weights.families) if name == family]
        if len(members) > 1:
            own = shown[:, members]
            part = np.full(own.shape, rest)
            part[rows, own.argmax(axis=1)] = np.where(own.max(axis=1) > 0, 1.0, rest)
            part[rows, own.argmin(axis=1)] = np.where(own.min(axis=1) < 0, 1.0, rest)
            counts[:, members] = part
    return counts


def _falling(weights: Ints, chains: tuple[tuple[int, ...], ...], labels: Floats) -> Ints:
    """Return the weights with no level above the one before it in a chain, as fitting has it.

    Grades that rise are taken together, each by the labels that showed it; of the other chains the
    later level is lowered; and that all differs never speaks for a match.
    """
    kept = weights.copy()
    for chain in chains[:1]:
        pools = [(float(weights[level]), float(labels[level]) + 1.0, 1) for level in chain]
        while rising := [at for at, (one, two) in enumerate(pairwise(pools)) if two[0] > one[0]]:
            at = rising[0]
            (one, many, size), (two, more, other) = pools[at : at + 2]
            mean = (one * many + two * more) / (many + more)
            pools[at : at + 2] = [(mean, many + more, size + other)]
        kept[list(chain)] = [round(mean) for mean, _, size in pools for _ in range(size)]
    for chain in chains[1:]:
        kept[list(chain)] = np.minimum.accumulate(kept[list(chain)])
    if chains:
        kept[-1] = min(kept[-1], 0)
    return kept
