"""The best path from every record of a group to the record that is kept.

A path is as good as its weakest link, and the best path makes that link as good as can be. In a
graph whose links have one order, best to worst, the best paths are the paths of its maximum
spanning forest, so one forest answers for all records at once.

Pairs are of representatives, each of which may be several nodes of the graph: its copies are one
node in every group that they are in, and a primary is a node of its own beside its copies.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree

_Ints = npt.NDArray[np.int64]

_SURE = 1_000_000

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
            pa.array(one),
            pa.array(other),
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
    node, group, primary, held, of, count = _by_representative(nodes, pairs)
    left, right = _ints(pairs.column("l")), _ints(pairs.column("r"))
    combined = count[left] * count[right]
    pair = np.repeat(np.arange(len(left)), combined)
    nth = np.arange(len(pair)) - np.repeat(np.cumsum(combined) - combined, combined)
    of_right = count[right[pair]]
    one, other = of[left[pair]] + nth // of_right, of[right[pair]] + nth % of_right
    # Copies are linked with one another by the pair that a representative makes with itself.
    linked = (left[pair] < right[pair]) | (one > other)
    # What people hold together is linked already.
    linked &= (held[one] != held[other]) | (held[one] < 0)
    kept = np.flatnonzero(linked & (group[one] == group[other]))
    pair, one, other = pair[kept], one[kept], other[kept]
    score = ((_ints(pairs.column("probability")) << 32) + _ints(pairs.column("weight")))[pair]
    told = _on_best_paths(one, other, score, primary)
    best_first = told[np.argsort(-score[told], kind="stable")]
    rows = pa.array(pair[best_first])
    columns = [pa.array(node[one[best_first]]), pa.array(node[other[best_first]])]
    columns += [pairs.column(name).take(rows) for name in LINKED]
    return pa.table(columns, names=["l", "r", *LINKED])


def _in_order(pairs: pa.Table) -> pa.Table:
    """Return the pairs sorted by l and r, as they nearly always come."""
    key = (_ints(pairs.column("l")) << 32) + _ints(pairs.column("r"))
    if (key[1:] >= key[:-1]).all():
        return pairs
    return pairs.take(pa.array(np.argsort(key, kind="stable")))


def _on_best_paths(one: _Ints, other: _Ints, score: _Ints, primary: npt.NDArray[np.bool_]) -> _Ints:
    """Return the links that may be on a best path: half of them, where all pairs were scored.

    A link that is worse than what both its ends have with the primary is on none.
    """
    to_primary = primary[one] | primary[other]
    direct = np.full(len(primary), np.iinfo(np.int64).min)
    direct[np.where(primary[one], other, one)[to_primary]] = score[to_primary]
    return np.flatnonzero(to_primary | (score >= np.minimum(direct[one], direct[other])))


def _by_representative(
    nodes: pa.Table, pairs: pa.Table
) -> tuple[_Ints, _Ints, npt.NDArray[np.bool_], _Ints, _Ints, _Ints]:
    """Return the nodes, their groups, which are primaries, and the sets that people hold together.

    They are sorted by representative; the set is -1 where there is none.

    Of each representative, where its nodes begin and how many they are. Of two in one group the
    primary comes first.
    """
    representative = _ints(nodes.column("representative"))
    primary = nodes.column("is_primary").to_numpy()
    order = np.lexsort((~primary, representative))
    ends = [pairs.column(name) for name in ("l", "r")]
    most = max((int(_ints(end).max()) for end in ends if len(end)), default=-1)
    size = max(most, int(representative.max(initial=-1))) + 1
    count = np.bincount(representative, minlength=size)
    node, group = _ints(nodes.column("node")), _ints(nodes.column("group"))
    held = _ints(pc.fill_null(nodes.column("held"), -1))
    begin = np.cumsum(count) - count
    return node[order], group[order], primary[order], held[order], begin, count


def best_paths(links: pa.Table, roots: pa.ChunkedArray, nodes: int) -> pa.Table:
    """Return one row per node that a path joins to a root, roots left out; sorted by node.

    `links` (l, r: nodes 0 to `nodes` - 1; probability, weight, conflicts) come best first, each
    pair once: their order decides, and nothing else. `roots` holds at most one node of a connected
    part. `probability` and `weight` are those of the path's weakest link, a link that has no weight
    being the strongest; `conflicts` joins the bits of all its links.
    """
    left, right = _ints(links.column("l")), _ints(links.column("r"))
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
