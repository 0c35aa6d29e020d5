"""Fits the shares of matches and non-matches at every level, by expectation maximisation.

The Fellegi-Sunter model over counted patterns of levels, with a prior: `m` and `u` of each level
start from weights learned on labelled files of many kinds, and move only as far as this file's
own pairs outweigh them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from keepone.kernels.columns import Levels
from keepone.kernels.encoding import Ints, Longs
from keepone.kernels.evidence import add_evidence
from keepone.rules.model_prior import ModelRules

Floats = npt.NDArray[np.float64]
Chains = tuple[tuple[int, ...], ...]

_LEAST_SHARE, _MOST_SHARE = 1e-5, 0.9
_CONVERGED = 1e-4
# The share of matches starts low: a start that is too high lets the mixture settle on any two
# clusters it finds.
_START_SHARE = 0.02
# By how many more pairs a level could as well be shown: two standard deviations, and three pairs
# where none shows it, which is as improbable.
_DEVIATIONS, _UNSEEN = 2.0, 3.0
# Pairs that the prior's belief about the share of matches weighs as much as.
_SHARE_PAIRS = 50.0


@dataclass(frozen=True, slots=True)
class Prior:
    """What is believed of a field's levels, without `missing`, before the file is seen.

    `falling` holds chains of levels (with `missing` as 0), each at most as heavy as the one before;
    `differing` is what the last level, that all differs, weighs at most, in 1/1000 bit, where there
    are such chains. Unless it `moves`, a field keeps its shares, but for two things that the file
    says of others: where `capped`, no level is more frequent among them than it can be by what all
    pairs show; and pairs of the first levels have the `odds` of a match that are known of this
    file, whatever its share of matches: nan where the file tells nothing.
    """

    m: Floats
    u: Floats
    falling: Chains = ()
    differing: int = 0
    odds: Floats | None = None
    moves: bool = True
    capped: bool = False

    def others(self, shown: Floats, match_share: float, prior_weight: int, slope: float) -> Floats:
        """Return u of a field that does not move, where so many of all pairs show each level.

        Every pair weighs `prior_weight`, in 1/1000 bit of evidence; a bit is worth `slope`.
        """
        u = self.u.copy()
        if self.capped and shown.any():
            most = shown + _DEVIATIONS * np.sqrt(shown) + _UNSEEN
            u = np.minimum(u, most / (shown.sum() * (1 - match_share)))
        if self.odds is None:
            return u
        known = np.flatnonzero(~np.isnan(self.odds))
        weight = np.log2(self.odds[known]) / slope - prior_weight / 1000
        u[known] = self.m[known] / np.exp2(weight)
        return u


@dataclass(frozen=True, slots=True)
class Fit:
    """The fitted shares per field (without the level `missing`), and the share of matches."""

    m: list[Floats]
    u: list[Floats]
    match_share: float
    iterations: int


def count_patterns(levels: list[Levels], pairs: Longs) -> tuple[list[Longs], Longs, Longs]:
    """Return the distinct rows of levels, per field, how many pairs show each, and who shows which.

    Entry i of `levels` stands for `pairs[i]` pairs.
    """
    code = np.zeros(len(levels[0]), dtype=np.int64)
    room = 1
    for each in levels:
        size = int(each.max(initial=0)) + 1
        if room > (1 << 62) // size:
            code = np.unique(code, return_inverse=True)[1].astype(np.int64)
            room = int(code.max(initial=0)) + 1
        code = code * size + each
        room *= size
    _, first, pattern = np.unique(code, return_index=True, return_inverse=True)
    counts = np.bincount(pattern, weights=pairs, minlength=len(first)).astype(np.int64)
    return [each[first].astype(np.int64) for each in levels], counts, pattern.astype(np.int64)


def level_weights(m: Floats, u: Floats, falling: Chains = (), differing: int = 0) -> Ints:
    """Return the weight of each level in 1/1000 bit, `missing` (0) first.

    Along each chain of `falling`, in order, no level weighs more than the one before: that few
    pairs showed a level must not make less agreement weigh more. Neighbours that would are taken
    together in the first chain, that of grades; in the others the later one is lowered. The last
    level of a comparison, that all differs, weighs `differing` at most: where it would weigh more,
    the mixture has found tenants of one building.
    """
    ratios = m / u
    for chain in falling[:1]:
        ratios[[level - 1 for level in chain]] = _pooled(
            [(float(m[level - 1]), float(u[level - 1]), 1) for level in chain]
        )
    weights: Ints = np.zeros(len(m) + 1, dtype=np.int32)
    weights[1:] = np.rint(1000 * np.log2(ratios))
    for chain in falling[1:]:
        weights[list(chain)] = np.minimum.accumulate(weights[list(chain)])
    if falling:
        weights[-1] = min(weights[-1], differing)
    return weights


def _pooled(levels: list[tuple[float, float, int]]) -> list[float]:
    """Return m over u of (m, u, 1) levels, with neighbours of rising ratio taken together."""
    pools: list[tuple[float, float, int]] = []
    for level in levels:
        pools.append(level)
        while len(pools) > 1 and pools[-2][0] * pools[-1][1] < pools[-1][0] * pools[-2][1]:
            (m, u, size), (other_m, other_u, other_size) = pools[-2:]
            pools[-2:] = [(m + other_m, u + other_u, size + other_size)]
    return [m / u for m, u, size in pools for _ in range(size)]


def fit_mixture(
    patterns: list[Longs],
    counts: Longs,
    priors: list[Prior],
    families: list[str],
    rules: ModelRules,
    *,
    telling: int,
    max_iterations: int,
) -> Fit:
    """Fit `m`, `u` and the share of matches to counted patterns of levels.

    `families` names, per field, the family whose evidence overlaps; `telling` is how many fields
    are not vague; `rules` says how evidence is tempered and how much the prior weighs.
    """
    m, u = [prior.m for prior in priors], [prior.u for prior in priors]
    slope, strength = rules.slope(telling), rules.strength(telling)
    overlap = round(1000 * rules.overlap)
    pairs = counts.astype(np.float64)
    total = float(pairs.sum())
    share = _START_SHARE
    iterations = 0

    shown_by_all: list[Floats] = [
        np.bincount(levels, weights=pairs, minlength=len(prior.m) + 1)[1:].astype(np.float64)
        for levels, prior in zip(patterns, priors, strict=True)
    ]

    def held(moved: list[Floats]) -> list[Floats]:
        weight = rules.prior_weight(share, telling)
        return [
            own if prior.moves else prior.others(seen, share, weight, slope)
            for own, prior, seen in zip(moved, priors, shown_by_all, strict=True)
        ]

    while iterations < max_iterations and len(counts):
        iterations += 1
        u = held(u)
        shown = [
            level_weights(own_m, own_u, prior.falling, prior.differing)[levels]
            for levels, own_m, own_u, prior in zip(patterns, m, u, priors, strict=True)
        ]
        # The prior odds count whole here. A share of them only would let a class of pairs that are
        # no matches feed itself: the larger it grows, the less it takes to belong to it.
        bits = slope * add_evidence(shown, families, overlap) / 1000 + np.log2(share / (1 - share))
        odds = np.exp2(np.clip(bits, -60, 60))
        posterior = odds / (1 + odds)
        matched, unmatched = posterior * pairs, (1 - posterior) * pairs
        matches = float(matched.sum())
        before = share
        share = float(np.clip((matches + 1) / (total + _SHARE_PAIRS), _LEAST_SHARE, _MOST_SHARE))
        strength_m = max(rules.least_strength, strength * matches)
        strength_u = max(rules.least_strength, rules.strength_others * (total - matches))
        m = [
            _posterior_share(levels, matched, prior.m, strength_m) if prior.moves else own
            for levels, prior, own in zip(patterns, priors, m, strict=True)
        ]
        u = [
            _posterior_share(levels, unmatched, prior.u, strength_u) if prior.moves else own
            for levels, prior, own in zip(patterns, priors, u, strict=True)
        ]
        if abs(share - before) <= _CONVERGED * before:
            break
    return Fit(m, held(u), share, iterations)


def _posterior_share(levels: Longs, weights: Floats, prior: Floats, strength: float) -> Floats:
    """Return the shares of the levels among `weights`, with the prior as `strength` pairs."""
    seen = np.bincount(levels, weights=weights, minlength=len(prior) + 1)[1:]
    shares: Floats = (seen + strength * prior) / (seen.sum() + strength)
    return shares
