"""Whether scores mean what they say: of the pairs scored 80 %, 80 % should be true.

Pairs here are pairs of records: a score that was given to two records which stand for others that
are equal to them counts for every pair of those.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from keepone.evaluation.agreement import Counted, Longs

BINS = 10
# A bin of fewer pairs is shown with its interval, and counts for nothing.
LEAST_PAIRS = 100
_MILLION = 1_000_000
# Of the standard normal distribution 95 % lies within this of its middle.
_NORMAL_95 = 1.959964


@dataclass(frozen=True, slots=True)
class JudgedScores:
    """How many scored pairs that the truth speaks of have each probability, in rising order.

    `probability` in millionths; `pairs` of records that were given it; `true` of those are matches.
    """

    probability: Longs
    pairs: Longs
    true: Longs

    def reaching(self, probability: int, true_pairs: int) -> Counted:
        """Return the pairs scored `probability` or more, beside all `true_pairs` there are."""
        first = int(np.searchsorted(self.probability, probability))
        return Counted(int(self.true[first:].sum()), int(self.pairs[first:].sum()), true_pairs)


@dataclass(frozen=True, slots=True)
class Bin:
    """The pairs scored from `low` up to `high` percent, of which the last bin holds its end.

    `score` is their mean score and `share` how many of them are true, both in percent; `least` and
    `most` are the ends of the share's 95 % interval (Wilson).
    """

    low: int
    high: int
    pairs: int
    true: int
    score: float
    share: float
    least: float
    most: float

    @property
    def counts(self) -> bool:
        """Whether there are pairs enough to judge the score by."""
        return self.pairs >= LEAST_PAIRS

    @property
    def gap(self) -> float:
        """How far the share is above the score, in points."""
        return self.share - self.score


@dataclass(frozen=True, slots=True)
class Calibration:
    """Scores beside the truth, by bin; bins without a pair are left out.

    `expected_error` is the mean distance of share and score over the pairs of bins that count, from
    0 to 1, and `largest_gap` the greatest such distance, in points; None where no bin counts.
    """

    bins: tuple[Bin, ...]

    @property
    def expected_error(self) -> float | None:
        """The expected calibration error."""
        counted = [each for each in self.bins if each.counts]
        pairs = sum(each.pairs for each in counted)
        if not pairs:
            return None
        return math.fsum(each.pairs * abs(each.gap) for each in counted) / (100 * pairs)

    @property
    def largest_gap(self) -> float | None:
        """The greatest distance of share and score, in points."""
        return max((abs(each.gap) for each in self.bins if each.counts), default=None)

    def as_dict(self) -> dict[str, Any]:
        """Return the bins and what they come to."""
        return {
            "expected_error": self.expected_error,
            "largest_gap": self.largest_gap,
            "bins": [asdict(each) | {"counts": each.counts} for each in self.bins],
        }


def calibration(scores: JudgedScores) -> Calibration:
    """Return how the scores compare with the truth, in ten bins."""
    of_bin = np.minimum(scores.probability * BINS // _MILLION, BINS - 1)
    bins = []
    for index in range(BINS):
        inside = of_bin == index
        pairs, true = int(scores.pairs[inside].sum()), int(scores.true[inside].sum())
        if not pairs:
            continue
        total = int((scores.probability[inside] * scores.pairs[inside]).sum())
        least, most = wilson(true, pairs)
        bins.append(
            Bin(
                low=index * 100 // BINS,
                high=(index + 1) * 100 // BINS,
                pairs=pairs,
                true=true,
                score=100 * total / (pairs * _MILLION),
                share=100 * true / pairs,
                least=100 * least,
                most=100 * most,
            )
        )
    return Calibration(tuple(bins))


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """Return the 95 % interval of the share that `hits` of `trials` speak for."""
    squared = _NORMAL_95**2
    share, total = hits / trials, trials + squared
    middle = (hits + squared / 2) / total
    reach = _NORMAL_95 * math.sqrt(trials * share * (1 - share) + squared / 4) / total
    return max(0.0, middle - reach), min(1.0, middle + reach)
