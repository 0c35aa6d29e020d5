"""The best path from every record of a group to the record that is kept.

A path is as good as its weakest link, and the best path makes that link as good as can be. In a
graph whose links have one order, best to worst, the best paths are the paths of its maximum
spanning forest, so one forest answers for all records at once.

Pairs are of representatives, each of which may be several nodes of the graph: its copies are one
node in every group that they are in, and a primary is a node of its own beside its copies.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree

_Ints = npt.NDArray[np.int64]

_SURE = 1_000_000
# Pairs are looked at so many at a time: of large files, what is worked out on the way for all of
# them takes more memory than all else, and few are within a group.
_PAIRS_AT_ONCE = 1 << 18

LINKED = ("probability", "weight", "conflicts")

PATHS = pa.schema(
    [
        pa.field("node", pa.int32(), nullable=False),
        pa.field("probability", pa.int32(), nullable=False),
        pa.field("weight", pa.int32()),
        pa.field("conflicts", pa.int32(), nullable=False),
    ]
)


def held_links(nodes: pa.Table) -> pa.Table:
    """Return links between nodes that people hold together: sure, without weight or conflict.

    `held` of a node is the number of its set, null without one; a set is in one group. The first
    node of a set is linked with each of the others.
    """
    held = nodes.filter(pc.is_valid(nodes.column("held")))
    node, number = _ints(held.column("node")), _ints(held.column("held"))
    order = np.lexsort((node, number))
    node, number = node[order], number[order]
    begins = np.concatenate(([True], number[1:] != number[:-1]))[: len(number)]
    first = node[np.maximum.accumulate(np.where(begins, np.arange(len(node)), 0))]
    one, other = first[~begins], node[~begins]
    links = len(one)
    return pa.table(
        [
            pa.array(one, pa.int32()),
            pa.array(other, pa.int32()),
            pa.array(np.full(links, _SURE), pa.int32()),
            pa.nulls(links, pa.int32()),
            pa.array(np.zeros(links), pa.int32()),
        ],
        names=["l", "r", *LINKED],
    )


def links_within(pairs: pa.Table, nodes: pa.Table) -> pa.Table:
    """Return the pairs that link two nodes of one group: l, r, probability, weight, conflicts.

    Those that are on no best path may be left out. `nodes` (node, group, representative,
    is_primary, held) are several for one representative in one group where one of them is the
    primary, or is held together with others. Links come best first: by probability, weight, and the
    smaller keys; of the same pair, the one to the primary, then those of smaller nodes.
    """
    pairs = _in_order(pairs)
    grouped = _by_representative(nodes, pairs)
    direct = np.full(len(grouped.node), np.iinfo(np.int64).min)
    for part in _within(pairs, grouped):
        part.to_primaries(grouped.primary, direct)
    told = [part.on_best_paths(grouped.primary, direct) for part in _within(pairs, grouped)]
    score = np.concatenate([part.score for part in told])
    best_first = np.argsort(-score, kind="stable")
    del score
    columns = [
        pa.array(np.concatenate(ends)[best_first], pa.int32())
        for ends in (
            [grouped.node[part.one] for part in told],
            [grouped.node[part.other] for part in told],
        )
    ]
    rows = pa.array(np.concatenate([part.pair for part in told])[best_first])
    del told, best_first
    columns += [pairs.column(name).take(rows) for name in LINKED]
    return pa.table(columns, names=["l", "r", *LINKED])


def _in_order(pairs: pa.Table) -> pa.Table:
    """Return the pairs sorted by l and r, as they nearly always come."""
    left, right = (pairs.column(name).to_numpy() for name in ("l", "r"))
    rises = left[1:] > left[:-1]
    rises |= (left[1:] == left[:-1]) & (right[1:] >= right[:-1])
    if rises.all():
        return pairs
    return pairs.take(pa.array(np.lexsort((right, left))))


@dataclass(frozen=True, slots=True)
class _Links:
    """Pairs, by number, that link two nodes of one group, by place, and what they score."""

    pair: _Ints
    one: _Ints
    other: _Ints
    score: _Ints

    def to_primaries(self, primary: npt.NDArray[np.bool_], direct: _Ints) -> None:
        """Put what each node has with its group's primary in `direct`."""
        some = np.flatnonzero(primary[self.one] | primary[self.other])
        one, other = self.one[some], self.other[some]
        direct[np.where(primary[one], other, one)] = self.score[some]

    def on_best_paths(self, primary: npt.NDArray[np.bool_], direct: _Ints) -> _Links:
        """Return the links that may be on a best path: half of them, where all pairs were scored.

        A link that is worse than what both its ends have with the primary is on none.
        """
        one, other = self.one, self.other
        told = primary[one] | primary[other]
        told |= self.score >= np.minimum(direct[one], direct[other])
        return _Links(self.pair[told], one[told], other[told], self.score[told])


def _within(pairs: pa.Table, grouped: _Grouped) -> Iterator[_Links]:
    """Give the links within groups, part by part; one part at least."""
    for start in range(0, max(pairs.num_rows, 1), _PAIRS_AT_ONCE):
        yield _linked(pairs.slice(start, _PAIRS_AT_ONCE), start, grouped)


