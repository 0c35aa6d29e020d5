"""The parts of an explanation: evidence shared out, paths, what lies between groups, words."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise, permutations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from keepone.explain.levels import level_in_words
from keepone.explain.links import Scored, best_path, between_groups
from keepone.explain.waterfall import shared_evidence
from keepone.kernels.comparisons import COMPARISONS
from keepone.kernels.evidence import add_evidence
from keepone.rules.blocking_keys import KEY_KINDS
from keepone.rules.model_prior import model_rules


@given(
    st.lists(st.tuples(st.integers(-9000, 9000), st.sampled_from("abc")), min_size=1, max_size=8),
    st.integers(0, 1000),
)
def test_what_fields_add_is_what_the_run_adds_up(
    fields: list[tuple[int, str]], overlap: int
) -> None:
    weights, families = [weight for weight, _ in fields], [family for _, family in fields]
    added = shared_evidence(weights, families, overlap)
    columns = [np.array([weight], dtype=np.int32) for weight in weights]
    assert sum(added) == int(add_evidence(columns, families, overlap)[0])
    for weight, bits in zip(weights, added, strict=True):
        assert bits == weight or abs(bits) <= abs(weight) * overlap / 1000 + 1


def test_of_a_family_the_strongest_for_and_against_count_whole() -> None:
    added = shared_evidence([5000, 3000, -1000, -4000, 2000], ["a", "a", "a", "a", "b"], 400)
    assert added == [5000, 1200, -400, -4000, 2000]


@st.composite
def graphs(draw: st.DrawFn) -> list[Scored]:
    """Draw pairs of five records with few different probabilities, best first."""
    couples = [(left, right) for left in range(5) for right in range(left + 1, 5)]
    chosen = draw(st.lists(st.sampled_from(couples), unique=True))
    pairs = [(*pair, draw(st.integers(1, 3)), draw(st.integers(1, 4))) for pair in chosen]
    return sorted(pairs, key=lambda pair: (-pair[3], -pair[2], pair[0], pair[1]))


@given(graphs())
@hypothesis_settings(max_examples=150)
def test_the_best_path_is_the_best_of_all_paths(pairs: list[Scored]) -> None:
    sure = {frozenset(pair[:2]): pair[3] for pair in pairs}
    weakest = 0
    for inner in range(4):
        for way in permutations((2, 3, 4), inner):
            stops = (0, *way, 1)
            links = [sure.get(frozenset(link)) for link in pairwise(stops)]
            if None not in links:
                weakest = max(weakest, min(link for link in links if link is not None))
    path = best_path(pairs, 0, 1)
    assert min((pair[3] for pair in path), default=0) == weakest
    here = 0
    for pair in path:
        assert here in pair[:2]
        here = pair[1] if pair[0] == here else pair[0]
    assert not path or here == 1


def test_what_lies_between_two_groups() -> None:
    """Records 0 (twice) and 1 against 2 and 3: of six pairs of records three are scored."""
    pairs = pa.table(
        {"l": [0, 0, 1, 2], "r": [1, 2, 3, 3], "probability": [990_000, 800_000, 300_000, 950_000]}
    )
    found = between_groups(pairs, [0, 1], [2, 3], np.array([2, 1, 1, 1]), join=50.0, leeway=100_000)
    assert (found.possible, found.scored, found.join) == (6, 3, 0.5)
    assert found.scored_mean == round((2 * 0.8 + 0.3) / 3, 6)
    rules = model_rules()
    absent, doubt = Fraction(str(rules.absent)), rules.doubt
    unseen = (absent * doubt + Fraction("1.1")) / (doubt + 2)
    # Four records that stand for themselves have two thirds of the leeway, half of it is known.
    assert found.needed == round(0.5 - 0.1 * 2 / 3 / 2, 6)
    assert found.mean == pytest.approx(float((Fraction("1.9") + 3 * unseen) / 6), abs=1e-6)


def test_every_level_has_its_words() -> None:
    for type_, comparison in COMPARISONS.items():
        said = [level_in_words(type_, level) for level in comparison.levels]
        assert all(said)
        assert len(set(said)) == len(said), type_


@pytest.mark.parametrize(
    ("type_", "level", "values", "said"),
    [
        ("phone", "same, shared by 2", ("1", "1"), "the same; up to 2 names have it"),
        ("phone", "same, shared by 15", ("1", "1"), "the same; 6 to 15 names have it"),
        ("city", "same, shared by more", ("x", "x"), "the same; more than 300 records have it"),
        (
            "street",
            "same number and street, shared by more",
            ("1 a", "1 a"),
            "same number and street; more than 15 names have it",
        ),
        (
            "organisation",
            "both keep much, rare shared",
            ("a b", "a c"),
            "each has much of its own; what they share is rare",
        ),
        ("phone", "missing", (None, "1"), "one side has none"),
        ("phone", "missing", (None, None), "both have none"),
        ("legal_form", "missing", ("inc", "inc"), "the same"),
        ("legal_form", "missing", (None, None), "neither has one"),
    ],
)
def test_levels_in_words(
    type_: str, level: str, values: tuple[str | None, str | None], said: str
) -> None:
    assert level_in_words(type_, level, values) == said


def test_every_kind_of_key_says_what_it_is_made_of() -> None:
    assert all(kind.made_of for kind in KEY_KINDS)
    (phone,) = (kind for kind in KEY_KINDS if kind.type == "phone")
    assert phone.made_of == "the last seven digits"
