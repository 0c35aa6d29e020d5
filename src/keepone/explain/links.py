"""What links records within a group, and what lies between two groups."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa

from keepone.explain.explanation import Split
from keepone.group_pairs import MILLION
from keepone.kernels.encoding import Longs
from keepone.rules.model_prior import model_rules

Scored = tuple[int, int, int, int]
"""A scored pair of representatives: left, right, weight in 1/1000 bit, probability in millionths"""


def scored_pairs(pairs: pa.Table, nodes: Iterable[int]) -> list[Scored]:
    """Return the pairs, best first, both of whose records are among `nodes`."""
    wanted = set(nodes)
    columns = (pairs.column(name).to_pylist() for name in ("l", "r", "weight", "probability"))
    found = [
        pair
        for pair in zip(*columns, strict=True)
        if pair[0] != pair[1] and pair[0] in wanted and pair[1] in wanted
    ]
    return sorted(found, key=lambda pair: (-pair[3], -pair[2], pair[0], pair[1]))


def best_path(pairs: Sequence[Scored], start: int, end: int) -> list[Scored]:
    """Return the links from `start` to `end` whose weakest is as strong as can be, in order.

    `pairs` come best first, and their order decides: the links are those of the maximum spanning
    tree, as in survivorship. Empty where nothing links the two.
    """
    home: dict[int, int] = {}
    tree: dict[int, list[tuple[int, Scored]]] = defaultdict(list)

    def root(node: int) -> int:
        while (above := home.get(node, node)) != node:
            home[node] = node = home.get(above, above)
        return node

    for pair in pairs:
        left, right = root(pair[0]), root(pair[1])
        if left == right:
            continue
        home[right] = left
        tree[pair[0]].append((pair[1], pair))
        tree[pair[1]].append((pair[0], pair))
        if root(start) == root(end):
            return _way(tree, start, end)
    return []


def _way(tree: Mapping[int, Sequence[tuple[int, Scored]]], start: int, end: int) -> list[Scored]:
    before: dict[int, tuple[int, Scored]] = {}
    ahead = [start]
    while ahead:
        node = ahead.pop()
        for other, pair in tree[node]:
            if other != start and other not in before:
                before[other] = (node, pair)
                ahead.append(other)
    way = []
    while end != start:
        end, pair = before[end]
        way.append(pair)
    return way[::-1]


def between_groups(
    pairs: pa.Table,
    left: Sequence[int],
    right: Sequence[int],
    copies: Longs,
    *,
    join: float,
    leeway: int,
) -> Split:
    """Return what lies between the groups of the representatives `left` and `right`.

    `copies` says how many equal records each stands for, `join` is `cluster.join` in percent;
    `leeway`, in millionths, is what the links of the file leave at one half.
    """
    rules = model_rules()
    side = dict.fromkeys(left, 0) | dict.fromkeys(right, 1)
    total = said = scored = seen = 0
    columns = (pairs.column(name).to_pylist() for name in ("l", "r", "probability"))
    for one, other, probability in zip(*columns, strict=True):
        if one in side and other in side and side[one] != side[other]:
            both = int(copies[one] * copies[other])
            total, scored = total + probability * both, scored + both
            said, seen = said + probability, seen + 1
    possible = int(copies[np.array(left)].sum() * copies[np.array(right)].sum())
    absent = round(rules.absent * MILLION)
    unseen = (absent * rules.doubt + said) / (rules.doubt + seen)
    mean = (total + unseen * (possible - scored)) / possible
    own = round(join * MILLION / 100)
    beyond = len(left) + len(right) - 1
    needed = own - rules.leeway_at(own, leeway) * (1 - 1 / beyond) * (scored / possible)
    return Split(
        possible=possible,
        scored=scored,
        scored_mean=round(total / scored / MILLION, 6) if scored else None,
        mean=round(mean / MILLION, 6),
        join=join / 100,
        needed=round(needed / MILLION, 6),
    )
