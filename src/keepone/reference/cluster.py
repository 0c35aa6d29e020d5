"""Cluster: merge the single best pair of groups, again and again.

This is average linkage as its definition has it; groups without any scored pair between them are
never merged. The result is exactly that of the stage, which merges many pairs at a time, ties
included: of equal means the smallest rows go first, and an average is never above what it is made
of, so that merging one pair never takes another its best. Both need that a pair which was never
scored counts less than the threshold, and that unequal means are unequal floating-point numbers,
as they are unless groups have tens of thousands of pairs between them.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from heapq import heappop, heappush

import pyarrow as pa

from keepone.rules.model_prior import model_rules
from keepone.schema import GROUPS, POSSIBLE_MATCHES
from keepone.settings import ClusterSettings, ScoreSettings

_MILLION = 1_000_000
_Link = tuple[int, int]


def cluster(
    engine: object,  # noqa: ARG001 - plain Python needs no engine
    settings: ClusterSettings,
    *,
    score: ScoreSettings,
    distinct: pa.Table,
    pairs: pa.Table,
) -> dict[str, pa.Table]:
    """Return `groups` and `possible_matches`, as the stage of the same name promises."""
    join = round(settings.join * _MILLION / 100)
    representatives = distinct.column("representative").to_pylist()
    scored = {(line["l"], line["r"]): line["probability"] for line in pairs.to_pylist()}
    together = {left for (left, right), found in scored.items() if left == right and found >= join}
    apart = {link: found for link, found in scored.items() if link[0] != link[1]}
    groups = _Groups(Counter(representatives), apart, join)
    while (best := groups.best()) is not None:
        groups.merge(best)
    group_of = groups.by_member()
    lines = [
        {
            "row": row,
            "group": group_of[representative]
            if row == representative or representative in together
            else row,
        }
        for row, representative in enumerate(representatives)
    ]
    found_group = {line["row"]: line["group"] for line in lines}
    possible = [
        line
        for line in pairs.select(POSSIBLE_MATCHES.arrow().names).to_pylist()
        if line["probability"] >= round(score.review * _MILLION / 100)
        and (
            line["l"] not in together
            if line["l"] == line["r"]
            else found_group[line["l"]] != found_group[line["r"]]
        )
    ]
    return {
        "groups": pa.Table.from_pylist(lines, schema=GROUPS.arrow()),
        "possible_matches": pa.Table.from_pylist(possible, schema=POSSIBLE_MATCHES.arrow()),
    }


class _Groups:
    """Groups of representatives, each named by its smallest, and the scored pairs between them.

    `join` is the mean in millionths that a pair of groups must reach to be merged.
    """

    def __init__(self, copies: Counter[int], scored: dict[_Link, int], join: int) -> None:
        self._absent = round(model_rules().absent * _MILLION)
        self._join = join
        self._members = {row: [row] for row in copies}
        self._size = dict(copies)
        # Per group and neighbour, from both sides: the sum of probabilities over pairs of records,
        # and how many of them were scored.
        self._between: dict[int, dict[int, tuple[int, int]]] = {row: {} for row in copies}
        # Pairs of groups that may be merged, the best first. What a merge changes is entered anew;
        # the older entry stays, and is passed over when its turn comes.
        self._queue: list[tuple[Fraction, _Link]] = []
        for (left, right), found in scored.items():
            possible = copies[left] * copies[right]
            self._join_up(left, right, (found * possible, possible))

    def _join_up(self, one: int, other: int, sums: tuple[int, int]) -> None:
        self._between[one][other] = self._between[other][one] = sums
        link = (min(one, other), max(one, other))
        if (mean := self._mean(link)) >= self._join:
            heappush(self._queue, (-mean, link))

    def _mean(self, link: _Link) -> Fraction:
        total, present = self._between[link[0]][link[1]]
        possible = self._size[link[0]] * self._size[link[1]]
        return Fraction(total + self._absent * (possible - present), possible)

    def best(self) -> _Link | None:
        """Return the pair of groups with the greatest mean; of equals, the smallest rows."""
        while self._queue:
            negative, link = heappop(self._queue)
            stands = link[1] in self._between.get(link[0], {})
            if stands and self._mean(link) == -negative:
                return link
        return None

    def merge(self, link: _Link) -> None:
        """Make the two groups one, under the smaller name."""
        keeps, goes = link
        self._members[keeps] += self._members.pop(goes)
        self._size[keeps] += self._size.pop(goes)
        gone, kept = self._between.pop(goes), self._between[keeps]
        for other in gone:
            del self._between[other][goes]
        for other in (kept.keys() | gone.keys()) - {keeps, goes}:
            total, present = kept.get(other, (0, 0))
            more, further = gone.get(other, (0, 0))
            self._join_up(keeps, other, (total + more, present + further))

    def by_member(self) -> dict[int, int]:
        """Return the name of each member's group."""
        return {row: name for name, members in self._members.items() for row in members}
