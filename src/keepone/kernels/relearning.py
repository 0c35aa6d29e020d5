"""Weighs levels anew by what the grouping makes of a file's own pairs.

The mixture holds fields for independent, and among pairs that a key has found they are not: two
people who are not one share a family name and a town because that is how they were found. A group
knows more of a pair than its own fields do, since all its records were compared with each other. So
the weights are learned once more, as those by which a pair's fields tell best whether its records
ended in one group; they are held to what the mixture gave, and a part of each label stays the
model's own probability.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from keepone.kernels.encoding import Ints, Longs
from keepone.kernels.evidence import add_evidence, match_probability
from keepone.kernels.grouping import group_records
from keepone.kernels.held_logistic import Floats, Shown, moved_weights
from keepone.kernels.mixture import Chains
from keepone.kernels.origins import Origins, origin_of_rows
from keepone.rules.model_prior import model_rules

_MILLION = 1_000_000
# The groups to learn from are joined at this, in millionths, whatever cluster.join says.
_JOIN = 500_000
# Pairs below this, in millionths, are ruled out, as they are when a file is scored.
_FLOOR = 10_000
# Patterns below this, in millionths, none of whose pairs is joined, tell nothing more.
_LEAST_TOLD = 1_000


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights of each field's levels and of the start, in 1/1000 bit, and how they add up."""

    levels: list[Ints]
    start: int
    families: list[str]
    overlap: int
    slope: float


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What groups say, per pattern: the model's `probability` in millionths, and of how many pairs.

    `joined` of them ended in one group.
    """

    probability: Ints
    pairs: Longs
    joined: Longs


@dataclass(frozen=True, slots=True)
class Bounds:
    """What no weight of a field may do: see `Prior`."""

    falling: Chains
    differing: int


@dataclass(frozen=True, slots=True)
class Compared:
    """Candidate pairs with `which` of the patterns each shows: per field, the level of each.

    Pairs are of representatives, sorted; with left = right those of equal records, which show
    nothing but that they are equal.
    """

    left: Longs
    right: Longs
    which: Longs
    patterns: list[Longs]


def relearned(
    weights: Weights,
    bounds: Sequence[Bounds],
    compared: Compared,
    *,
    distinct: pa.Table,
    origins: pa.Table,
    types: Sequence[str],
) -> Weights:
    """Return the weights as the groups that they make have them, so many times as the rules say.

    `types` are those of the compared fields.
    """
    rules = model_rules()
    model = {"fields": [{"type": each} for each in types]}
    columns = {"l": compared.left, "r": compared.right}
    candidates = pa.table({name: pa.array(rows, pa.int32()) for name, rows in columns.items()})
    unequal = compared.left != compared.right
    for _ in range(rules.relearned):
        weight = weights.start + add_evidence(
            [own[level] for own, level in zip(weights.levels, compared.patterns, strict=True)],
            weights.families,
            weights.overlap,
        )
        of_pattern = match_probability(weight, weights.slope)
        probability = of_pattern[compared.which]
        kept = np.flatnonzero(probability >= _FLOOR)
        scored = candidates.take(pa.array(kept)).append_column(
            "probability", pa.array(probability[kept])
        )
        group = group_records(distinct, origins, candidates, scored, model, join=_JOIN)
        one, other = group[compared.left], group[compared.right]
        together = one == other
        origin = origin_of_rows(origins, len(group))
        barred = ~together & Origins(group.astype(np.int64), origin).shared(one, other)
        pairs, joined = (
            np.bincount(compared.which[shows], minlength=len(of_pattern)).astype(np.int64)
            for shows in (unequal & ~barred, unequal & together)
        )
        verdict = _Verdict(of_pattern, pairs, joined)
        weights = _learned(weights, bounds, compared.patterns, verdict)
    return weights


def _learned(
    weights: Weights, bounds: Sequence[Bounds], patterns: list[Longs], verdict: _Verdict
) -> Weights:
    """Return the weights by which patterns tell best which of their pairs were joined."""
    rules = model_rules()
    told = (verdict.probability >= _LEAST_TOLD) | (verdict.joined > 0)
    seen = np.flatnonzero((verdict.pairs > 0) & told)
    levels = [own[seen] for own in patterns]
    pairs, joined = verdict.pairs[seen], verdict.joined[seen]
    unit = weights.slope * math.log(2)
    believed = rules.relearned_kept * pairs * verdict.probability[seen] / _MILLION
    shown = Shown(
        levels,
        [
            unit * counts * (own > 0)
            for counts, own in zip(_counts(weights, levels), levels, strict=True)
        ],
        unit,
        pairs.astype(np.float64),
        (1 - rules.relearned_kept) * joined + believed,
    )
    moved, start = moved_weights(
        shown,
        [own / 1000 for own in weights.levels],
        weights.start / 1000,
        spread=rules.relearned_spread,
        spread_of_start=rules.relearned_spread_of_start,
    )
    bounded = []
    for own, level, bound in zip(moved, levels, bounds, strict=True):
        said = np.bincount(level, weights=pairs, minlength=len(own)).astype(np.int64)
        bounded.append(_bounded(np.rint(1000 * own).astype(np.int32), bound, said))
    return replace(weights, levels=bounded, start=round(1000 * start))


def _counts(weights: Weights, levels: list[Longs]) -> list[Floats]:
    """Return how much of each field's weight counts in each row: whole, or by the overlap."""
    shown = [own[level] for own, level in zip(weights.levels, levels, strict=True)]
    counts: list[Floats] = [np.ones(len(own)) for own in shown]
    rest = weights.overlap / 1000
    for family in dict.fromkeys(weights.families):
        members = [at for at, name in enumerate(weights.families) if name == family]
        if len(members) == 1:
            continue
        own = np.stack([shown[at] for at in members])
        best, worst = own.argmax(axis=0), own.argmin(axis=0)
        for nth, at in enumerate(members):
            whole = ((best == nth) & (own[nth] > 0)) | ((worst == nth) & (own[nth] < 0))
            counts[at] = np.where(whole, 1.0, rest)
    return counts


def _bounded(weights: Ints, bounds: Bounds, pairs: Longs) -> Ints:
    """Return the weights with no level above the one before it in a chain.

    Grades that rise are taken together, each by the pairs that showed it; of the other chains the
    later level is lowered.
    """
    kept: npt.NDArray[np.int32] = weights.copy()
    for chain in bounds.falling[:1]:
        pools: list[tuple[int, int, int]] = []
        for level in chain:
            pools.append((int(weights[level]) * (own := int(pairs[level]) + 1), own, 1))
            while len(pools) > 1 and pools[-2][0] * pools[-1][1] < pools[-1][0] * pools[-2][1]:
                (total, many, size), (more, others, levels) = pools[-2:]
                pools[-2:] = [(total + more, many + others, size + levels)]
        kept[list(chain)] = [total // many for total, many, size in pools for _ in range(size)]
    for chain in bounds.falling[1:]:
        kept[list(chain)] = np.minimum.accumulate(kept[list(chain)])
    if bounds.falling:
        kept[-1] = min(int(kept[-1]), bounds.differing)
    return kept
