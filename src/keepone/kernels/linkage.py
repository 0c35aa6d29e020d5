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

from keepone.kernels.encoding import Ints, Longs, Rows
from keepone.kernels.origins import Bools, Origins

Floats = npt.NDArray[np.float64]

_MILLION = 1_000_000
# Edges are weighed so many at a time: what is worked out on the way takes more than they do.
_EDGES_AT_ONCE = 1 << 18


@dataclass(frozen=True, slots=True)
class _Edges:
    """What lies between two groups, one entry per pair of groups with left < right.

    `total` is the sum of probabilities over the `present` pairs of records that were scored; `said`
    the same sum over `seen` pairs of unequal records, each counted once.
    """

    left: Rows
    right: Rows
    total: Longs
    present: Longs
    said: Longs
    seen: Longs

    @classmethod
    def none(cls) -> _Edges:
        short, long = np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int64)
        return cls(short, short, long, long, long, long)

    def _counts(self) -> tuple[Longs, Longs, Longs, Longs]:
        return self.total, self.present, self.said, self.seen

    def where(self, chosen: Bools | slice) -> _Edges:
        left, right = (values[chosen] for values in (self.left, self.right))
        return _Edges(left, right, *(values[chosen] for values in self._counts()))

    def and_(self, other: _Edges) -> _Edges:
        counts = zip(self._counts(), other._counts(), strict=True)
        return _Edges(
            np.concatenate((self.left, other.left)),
            np.concatenate((self.right, other.right)),
            *(np.concatenate(both) for both in counts),
        )

    def between(self, group: Longs) -> _Edges:
        """Return the edges between the groups of their nodes; parallel ones are added up."""
        one, other = group[self.left], group[self.right]
        pair = np.minimum(one, other) * len(group) + np.maximum(one, other)
        at = np.flatnonzero(one != other)
        del one, other
        at = at[np.argsort(pair[at])]
        pair = pair[at]
        starts = np.flatnonzero(np.concatenate((pair[:1] >= 0, pair[1:] != pair[:-1])))
        if not len(starts):
            return _Edges.none()
        left, right = np.divmod(pair[starts], len(group))
        del pair
        # One column after the other: of large files, copies of all are most of the memory.
        sums = (np.add.reduceat(values[at], starts) for values in self._counts())
        return _Edges(left.astype(np.int32), right.astype(np.int32), *sums)


@dataclass(frozen=True, slots=True)
class _Weighing:
    """When two groups are one, in the words of `average_linkage`."""

    join: int
    absent: int
    doubt: int
    leeway: int

    def mean(self, edges: _Edges, size: Longs, members: Longs) -> Floats:
        """Return the mean of each edge whose groups may be one by it, and -inf of the others.

        `size` counts the records of each group, `members` its nodes.
        """
        means = np.empty(len(edges.left))
        for start in range(0, len(means), _EDGES_AT_ONCE):
            part = slice(start, start + _EDGES_AT_ONCE)
            some = edges.where(part)
            possible = size[some.left] * size[some.right]
            unseen = (self.absent * self.doubt + some.said) / (self.doubt + some.seen)
            mean = (some.total + unseen * (possible - some.present)) / possible
            beyond = members[some.left] + members[some.right] - 1
            known = some.present / possible
            reaches = mean >= self.join - self.leeway * (1 - 1 / beyond) * known
            means[part] = np.where(reaches, mean, -np.inf)
        return means

    def least(self) -> int:
        """Return the mean that any two groups must reach, however large."""
        return self.join - max(self.leeway, 0)


