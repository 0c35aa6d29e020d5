"""What scores are worth: of the pairs of a score, the share whose records end in one group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

from keepone.reference.cluster import group_of_rows

_JOIN, _LEAST_SHOWING = 500_000, 2
_PRIOR_PAIRS, _KEPT = 20, 2

_Step = tuple[int, Fraction, Fraction, int]  # first weight, matches, pairs with the prior, pairs


class Steps:
    """Steps of rising weight and share, for scored pairs given as lines without `probability`."""

    def __init__(self, representatives: list[int], lines: Sequence[dict[str, Any]]) -> None:
        scored = {(line["l"], line["r"]): line["model_probability"] for line in lines}
        group = group_of_rows(representatives, scored, _JOIN)
        copies, size = Counter(representatives), Counter(group)
        counted: Counter[int] = Counter()
        joined: Counter[int] = Counter()
        believed: dict[int, int] = {}
        for line in lines:
            weight, left, right = line["weight"], line["l"], line["r"]
            believed[weight] = line["model_probability"]
            around = sum(size[each] for each in {group[left], group[right]})
            if left != right and around > _LEAST_SHOWING:
                pairs = copies[left] * copies[right]
                counted[weight] += pairs
                joined[weight] += pairs if group[left] == group[right] else 0
        self._steps: list[_Step] = []
        before = None
        for weight in sorted(believed):
            gap = 1000 if before is None else min(weight - before, 1000)
            prior, before = Fraction(_PRIOR_PAIRS * gap, 1000), weight
            matches = joined[weight] + prior * Fraction(believed[weight], 1_000_000)
            self._steps.append((weight, matches, counted[weight] + prior, counted[weight]))
        self._pool()

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

    def probability(self, line: dict[str, Any]) -> int:
        """Return the calibrated probability of a scored pair, in millionths."""
        share = [_millionths(step) for step in self._steps if step[0] <= line["weight"]][-1]
        return int((100 - _KEPT) * share + _KEPT * line["model_probability"]) // 100

    def told(self) -> list[dict[str, int]]:
        """Return the lines of the table `calibration`."""
        return [
            {"weight": step[0], "share": _millionths(step), "pairs": step[3]}
            for step in self._steps
        ]


def _millionths(step: _Step) -> int:
    _, matches, whole, _ = step
    return int(1_000_000 * matches / whole)
