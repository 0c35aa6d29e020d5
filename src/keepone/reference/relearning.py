"""Weighs levels anew by which pairs of a file end in one group.

Each round groups the pairs by the weights as they are, and finds the weights by which what a pair
shows tells best whether its records ended in one group: those of the least loss, of which there is
one minimum.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import pyarrow as pa

from keepone.reference.cluster import group_of_rows
from keepone.reference.comparison import MISSING, Chains
from keepone.reference.evidence import probability_of, total_evidence
from keepone.rules.model_prior import model_rules

Pattern = tuple[str, ...]
Weights = list[dict[str, int]]
# What a row adds up: how much log-odds a bit of each weight makes. A weight is a field's number and
# a level; the start of every row is numbered -1.
_Weight = tuple[int, str]
_Sum = dict[_Weight, float]

_MILLION = 1_000_000
_JOIN, _FLOOR, _LEAST_TOLD = 500_000, 10_000, 1_000
_START: _Weight = (-1, "start")
_MOST_STEPS, _SETTLED, _LEAST_STEP = 50, 1e-7, 2.0**-24


@dataclass(frozen=True, slots=True)
class Field:
    """A compared field: its family, the chains that its weights fall along, and `differing`.

    That is what the last of its levels weighs at most.
    """

    type: str
    family: str
    levels: Sequence[str]
    falling: Chains
    differing: int


@dataclass(frozen=True, slots=True)
class _Row:
    """A pattern: its sum, the pairs that show it, and how many of them are held to be matches."""

    sum: _Sum
    pairs: int
    matches: float


def relearned(
    fields: Sequence[Field],
    weights: Weights,
    start: int,
    slope: float,
    shows: Mapping[tuple[int, int], Pattern],
    *,
    distinct: pa.Table,
    origins: pa.Table,
) -> tuple[Weights, int]:
    """Return the weights of the fields' levels and of the start, 1/1000 bit, as groups have them.

    `shows` is the pattern of each pair of representatives.
    """
    rules = model_rules()
    model = {"fields": [{"type": each.type} for each in fields]}
    candidates = pa.table({"l": [one for one, _ in shows], "r": [other for _, other in shows]})
    origin = {line["row"]: line["origin"] for line in origins.to_pylist()}
    for _ in range(rules.relearned):
        probability = {
            pattern: probability_of(start + _evidence(fields, weights, pattern), slope)
            for pattern in set(shows.values())
        }
        lines = [
            {"l": one, "r": other, "probability": probability[pattern]}
            for (one, other), pattern in shows.items()
            if probability[pattern] >= _FLOOR
        ]
        schema = pa.schema([(name, pa.int32()) for name in ("l", "r", "probability")])
        scored = pa.Table.from_pylist(lines, schema=schema)
        groups = group_of_rows(distinct, origins, candidates, scored, model, join=_JOIN)
        held: dict[int, set[int]] = {}
        for row, own in origin.items():
            held.setdefault(groups[row], set()).add(own)
        pairs: Counter[Pattern] = Counter()
        joined: Counter[Pattern] = Counter()
        for (left, right), pattern in shows.items():
            one, other = groups[left], groups[right]
            barred = one != other and held.get(one, set()) & held.get(other, set())
            if left != right and not barred:
                pairs[pattern] += 1
                joined[pattern] += one == other
        told = {
            pattern: count
            for pattern, count in sorted(pairs.items())
            if probability[pattern] >= _LEAST_TOLD or joined[pattern]
        }
        kept = rules.relearned_kept
        rows = [
            _Row(
                _sum(fields, weights, slope, pattern),
                count,
                (1 - kept) * joined[pattern] + kept * count * probability[pattern] / _MILLION,
            )
            for pattern, count in told.items()
        ]
        values = _least_loss(
            rows,
            {
                (at, level): weight / 1000
                for at, own in enumerate(weights)
                for level, weight in own.items()
            }
            | {_START: start / 1000},
        )
        weights = [
            _bounded(
                field,
                {level: round(1000 * values[at, level]) for level in weights[at]},
                _shown(told, at),
            )
            for at, field in enumerate(fields)
        ]
        start = round(1000 * values[_START])
    return weights, start


def _shown(told: Mapping[Pattern, int], at: int) -> Counter[str]:
    """Return how many pairs show each level of a field."""
    shown: Counter[str] = Counter()
    for pattern, count in told.items():
        shown[pattern[at]] += count
    return shown


def _weight(weights: Weights, at: int, level: str) -> int:
    return 0 if level == MISSING else weights[at][level]


def _evidence(fields: Sequence[Field], weights: Weights, pattern: Pattern) -> int:
    said = [_weight(weights, at, level) for at, level in enumerate(pattern)]
    overlap = round(1000 * model_rules().overlap)
    return total_evidence(said, [each.family for each in fields], overlap)


def _sum(fields: Sequence[Field], weights: Weights, slope: float, pattern: Pattern) -> _Sum:
    """Return how much of each weight counts: of a family the strongest whole, others in part."""
    unit = slope * math.log(2)
    said = {at: _weight(weights, at, level) for at, level in enumerate(pattern)}
    part = round(1000 * model_rules().overlap) / 1000
    counts = {_START: unit}
    for at, level in enumerate(pattern):
        family = [own for own in said if fields[own].family == fields[at].family]
        # Of equals the first counts whole.
        best = max(family, key=lambda own: (said[own], -own))
        worst = min(family, key=lambda own: (said[own], own))
        whole = len(family) == 1 or (at == best and said[at] > 0) or (at == worst and said[at] < 0)
        if level != MISSING:
            counts[at, level] = unit * (1.0 if whole else part)
    return counts


def _least_loss(rows: Sequence[_Row], before: Mapping[_Weight, float]) -> dict[_Weight, float]:
    """Return the weights in bits that lose least, found by Newton's steps."""
    rules = model_rules()
    held = {
        weight: (rules.relearned_spread_of_start if weight == _START else rules.relearned_spread)
        ** -2.0
        for weight in before
    }
    values = dict(before)
    moving = sorted({weight for row in rows for weight in row.sum})

    def log_odds(row: _Row, at: Mapping[_Weight, float]) -> float:
        return math.fsum(counts * at[weight] for weight, counts in row.sum.items())

    def loss(at: Mapping[_Weight, float]) -> float:
        missed = []
        for row in rows:
            odds = log_odds(row, at)
            softplus = max(odds, 0.0) + math.log1p(math.exp(-abs(odds)))
            missed.append(row.pairs * softplus - row.matches * odds)
        strayed = (held[weight] * (at[weight] - before[weight]) ** 2 / 2 for weight in moving)
        return math.fsum(missed) + math.fsum(strayed)

    now = loss(values)
    for _ in range(_MOST_STEPS if moving else 0):
        place = {weight: at for at, weight in enumerate(moving)}
        gradient = [held[weight] * (before[weight] - values[weight]) for weight in moving]
        curvature = [[held[one] if one == other else 0.0 for other in moving] for one in moving]
        for row in rows:
            probability = (1 + math.tanh(log_odds(row, values) / 2)) / 2
            beyond = row.matches - row.pairs * probability
            doubt = row.pairs * probability * (1 - probability)
            for one, counts in row.sum.items():
                gradient[place[one]] += counts * beyond
                for other, others in row.sum.items():
                    curvature[place[one]][place[other]] += counts * others * doubt
        step = _solved(curvature, gradient)
        share = 1.0
        while (then := loss(_stepped(values, moving, step, share))) > now and share > _LEAST_STEP:
            share /= 2
        values, now = _stepped(values, moving, step, share), then
        if max(map(abs, step)) < _SETTLED:
            break
    return values


