"""Cluster: merge the groups that are each other's best neighbours, again and again.

The best neighbour of a group is the one with the greatest mean probability over all pairs between
them, of equals the one that is named by the smaller row; groups without any scored pair between
them are never merged. A pair that was never scored counts as a mean of what is believed of it and
of what was scored between the same groups.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import combinations
from typing import Any

import pyarrow as pa

from keepone.rules.model_prior import model_rules
from keepone.schema import GROUPS
from keepone.settings import ClusterSettings

_MILLION = 1_000_000
_LINK, _LINKS_EACH, _MOST_RECORDS = 666_667, 6, 20_000
_Link = tuple[int, int]
# Between two groups: the sum of probabilities over pairs of records, how many were scored, and both
# once more with each pair of unequal records counted once.
_Sums = tuple[int, int, int, int]
_NOTHING: _Sums = (0, 0, 0, 0)


def cluster(
    engine: object,  # noqa: ARG001 - plain Python needs no engine
    settings: ClusterSettings,
    *,
    distinct: pa.Table,
    origins: pa.Table,
    candidates: pa.Table,
    scored: pa.Table,
    model: dict[str, Any],
) -> dict[str, pa.Table]:
    """Return `groups`, as the stage of the same name promises."""
    join = round(settings.join * _MILLION / 100)
    found = group_of_rows(distinct, origins, candidates, scored, model, join=join)
    lines = [{"row": row, "group": group} for row, group in enumerate(found)]
    return {"groups": pa.Table.from_pylist(lines, schema=GROUPS.arrow())}


def group_of_rows(
    distinct: pa.Table,
    origins: pa.Table,
    candidates: pa.Table,
    scored: pa.Table,
    model: dict[str, Any],
    *,
    join: int,
) -> list[int]:
    """Return the group of each record, joined at `join` millionths."""
    representatives = distinct.column("representative").to_pylist()
    found = {(line["l"], line["r"]): line["probability"] for line in scored.to_pylist()}
    together = {left for (left, right), said in found.items() if left == right and said >= join}
    apart = {link: said for link, said in found.items() if link[0] != link[1]}
    origin = {line["row"]: {line["origin"]} for line in origins.to_pylist()}
    compared = {(line["l"], line["r"]) for line in candidates.to_pylist()}
    rules = model_rules()
    telling = rules.telling(field["type"] for field in model["fields"])
    leeway = _leeway(compared, apart) if rules.fits_levels(telling) else 0
    leeway = rules.leeway_at(join, leeway)
    groups = _Groups(Counter(representatives), apart, join, leeway, origin)
    while links := groups.mutual():
        groups.merge(links)
    group_of = groups.by_member()
    return [
        group_of[representative] if row == representative or representative in together else row
        for row, representative in enumerate(representatives)
    ]


def _leeway(compared: set[_Link], scored: dict[_Link, int]) -> int:
    """Return the leeway that two links of one record leave, which may contradict each other."""
    linked: defaultdict[int, list[int]] = defaultdict(list)
    for (left, right), probability in scored.items():
        if probability >= _LINK:
            linked[left].append(right)
            linked[right].append(left)
    centres = sorted(row for row, others in linked.items() if len(others) > 1)
    wedges = [
        (one, other)
        for row in centres[:: len(centres) // _MOST_RECORDS + 1]
        for one, other in combinations(sorted(linked[row])[:_LINKS_EACH], 2)
    ]
    closed = [wedge for wedge in wedges if wedge in compared]
    return model_rules().leeway(len(closed), sum(wedge not in scored for wedge in closed))


class _Groups:
    """Groups of representatives, each named by its smallest, and the scored pairs between them.

    `join` is the mean in millionths that a pair of groups must reach to be merged, of which some of
    `leeway` is taken off as they grow. Groups that both
    have a record of one of the `origins` never are.
    """

    def __init__(
        self,
        copies: Counter[int],
        scored: dict[_Link, int],
        join: int,
        leeway: int,
        origins: dict[int, set[int]],
    ) -> None:
        rules = model_rules()
        self._absent, self._doubt = round(rules.absent * _MILLION), rules.doubt
        self._join, self._leeway = join, leeway
        self._members = {row: [row] for row in copies}
        self._size = dict(copies)
        self._origins = {row: origins.get(row, set()) for row in copies}
        # Per group and neighbour, from both sides.
        self._between: dict[int, dict[int, _Sums]] = {row: {} for row in copies}
        for (left, right), found in scored.items():
            pairs = copies[left] * copies[right]
            self._between[left][right] = self._between[right][left] = (
                found * pairs,
                pairs,
                found,
                1,
            )
        # The best neighbour of each group that has one to be merged with; what a merge changes is
        # looked up anew.
        self._best: dict[int, int] = {}
        for row in copies:
            self._find_best(row)

    def _mean(self, one: int, other: int) -> float:
        """Return the mean probability of all pairs between two groups, scored or not."""
        total, present, said, seen = self._between[one][other]
        possible = self._size[one] * self._size[other]
        unseen = (self._absent * self._doubt + said) / (self._doubt + seen)
        return (total + unseen * (possible - present)) / possible

    def _find_best(self, group: int) -> None:
        means = [
            (-self._mean(group, other), other)
            for other in self._between[group]
            if not self._origins[group] & self._origins[other]
        ]
        reach = [each for each in means if -each[0] >= self._needed(group, each[1])]
        self._best.pop(group, None)
        if reach:
            self._best[group] = min(reach)[1]

    def _needed(self, one: int, other: int) -> float:
        """Return the mean that two groups must reach."""
        beyond = len(self._members[one]) + len(self._members[other]) - 1
        known = self._between[one][other][1] / (self._size[one] * self._size[other])
        return self._join - self._leeway * (1 - 1 / beyond) * known

    def mutual(self) -> list[_Link]:
        """Return the pairs of groups each of which is the other's best neighbour."""
        return [
            (one, other)
            for one, other in self._best.items()
            if one < other and self._best.get(other) == one
        ]

    def merge(self, links: list[_Link]) -> None:
        """Make each of the pairs of groups one, under the smaller name."""
        changed: set[int] = set()
        for keeps, goes in links:
            self._members[keeps] += self._members.pop(goes)
            self._size[keeps] += self._size.pop(goes)
            self._origins[keeps] = self._origins[keeps] | self._origins.pop(goes)
            gone, kept = self._between.pop(goes), self._between[keeps]
            for other in gone:
                del self._between[other][goes]
            for other in gone.keys() - {keeps}:
                sums = zip(kept.get(other, _NOTHING), gone[other], strict=True)
                total, present, said, seen = (one + more for one, more in sums)
                kept[other] = self._between[other][keeps] = (total, present, said, seen)
            self._best.pop(goes, None)
            changed |= {keeps, *kept}
        for group in changed & self._members.keys():
            self._find_best(group)

    def by_member(self) -> dict[int, int]:
        """Return the name of each member's group."""
        return {row: name for name, members in self._members.items() for row in members}