class _Single:
    """The pairs of nodes that are still groups of their own, and the best of each such node.

    A pair is held once at each of its ends, so that what a merge touches is found without a look at
    all others: with each node its neighbours stand by falling probability, the smaller first of
    equals. Of pairs neither end of which was merged the mean is the probability.
    """

    def __init__(self, copies: Longs, left: Rows, right: Rows, probability: Rows) -> None:
        """Take pairs sorted by left and right."""
        self._copies = copies
        nodes = len(copies)
        before = np.bincount(right, minlength=nodes)
        after = np.bincount(left, minlength=nodes)
        self._end = np.cumsum(before + after)
        self._at = self._end - before - after
        self._other = np.empty(2 * len(left), dtype=np.int32)
        self._probability = np.empty(2 * len(left), dtype=np.int32)
        self._spent = np.zeros(nodes, dtype=bool)
        order = np.arange(len(left), dtype=np.int32)
        lag = self._at + before - (np.cumsum(after) - after)
        self._hold(order, lag, left, right, probability)
        order = np.argsort(right, kind="stable").astype(np.int32)
        lag = self._at - (np.cumsum(before) - before)
        self._hold(order, lag, right, left, probability)
        self._sort()

    def _hold(self, order: Ints, lag: Longs, end: Rows, *other: Rows) -> None:
        """Put pairs, in an order in which `end` rises, where the neighbours of their ends stand.

        `other` are the pairs' other ends and their probabilities; what is the n-th in order stands
        by the `lag` of its end behind n.
        """
        for start in range(0, len(end), _EDGES_AT_ONCE):
            pair = order[start : start + _EDGES_AT_ONCE]
            place = np.arange(start, start + len(pair)) + lag[end[pair]]
            for held, values in zip((self._other, self._probability), other, strict=True):
                held[place] = values[pair]

    def _sort(self) -> None:
        """Sort the neighbours of each node, so many nodes at a time that they fit in a part."""
        count = self._end - self._at
        start = 0
        while start < len(self._other):
            first = int(np.searchsorted(self._end, start, side="right"))
            last = int(np.searchsorted(self._end, start + _EDGES_AT_ONCE, side="right"))
            last = max(last, first + 1)
            stop = int(self._end[last - 1])
            node = np.repeat(np.arange(last - first), count[first:last])
            own, part = self._probability[start:stop], self._other[start:stop]
            order = np.argsort(node * (_MILLION + 1) + (_MILLION - own), kind="stable")
            self._probability[start:stop], self._other[start:stop] = own[order], part[order]
            start = stop

    def best(self) -> tuple[Longs, Longs]:
        """Return each node's best neighbour and their probability; -1 without one."""
        wanted = np.flatnonzero((self._at < self._end) & ~self._spent)
        width = 1
        while len(wanted):
            # What was merged is passed over once, and by steps that double.
            wanted = wanted[self._spent[self._other[self._at[wanted]]]]
            count = np.minimum(self._end[wanted] - self._at[wanted], width)
            place, node = _ranges(self._at[wanted], count)
            spent = self._spent[self._other[place]]
            passed = count.copy()
            np.minimum.at(passed, node[~spent], (place - self._at[wanted][node])[~spent])
            self._at[wanted] += passed
            wanted = wanted[self._at[wanted] < self._end[wanted]]
            width *= 2
        other, probability = (np.full(len(self._at), -1, dtype=np.int64) for _ in range(2))
        has = np.flatnonzero((self._at < self._end) & ~self._spent)
        other[has] = self._other[self._at[has]]
        probability[has] = self._probability[self._at[has]]
        return other, probability

    def take(self, nodes: Longs) -> _Edges:
        """Return the edges of nodes that are merged now, and hold these no longer."""
        nodes = nodes[~self._spent[nodes]]
        place, at = _ranges(self._at[nodes], self._end[nodes] - self._at[nodes])
        node, other = nodes[at].astype(np.int32), self._other[place]
        del at
        merged = np.zeros(len(self._at), dtype=bool)
        merged[nodes] = True
        # Where both ends are merged, the pair stands here twice.
        once = np.flatnonzero(~self._spent[other] & (~merged[other] | (node < other)))
        self._spent[nodes] = True
        node, other, said = node[once], other[once], self._probability[place[once]].astype(np.int64)
        del place, once
        present = self._copies[node] * self._copies[other]
        return _Edges(
            np.minimum(node, other),
            np.maximum(node, other),
            said * present,
            present,
            said,
            np.ones(len(node), dtype=np.int64),
        )


def _ranges(start: Longs, count: Longs) -> tuple[Longs, Longs]:
    """Return the numbers of ranges, one after the other, and the range that each is of."""
    of = np.repeat(np.arange(len(start)), count)
    return np.arange(len(of)) - np.repeat(np.cumsum(count) - count, count) + start[of], of


