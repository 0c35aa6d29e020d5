"""Calibrates scores by what grouping makes of them.

A pair's own fields are not all that is known of it: its two records have others that they were
compared with. Of the pairs of one score, the share whose records end in one group is what that
score is worth in this file. So the calibration needs no labels: it is the rising function of the
weight that comes closest to those shares (isotonic regression), begun from the model's own
probability. Two records with nobody beside them show nothing but the score itself, and do not
count.

Groups have mistakes of their own, in which all pairs of a group agree. So a part of each score
stays the model's, and groups raise none past `MOST_RAISED`: what is surer than that has it from the
pair itself. Nor do pairs count that a source without duplicates keeps apart, whatever their score.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from keepone.kernels.encoding import Ints, Longs
from keepone.kernels.origins import Origins, origin_of_rows
from keepone.schema import CALIBRATION

# Weights are taken together by tenths of a bit: what follows is 1/1000 bit.
GRAIN = 100
# The model's probability weighs as much as so many pairs per bit of weight.
PRIOR_PAIRS = 20
# The model's probability keeps this share, in percent, so that the ranking within a step stays; and
# groups that fall apart do less harm.
KEPT = 35
# The groups to calibrate by are joined at this, in millionths, whatever cluster.join says.
JOIN = 500_000
# No score is raised past this, in millionths.
MOST_RAISED = 940_000
LEAST_SHOWING = 2
_MILLION, _THOUSAND = 1_000_000, 1_000


@dataclass(frozen=True, slots=True)
class Calibration:
    """Steps of rising weight (1/1000 bit): where each begins, its share of matches in millionths.

    `pairs` of records of each step showed it. Without a step, the model's probability stands.
    """

    weight: Longs
    share: Longs
    pairs: Longs

    @classmethod
    def of(cls, table: pa.Table) -> Calibration:
        """Return the calibration that the table `calibration` tells."""
        columns = (table.column(name).to_numpy() for name in CALIBRATION.arrow().names)
        return cls(*(values.astype(np.int64) for values in columns))

    def table(self) -> pa.Table:
        """Return it as the table `calibration`."""
        arrays = [
            pa.array(values, field.type, safe=False)
            for values, field in zip(
                (self.weight, self.share, self.pairs), CALIBRATION.arrow(), strict=True
            )
        ]
        return pa.table(arrays, schema=CALIBRATION.arrow())

    def apply(self, weight: Ints, probability: Ints) -> Ints:
        """Return the calibrated probability, in millionths, of pairs of these scores.

        What is lighter than the first step keeps the model's probability.
        """
        if not len(self.weight):
            return probability
        step = np.searchsorted(self.weight, weight, side="right") - 1
        share = self.share[np.maximum(step, 0)]
        said, bounded = (
            ((100 - KEPT) * each + KEPT * probability) // 100
            for each in (share, np.minimum(share, MOST_RAISED))
        )
        calibrated = np.minimum(said, np.maximum(probability, bounded))
        return np.where(step < 0, probability, calibrated).astype(np.int32)


def no_calibration() -> Calibration:
    """Return the calibration of scores that mean what they say."""
    nothing = np.zeros(0, dtype=np.int64)
    return Calibration(nothing, nothing, nothing)


def calibrate_by_groups(
    scored: pa.Table, origins: pa.Table, copies: Longs, group: Longs
) -> Calibration:
    """Return the calibration of the table `scored`: see the head of this module.

    `copies` and `group` are of each record: how many equal ones it stands for, and its group.
    """
    left, right, weight, probability = (
        scored.column(name).to_numpy() for name in ("l", "r", "weight", "probability")
    )
    size = np.bincount(group, minlength=len(group))
    one, other = group[left], group[right]
    together = one == other
    around = size[one] + np.where(together, 0, size[other])
    origin = origin_of_rows(origins, len(group))
    barred = ~together & Origins(group.astype(np.int64), origin).shared(one, other)
    shows = (left != right) & (around > LEAST_SHOWING) & ~barred
    return calibrate(weight, probability, copies[left] * copies[right] * shows, together)


def calibrate(
    weight: Ints, probability: Ints, pairs: Longs, together: npt.NDArray[np.bool_]
) -> Calibration:
    """Return the calibration that pairs in one group (`together`) and in two bear out.

    Entry i stands for `pairs[i]` pairs of records: none, where it shows nothing but its score.
    """
    if not len(weight):
        return no_calibration()
    first = int(weight.min()) // GRAIN
    at = weight // GRAIN - first
    shown, believed, counted, joined = (
        np.bincount(at, values).astype(np.int64)
        for values in (np.ones(len(at)), probability, pairs, pairs * together)
    )
    levels = np.flatnonzero(shown)
    gaps = np.minimum(np.diff(levels, prepend=levels[0] - _THOUSAND // GRAIN) * GRAIN, _THOUSAND)
    # Whole numbers of Python's: they are exact, however many pairs there are.
    steps: list[list[int]] = []
    columns = (levels + first, counted[levels], joined[levels], believed[levels] // shown[levels])
    for level, count, same, own, gap in zip(
        *(values.tolist() for values in (*columns, gaps)), strict=True
    ):
        prior = PRIOR_PAIRS * gap
        matches = _MILLION * _THOUSAND * same + prior * own
        steps.append([level * GRAIN, matches, _THOUSAND * count + prior, count])
        while len(steps) > 1 and steps[-2][1] * steps[-1][2] >= steps[-1][1] * steps[-2][2]:
            _, *more = steps.pop()
            steps[-1][1:] = [one + other for one, other in zip(steps[-1][1:], more, strict=True)]
    steps[0][0] = int(weight.min())
    return Calibration(
        weight=np.array([begins for begins, _, _, _ in steps], dtype=np.int64),
        share=np.array([matches // whole for _, matches, whole, _ in steps], dtype=np.int64),
        pairs=np.array([count for *_, count in steps], dtype=np.int64),
    )
