"""Average linkage over a sparse graph of pairs, all groups at once.

Two groups are merged when each is the other's best neighbour and the mean probability over all
their pairs reaches the threshold. For average linkage, merging mutual best neighbours in any order
gives the groups that merging the single best pair again and again would give (it is reducible), so
each round merges all of them, and the number of rounds grows with the logarithm of group size.
Sums are integers, ties break by the smaller row: the result does not depend on order or threads.
"""

from __future__ import annotations

import numpy as np

from keepone.kernels.encoding import Longs


def _gather(left: Longs, right: Longs, *sums: Longs) -> tuple[Longs, ...]:
    """Add up parallel edges; returns left, right and the sums, sorted by (left, right)."""
    order = np.lexsort((right, left))
    left, right = left[order], right[order]
    first = np.ones(len(left), dtype=bool)
    first[1:] = (left[1:] != left[:-1]) | (right[1:] != right[:-1])
    starts = np.flatnonzero(first)
    return (
        left[starts],
        right[starts],
        *(np.add.reduceat(values[order], starts) if len(starts) else values for values in sums),
    )


def average_linkage(
    copies: Longs,
    left: Longs,
    right: Longs,
    probability: Longs,
    *,
    join: int,
    absent: int,
    apart: Longs | None = None,
) -> Longs:
    """Return the group of each node: the smallest node in it.

    Node i stands for `copies[i]` equal records, and means are over records. Edge i joins
    left[i] < right[i] with `probability[i]`; `join` is the mean probability that two groups must
    reach; a pair without an edge counts as `absent`. `apart` counts, per edge, the judgements that
    keep its two sides apart: groups with any between them are never merged. All probabilities are
    millionths.
    """
    nodes = len(copies)
    group = np.arange(nodes, dtype=np.int64)
    size = np.maximum(copies, 1)
    if apart is None:
        apart = np.zeros(len(left), dtype=np.int64)
    present = size[left] * size[right]
    left, right, total, present, apart = _gather(left, right, probability * present, present, apart)
    while len(left):
        possible = size[left] * size[right]
        mean = (total + absent * (possible - present)) / possible
        mean = np.where(apart > 0, -1.0, mean)
        reaches = mean >= join
        if not reaches.any():
            break
        # A group none of whose neighbours reaches the threshold never will: an average of what is
        # below stays below.
        alive = np.zeros(nodes, dtype=bool)
        alive[left[reaches]] = True
        alive[right[reaches]] = True
        keep = alive[left] & alive[right]
        left, right, total, present, apart, mean = (
            values[keep] for values in (left, right, total, present, apart, mean)
        )
        ends = np.concatenate((left, right))
        others = np.concatenate((right, left))
        both = np.concatenate((mean, mean))
        order = np.lexsort((others, -both, ends))
        ends, others, both = ends[order], others[order], both[order]
        first = np.ones(len(ends), dtype=bool)
        first[1:] = ends[1:] != ends[:-1]
        best = np.full(nodes, -1, dtype=np.int64)
        best[ends[first]] = np.where(both[first] >= join, others[first], -1)
        chosen = np.flatnonzero(best >= 0)
        mutual = chosen[best[best[chosen]] == chosen]
        mutual = mutual[mutual < best[mutual]]
        into = np.arange(nodes, dtype=np.int64)
        into[best[mutual]] = mutual
        size[mutual] += size[best[mutual]]
        group = into[group]
        left, right = into[left], into[right]
        inner = left == right
        left, right, total, present, apart = (
            values[~inner] for values in (left, right, total, present, apart)
        )
        low, high = np.minimum(left, right), np.maximum(left, right)
        left, right, total, present, apart = _gather(low, high, total, present, apart)
    return group
