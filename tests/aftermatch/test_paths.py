"""The kernel of best paths against paths tried one by one, and on shapes that break recursion."""

from __future__ import annotations

from itertools import pairwise

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from keepone.kernels.paths import best_paths

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
