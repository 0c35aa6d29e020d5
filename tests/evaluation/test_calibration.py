"""Calibration and links, compared with a list of every pair of records and its score."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from keepone.evaluation.calibration import BINS, JudgedScores, calibration, wilson
from keepone.evaluation.truth import trial
from keepone.runs import Run
from tests.evaluation.worlds import (
    labelled_pairs,
    put,
    score_of,
    worlds,
    write_entities,
    write_labels,
)


def listed(world: dict[str, Any]) -> list[tuple[int, bool]]:
    """Return score and truth of each pair of records that was scored and that the truth knows."""
    found = [(score_of(world, left, right), same) for left, right, same in labelled_pairs(world)]
    return [(score, same) for score, same in found if score is not None]


@pytest.mark.parametrize("labels", [False, True])
@given(world=worlds(), threshold=st.sampled_from([10_000, 500_000, 990_000, 1_000_000]))
@hypothesis_settings(max_examples=40)
def test_scores_count_for_every_pair_of_records(
    shell: Run, world: dict[str, Any], threshold: int, labels: bool
) -> None:
    put(shell, world)
    truth = shell.path / ("pairs.csv" if labels else "truth.parquet")
    (write_labels if labels else write_entities)(world, truth)
    with trial(shell, truth) as opened:
        scores = opened.judged_scores()
    pairs = listed(world)
    reached = [same for score, same in pairs if score >= threshold]
    found = scores.reaching(threshold, true_pairs=9)
    assert (found.correct, found.found, found.true) == (sum(reached), len(reached), 9)
    for one in calibration(scores).bins:
        inside = [
            (score, same)
            for score, same in pairs
            if min(score * BINS // 1_000_000, BINS - 1) == one.low * BINS // 100
        ]
        assert one.pairs == len(inside) > 0
        assert one.true == sum(same for _, same in inside)
        assert one.score == pytest.approx(sum(score for score, _ in inside) / len(inside) / 10_000)


scored = st.lists(
    st.tuples(st.integers(10_000, 1_000_000), st.integers(1, 150), st.floats(0, 1)), max_size=12
)


@given(drawn=scored)
@hypothesis_settings(max_examples=60)
def test_the_expected_error_is_a_mean_over_pairs(drawn: list[tuple[int, int, float]]) -> None:
    drawn = sorted({score: (score, pairs, share) for score, pairs, share in drawn}.values())
    counts = [(score, pairs, round(share * pairs)) for score, pairs, share in drawn]
    columns = np.array(counts, dtype=np.int64).reshape(-1, 3).T
    found = calibration(JudgedScores(*columns))
    bins: dict[int, list[tuple[float, bool]]] = {}
    for score, pairs, true in counts:
        each = [(score / 1_000_000, place < true) for place in range(pairs)]
        bins.setdefault(min(score * 10 // 1_000_000, 9), []).extend(each)
    kept = [one for one in bins.values() if len(one) >= 100]
    gaps = [abs(sum(same - score for score, same in one)) / len(one) for one in kept]
    pairs = sum(map(len, kept))
    if not kept:
        assert (found.expected_error, found.largest_gap) == (None, None)
    else:
        error = sum(gap * len(one) for gap, one in zip(gaps, kept, strict=True)) / pairs
        assert found.expected_error == pytest.approx(error)
        assert found.largest_gap == pytest.approx(100 * max(gaps))


@given(trials=st.integers(1, 5000), share=st.floats(0, 1))
@hypothesis_settings(max_examples=60)
def test_intervals_are_wilsons(trials: int, share: float) -> None:
    hits = round(share * trials)
    expected = binomtest(hits, trials).proportion_ci(0.95, method="wilson")
    assert wilson(hits, trials) == pytest.approx((expected.low, expected.high), abs=1e-6)
