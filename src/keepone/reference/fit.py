"""Fit, pair by pair: expectation maximisation of the Fellegi-Sunter model with a prior."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise
from typing import Any

import pyarrow as pa

from keepone.errors import SettingsError
from keepone.model import MODEL_VERSION, Model
from keepone.reference.comparison import MISSING, SAME, grade
from keepone.reference.evidence import total_evidence
from keepone.reference.levels import ComparedField, compared_fields, term_frequencies
from keepone.reference.list_levels import WordLists
from keepone.reference.relearning import Field, relearned
from keepone.rules.model_prior import level_priors, model_rules
from keepone.settings import FitSettings

_Pattern = tuple[str, ...]
_Shares = dict[str, float]

_MOST_PAIRS = 150_000
_SCATTER = 0x9E3779B97F4A7C15
_BITS_64 = (1 << 64) - 1
_START_SHARE, _LEAST_SHARE, _MOST_SHARE = 0.02, 1e-5, 0.9
_SHARE_PAIRS = 50
_CONVERGED = 1e-4
_NEVER_AGREE = 100


def fit(
    engine: object,  # noqa: ARG001 - plain Python needs no engine
    settings: FitSettings,
    *,
    fields: pa.Table,
    features: pa.Table,
    distinct: pa.Table,
    origins: pa.Table,
    candidates: pa.Table,
) -> dict[str, Any]:
    """Return `model` and `frequencies`, as the stage of the same name promises."""
    compared = compared_fields(fields, features, distinct)
    if settings.model is not None:
        assert isinstance(settings.model, Model)
        laid_out = _laid_out(settings.model, compared, distinct.num_rows)
        return {"model": laid_out, "frequencies": term_frequencies(compared)}
    pairs = _sample([(line["l"], line["r"]) for line in candidates.to_pylist()])
    copies = Counter(distinct.column("representative").to_pylist())
    patterns: Counter[_Pattern] = Counter()
    shows: dict[tuple[int, int], _Pattern] = {}
    for left, right in pairs:
        shown = tuple(each.comparison.level(left, right) for each in compared)
        shows[left, right] = shown
        # A record that stands for several equal ones makes a pair with each of the others.
        patterns[shown] += copies[left] - 1 if left == right else 1
    mixture = _Mixture(compared, patterns)
    mixture.fit(settings.max_iterations)
    mixture.relearn(shows, distinct, origins)
    return {
        "model": mixture.model(records=distinct.num_rows, pairs=len(pairs)),
        "frequencies": term_frequencies(compared),
    }


def _sample(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return at most `_MOST_PAIRS` pairs: those of the records that a hash puts first."""
    return sorted(sorted(sorted(pairs), key=_drawn)[:_MOST_PAIRS])


def _drawn(pair: tuple[int, int]) -> int:
    """Return when a pair is drawn: with the later of its records, equal ones by another hash."""
    left, right = pair
    return max(_scattered(left), _scattered(~right if left == right else right))


def _scattered(row: int) -> int:
    mixed = (row + 1) * _SCATTER & _BITS_64
    return (mixed ^ mixed >> 29) * _SCATTER & _BITS_64


