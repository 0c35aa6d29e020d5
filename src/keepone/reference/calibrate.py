"""Calibrate: of the pairs of a score, the share whose records end in one group."""

from __future__ import annotations

from collections import Counter, defaultdict
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pyarrow as pa

from keepone.reference.cluster import group_of_rows
from keepone.schema import CALIBRATION, PAIRS, POSSIBLE_MATCHES
from keepone.settings import CalibrateSettings, ClusterSettings, ScoreSettings

_MILLION = 1_000_000
_JOIN, _LEAST_SHOWING = 500_000, 2
_GRAIN, _PRIOR_PAIRS, _KEPT, _MOST_RAISED = 100, 20, 35, 940_000

_Step = tuple[int, Fraction, Fraction, int]  # first weight, matches, pairs with the prior, pairs


def calibrate(
    engine: object,  # noqa: ARG001 - plain Python needs no engine
    settings: CalibrateSettings,  # noqa: ARG001 - there is nothing to set
    *,
    score: ScoreSettings,
    cluster: ClusterSettings,
    model: dict[str, Any],
    distinct: pa.Table,
    origins: pa.Table,
    candidates: pa.Table,
    scored: pa.Table,
    groups: pa.Table,
    judgements: pa.Table,
) -> dict[str, pa.Table]:
    """Return `pairs`, `calibration` and `possible_matches`, as the stage of this name promises."""
    join = round(cluster.join * _MILLION / 100)
    lines = scored.to_pylist()
    even = group_of_rows(distinct, origins, candidates, scored, model, join=_JOIN)
    copies = Counter(distinct.column("representative").to_pylist())
    origin = {line["row"]: line["origin"] for line in origins.to_pylist()}
    steps = _Steps([] if model["calibrated"] else lines, even, copies, origin)
    group = groups.column("group").to_pylist()
    settled: dict[int, set[int]] = defaultdict(set)
    for judgement in judgements.to_pylist():
        if judgement["kind"] == "apart":
            settled[group[judgement["row"]]].add(judgement["number"])
    pairs, possible = [], []
    for line in lines:
        by_itself = line["probability"]
        probability = steps.probability(line["weight"], by_itself)
        pair = line | {"probability": probability, "model_probability": by_itself}
        pairs.append(pair)
        left, right = line["l"], line["r"]
        parted = by_itself < join
        if left != right:
            one, other = group[left], group[right]
            parted = one != other and not settled[one] & settled[other]
        if parted and probability >= round(score.review * _MILLION / 100):
            possible.append({name: pair[name] for name in POSSIBLE_MATCHES.arrow().names})
    return {
        "pairs": pa.Table.from_pylist(pairs, schema=PAIRS.arrow()),
        "calibration": pa.Table.from_pylist(steps.told(), schema=CALIBRATION.arrow()),
        "possible_matches": pa.Table.from_pylist(possible, schema=POSSIBLE_MATCHES.arrow()),
    }


class _Steps:
    """Steps of rising weight and share."""

    def __init__(
        self,
        lines: list[dict[str, Any]],
        group: list[int],
        copies: Counter[int],
        origin: dict[int, int],
    ) -> None:
        size = Counter(group)
        held: dict[int, set[int]] = defaultdict(set)
        for row, own in origin.items():
            held[group[row]].add(own)
        counted: Counter[int] = Counter()
        joined: Counter[int] = Counter()
        believed: dict[int, list[int]] = {}
        for line in lines:
            level, left, right = line["weight"] // _GRAIN, line["l"], line["r"]
            believed.setdefault(level, []).append(line["probability"])
            around = sum(size[each] for each in {group[left], group[right]})
            one, other = group[left], group[right]
            barred = one != other and held[one] & held[other]
            if left != right and around > _LEAST_SHOWING and not barred:
                pairs = copies[left] * copies[right]
                counted[level] += pairs
                joined[level] += pairs if group[left] == group[right] else 0
        self._steps: list[_Step] = []
        before = None
        for level in sorted(believed):
            gap = 1000 if before is None else min((level - before) * _GRAIN, 1000)
            prior, before = Fraction(_PRIOR_PAIRS * gap, 1000), level
            own = sum(believed[level]) // len(believed[level])
            matches = joined[level] + prior * Fraction(own, _MILLION)
            self._steps.append((level * _GRAIN, matches, counted[level] + prior, counted[level]))
        self._pool()
        if lines:
            lightest = min(line["weight"] for line in lines)
            self._steps[0] = (lightest, *self._steps[0][1:])

    def _pool(self) -> None:
        """Take neighbours together until every step has a greater share than the one before."""
        steps = self._steps
        while falling := [
            at
            for at, (one, other) in enumerate(pairwise(steps))
            if one[1] / one[2] >= other[1] / other[2]
        ]:
            at = falling[0]
            one, other = steps[at], steps[at + 1]
            both = (one[0], one[1] + other[1], one[2] + other[2], one[3] + other[3])
            steps[at : at + 2] = [both]

    def probability(self, weight: int, by_itself: int) -> int:
        """Return the calibrated probability of a scored pair, in millionths."""
        share = [_millionths(step) for step in self._steps if step[0] <= weight][-1:]
        if not share:
            return by_itself
        said = _mixed(share[0], by_itself)
        # Groups raise no score past a bound, and none at all that is there already.
        if said > by_itself:
            return max(by_itself, _mixed(min(share[0], _MOST_RAISED), by_itself))
        return said

    def told(self) -> list[dict[str, int]]:
        """Return the lines of the table `calibration`."""
        return [
            {"weight": step[0], "share": _millionths(step), "pairs": step[3]}
            for step in self._steps
        ]


def _mixed(share: int, by_itself: int) -> int:
    return ((100 - _KEPT) * share + _KEPT * by_itself) // 100


def _millionths(step: _Step) -> int:
    _, matches, whole, _ = step
    return int(_MILLION * matches / whole)
