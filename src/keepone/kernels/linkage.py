"""Average linkage over a sparse graph of pairs, all groups at once.

Two groups are merged when each is the other's best neighbour and the mean probability over all
their pairs reaches the threshold, which falls by a leeway as they grow: a mean over many records is
surer than one pair. Each round merges all such pairs of groups, so that the number of
rounds grows with the logarithm of group size.

Of pairs that were never scored nothing is known but this: where many others between the same two
groups were scored, they are most likely like those. Blocking does not make all pairs of a company
that stands in a file some hundred times, and the missing ones must not part it; while the few links
between two lookalike companies say nothing of the rest. Sums are integers, ties break by the
smaller row: the result does not depend on order or threads.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from keepone.kernels.encoding import Longs

# Edges are weighed so many at a time: what is worked out on the way takes more than they do.
_EDGES_AT_ONCE = 1 << 18


@dataclass(frozen=True, slots=True)
class _Edges:
    """What lies between two groups, one entry per pair of groups with left < right.

    `total` is the sum of probabilities over the `present` pairs of records that were scored; `said`
    the same sum over `seen` pairs of unequal records, each counted once.
    """

    left: Longs
    right: Longs
    total: Longs
    present: Longs
    said: Longs
    seen: Longs

    def columns(self) -> tuple[Longs, ...]:
        return self.left, self.right, self.total, self.present, self.said, self.seen

    def where(self, chosen: npt.NDArray[np.bool_]) -> _Edges:
        if chosen.all():
            return self
        return _Edges(*(values[chosen] for values in self.columns()))

    def and_(self, other: _Edges) -> _Edges:
        pairs = zip(self.columns(), other.columns(), strict=True)
        return _Edges(*(np.concatenate(both) for both in pairs))

    def between(self, group: Longs, at: Longs | None = None) -> _Edges:
        """Return the edges between the groups of their nodes; parallel ones are added up.

        Where `at` is given, only the edges at these places are taken. No column is copied before
        it is its turn: of the pairs of a large file, six copies are most of the memory.
        """
        if at is None:
            at = np.arange(len(self.left), dtype=np.int64)
        one, other = group[self.left[at]], group[self.right[at]]
        outer = np.flatnonzero(one != other)
        at, one, other = at[outer], one[outer], other[outer]
        pair = np.minimum(one, other) * len(group) + np.maximum(one, other)
        del one, other, outer
        if (pair[1:] > pair[:-1]).all():
            left, right = np.divmod(pair, len(group))
            return _Edges(left, right, *(values[at] for values in self.columns()[2:]))
        order = np.argsort(pair)
        pair, at = pair[order], at[order]
        del order
        starts = np.flatnonzero(np.concatenate(([True], pair[1:] != pair[:-1])))
        left, right = np.divmod(pair[starts], len(group))
        del pair
        sums = (np.add.reduceat(values[at], starts) for values in self.columns()[2:])
        return _Edges(left, right, *sums)


@dataclass(frozen=True, slots=True)
class _Weighing:
    """When two groups are one, in the words of `average_linkage`."""

    join: int
    absent: int
    doubt: int
    leeway: int

    def reaching(
        self, edges: _Edges, size: Longs, members: Longs
    ) -> tuple[Longs, npt.NDArray[np.float64]]:
        """Return the places of the edges whose groups may be one, and their means.

        `size` counts the records of each group, `members` its nodes.
        """
        places: list[Longs] = [np.zeros(0, dtype=np.int64)]
        means: list[npt.NDArray[np.float64]] = [np.zeros(0)]
        for start in range(0, len(edges.left), _EDGES_AT_ONCE):
            part = slice(start, start + _EDGES_AT_ONCE)
            left, right, total, present, said, seen = (values[part] for values in edges.columns())
            possible = size[left] * size[right]
            unseen = (self.absent * self.doubt + said) / (self.doubt + seen)
            mean = (total + unseen * (possible - present)) / possible
            beyond = members[left] + members[right] - 1
            known = present / possible
            reaches = np.flatnonzero(mean >= self.join - self.leeway * (1 - 1 / beyond) * known)
            places.append(reaches + start)
            means.append(mean[reaches])
        return np.concatenate(places), np.concatenate(means)


def origin_of_rows(origins: pa.Table, rows: int) -> Longs:
    """Return the table `origins` as one number per record, -1 for a record without one."""
    origin = np.full(rows, -1, dtype=np.int64)
    origin[origins.column("row").to_numpy()] = origins.column("origin").to_numpy()
    return origin


class Origins:
    """What keeps groups apart: origins, of which two groups that have one in common never merge."""

    def __init__(self, group: Longs, origin: Longs) -> None:
        """Take pairs of a group and an origin that it has; -1 is none."""
        known = origin >= 0
        self._width = int(origin.max(initial=0)) + 1
        self._held = np.sort(group[known] * self._width + origin[known])

    def merged(self, into: Longs) -> Origins:
        """Return the origins of the groups that each group goes into."""
        group, origin = np.divmod(self._held, self._width)
        return Origins(into[group], origin)

    def shared(self, left: Longs, right: Longs) -> npt.NDArray[np.bool_]:
        """Return which pairs of groups have an origin in common."""
        apart = np.zeros(len(left), dtype=bool)
        if not len(self._held):
            return apart
        first = [np.searchsorted(self._held, end * self._width) for end in (left, right)]
        count = [
            np.searchsorted(self._held, (end + 1) * self._width) - start
            for end, start in zip((left, right), first, strict=True)
        ]
        # The origins of the group that has fewer are looked up in the other.
        swap = count[0] > count[1]
        few, start = np.minimum(*count), np.where(swap, first[1], first[0])
        pair = np.repeat(np.arange(len(left)), few)
        at = np.arange(len(pair)) - np.repeat(np.cumsum(few) - few, few) + start[pair]
        wanted = np.where(swap, left, right)[pair] * self._width + self._held[at] % self._width
        found = np.minimum(np.searchsorted(self._held, wanted), len(self._held) - 1)
        apart[pair[self._held[found] == wanted]] = True
        return apart


def average_linkage(
    copies: Longs,
    left: Longs,
    right: Longs,
    probability: Longs,
    *,
    join: int,
    absent: int,
    doubt: int,
    leeway: int = 0,
    origin: Longs | None = None,
    together: Longs | None = None,
    apart: tuple[Longs, Longs] | None = None,
) -> Longs:
    """Return the group of each node: the smallest node in it.

    Node i stands for `copies[i]` equal records, and means are over records. Edge i joins
    left[i] < right[i] with `probability[i]`; `join` is the mean probability that two groups must
    reach. A pair without an edge counts as `absent` if few are scored between its groups, and as
    their mean if many are: the belief in `absent`, less than `join`, weighs as `doubt` scored pairs
    do. Groups of n nodes in all must reach `join` less the share (n - 2) / (n - 1) of `leeway`, and
    of that the share of their pairs that have an edge.

    Groups that both have a node of one `origin` are never merged; it is -1 for nodes that may
    be with all. Nodes that are in one group from the start have the same in `together`, the
    smallest of them. `apart` are nodes and the sets they are in: groups that both have one of a set
    are never merged. All probabilities are millionths.
    """
    nodes = len(copies)
    group = np.arange(nodes, dtype=np.int64)
    size, members = np.maximum(copies, 1), np.ones(nodes, dtype=np.int64)
    least = join - max(leeway, 0)
    weighing = _Weighing(join=join, absent=absent, doubt=doubt, leeway=leeway)
    present, once = size[left] * size[right], np.ones(len(left), dtype=np.int64)
    edges = _Edges(left, right, probability * present, present, probability, once)
    if together is not None:
        group = together
        size = np.bincount(group, weights=size, minlength=nodes).astype(np.int64)
        members = np.bincount(group, minlength=nodes)
        edges = edges.between(group)
    edges = _that_may_merge(edges, least, nodes).between(np.arange(nodes, dtype=np.int64))
    origins = _origins(group, origin, apart)
    while len(edges.left):
        reaches, mean = weighing.reaching(edges, size, members)
        free = ~origins.shared(edges.left[reaches], edges.right[reaches])
        reaches, mean = reaches[free], mean[free]
        best = _best_neighbours(edges.left[reaches], edges.right[reaches], mean, nodes)
        del reaches, mean, free
        chosen = np.flatnonzero(best >= 0)
        mutual = chosen[best[best[chosen]] == chosen]
        keeps = mutual[mutual < best[mutual]]
        if not len(keeps):
            break
        into = np.arange(nodes, dtype=np.int64)
        into[best[keeps]] = keeps
        size[keeps] += size[best[keeps]]
        members[keeps] += members[best[keeps]]
        group = into[group]
        origins = origins.merged(into)
        merged = np.zeros(nodes, dtype=bool)
        merged[mutual] = True
        touched = merged[edges.left] | merged[edges.right]
        moved = edges.between(into, np.flatnonzero(touched))
        edges = edges.where(~touched)
        edges = edges.and_(moved)
        del moved, touched
        edges = _that_may_merge(edges, least, nodes)
    return group


def _origins(group: Longs, origin: Longs | None, apart: tuple[Longs, Longs] | None) -> Origins:
    """Return what keeps groups apart from the start: see `average_linkage`."""
    if origin is None:
        origin = np.full(len(group), -1, dtype=np.int64)
    if apart is None:
        return Origins(group, origin)
    own, (node, parted) = int(origin.max(initial=-1)) + 1, apart
    return Origins(np.concatenate((group, group[node])), np.concatenate((origin, own + parted)))


def _best_neighbours(left: Longs, right: Longs, mean: npt.NDArray[np.float64], nodes: int) -> Longs:
    """Return each node's neighbour of the greatest mean, the smaller of equals; -1 without one."""
    highest = np.full(nodes, -np.inf)
    for end in (left, right):
        np.maximum.at(highest, end, mean)
    best: Longs = np.full(nodes, nodes, dtype=np.int64)
    for end, other in ((left, right), (right, left)):
        at = np.flatnonzero(mean == highest[end])
        np.minimum.at(best, end[at], other[at])
    best[best == nodes] = -1
    return best


def _that_may_merge(edges: _Edges, least: int, nodes: int) -> _Edges:
    """Leave out the edges of groups that will never reach the threshold, `least` at the least.

    What was scored between two groups bounds all that will be said of them: where neither its mean
    over records nor that over unequal records reaches the threshold, no sum with others of the kind
    will.
    """
    reaches = (edges.total >= least * edges.present) | (edges.said >= least * edges.seen)
    alive = np.zeros(nodes, dtype=bool)
    alive[edges.left[reaches]] = True
    alive[edges.right[reaches]] = True
    return edges.where(alive[edges.left] & alive[edges.right])