class _Mixture:
    """Shares of matches and of other pairs at every level of every field."""

    def __init__(self, compared: list[ComparedField], patterns: Counter[_Pattern]) -> None:
        self._compared = compared
        self._patterns = patterns
        self._rules = model_rules()
        self._telling = self._fields_that_tell([each.type for each in compared])
        self._families = [self._rules.family(each.type, each.field) for each in compared]
        self._prior_m = [_prior(each, 0) for each in compared]
        self._prior_u = [_prior(each, 1) for each in compared]
        self._silence()
        self._moves = [self._rules.moves(each.type, self._telling) for each in compared]
        self._odds = [
            {} if moves else _odds_of_equal_names(each)
            for each, moves in zip(compared, self._moves, strict=True)
        ]
        self._m, self._u = list(self._prior_m), list(self._prior_u)
        self._weights = self._weigh()
        self._share = _START_SHARE
        self._start = self._prior_weight()
        self._slope = self._rules.slope(self._telling)
        self._iterations = 0

    def _prior_weight(self) -> int:
        return self._rules.prior_weight(self._share, self._telling)

    def _fields_that_tell(self, types: list[str]) -> int:
        """Return how many fields tell; beside two, three vague ones tell as much as one."""
        vague = [type_ for type_ in types if type_ in self._rules.vague]
        telling = len(types) - len(vague)
        if telling < 2:
            return telling
        return telling + (len(vague) - vague.count("legal_form")) // self._rules.vague_tell

    def _silence(self) -> None:
        """Let vague fields say nothing whose values never agree: their sources share no word."""
        self._silent = {at for at in range(len(self._compared)) if self._never_agrees(at)}
        heard: Counter[_Pattern] = Counter()
        for pattern, pairs in self._patterns.items():
            heard[self._heard(pattern)] += pairs
        self._patterns = heard
        for at in self._silent:
            self._prior_m[at] = self._prior_u[at]

    def _heard(self, pattern: _Pattern) -> _Pattern:
        return tuple(MISSING if at in self._silent else level for at, level in enumerate(pattern))

    def _never_agrees(self, at: int) -> bool:
        """Return whether a vague field of many pairs differs in all of them."""
        each = self._compared[at]
        differs = each.comparison.levels[-1]
        shown: Counter[str] = Counter()
        for pattern, pairs in self._patterns.items():
            shown[pattern[at]] += pairs
        del shown[MISSING]
        # Legal forms that agree count as missing, so all that is left differs.
        vague = each.type in self._rules.vague and each.type != "legal_form"
        counts_against = self._differing(at) < 0
        return (
            vague and counts_against and set(shown) == {differs} and shown[differs] >= _NEVER_AGREE
        )

    def _differing(self, at: int) -> int:
        """Return what it weighs at most that a field differs."""
        each = self._compared[at]
        differs = each.comparison.levels[-1]
        m, u = self._prior_m[at][differs], self._prior_u[at][differs]
        return self._rules.differing(each.type, m, u, telling=self._telling)

    def fit(self, max_iterations: int) -> None:
        """Move the shares towards what the file's own pairs show."""
        pairs = sum(self._patterns.values())
        while self._iterations < max_iterations and pairs:
            self._iterations += 1
            self._hold_others()
            matched = {
                pattern: count * self._posterior(pattern)
                for pattern, count in self._patterns.items()
            }
            unmatched = {
                pattern: count - matched[pattern] for pattern, count in self._patterns.items()
            }
            matches = math.fsum(matched.values())
            before = self._share
            share = (matches + 1) / (pairs + _SHARE_PAIRS)
            self._share = min(max(share, _LEAST_SHARE), _MOST_SHARE)
            strength = self._rules.strength(self._telling)
            self._m = self._maximised(matched, self._m, self._prior_m, strength)
            self._u = self._maximised(
                unmatched, self._u, self._prior_u, self._rules.strength_others
            )
            if abs(self._share - before) <= _CONVERGED * before:
                break
        self._hold_others()
        self._start = self._prior_weight()

    def relearn(
        self, shows: dict[tuple[int, int], _Pattern], distinct: pa.Table, origins: pa.Table
    ) -> None:
        """Weigh levels anew by which of the pairs end in one group."""
        if not self._iterations or self._telling < self._rules.fitted_from:
            return
        self._weights, self._start = relearned(
            [
                Field(
                    each.type,
                    family,
                    each.comparison.levels,
                    each.comparison.falling,
                    self._differing(at),
                )
                for at, (each, family) in enumerate(
                    zip(self._compared, self._families, strict=True)
                )
            ],
            self._weights,
            self._start,
            self._slope,
            {pair: self._heard(pattern) for pair, pattern in shows.items()},
            distinct=distinct,
            origins=origins,
        )

    def _hold_others(self) -> None:
        """Where levels do not move, let others show none more often than all pairs do.

        Equal names have the odds that the file gives them.
        """
        start = self._prior_weight() / 1000
        for at in [at for at, moves in enumerate(self._moves) if not moves]:
            m, u = self._m[at], dict(self._prior_u[at])
            if self._telling > 1:
                shown: Counter[str] = Counter()
                for pattern, pairs in self._patterns.items():
                    shown[pattern[at]] += pairs
                del shown[MISSING]
                others = shown.total() * (1 - self._share)
                for level in u if others else ():
                    most = shown[level] + 2 * math.sqrt(shown[level]) + 3
                    u[level] = min(u[level], most / others)
            for level, odds in self._odds[at].items():
                u[level] = m[level] / math.exp2(math.log2(odds) / self._slope - start)
            self._u[at] = u
        self._weights = self._weigh()

    def _posterior(self, pattern: _Pattern) -> float:
        """Return the probability that a pair which shows the pattern is a match."""
        weights = [self._weight(at, level) for at, level in enumerate(pattern)]
        evidence = total_evidence(weights, self._families, round(1000 * self._rules.overlap))
        slope = self._rules.slope(self._telling)
        bits = slope * evidence / 1000 + math.log2(self._share / (1 - self._share))
        odds = math.exp2(min(max(bits, -60), 60))
        return odds / (1 + odds)

    def _maximised(
        self,
        weights: dict[_Pattern, float],
        shares: list[_Shares],
        priors: list[_Shares],
        strength: float,
    ) -> list[_Shares]:
        """Return `shares` with those that move as among weighted patterns.

        The prior weighs as `strength` times as many pairs.
        """
        pairs = max(self._rules.least_strength, strength * math.fsum(weights.values()))
        return [
            _shares([(pattern[at], weight) for pattern, weight in weights.items()], prior, pairs)
            if self._moves[at]
            else shares[at]
            for at, prior in enumerate(priors)
        ]

    def _weight(self, at: int, level: str) -> int:
        """Return what a level of a field weighs, in 1/1000 bit."""
        if level == MISSING:
            return 0
        return self._weights[at][level]

    def _weigh(self) -> list[dict[str, int]]:
        """Return what the levels of each field weigh, lowered to where less agreement begins."""
        fields = []
        for at, (each, m, u) in enumerate(zip(self._compared, self._m, self._u, strict=True)):
            grades, *chains = each.comparison.falling
            ratio = {level: m[level] / u[level] for level in m} | _pooled(grades, m, u)
            weights = {level: round(1000 * math.log2(ratio[level])) for level in m}
            for chain in chains:
                for before, level in pairwise(chain):
                    most = 0 if before == MISSING else weights[before]
                    weights[level] = min(weights[level], most)
            # That all differs never speaks for a match, and against it not much less than usual.
            differs = each.comparison.levels[-1]
            weights[differs] = min(weights[differs], self._differing(at))
            fields.append(weights)
        return fields

    def model(self, *, records: int, pairs: int) -> dict[str, Any]:
        """Return the fitted model as plain data."""
        return {
            "version": MODEL_VERSION,
            "records": records,
            "pairs_fitted": pairs,
            "match_share": _told(self._share),
            "iterations": self._iterations,
            "prior_weight": self._start,
            "overlap": round(1000 * self._rules.overlap),
            "slope": self._slope,
            "calibrated": False,
            "fields": [
                {
                    "field": each.field,
                    "type": each.type,
                    "family": self._families[at],
                    "levels": [{"level": MISSING, "weight": 0}]
                    + [
                        {
                            "level": level,
                            "m": _told(self._m[at][level]),
                            "u": _told(self._u[at][level]),
                            "weight": self._weight(at, level),
                        }
                        for level in each.comparison.levels[1:]
                    ],
                }
                for at, each in enumerate(self._compared)
            ],
        }


