"""Cluster: which records are one company.

Average linkage over the scored pairs: two groups are joined when the mean probability over all
their pairs reaches the threshold, so that a chain of lookalikes is not one company. A pair that
was never scored counts as improbable, not as impossible; and where many were scored between two
groups, as those do.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from keepone.engine import Engine
from keepone.kernels.linkage import average_linkage
from keepone.kernels.pair_levels import copies_of
from keepone.rules.model_prior import model_rules
from keepone.schema import GROUPS, POSSIBLE_MATCHES
from keepone.settings import ClusterSettings, ScoreSettings

_MILLION = 1_000_000


def cluster(
    engine: Engine,  # noqa: ARG001 - every stage takes the engine
    settings: ClusterSettings,
    *,
    score: ScoreSettings,
    distinct: pa.Table,
    origins: pa.Table,
    pairs: pa.Table,
) -> dict[str, pa.Table]:
    """Return `groups`, the group of each record, and `possible_matches` between groups.

    A group is named by its smallest row. Equal records stay together when their own pair reaches
    the threshold, like any other pair. Pairs between `score.review` and the threshold never change
    a group. No group has two records of one source in `origins`: whichever is linked best stays.
    """
    join = round(settings.join * _MILLION / 100)
    left, right, probability = (
        pairs.column(name).to_numpy().astype(np.int64) for name in ("l", "r", "probability")
    )
    rules, same = model_rules(), left == right
    origin = np.full(distinct.num_rows, -1, dtype=np.int64)
    origin[origins.column("row").to_numpy()] = origins.column("origin").to_numpy()
    group = average_linkage(
        copies_of(distinct),
        left[~same],
        right[~same],
        probability[~same],
        join=join,
        absent=round(rules.absent * _MILLION),
        doubt=rules.doubt,
        origin=origin,
    )
    rows = np.arange(distinct.num_rows)
    representative = distinct.column("representative").to_numpy()
    holds = np.zeros(len(rows), dtype=bool)
    holds[left[same & (probability >= join)]] = True
    of_row = np.where((representative == rows) | holds[representative], group[representative], rows)
    columns = [pa.array(values.astype(np.int32), pa.int32()) for values in (rows, of_row)]
    review = round(score.review * _MILLION / 100)
    between = (probability >= review) & ((of_row[left] != of_row[right]) | (same & ~holds[left]))
    return {
        "groups": pa.table(columns, schema=GROUPS.arrow()),
        "possible_matches": pairs.select(POSSIBLE_MATCHES.arrow().names).filter(pa.array(between)),
    }
