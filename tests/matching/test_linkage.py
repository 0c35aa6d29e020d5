"""Average linkage against SciPy's, which merges the single best pair again and again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from keepone.kernels import linkage as kernel
from keepone.kernels.linkage import average_linkage

MILLION = 1_000_000
# A belief in what absent pairs are that no scored pair shakes: plain average linkage.
NEVER = 10**9


def edges(nodes: int, probability: dict[tuple[int, int], int]) -> tuple[np.ndarray, ...]:
    """Return the pairs as the arrays that the kernel takes."""
    pairs = sorted(probability)
    left = np.array([a for a, _ in pairs], dtype=np.int64)
    right = np.array([b for _, b in pairs], dtype=np.int64)
    return left, right, np.array([probability[p] for p in pairs], dtype=np.int64)


def group(nodes: int, probability: dict[tuple[int, int], int], **options: object) -> list[int]:
    left, right, weight = edges(nodes, probability)
    arguments = {"join": MILLION // 2, "absent": MILLION // 10, "doubt": NEVER} | options
    copies = arguments.pop("copies", np.ones(nodes, dtype=np.int64))
    return average_linkage(copies, left, right, weight, **arguments).tolist()  # type: ignore[arg-type, no-any-return]


def by_scipy(nodes: int, probability: dict[tuple[int, int], int], absent: int) -> list[int]:
    distance = np.full((nodes, nodes), float(MILLION - absent))
    np.fill_diagonal(distance, 0)
    for (a, b), weight in probability.items():
        distance[a, b] = distance[b, a] = MILLION - weight
    merged = linkage(squareform(distance), method="average")
    labels = fcluster(merged, t=MILLION / 2, criterion="distance")
    return [int(np.flatnonzero(labels == label)[0]) for label in labels]


@st.composite
def sparse_graphs(draw: st.DrawFn) -> tuple[int, dict[tuple[int, int], int]]:
    nodes = draw(st.integers(2, 14))
    pairs = [(a, b) for a in range(nodes) for b in range(a + 1, nodes)]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True))
    # Weights that are all different and not round, so that SciPy meets no ties.
    order = draw(st.permutations(range(len(chosen))))
    base = draw(st.integers(0, 300_000))
    step = (MILLION - base - 1) // max(len(chosen), 1)
    return nodes, {
        pair: base + rank * step + (rank * rank * 37) % 101
        for pair, rank in zip(chosen, order, strict=True)
    }


@given(sparse_graphs())
@settings(max_examples=300, deadline=None)
def test_same_groups_as_merging_the_best_pair_again_and_again(
    graph: tuple[int, dict[tuple[int, int], int]],
) -> None:
    nodes, probability = graph
    assert group(nodes, probability) == by_scipy(nodes, probability, MILLION // 10)


def test_a_chain_is_not_one_group() -> None:
    chain = {(i, i + 1): 900_000 for i in range(9)}
    groups = group(10, chain)
    assert len(set(groups)) > 1
    assert max(groups.count(g) for g in groups) <= 3


def test_a_full_group_is_one_group_named_by_its_smallest_node() -> None:
    full = {(a, b): 600_000 for a in range(1, 6) for b in range(a + 1, 6)}
    assert group(7, full) == [0, 1, 1, 1, 1, 1, 6]


def test_the_threshold_itself_joins() -> None:
    assert group(2, {(0, 1): MILLION // 2}) == [0, 0]
    assert group(2, {(0, 1): MILLION // 2 - 1}) == [0, 1]


def test_groups_of_many_may_stay_below_the_threshold_by_a_leeway() -> None:
    """Two triangles whose nine pairs are all at 40 %: 6 nodes need 50 % less 4/5 of the leeway."""
    inner, outer = ({(a, b) for a in one for b in other} for one, other in (
        (range(3), range(3)), (range(3), range(3, 6)))
    )  # fmt: skip
    halves = {(a, b) for a, b in inner | {(a + 3, b + 3) for a, b in inner} if a < b}
    scored = dict.fromkeys(halves, 900_000) | dict.fromkeys(outer, 400_000)
    assert group(6, scored, leeway=124_999) == [0, 0, 0, 3, 3, 3]
    assert group(6, scored, leeway=125_000) == [0, 0, 0, 0, 0, 0]
    assert group(2, {(0, 1): 499_999}, leeway=125_000) == [0, 1]


def test_a_leeway_below_zero_wants_more_of_groups_than_of_pairs() -> None:
    scored = {(0, 1): 900_000, (0, 2): 580_000, (1, 2): 580_000, (3, 4): 500_000}
    assert group(5, scored, leeway=-160_000) == [0, 0, 0, 3, 3]
    assert group(5, scored, leeway=-160_001) == [0, 0, 2, 3, 3]


def test_no_pairs_no_groups() -> None:
    assert group(3, {}) == [0, 1, 2]


def test_copies_count_as_records() -> None:
    """One record that differs weighs less against nine equal ones than against one."""
    triangle = {(0, 1): 900_000, (0, 2): 900_000, (1, 2): 50_000}
    one_each = group(3, triangle, copies=np.array([1, 1, 1]))
    assert one_each == [0, 0, 2]
    many = group(3, triangle, copies=np.array([9, 1, 1]))
    assert many == [0, 0, 0]


def test_judged_apart_stays_apart() -> None:
    full = {(0, 1): 990_000, (0, 2): 990_000, (1, 2): 990_000}
    apart = (np.array([1, 2]), np.array([0, 0]))
    groups = group(3, full, apart=apart)
    assert groups[1] != groups[2]


def test_judged_apart_stays_apart_through_others() -> None:
    """Two records that were never compared are not brought together by a third."""
    scored = {(0, 1): 990_000, (0, 2): 980_000}
    apart = (np.array([1, 2]), np.array([0, 0]))
    assert group(3, scored, absent=490_000) == [0, 0, 0]
    assert group(3, scored, absent=490_000, apart=apart) == [0, 0, 2]


def test_judged_together_is_one_group_from_the_start() -> None:
    """Of a pair that was never compared too; and others join the whole of it."""
    scored = {(0, 3): 900_000, (2, 3): 900_000}
    together = np.array([0, 1, 0, 3])
    assert group(4, {}, together=together) == [0, 1, 0, 3]
    assert group(4, scored, together=together) == [0, 1, 0, 0]


def test_of_one_origin_only_the_better_linked_is_taken() -> None:
    scored = {(0, 1): 900_000, (0, 2): 950_000}
    assert group(3, scored, origin=np.array([0, 1, 1])) == [0, 1, 0]


def test_no_origin_is_in_a_group_twice_through_others() -> None:
    """Two good pairs with a link between them stay two, and what has no origin is with any."""
    scored = {(0, 1): 990_000, (2, 3): 980_000, (1, 2): 970_000, (1, 3): 960_000, (3, 4): 950_000}
    origin = np.array([0, 1, 0, 1, -1])
    assert group(5, scored, origin=origin, absent=490_000) == [0, 0, 2, 2, 2]
    assert group(5, scored, absent=490_000) == [0, 0, 0, 0, 0]


@given(sparse_graphs(), st.lists(st.integers(-1, 3), min_size=14, max_size=14))
@settings(max_examples=200, deadline=None)
def test_origins_part_and_never_join(
    graph: tuple[int, dict[tuple[int, int], int]], drawn: list[int]
) -> None:
    nodes, probability = graph
    origin = np.array(drawn[:nodes])
    found = group(nodes, probability, origin=origin)
    held = [(g, o) for g, o in zip(found, origin.tolist(), strict=True) if o >= 0]
    assert len(held) == len(set(held))
    alone = np.full(nodes, -1)
    assert group(nodes, probability, origin=alone) == group(nodes, probability)


@pytest.mark.parametrize("seed", range(3))
def test_order_of_pairs_means_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    left = rng.integers(0, 200, 900)
    right = rng.integers(0, 200, 900)
    keep = left < right
    unique = np.unique(left[keep] * 1000 + right[keep])
    left, right = unique // 1000, unique % 1000
    weight = rng.integers(0, 10, len(left)) * 100_000
    copies = np.ones(200, dtype=np.int64)
    expected = average_linkage(copies, left, right, weight, join=500_000, absent=100_000, doubt=5)
    for _ in range(3):
        order = rng.permutation(len(left))
        got = average_linkage(
            copies, left[order], right[order], weight[order],
            join=500_000, absent=100_000, doubt=5,
        )  # fmt: skip
        assert got.tolist() == expected.tolist()


def test_what_stands_hundreds_of_times_stays_whole_though_most_pairs_are_missing() -> None:
    """Blocking compares a record with neighbours by several orders, not with all others."""
    orders = [np.random.default_rng(seed).permutation(300).tolist() for seed in range(3)]
    near = [(row, other) for row in range(300) for other in range(row + 1, min(row + 15, 300))]
    scored = {
        (min(order[a], order[b]), max(order[a], order[b])): 900_000
        for order in orders
        for a, b in near
    }
    assert len(scored) < 300 * 299 // 6
    assert len(set(group(300, scored, doubt=NEVER))) > 10
    assert len(set(group(300, scored, doubt=30))) == 1


def test_a_few_links_do_not_join_two_large_groups() -> None:
    halves = [range(40), range(40, 80)]
    scored = {(a, b): 950_000 for half in halves for a in half for b in half if a < b}
    scored |= {(a, 40 + a): 950_000 for a in range(6)}
    groups = group(80, scored, doubt=30)
    assert groups == [0] * 40 + [40] * 40


def test_edges_weighed_a_few_at_a_time_give_the_same_groups(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    random = np.random.default_rng(1)
    one, other = random.integers(0, 60, 300), random.integers(0, 60, 300)
    left, right = np.minimum(one, other)[one != other], np.maximum(one, other)[one != other]
    probability = random.integers(300_000, 1_000_000, len(left))
    copies = random.integers(1, 4, 60)

    def groups() -> list[int]:
        found = average_linkage(
            copies, left, right, probability, join=500_000, absent=100_000, doubt=10, leeway=100_000
        )
        return [int(node) for node in found]

    whole = groups()
    monkeypatch.setattr(kernel, "_EDGES_AT_ONCE", 7)
    assert groups() == whole
    assert 1 < len(set(whole)) < 60
