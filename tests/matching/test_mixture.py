"""Fitting on pairs whose shares are known, because they were drawn from them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepone.kernels.comparisons import COMPARISONS
from keepone.kernels.mixture import Fit, Prior, count_patterns, fit_mixture, level_weights
from keepone.rules.model_prior import level_priors, model_rules

Floats = npt.NDArray[np.float64]
Levels = npt.NDArray[np.int8]

# Fields that are independent, and a prior that weighs little: what the book assumes.
_PLAIN = replace(
    model_rules(),
    dependence=0.0,
    overlap=1.0,
    fitted_from=0,
    strength_matches=0.0,
    strength_others=0.0,
    least_strength=20.0,
    families={},
)
_TRUE = (
    Prior(np.array([0.7, 0.2, 0.1]), np.array([0.01, 0.09, 0.9])),
    Prior(np.array([0.8, 0.2]), np.array([0.05, 0.95])),
    Prior(np.array([0.6, 0.3, 0.1]), np.array([0.1, 0.1, 0.8])),
    Prior(np.array([0.9, 0.1]), np.array([0.2, 0.8])),
)
_GUESSED = tuple(
    Prior((own.m + 0.3) / (own.m + 0.3).sum(), (own.u + 0.1) / (own.u + 0.1).sum()) for own in _TRUE
)


def _drawn(
    truth: tuple[Prior, ...], pairs: int, share: float, *, missing: float = 0.0
) -> list[Levels]:
    """Draw the levels of pairs of which `share` match; `missing` of all values are not there."""
    rng = np.random.default_rng(7)
    matches = rng.random(pairs) < share
    levels = []
    for own in truth:
        shown = np.where(
            matches,
            rng.choice(len(own.m), pairs, p=own.m),
            rng.choice(len(own.u), pairs, p=own.u),
        )
        levels.append(np.where(rng.random(pairs) < missing, 0, shown + 1).astype(np.int8))
    return levels


def _fitted(levels: list[Levels], priors: tuple[Prior, ...], **options: object) -> Fit:
    patterns, counts, _ = count_patterns(levels, np.ones(len(levels[0]), dtype=np.int64))
    families = [f"field {at}" for at in range(len(priors))]
    arguments: dict[str, object] = {"rules": _PLAIN, "telling": 4, "max_iterations": 200} | options
    return fit_mixture(patterns, counts, list(priors), families, **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("missing", [0.0, 0.3])
@pytest.mark.parametrize("share", [0.3, 0.05])
def test_known_shares_are_recovered(share: float, missing: float) -> None:
    """From a prior that is wrong by up to 0.2: within 0.04 of the truth, with 40,000 pairs."""
    fit = _fitted(_drawn(_TRUE, 40_000, share, missing=missing), _GUESSED)
    assert fit.match_share == pytest.approx(share, rel=0.1)
    for own_m, own_u, truth, guess in zip(fit.m, fit.u, _TRUE, _GUESSED, strict=True):
        assert own_m == pytest.approx(truth.m, abs=0.04)
        assert own_u == pytest.approx(truth.u, abs=0.02)
        assert np.abs(own_m - truth.m).sum() < np.abs(guess.m - truth.m).sum()


def _shipped(*types: str) -> tuple[Prior, ...]:
    """Return what the shipped rules believe of field types."""
    known, priors = level_priors(), []
    for type_ in types:
        shares = np.array([known[type_, level] for level in COMPARISONS[type_].levels[1:]])
        shares /= shares.sum(axis=0)
        priors.append(Prior(shares[:, 0], shares[:, 1]))
    return tuple(priors)


def test_a_file_without_duplicates_says_so() -> None:
    """The fitted share of matches is below one in a thousand where there are none."""
    truth = _shipped("organisation", "street", "phone")
    fit = _fitted(_drawn(truth, 50_000, 0.0), truth, rules=model_rules())
    assert fit.match_share < 0.001


def test_few_pairs_leave_the_prior_as_it_is() -> None:
    truth = _shipped("organisation", "phone")
    fit = _fitted([np.array([1], dtype=np.int8)] * 2, truth, rules=model_rules())
    for own, prior in zip(fit.m, truth, strict=True):
        assert own == pytest.approx(prior.m, abs=0.02)


def test_where_few_fields_tell_the_vague_ones_move_and_these_do_not() -> None:
    """A year that matches share is learned from the names, whose own shares stay as believed."""
    names = Prior(np.array([0.95, 0.05]), np.array([0.01, 0.99]), moves=False)
    year = Prior(np.array([0.5, 0.5]), np.array([0.5, 0.5]))
    rules = replace(_PLAIN, fitted_from=3, strength_few=0.1)
    levels = _drawn((names, _TRUE[3]), 40_000, 0.1)
    fit = _fitted(levels, (names, year), rules=rules, telling=1)
    assert fit.m[0].tolist() == names.m.tolist()
    assert fit.u[0].tolist() == names.u.tolist()
    assert fit.m[1] == pytest.approx(_TRUE[3].m, abs=0.06)
    assert fit.u[1] == pytest.approx(_TRUE[3].u, abs=0.02)


def test_where_few_fields_tell_what_they_teach_weighs_less() -> None:
    rules = model_rules()
    assert rules.strength(2) == rules.strength_few > rules.strength(3) == rules.strength_matches
    assert [rules.moves("city", telling) for telling in (1, 2, 3)] == [False, False, True]
    assert all(rules.moves("category", telling) for telling in range(5))


def test_others_show_no_level_more_often_than_all_pairs_do() -> None:
    """A city brings many pairs together whose names are not alike: equal names are rarer then."""
    believed = Prior(np.array([0.5, 0.5]), np.array([0.01, 0.99]), moves=False)
    shown = np.repeat(np.array([1, 2], dtype=np.int8), [100, 99_900])
    (free,) = _fitted([shown], (believed,)).u
    (capped,) = _fitted([shown], (replace(believed, capped=True),)).u
    assert free.tolist() == [0.01, 0.99]
    assert capped[0] == pytest.approx((100 + 2 * 10 + 3) / 100_000, rel=0.01)
    assert capped[1] == 0.99
    (none,) = _fitted([np.zeros(9, dtype=np.int8)], (replace(believed, capped=True),)).u
    assert none.tolist() == [0.01, 0.99]


def test_no_pairs_leave_the_prior_exactly() -> None:
    none = [np.zeros(0, dtype=np.int8)] * len(_TRUE)
    fit = _fitted(none, _TRUE)
    assert fit.iterations == 0
    assert [own.tolist() for own in fit.m] == [prior.m.tolist() for prior in _TRUE]


def test_iterations_end_when_told() -> None:
    levels = _drawn(_TRUE, 1_000, 0.2)
    assert _fitted(levels, _GUESSED, max_iterations=3).iterations == 3
    assert _fitted(levels, _GUESSED, max_iterations=0).m[0].tolist() == _GUESSED[0].m.tolist()


def test_a_missing_value_weighs_nothing_and_even_odds_neither() -> None:
    weights = level_weights(np.array([0.8, 0.2]), np.array([0.2, 0.2]))
    assert weights.tolist() == [0, 2000, 0]


def test_less_agreement_never_weighs_more() -> None:
    m, u = np.array([0.2, 0.6, 0.2]), np.array([0.1, 0.1, 0.8])
    assert level_weights(m, u).tolist() == [0, 1000, 2585, -2000]
    # Grades that rise are taken together, in the other chains the later level is lowered.
    assert level_weights(m, u, ((1, 2),)).tolist() == [0, 2000, 2000, -2000]
    assert level_weights(m, u, ((3,), (1, 2))).tolist() == [0, 1000, 1000, -2000]


def test_a_legal_form_that_one_side_lacks_is_no_better_than_equal_ones() -> None:
    comparison = COMPARISONS["legal_form"]
    m, u = np.array([0.9, 0.1]), np.array([0.8, 0.2])
    assert level_weights(m, u, comparison.falling).tolist() == [0, 0, -1000]


def test_that_all_differs_counts_nearly_what_it_counts_elsewhere() -> None:
    m, u = np.array([0.5, 0.5]), np.array([0.25, 0.75])
    assert level_weights(m, u, ((1, 2),)).tolist() == [0, 1000, -585]
    assert level_weights(m, u, ((1, 2),), -2500).tolist() == [0, 1000, -2500]
    rules = model_rules()
    of_names = round(-4000 * rules.against_names)
    assert rules.differing("organisation", 1 / 64, 1 / 4, telling=3) == of_names
    assert rules.differing("phone", 1 / 64, 1 / 4, telling=3) == round(-4000 * rules.against)
    assert rules.differing("phone", 1 / 4, 1 / 64, telling=3) == 0


def test_where_two_fields_tell_names_that_share_nothing_count_for_more_than_believed() -> None:
    rules = model_rules()
    of_names = round(-4000 * rules.against_names_believed)
    assert rules.differing("organisation", 1 / 64, 1 / 4, telling=2) == of_names < -4000
    assert rules.differing("phone", 1 / 64, 1 / 4, telling=2) == round(-4000 * rules.against)


def test_evidence_is_tempered_the_more_the_more_fields_tell() -> None:
    slopes = [model_rules().slope(telling) for telling in range(10)]
    assert slopes[:2] == [1.0, 1.0]
    assert slopes[1:] == sorted(set(slopes), reverse=True)


@given(st.lists(st.lists(st.integers(0, 30), min_size=3, max_size=3), max_size=40))
@settings(max_examples=50)
def test_patterns_are_counted_whole(rows: list[list[int]]) -> None:
    """Every pair is in the pattern of its levels, also with more fields than 64 bits can hold."""
    repeated = [row * 6 for row in rows]
    levels = [np.array([row[at] for row in repeated], dtype=np.int8) for at in range(18)]
    patterns, counts, _ = count_patterns(levels, np.ones(len(levels[0]), dtype=np.int64))
    counted = {
        tuple(int(each[at]) for each in patterns): int(count) for at, count in enumerate(counts)
    }
    expected: dict[tuple[int, ...], int] = {}
    for row in repeated:
        expected[tuple(row)] = expected.get(tuple(row), 0) + 1
    assert counted == expected


@pytest.mark.parametrize(
    ("types", "telling"),
    [
        ("organisation city", 2),
        ("organisation legal_form city category number", 2),
        # Three vague fields beside two that tell count as one more; the legal form is the name's.
        ("organisation legal_form city category number country", 3),
        ("title people number number category category", 3),
        # Beside one field they do not: nothing else would say which pairs match.
        ("title number number category category", 1),
        ("number number number", 0),
    ],
)
def test_vague_fields_tell_together(types: str, telling: int) -> None:
    assert model_rules().telling(types.split()) == telling
