"""Adds up what the fields of a pair say, without counting the same evidence twice.

The sum is a weight in bits of evidence, and what it is worth a probability.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from keepone.kernels.encoding import Ints

_MILLION = 1_000_000


def add_evidence(
    weights: Sequence[npt.NDArray[np.int32]], families: Sequence[str], overlap: int
) -> Ints:
    """Return the sum of the fields' weights, 1/1000 bit per pair.

    Within a family of fields that say much the same, the strongest weight for and the strongest
    against count whole; the rest counts by `overlap` thousandths, rounded down.
    """
    total: Ints = np.zeros_like(weights[0])
    for family in dict.fromkeys(families):
        own = [each for each, name in zip(weights, families, strict=True) if name == family]
        if len(own) == 1:
            total += own[0]
            continue
        stacked = np.stack(own)
        for_ = np.maximum(stacked, 0)
        against = np.minimum(stacked, 0)
        best, worst = for_.max(axis=0), against.min(axis=0)
        rest_for, rest_against = for_.sum(axis=0) - best, against.sum(axis=0) - worst
        total += best + worst
        total += (rest_for * overlap // 1000 + rest_against * overlap // 1000).astype(np.int32)
    return total


def match_probability(weight: Ints, slope: float) -> Ints:
    """Turn match weights (1/1000 bit) into the model's probabilities (millionths)."""
    bits = slope * weight / 1000
    odds = np.exp2(np.clip(bits, -60, 60))
    probability: Ints = np.rint(_MILLION * odds / (1 + odds)).astype(np.int32)
    return probability
