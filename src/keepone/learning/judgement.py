"""How well probabilities agree with labels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from keepone.learning.compared import Floats
from keepone.model import Judged

_BINS = 10
# A probability of exactly 0 or 1 would cost without end if it were wrong once.
_LEAST = 1e-6
_DIGITS = 6


def log_loss(probability: Floats, match: npt.NDArray[np.bool_]) -> float:
    """Return the mean surprise of the labels, in nats; 0 where there are none."""
    if not len(match):
        return 0.0
    sure = np.clip(probability, _LEAST, 1 - _LEAST)
    return float(-np.log(np.where(match, sure, 1 - sure)).mean())


def judged(probability: Floats, match: npt.NDArray[np.bool_], join: float) -> Judged:
    """Judge probabilities by labels; from `join` on a pair is called a match."""
    best, at = _best_f1(probability, match)
    figures = {
        "log_loss": log_loss(probability, match),
        "f1": _f1(probability >= join, match),
        "best_f1": best,
        "best_threshold": at,
        "ece": _calibration_error(probability, match),
    }
    return Judged(**{name: round(figure, _DIGITS) for name, figure in figures.items()})


def _f1(called: npt.NDArray[np.bool_], match: npt.NDArray[np.bool_]) -> float:
    right = int((called & match).sum())
    total = int(called.sum()) + int(match.sum())
    return 2 * right / total if total else 0.0


def _best_f1(probability: Floats, match: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Return the greatest F1 of any threshold, and the highest threshold that has it."""
    order = np.argsort(-probability, kind="stable")
    right = np.cumsum(match[order])
    called = np.arange(1, len(order) + 1)
    f1 = 2 * right / (called + int(match.sum()))
    # A threshold calls all pairs of one probability, or none.
    last = np.append(probability[order][1:] != probability[order][:-1], True)
    at = int(np.argmax(np.where(last, f1, -1.0)))
    return float(f1[at]), float(probability[order][at])


def _calibration_error(probability: Floats, match: npt.NDArray[np.bool_]) -> float:
    """Return the mean difference between probability and share of matches over even bins."""
    at = np.minimum((probability * _BINS).astype(np.int64), _BINS - 1)
    said, true = (
        np.bincount(at, weights=values, minlength=_BINS) for values in (probability, match)
    )
    return float(np.abs(said - true).sum() / len(match))
