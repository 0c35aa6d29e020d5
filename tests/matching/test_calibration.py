"""What scores are worth: a rising function of the weight, from what grouping makes of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from keepone.kernels import calibration
from keepone.kernels.calibration import Calibration, calibrate, calibrate_by_groups
from keepone.kernels.grouping import group_records
from keepone.reference import calibration as reference


def _calibrated(pairs: list[tuple[int, int, int, bool]]) -> Calibration:
    """Calibrate by (weight, probability, pairs of records, whether they are together)."""
    weight, probability, count, together = zip(*pairs, strict=True)
    return calibrate(
        np.array(weight, np.int32),
        np.array(probability, np.int32),
        np.array(count, np.int64),
        np.array(together, bool),
    )


def _worth(made: Calibration, weight: int, probability: int) -> int:
    return int(made.apply(np.array([weight], np.int32), np.array([probability], np.int32))[0])


def test_many_pairs_of_a_weight_outweigh_the_model() -> None:
    """Of 100,000 pairs that the model gives 80 %, 30 % end in one group."""
    made = _calibrated([(2_000, 800_000, 30_000, True), (2_000, 800_000, 70_000, False)])
    # Twenty pairs are believed to be as the model says, and two hundredths stay with it.
    share = (30_000 + 20 * 0.8) / 100_020
    assert abs(_worth(made, 2_000, 800_000) - (980_000 * share + 16_000)) <= 1
    assert made.pairs.tolist() == [100_000]


def test_pairs_that_show_nothing_leave_the_model_alone() -> None:
    made = _calibrated([(0, 500_000, 0, True), (3_000, 888_889, 0, False)])
    assert _worth(made, 0, 500_000) == 500_000
    assert _worth(made, 3_000, 888_889) == 888_889


def test_a_greater_weight_is_never_worth_less() -> None:
    """Where heavier pairs hold less often than lighter ones, they are taken together."""
    made = _calibrated([
        (1_000, 600_000, 800, True), (1_000, 600_000, 200, False),
        (2_000, 700_000, 200, True), (2_000, 700_000, 800, False),
        (9_000, 990_000, 900, True),
    ])  # fmt: skip
    assert made.weight.tolist() == [1_000, 9_000]
    assert made.pairs.tolist() == [2_000, 900]
    assert _worth(made, 1_000, 600_000) < _worth(made, 2_000, 700_000) < 520_000


@st.composite
def _files(draw: st.DrawFn) -> tuple[list[int], list[dict[str, Any]]]:
    """Draw records, of which some are equal, and scored pairs; a weight has one probability."""
    drawn = draw(st.lists(st.integers(0, 8), min_size=1, max_size=12))
    representatives = [drawn.index(each) for each in drawn]
    points = sorted(set(representatives))
    possible = [(left, right) for left in points for right in points if left <= right]
    chosen = draw(st.lists(st.sampled_from(possible), unique=True))
    scores = {-4_000: 58_824, -100: 482_678, 0: 500_000, 700: 618_966, 5_000: 969_697}
    weights = st.sampled_from(sorted(scores))
    lines = []
    for left, right in sorted(chosen):
        weight = draw(weights)
        found = {"l": left, "r": right, "weight": weight, "model_probability": scores[weight]}
        lines.append(found)
    return representatives, lines


@given(_files())
@settings(max_examples=200)
def test_the_score_says_what_the_reference_says(
    file: tuple[list[int], list[dict[str, Any]]],
) -> None:
    representatives, lines = file
    theirs = reference.Steps(representatives, lines)
    columns = {
        name: np.array([line[name] for line in lines], np.int64)
        for name in ("l", "r", "weight", "model_probability")
    }
    ours = calibrate_by_groups(
        np.array(representatives), columns["l"], columns["r"],
        columns["weight"].astype(np.int32), columns["model_probability"].astype(np.int32),
    )  # fmt: skip
    told = zip(ours.weight.tolist(), ours.share.tolist(), ours.pairs.tolist(), strict=True)
    assert [dict(zip(("weight", "share", "pairs"), step, strict=True)) for step in told] == (
        theirs.told()
    )
    for line in lines:
        worth = _worth(ours, line["weight"], line["model_probability"])
        assert worth == theirs.probability(line)
    assert (np.diff(ours.share) > 0).all() or len(ours.share) < 2


def test_equal_records_that_do_not_hold_are_alone() -> None:
    group, holds = group_records(
        np.array([0, 0, 2]), np.array([0, 0]), np.array([0, 2]), np.array([300_000, 900_000]),
        join=500_000,
    )  # fmt: skip
    assert not holds[0]
    assert group[1] == 1


def test_the_reference_knows_the_numbers_of_the_stage() -> None:
    assert calibration.PRIOR_PAIRS == reference._PRIOR_PAIRS
    assert calibration.KEPT == reference._KEPT
    assert calibration.JOIN == reference._JOIN
    assert calibration.LEAST_SHOWING == reference._LEAST_SHOWING