def _linked(pairs: pa.Table, first: int, grouped: _Grouped) -> _Links:
    """Return the links within groups; pairs are counted from `first`."""
    left, right = _ints(pairs.column("l")), _ints(pairs.column("r"))
    combined = grouped.count[left] * grouped.count[right]
    pair = np.repeat(np.arange(len(left)), combined)
    nth = np.arange(len(pair)) - np.repeat(np.cumsum(combined) - combined, combined)
    of_right = grouped.count[right[pair]]
    one = grouped.begin[left[pair]] + nth // of_right
    other = grouped.begin[right[pair]] + nth % of_right
    # Copies are linked with one another by the pair that a representative makes with itself.
    linked = (left[pair] < right[pair]) | (one > other)
    # What people hold together is linked already.
    linked &= (grouped.held[one] != grouped.held[other]) | (grouped.held[one] < 0)
    kept = np.flatnonzero(linked & (grouped.group[one] == grouped.group[other]))
    pair, one, other = pair[kept], one[kept], other[kept]
    score = ((_ints(pairs.column("probability")) << 32) + _ints(pairs.column("weight")))[pair]
    return _Links(pair + first, one, other, score)


@dataclass(frozen=True, slots=True)
class _Grouped:
    """The nodes sorted by representative: their groups, which are primaries, and the sets held.

    `held` is -1 for a node of no set that people hold together. Of each representative, where its
    nodes `begin` and how many they are; of two in one group the primary comes first.
    """

    node: _Ints
    group: _Ints
    primary: npt.NDArray[np.bool_]
    held: _Ints
    begin: _Ints
    count: _Ints


def _by_representative(nodes: pa.Table, pairs: pa.Table) -> _Grouped:
    representative = _ints(nodes.column("representative"))
    primary = nodes.column("is_primary").to_numpy()
    order = np.lexsort((~primary, representative))
    ends = [pairs.column(name) for name in ("l", "r")]
    most = max((int(end.to_numpy().max()) for end in ends if len(end)), default=-1)
    size = max(most, int(representative.max(initial=-1))) + 1
    count = np.bincount(representative, minlength=size)
    node, group = _ints(nodes.column("node")), _ints(nodes.column("group"))
    held = _ints(pc.fill_null(nodes.column("held"), -1))
    begin = np.cumsum(count) - count
    return _Grouped(node[order], group[order], primary[order], held[order], begin, count)


def best_paths(links: pa.Table, roots: pa.ChunkedArray, nodes: int) -> pa.Table:
    """Return one row per node that a path joins to a root, roots left out; sorted by node.

    `links` (l, r: nodes 0 to `nodes` - 1; probability, weight, conflicts) come best first, each
    pair once: their order decides, and nothing else. `roots` holds at most one node of a connected
    part. `probability` and `weight` are those of the path's weakest link, a link that has no weight
    being the strongest; `conflicts` joins the bits of all its links.
    """
    left, right = (links.column(name).to_numpy() for name in ("l", "r"))
    # Spanning trees minimise, and sparse matrices leave zeros out: the best link has cost 1.
    costs = np.arange(1, len(left) + 1, dtype=np.float64)
    graph = csr_array(coo_array((costs, (left, right)), shape=(nodes, nodes)))
    forest = coo_array(minimum_spanning_tree(graph))
    parent, link = _towards_roots(forest, _ints(roots), nodes)
    weakest, conflicts = _along_paths(parent, link, _ints(links.column("conflicts")))

    reached = np.flatnonzero(weakest >= 0)
    rows = pa.array(weakest[reached])
    columns = [
        pa.array(reached),
        links.column("probability").take(rows),
        links.column("weight").take(rows),
        pa.array(conflicts[reached]),
    ]
    return pa.table(columns, names=PATHS.names).cast(PATHS)


def _ints(values: pa.ChunkedArray) -> _Ints:
    return np.asarray(values.to_numpy(), dtype=np.int64)


def _towards_roots(forest: coo_array, roots: _Ints, nodes: int) -> tuple[_Ints, _Ints]:
    """Return each node's next node on the way to its root, and the link (row of links) taken.

    Roots and nodes without a root are their own next node, by link -1.
    """
    # One node above all roots lets a single traversal serve every group.
    above = np.full(len(roots), nodes)
    row: _Ints = np.concatenate((forest.row, above)).astype(np.int64)
    col: _Ints = np.concatenate((forest.col, roots)).astype(np.int64)
    tree = csr_array(coo_array((np.ones(len(row)), (row, col)), shape=(nodes + 1, nodes + 1)))
    _, before = breadth_first_order(tree, nodes, directed=False)
    before = before[:nodes].astype(np.int64)

    parent = np.where((before >= 0) & (before < nodes), before, np.arange(nodes))
    link = np.full(nodes, -1, dtype=np.int64)
    taken = np.rint(forest.data).astype(np.int64) - 1
    child = np.where(parent[forest.row] == forest.col, forest.row, forest.col)
    known = before[child] >= 0
    link[child[known]] = taken[known]
    return parent, link


def _along_paths(parent: _Ints, link: _Ints, bits: _Ints) -> tuple[_Ints, _Ints]:
    """Return for each node the worst link up to its root and the bits of all links on the way.

    Every round doubles the stretch that is known, so a chain of a million links takes twenty.
    """
    weakest = link.copy()
    conflicts = np.where(link >= 0, bits[link], 0) if len(bits) else np.zeros_like(link)
    parent = parent.copy()
    going = np.flatnonzero(parent[parent] != parent)
    while len(going):
        ahead = parent[going]
        # Read the whole round before writing it: stretches must not overlap by chance of order.
        reach = np.maximum(weakest[going], weakest[ahead])
        seen = conflicts[going] | conflicts[ahead]
        beyond = parent[ahead]
        weakest[going], conflicts[going], parent[going] = reach, seen, beyond
        going = going[parent[beyond] != beyond]
    return weakest, conflicts