def _laid_out(given: Model, compared: list[ComparedField], records: int) -> dict[str, Any]:
    """Return the given model's fields that this file has, in its order, and others as believed."""
    known = {(own.field, own.type): own for own in given.fields}
    ours = [(each.field, each.type) for each in compared]
    if ours and not set(ours) & known.keys():
        theirs, here = (
            ", ".join(f"{field} ({type_})" for field, type_ in some) for some in (known, ours)
        )
        message = "fit.model: the model weighs none of the fields that this file is compared on"
        raise SettingsError(message, hint=f"It weighs {theirs}; the file has {here}.")
    believed = _Mixture(compared, Counter()).model(records=records, pairs=0)
    fields = []
    for field in believed["fields"]:
        own = known.get((field["field"], field["type"]))
        weighs = {level["level"]: level["weight"] for level in field["levels"]}
        if own is not None:
            weighs |= {level.level: level.weight for level in own.levels}
        levels = [{"level": level, "weight": weight} for level, weight in weighs.items()]
        family = own.family if own is not None else field["family"]
        fields.append(field | {"family": family, "levels": levels})
    return believed | {
        "match_share": given.match_share,
        "prior_weight": given.prior_weight,
        "overlap": given.overlap,
        "slope": given.slope,
        "calibrated": given.calibrated,
        "fields": fields,
        "believed": [field for field, type_ in ours if (field, type_) not in known],
        "unused": [field for field, type_ in known if (field, type_) not in ours],
    }


