"""How the fields of a pair add up: families of fields that say much the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepone.kernels.evidence import add_evidence
from keepone.reference.evidence import total_evidence


def _added(weights: list[int], families: list[str], overlap: int = 400) -> int:
    shown = [np.array([weight], dtype=np.int32) for weight in weights]
    return int(add_evidence(shown, families, overlap)[0])


@pytest.mark.parametrize(
    ("weights", "families", "total"),
    [
        # Fields of their own count whole.
        ([3000, 2000, -1000], ["name", "phone", "date"], 4000),
        # Of a family the strongest counts whole, the rest by four tenths.
        ([3000, 2000], ["place", "place"], 3000 + 800),
        ([3000, 2000, 1000], ["place", "place", "place"], 3000 + 1200),
        ([-3000, -2000], ["place", "place"], -3000 - 800),
        # What speaks for a match and what speaks against it do not cover each other.
        ([3000, -2000], ["place", "place"], 1000),
        ([3000, 1000, -2000, -500], ["place"] * 4, 3000 + 400 - 2000 - 200),
        # A value that is missing says nothing.
        ([3000, 0], ["place", "place"], 3000),
        ([0, 0], ["place", "place"], 0),
        # Families are apart from each other and from single fields.
        ([3000, 2000, 5000, 1000], ["place", "place", "person", "person"], 3800 + 5400),
        ([3000, 100, 2000], ["place", "name", "place"], 3800 + 100),
        # Thousandths are rounded down, also below zero.
        ([3, 1], ["place", "place"], 3),
        ([-3, -1], ["place", "place"], -4),
    ],
)
def test_the_best_counts_whole_and_the_rest_in_part(
    weights: list[int], families: list[str], total: int
) -> None:
    assert _added(weights, families) == total
    assert total_evidence(weights, families, 400) == total


_WEIGHTS = st.lists(
    st.tuples(st.integers(-20_000, 20_000), st.sampled_from(["a", "b", "c"])),
    min_size=1, max_size=9,
)  # fmt: skip


@given(_WEIGHTS, st.sampled_from([0, 1, 400, 1000]))
@settings(max_examples=100)
def test_same_as_the_reference(fields: list[tuple[int, str]], overlap: int) -> None:
    weights, families = [weight for weight, _ in fields], [family for _, family in fields]
    assert _added(weights, families, overlap) == total_evidence(weights, families, overlap)


@given(_WEIGHTS)
@settings(max_examples=50)
def test_full_overlap_is_a_plain_sum_and_order_means_nothing(fields: list[tuple[int, str]]) -> None:
    weights, families = [weight for weight, _ in fields], [family for _, family in fields]
    assert _added(weights, families, 1000) == sum(weights)
    assert _added(weights[::-1], families[::-1]) == _added(weights, families)
