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
_Origin = tuple[str, int]
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
    judgements: pa.Table,
) -> dict[str, pa.Table]:
    """Return `groups`, as the stage of the same name promises."""
    join = round(settings.join * _MILLION / 100)
    found = group_of_rows(
        distinct, origins, candidates, scored, model, join=join, judgements=judgements
    )
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
    judgements: pa.Table | None = None,
) -> list[int]:
    """Return the group of each record, joined at `join` millionths, or as people decided."""
    representatives = distinct.column("representative").to_pylist()
    judged = [] if judgements is None else judgements.to_pylist()
    held, parted = (
        [(line["row"], line["number"]) for line in judged if line["kind"] == kind]
        for kind in ("same", "apart")
    )
    leaders = _leaders(representatives, {row for row, _ in (*held, *parted)})
    led: dict[int, set[int]] = {}
    for representative, leader in zip(representatives, leaders, strict=True):
        led.setdefault(representative, set()).add(leader)
    together: set[int] = set()
    found: dict[_Link, int] = {}
    unequal: dict[_Link, int] = {}
    for line in scored.to_pylist():
        left, right, said = line["l"], line["r"], line["probability"]
        if left != right:
            unequal[left, right] = said
        elif said >= join:
            together.add(left)
        for one in led[left]:
            for other in led[right]:
                if one != other:
                    found[min(one, other), max(one, other)] = said
    kept_apart: dict[int, set[_Origin]] = {}
    for line in origins.to_pylist():
        kept_apart.setdefault(line["row"], set()).add(("source", line["origin"]))
    for row, number in parted:
        kept_apart.setdefault(row, set()).add(("judged", number))
    leeway = model_rules().leeway_at(join, _leeway(candidates, unequal, model))
    groups = _Groups(Counter(leaders), found, join, leeway, kept_apart)
    for _, number in held:
        rows = sorted(row for row, other in held if other == number)
        groups.hold(rows)
    groups.begin()
    while links := groups.mutual():
        groups.merge(links)
    group_of = groups.by_member()
    return [
        group_of[leader] if row == leader or representatives[row] in together else row
        for row, leader in enumerate(leaders)
    ]


def _leaders(representatives: list[int], judged: set[int]) -> list[int]:
    """Return the record that stands for each: itself if it is judged, else its first equal."""
    first: dict[int, int] = {}
    return [
        row if row in judged else first.setdefault(representative, row)
        for row, representative in enumerate(representatives)
    ]


def _leeway(candidates: pa.Table, scored: dict[_Link, int], model: dict[str, Any]) -> int:
    """Return the leeway that two links of one record leave, which may contradict each other."""
    rules = model_rules()
    if not rules.fits_levels(rules.telling(field["type"] for field in model["fields"])):
        return 0
    compared = {(line["l"], line["r"]) for line in candidates.to_pylist()}
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
    return rules.leeway(len(closed), sum(wedge not in scored for wedge in closed))


class _Groups:
    """Groups of representatives, each named by its smallest, and the scored pairs between them.

    `join` is the mean in millionths that a pair of groups must reach to be merged, of which some of
    `leeway` is taken off as they grow. Groups that both have a record of one of the `origins` never
    are.
    """

    def __init__(
        self,
        copies: Counter[int],
        scored: dict[_Link, int],
        join: int,
        leeway: int,
        origins: dict[int, set[_Origin]],
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

    def begin(self) -> None:
        """Find the best neighbour of each group."""
        for group in self._members:
            self._find_best(group)

    def hold(self, rows: list[int]) -> None:
        """Make one group of these, the smallest first, whatever their scores."""
        for row in rows[1:]:
            if row in self._members:
                self._take_in(rows[0], row)

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
            changed |= {keeps, *self._take_in(keeps, goes)}
            self._best.pop(goes, None)
        for group in changed & self._members.keys():
            self._find_best(group)

    def _take_in(self, keeps: int, goes: int) -> set[int]:
        """Make the group `goes` part of `keeps`, and return the groups beside it."""
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
        return {*kept}

    def by_member(self) -> dict[int, int]:
        """Return the name of each member's group."""
        return {row: name for name, members in self._members.items() for row in members}
