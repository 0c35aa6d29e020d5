"""Refitting: what labels move, how far, and what they never do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepone.learning.compared import Weights
from keepone.learning.judgement import judged, log_loss
from keepone.learning.refit import Counted, _Known, _lowered, refit

# Two fields of one family and one by itself; of each the grades 1 to 3 fall, and 4 is no match.
_FALLING = ((1, 2, 3), (1, 4))
_BEFORE = Weights(
    levels=tuple(np.array([0, 6_000, 4_000, 1_000, -3_000], dtype=np.int32) for _ in range(3)),
    families=("place", "place", "alone"),
    falling=(_FALLING, _FALLING, _FALLING),
    prior=-6_000,
    overlap=400,
    slope=0.9,
)


def drawn(rng: np.random.Generator, truth: Weights, rows: int) -> Counted:
    """Draw labels as `truth` has them."""
    patterns = rng.integers(0, 5, (rows, 3)).astype(np.int8)
    match = rng.random(rows) < truth.probability(patterns)
    return Counted(patterns, match.astype(np.float64), (~match).astype(np.float64))


def loss(weights: Weights, seen: Counted) -> float:
    return log_loss(weights.probability(seen.patterns), seen.matches > 0)


def changed(**values: object) -> Weights:
    fields = {name: getattr(_BEFORE, name) for name in _BEFORE.__slots__}
    return Weights(**(fields | values))


def test_no_labels_move_nothing() -> None:
    none = Counted(np.zeros((0, 3), dtype=np.int8), np.zeros(0), np.zeros(0))
    for strength in (0.0, 2.0):
        fitted = refit(_BEFORE, none, strength)
        assert [own.tolist() for own in fitted.levels] == [own.tolist() for own in _BEFORE.levels]
        assert fitted.prior == _BEFORE.prior
        assert fitted.slope == pytest.approx(_BEFORE.slope)


def test_calibration_is_found_again() -> None:
    """Labels of a model with other odds and another slope: those come out, the weights stay."""
    truth = changed(prior=-1_000, slope=0.5)
    seen = drawn(np.random.default_rng(1), truth, 20_000)
    fitted = refit(_BEFORE, seen, 0.0)
    assert [own.tolist() for own in fitted.levels] == [own.tolist() for own in _BEFORE.levels]
    assert fitted.slope == pytest.approx(truth.slope, rel=0.1)
    assert fitted.slope * fitted.prior == pytest.approx(truth.slope * truth.prior, abs=200)


def test_weights_are_found_again_although_only_doubtful_pairs_are_labelled() -> None:
    levels = (*_BEFORE.levels[:2], np.array([0, 3_000, 3_000, -2_000, -6_000], dtype=np.int32))
    truth = changed(levels=levels)
    seen = drawn(np.random.default_rng(2), truth, 40_000)
    doubtful = np.abs(_BEFORE.probability(seen.patterns) - 0.5) < 0.45
    asked = seen.where(np.flatnonzero(doubtful))
    fitted = refit(_BEFORE, asked, 4.0)
    assert (
        np.abs(fitted.probability(seen.patterns) - truth.probability(seen.patterns)).mean() < 0.03
    )
    assert loss(fitted, seen) < loss(_BEFORE, seen)


def test_few_labels_move_little_and_more_move_more() -> None:
    truth = changed(levels=(*_BEFORE.levels[:2], -_BEFORE.levels[2]))
    distances = []
    for rows in (5, 50, 5_000):
        fitted = refit(_BEFORE, drawn(np.random.default_rng(3), truth, rows), 1.0)
        distances.append(float(np.abs(fitted.levels[2] - _BEFORE.levels[2]).max()))
    assert distances == sorted(distances)
    assert distances[0] < 1_500


def test_order_of_labels_means_nothing() -> None:
    seen = drawn(np.random.default_rng(4), _BEFORE, 400)
    order = np.random.default_rng(5).permutation(400)
    one, other = refit(_BEFORE, seen, 2.0), refit(_BEFORE, seen.where(order), 2.0)
    for ours, theirs in zip(one.levels, other.levels, strict=True):
        assert np.abs(ours - theirs).max() <= 1


@given(st.integers(0, 10_000), st.sampled_from([0.5, 4.0]), st.integers(1, 60))
@settings(max_examples=60, deadline=None)
def test_less_agreement_never_weighs_more(seed: int, strength: float, rows: int) -> None:
    """Whatever the labels say, contradictions and one-sidedness included."""
    rng = np.random.default_rng(seed)
    patterns = rng.integers(0, 5, (rows, 3)).astype(np.int8)
    match = rng.random(rows) < rng.choice([0.0, 0.5, 1.0])
    seen = Counted(patterns, match.astype(np.float64), (~match).astype(np.float64))
    fitted = refit(_BEFORE, seen, strength)
    for own in fitted.levels:
        assert own[0] == 0
        assert own[1] >= own[2] >= own[3]
        assert own[4] <= min(int(own[1]), 0)
    assert 0 < fitted.slope < 10


def test_judgement_of_known_figures() -> None:
    probability = np.array([0.95, 0.95, 0.35, 0.05])
    match = np.array([True, False, True, False])
    found = judged(probability, match, 0.5)
    assert found.f1 == 0.5
    assert (found.best_f1, found.best_threshold) == (0.8, 0.35)
    assert found.ece == pytest.approx((0.9 + 0.65 + 0.05) / 4)
    mean = -np.log([0.95, 0.05, 0.35, 0.95]).mean()
    assert found.log_loss == pytest.approx(mean, abs=1e-6)


def test_a_step_past_the_valley_is_shortened() -> None:
    seen = Counted(np.array([[1]], dtype=np.int8), np.array([50.0]), np.array([50.0]))
    known = _Known(
        0.0,
        np.array([[0.01]]),
        np.array([[1]]),
        seen,
        origin=np.zeros(2),
        shown=np.array([1]),
        held=0.0,
    )
    moved = np.array([0.0, 100.0])
    new = _lowered(moved, np.array([-3_000.0]), known)
    assert known.loss(new) < known.loss(moved)
    assert abs(new[1]) < 100
    assert _lowered(new * 0, np.array([3_000.0]), known).tolist() == [0.0, 0.0]
