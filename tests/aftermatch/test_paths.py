"""The kernel of best paths against paths tried one by one, and on shapes that break recursion."""

from __future__ import annotations

from itertools import pairwise

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from keepone.kernels.paths import best_paths, links_within

_Link = tuple[int, int]


def _run(links: list[_Link], roots: list[int], nodes: int) -> dict[int, tuple[int, int]]:
    """Return place of the weakest link and conflict bits by node; link i has bit i % 30."""
    table = pa.table(
        {
            "l": pa.array([left for left, _ in links], pa.int32()),
            "r": pa.array([right for _, right in links], pa.int32()),
            "probability": pa.array([1_000_000 - at for at in range(len(links))], pa.int32()),
            "weight": pa.array(range(len(links)), pa.int32()),
            "conflicts": pa.array([1 << (at % 30) for at in range(len(links))], pa.int32()),
        }
    )
    paths = best_paths(table, pa.chunked_array([pa.array(roots, pa.int32())]), nodes)
    assert paths.column("node").to_pylist() == sorted(paths.column("node").to_pylist())
    return {
        line["node"]: (line["weight"], line["conflicts"])
        for line in paths.to_pylist()
        if line["probability"] == 1_000_000 - line["weight"]
    }


def _all_paths(links: list[_Link], here: int, seen: list[int], used: list[int]) -> list[list[int]]:
    found = [used] if used else []
    for at, ends in enumerate(links):
        if here in ends:
            there = ends[0] + ends[1] - here
            if there not in seen:
                found += _all_paths(links, there, [*seen, there], [*used, at])
    return found


@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.integers(0, 6)).filter(lambda ends: ends[0] < ends[1]),
        unique=True,
        max_size=9,
    )
)
@settings(max_examples=100)
def test_no_path_has_a_better_weakest_link(links: list[_Link]) -> None:
    best: dict[int, list[int]] = {}
    for path in _all_paths(links, 0, [0], []):
        end = 0
        for at in path:
            end = sum(links[at]) - end
        # Best is the path whose links, worst first, come earliest: a total order on paths.
        if end not in best or sorted(path, reverse=True) < sorted(best[end], reverse=True):
            best[end] = path
    bits = {end: sum(1 << at for at in path) for end, path in best.items()}
    assert _run(links, [0], 7) == {end: (max(best[end]), bits[end]) for end in best}


def test_nothing_is_joined_without_links_or_roots() -> None:
    assert _run([], [0, 1], 2) == {}
    assert _run([], [], 0) == {}
    assert _run([(0, 1)], [], 2) == {}


def test_each_part_goes_to_its_own_root() -> None:
    assert _run([(0, 1), (2, 3), (3, 4)], [1, 4], 6) == {0: (0, 1), 3: (2, 4), 2: (2, 6)}


def test_a_chain_of_a_hundred_thousand_links() -> None:
    nodes = 100_001
    links = list(pairwise(range(nodes)))
    found = _run(links, [0], nodes)
    assert [found[node][0] for node in range(1, nodes)] == list(range(nodes - 1))
    assert found[nodes - 1][1] == (1 << 30) - 1


def _nodes(points: list[tuple[int, int, bool]]) -> pa.Table:
    """Return nodes by (group, representative, is primary), in that order."""
    return pa.table(
        {
            "node": pa.array(range(len(points)), pa.int32()),
            "group": pa.array([group for group, _, _ in points], pa.int32()),
            "representative": pa.array([record for _, record, _ in points], pa.int32()),
            "is_primary": pa.array([primary for _, _, primary in points], pa.bool_()),
            "held": pa.nulls(len(points), pa.int32()),
        }
    )


def _pairs(pairs: list[tuple[int, int, int, int]]) -> pa.Table:
    columns = [pa.array(values, pa.int32()) for values in zip(*pairs, strict=True)]
    names = ["l", "r", "probability", "weight"]
    return pa.table([*columns, pa.array(range(len(pairs)), pa.int32())], [*names, "conflicts"])


def test_links_come_best_first_and_within_groups_alone() -> None:
    nodes = _nodes([(0, 0, True), (0, 1, False), (0, 2, False), (4, 4, True), (4, 5, False)])
    pairs = _pairs([(0, 1, 5, -9), (0, 2, 5, 3), (1, 2, 7, 1), (1, 4, 9, 9), (4, 5, 5, 3)])
    found = links_within(pairs, nodes)
    assert list(zip(*(found.column(name).to_pylist() for name in "lr"), strict=True)) == [
        (1, 2),
        (0, 2),
        (3, 4),
        (0, 1),
    ]
    assert found.column("conflicts").to_pylist() == [2, 1, 4, 0]


def test_copies_of_a_primary_are_linked_with_it_and_by_its_pairs() -> None:
    # Record 0 stands for its copies in two groups; in the first one of them is the primary.
    nodes = _nodes([(0, 0, False), (0, 0, True), (0, 3, False), (7, 0, False), (7, 8, True)])
    found = links_within(_pairs([(0, 0, 6, 1), (0, 3, 9, 1), (0, 8, 2, 1)]), nodes)
    assert list(zip(*(found.column(name).to_pylist() for name in "lr"), strict=True)) == [
        (1, 2),
        (0, 2),
        (0, 1),
        (3, 4),
    ]


def test_there_are_no_links_without_nodes_or_pairs() -> None:
    assert len(links_within(_pairs([(0, 1, 5, 5)]), _nodes([]))) == 0
    assert len(links_within(_pairs([(0, 1, 5, 5)]).slice(1), _nodes([(0, 0, True)]))) == 0