def _told(share: float) -> float:
    """Return a share to nine significant digits."""
    return float(f"{share:.9g}")


def _pooled(grades: tuple[str, ...], m: _Shares, u: _Shares) -> _Shares:
    """Return m over u of the grades, taken together until no later one is above an earlier one."""
    pools = [[grade] for grade in grades]

    def ratio(pool: list[str]) -> float:
        return sum(m[grade] for grade in pool) / sum(u[grade] for grade in pool)

    while rising := [at for at in range(1, len(pools)) if ratio(pools[at - 1]) < ratio(pools[at])]:
        at = rising[0]
        pools[at - 1 : at + 1] = [pools[at - 1] + pools[at]]
    return {grade: ratio(pool) for pool in pools for grade in pool}


def _prior(compared: ComparedField, which: int) -> _Shares:
    """Return what is believed of a field's levels: m (`which` 0) or u (1), summing to 1."""
    known = level_priors()
    believed = {
        level: known[compared.type, level][which] for level in compared.comparison.levels[1:]
    }
    whole = math.fsum(believed.values())
    return {level: share / whole for level, share in believed.items()}


def _odds_of_equal_names(compared: ComparedField) -> _Shares:
    """Return the odds that two records of one name are one company, by the grade of equal names.

    As many names as are namesakes' in any file are so in this one; the rest are companies'.
    """
    if not (isinstance(compared.comparison, WordLists) and compared.comparison.held):
        return {}
    carried = compared.comparison.counts[f"{compared.comparison.part} glued"].values()
    names = sum(count > 0 for count in carried)
    of_grade = Counter(f"same, {grade(count)}" for count in carried if count > 1)
    odds = {}
    for level, share in zip(SAME, model_rules().namesakes, strict=True):
        if of_grade[level]:
            namesakes = (share * names + 5 * 0.1) / (of_grade[level] + 5)
            namesakes = min(max(namesakes, 0.02), 0.98)
            odds[level] = (1 - namesakes) / namesakes
    return odds


def _shares(shown: list[tuple[str, float]], prior: _Shares, strength: float) -> _Shares:
    """Return the share of each level among those shown, `missing` aside."""
    seen = dict.fromkeys(prior, 0.0)
    for level, weight in shown:
        if level != MISSING:
            seen[level] += weight
    whole = sum(seen.values()) + strength
    return {level: (seen[level] + strength * prior[level]) / whole for level in prior}
