"""What scores are worth: a rising function of the weight, from what grouping makes of them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from keepone.kernels import calibration
from keepone.kernels.calibration import Calibration, calibrate, calibrate_by_groups
from keepone.reference import calibrate as reference
from keepone.schema import SCORED
from tests.matching.tables import origins_table


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
    # Twenty pairs are believed to be as the model says, and a third of the score stays with it.
    share = (30_000 + 20 * 0.8) / 100_020
    assert abs(_worth(made, 2_000, 800_000) - (650_000 * share + 0.35 * 800_000)) <= 1
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
    assert _worth(made, 1_000, 600_000) < _worth(made, 2_000, 700_000) < 580_000


def test_groups_raise_no_score_past_their_bound() -> None:
    """Groups have mistakes of their own, and what is surer has it from the pair itself."""
    made = _calibrated([
        (2_000, 800_000, 90_000, True), (5_000, 970_000, 90_000, True),
    ])  # fmt: skip
    assert _worth(made, 2_000, 800_000) == (65 * 940_000 + 35 * 800_000) // 100
    assert _worth(made, 5_000, 970_000) == 970_000


def test_groups_take_from_any_score() -> None:
    made = _calibrated([(5_000, 970_000, 60_000, True), (5_000, 970_000, 40_000, False)])
    assert _worth(made, 5_000, 970_000) < 740_000


def test_weights_of_a_tenth_of_a_bit_are_one_level() -> None:
    made = _calibrated([
        (1_010, 620_000, 10_000, False), (1_090, 640_000, 10_000, True),
        (1_100, 650_000, 10_000, True),
    ])  # fmt: skip
    # The first begins where the lightest pair is, and lighter ones are left to the model.
    assert made.weight.tolist() == [1_010, 1_100]
    assert made.pairs.tolist() == [20_000, 10_000]
    assert _worth(made, 1_009, 619_000) == 619_000


def test_the_reference_knows_the_numbers_of_the_stage() -> None:
    assert calibration.PRIOR_PAIRS == reference._PRIOR_PAIRS
    assert calibration.GRAIN == reference._GRAIN
    assert calibration.KEPT == reference._KEPT
    assert calibration.MOST_RAISED == reference._MOST_RAISED
    assert calibration.JOIN == reference._JOIN
    assert calibration.LEAST_SHOWING == reference._LEAST_SHOWING


def test_pairs_that_a_source_keeps_apart_do_not_count() -> None:
    """Of two records of one source that are like a third, one is with it, and the other cannot."""
    rows = {"l": [0, 0], "r": [1, 2], "weight": [5_000, 4_000], "probability": [969_697, 941_176],
            "conflicts": [0, 0]}  # fmt: skip
    scored = pa.table(rows, schema=SCORED.arrow())
    copies, group = np.ones(3, np.int64), np.array([0, 0, 2])
    told = [
        calibrate_by_groups(scored, origins_table(origins), copies, group)
        for origins in ([None, None, None], [None, 1, 1])
    ]
    assert [made.pairs.sum() for made in told] == [1, 0]
    assert [_worth(made, 4_000, 941_176) < 941_000 for made in told] == [True, False]