def _stepped(
    values: Mapping[_Weight, float], moving: Sequence[_Weight], step: Sequence[float], share: float
) -> dict[_Weight, float]:
    """Return the values moved by a share of the step."""
    moved = {weight: values[weight] + share * by for weight, by in zip(moving, step, strict=True)}
    return dict(values) | moved


def _solved(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Return the solution of a positive definite system, by elimination."""
    rows = [[*line, value] for line, value in zip(matrix, right, strict=True)]
    for at, pivot in enumerate(rows):
        for below in rows[at + 1 :]:
            factor = below[at] / pivot[at]
            if factor:
                for column in range(at, len(pivot)):
                    below[column] -= factor * pivot[column]
    solution = [0.0] * len(rows)
    for at in range(len(rows) - 1, -1, -1):
        known = math.fsum(rows[at][to] * solution[to] for to in range(at + 1, len(rows)))
        solution[at] = (rows[at][-1] - known) / rows[at][at]
    return solution


def _bounded(field: Field, weights: dict[str, int], shown: Mapping[str, int]) -> dict[str, int]:
    """Return the weights with none above the one before it in a chain: see the mixture's."""
    grades, *chains = field.falling
    pools = [[level] for level in grades]

    def mean(pool: list[str]) -> Fraction:
        pairs = {level: shown.get(level, 0) + 1 for level in pool}
        return Fraction(sum(weights[level] * pairs[level] for level in pool), sum(pairs.values()))

    while rising := [at for at in range(1, len(pools)) if mean(pools[at - 1]) < mean(pools[at])]:
        at = rising[0]
        pools[at - 1 : at + 1] = [pools[at - 1] + pools[at]]
    kept = weights | {level: math.floor(mean(pool)) for pool in pools for level in pool}
    for chain in chains:
        for one, level in pairwise(chain):
            kept[level] = min(kept[level], 0 if one == MISSING else kept[one])
    differs = field.levels[-1]
    kept[differs] = min(kept[differs], field.differing)
    return kept
