"""Groups of records from scored pairs of representatives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from keepone.kernels.encoding import Longs
from keepone.kernels.leeway import leeway_of
from keepone.kernels.linkage import average_linkage, origin_of_rows
from keepone.kernels.pair_levels import copies_of
from keepone.rules.model_prior import model_rules

_MILLION = 1_000_000


def group_records(
    distinct: pa.Table,
    origins: pa.Table,
    candidates: pa.Table,
    scored: pa.Table,
    model: Mapping[str, Any],
    *,
    join: int,
) -> Longs:
    """Return the group of each record, named by its smallest row.

    Groups are joined at the mean probability `join`, in millionths, with the leeway that the links
    of the file leave. Equal records are one group
    with the record that stands for them where their own pair (l = r) reaches `join`, and each by
    itself where it does not. No group has two records of one origin.
    """
    left, right, probability = (
        scored.column(name).to_numpy().astype(np.int64) for name in ("l", "r", "probability")
    )
    rules, same = model_rules(), left == right
    group = average_linkage(
        copies_of(distinct),
        left[~same],
        right[~same],
        probability[~same],
        join=join,
        absent=round(rules.absent * _MILLION),
        doubt=rules.doubt,
        leeway=rules.leeway_at(join, leeway_of(candidates, scored, model, distinct.num_rows)),
        origin=origin_of_rows(origins, distinct.num_rows),
    )
    representative = distinct.column("representative").to_numpy()
    rows = np.arange(distinct.num_rows)
    holds = np.zeros(len(rows), dtype=bool)
    holds[left[same & (probability >= join)]] = True
    return np.where((representative == rows) | holds[representative], group[representative], rows)
