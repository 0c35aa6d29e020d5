"""Calibrates scores by what grouping makes of them.

A pair's own fields are not all that is known of it: its two records have others that they were
compared with. Of the pairs of one score, the share whose records end in one group is what that
score is worth in this file. So the calibration needs no labels: it is the rising function of the
weight that comes closest to those shares (isotonic regression), begun from the model's own
probability. Two records with nobody beside them show nothing but the score itself, and do not
count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from keepone.kernels.encoding import Ints, Longs
from keepone.kernels.grouping import group_records

# The model's probability weighs as much as so many pairs per bit of weight.
PRIOR_PAIRS = 20
# Within a step the model's probability keeps this share, in percent, so that ranking stays.
KEPT = 2
# The groups to calibrate by are joined at this, in millionths, whatever cluster.join says.
JOIN = 500_000
LEAST_SHOWING = 2
_MILLION, _THOUSAND = 1_000_000, 1_000


@dataclass(frozen=True, slots=True)
class Calibration:
    """Steps of rising weight (1/1000 bit): where each begins, its share of matches in millionths.

    `pairs` of records of each step showed it.
    """

    weight: Longs
    share: Longs
    pairs: Longs

    def apply(self, weight: Ints, probability: Ints) -> Ints:
        """Return the calibrated probability, in millionths, of pairs of these scores."""
        step = np.searchsorted(self.weight, weight, side="right") - 1
        mixed = (100 - KEPT) * self.share[step] + KEPT * probability
        calibrated: Ints = (mixed // 100).astype(np.int32)
        return calibrated


def calibrate_by_groups(
    representative: Longs, left: Longs, right: Longs, weight: Ints, probability: Ints
) -> Calibration:
    """Return the calibration of scored pairs of representatives: see the head of this module."""
    group, _ = group_records(representative, left, right, probability.astype(np.int64), join=JOIN)
    copies, size = (np.bincount(each, minlength=len(group)) for each in (representative, group))
    together = group[left] == group[right]
    around = np.where(together, size[group[left]], size[group[left]] + size[group[right]])
    shows = (left != right) & (around > LEAST_SHOWING)
    return calibrate(weight, probability, copies[left] * copies[right] * shows, together)


def calibrate(
    weight: Ints, probability: Ints, pairs: Longs, together: npt.NDArray[np.bool_]
) -> Calibration:
    """Return the calibration that pairs in one group (`together`) and in two bear out.

    Entry i stands for `pairs[i]` pairs of records: none, where it shows nothing but its score.
    """
    weights, first, at = np.unique(weight, return_index=True, return_inverse=True)
    counted = np.bincount(at, pairs, len(weights)).astype(np.int64).tolist()
    joined = np.bincount(at, pairs * together, len(weights)).astype(np.int64).tolist()
    gaps = np.minimum(np.diff(weights, prepend=weights[:1] - _THOUSAND), _THOUSAND).tolist()
    # Whole numbers of Python's: they are exact, however many pairs there are.
    steps: list[list[int]] = []
    for own, count, same, gap, believed in zip(
        weights.tolist(), counted, joined, gaps, probability[first].tolist(), strict=True
    ):
        prior = PRIOR_PAIRS * gap
        matches = _THOUSAND * _MILLION * same + prior * believed
        steps.append([own, matches, _THOUSAND * count + prior, count])
        while len(steps) > 1 and steps[-2][1] * steps[-1][2] >= steps[-1][1] * steps[-2][2]:
            _, *more = steps.pop()
            steps[-1][1:] = [one + other for one, other in zip(steps[-1][1:], more, strict=True)]
    return Calibration(
        weight=np.array([own for own, _, _, _ in steps], dtype=np.int64),
        share=np.array([matches // whole for _, matches, whole, _ in steps], dtype=np.int64),
        pairs=np.array([count for *_, count in steps], dtype=np.int64),
    )