def average_linkage(
    copies: Longs,
    left: Rows,
    right: Rows,
    probability: Rows,
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
    weighing = _Weighing(join=join, absent=absent, doubt=doubt, leeway=leeway)
    size, members = np.maximum(copies, 1), np.ones(nodes, dtype=np.int64)
    group = np.arange(nodes, dtype=np.int64)
    origins = _origins(group if together is None else together, origin, apart)
    pairs = (left, right, probability)
    single = _Single(
        size.copy(), *_worth_holding(pairs, nodes, origins, together, weighing.least())
    )
    edges, mean = _Edges.none(), np.zeros(0)
    into, merged = group, np.zeros(0, dtype=np.int64)
    if together is not None:
        into = together
        size = np.bincount(into, weights=size, minlength=nodes).astype(np.int64)
        members = np.bincount(into, minlength=nodes)
        merged = np.flatnonzero(members[into] > 1)
        group = into
    while True:
        touched = np.zeros(nodes, dtype=bool)
        touched[merged] = True
        moves = touched[edges.left] | touched[edges.right]
        moved = edges.where(moves).and_(single.take(merged)).between(into)
        edges, mean = edges.where(~moves), mean[~moves]
        del moves
        moved = moved.where(~origins.shared(moved.left, moved.right))
        edges = edges.and_(moved)
        mean = np.concatenate((mean, weighing.mean(moved, size, members)))
        del moved
        other, probability_of = single.best()
        kept = _that_may_merge(edges, probability_of, weighing.least())
        if not kept.all():
            edges, mean = edges.where(kept), mean[kept]
        best = _best_neighbours(edges, mean, other, probability_of, join)
        chosen = np.flatnonzero(best >= 0)
        merged = chosen[best[best[chosen]] == chosen]
        keeps = merged[merged < best[merged]]
        if not len(keeps):
            return group
        into = np.arange(nodes, dtype=np.int64)
        into[best[keeps]] = keeps
        size[keeps] += size[best[keeps]]
        members[keeps] += members[best[keeps]]
        group = into[group]
        origins = origins.merged(into)


def _worth_holding(
    pairs: tuple[Rows, Rows, Rows], nodes: int, origins: Origins, together: Longs | None, least: int
) -> tuple[Rows, Rows, Rows]:
    """Return the left, right and probability of pairs, sorted, without those that bear on no group.

    Groups with an origin in common are never merged, whatever lies between them. Nor is a node none
    of whose pairs reaches the `least` mean there is. Where some nodes are one from the start their
    pairs count together, and none is left out for that.
    """
    left, right, probability = pairs
    if not _is_sorted(left, right):
        order = np.lexsort((right, left))
        left, right, probability = left[order], right[order], probability[order]
    kept = np.ones(len(left), dtype=bool)
    if together is None:
        alive = np.zeros(nodes, dtype=bool)
        reaches = probability >= least
        alive[left[reaches]] = True
        alive[right[reaches]] = True
        kept = alive[left] & alive[right]
    if origins:
        for start in range(0, len(left), _EDGES_AT_ONCE):
            part = slice(start, start + _EDGES_AT_ONCE)
            ends = (end[part] if together is None else together[end[part]] for end in (left, right))
            kept[part] &= ~origins.shared(*ends)
    if kept.all():
        return left, right, probability
    return left[kept], right[kept], probability[kept]


def _is_sorted(left: Rows, right: Rows) -> bool:
    rises = left[1:] > left[:-1]
    return bool((rises | ((left[1:] == left[:-1]) & (right[1:] >= right[:-1]))).all())


def _origins(group: Longs, origin: Longs | None, apart: tuple[Longs, Longs] | None) -> Origins:
    """Return what keeps groups apart from the start: see `average_linkage`."""
    if origin is None:
        origin = np.full(len(group), -1, dtype=np.int64)
    if apart is None:
        return Origins(group, origin)
    own, (node, parted) = int(origin.max(initial=-1)) + 1, apart
    return Origins(np.concatenate((group, group[node])), np.concatenate((origin, own + parted)))


def _best_neighbours(
    edges: _Edges, mean: Floats, other: Longs, probability: Longs, join: int
) -> Longs:
    """Return each node's neighbour of the greatest mean, the smaller of equals; -1 without one.

    `other` and `probability` are those of the best pair of single nodes.
    """
    nodes = len(other)
    highest = np.where(probability >= join, probability.astype(np.float64), -np.inf)
    reaches = np.flatnonzero(mean > -np.inf)
    left, right, mean = edges.left[reaches], edges.right[reaches], mean[reaches]
    for end in (left, right):
        np.maximum.at(highest, end, mean)
    best: Longs = np.where((probability >= join) & (probability == highest), other, nodes)
    for end, neighbour in ((left, right), (right, left)):
        at = np.flatnonzero(mean == highest[end])
        np.minimum.at(best, end[at], neighbour[at].astype(np.int64))
    best[best == nodes] = -1
    return best


def _that_may_merge(edges: _Edges, probability: Longs, least: int) -> Bools:
    """Return which edges are of groups that may yet reach the threshold, `least` at the least.

    What was scored between two groups bounds all that will be said of them: where neither its mean
    over records nor that over unequal records reaches the threshold, no sum with others of the kind
    will. `probability` is that of each node's best pair of single nodes.
    """
    reaches = (edges.total >= least * edges.present) | (edges.said >= least * edges.seen)
    alive = probability >= least
    alive[edges.left[reaches]] = True
    alive[edges.right[reaches]] = True
    return alive[edges.left] & alive[edges.right]
