"""Groups of records from scored pairs of representatives."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from keepone.kernels.encoding import Longs
from keepone.kernels.linkage import average_linkage
from keepone.rules.model_prior import model_rules

_MILLION = 1_000_000


def group_records(
    representative: Longs, left: Longs, right: Longs, probability: Longs, *, join: int
) -> tuple[Longs, npt.NDArray[np.bool_]]:
    """Return each record's group, its smallest row, and which representatives' copies hold.

    `probability` and `join` are millionths. Equal records are one group with the record that stands
    for them where their own pair (l = r) reaches `join`, and each by itself where it does not.
    """
    rules, same = model_rules(), left == right
    rows = np.arange(len(representative))
    group = average_linkage(
        np.bincount(representative, minlength=len(rows)).astype(np.int64),
        left[~same],
        right[~same],
        probability[~same],
        join=join,
        absent=round(rules.absent * _MILLION),
        doubt=rules.doubt,
    )
    holds = np.zeros(len(rows), dtype=bool)
    holds[left[same & (probability >= join)]] = True
    apart = (representative != rows) & ~holds[representative]
    return np.where(apart, rows, group[representative]), holds
