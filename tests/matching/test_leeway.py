"""How far a file's links can be believed."""

from __future__ import annotations

from itertools import combinations

import pyarrow as pa
import pytest

from keepone.kernels.leeway import leeway_of
from keepone.rules.model_prior import model_rules
from keepone.schema import CANDIDATES, SCORED

TELLING = ("organisation", "phone", "street")
Pairs = dict[tuple[int, int], int]


def leeway(
    scored: Pairs, ruled_out: set[tuple[int, int]], rows: int, types: tuple[str, ...] = TELLING
) -> int:
    compared = [{"l": one, "r": other, "keys": 0} for one, other in sorted({*scored, *ruled_out})]
    lines = [
        {"l": one, "r": other, "weight": 0, "probability": scored[one, other], "conflicts": 0}
        for one, other in sorted(scored)
    ]
    return leeway_of(
        pa.Table.from_pylist(compared, schema=CANDIDATES.arrow()),
        pa.Table.from_pylist(lines, schema=SCORED.arrow()),
        {"fields": [{"type": type_} for type_ in types]},
        rows,
    )


def fours(count: int) -> list[tuple[int, int]]:
    """Return all pairs of groups of four rows each: a group has twelve wedges."""
    return [
        (start + one, start + other)
        for start in range(0, 4 * count, 4)
        for one, other in combinations(range(4), 2)
    ]


def test_links_that_never_contradict_each_other_give_all_the_leeway() -> None:
    pairs = dict.fromkeys(fours(500), 900_000)
    assert leeway(pairs, set(), 2_000) == round(1_000_000 * model_rules().most_leeway)


def test_links_that_often_do_take_it_away() -> None:
    """In each group of four the model rules out one pair, though two others match both its ends."""
    pairs = dict.fromkeys(fours(500), 900_000)
    ruled_out = {pair for at, pair in enumerate(sorted(pairs)) if at % 6 == 0}
    scored = {pair: found for pair, found in pairs.items() if pair not in ruled_out}
    assert leeway(scored, ruled_out, 2_000) == round(1_000_000 * model_rules().least_leeway)


def test_what_was_never_compared_contradicts_nothing() -> None:
    pairs = dict.fromkeys(fours(500), 900_000)
    scored = {pair: found for at, (pair, found) in enumerate(sorted(pairs.items())) if at % 6}
    assert leeway(scored, set(), 2_000) == round(1_000_000 * model_rules().most_leeway)


@pytest.mark.parametrize("pairs", [{}, {(0, 1): 900_000}, {(0, 1): 600_000, (0, 2): 600_000}])
def test_a_file_without_wedges_has_none(pairs: Pairs) -> None:
    assert leeway(pairs, {(1, 2)}, 3) == 0


def test_files_of_few_telling_fields_have_none() -> None:
    pairs = dict.fromkeys(fours(500), 900_000)
    assert leeway(pairs, set(), 2_000, ("organisation", "phone", "country")) == 0


def test_the_leeway_is_one_of_the_odds() -> None:
    rules = model_rules()
    assert rules.leeway_at(500_000, 150_000) == 150_000
    assert rules.leeway_at(950_000, 150_000) == 28_500
    assert rules.leeway_at(250_000, -100_000) == -75_000
    assert rules.leeway_at(250_000, 200_000) == 250_000 - round(rules.absent * 1_000_000)
