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
from keepone.kernels.grouping import group_records
from keepone.schema import GROUPS, POSSIBLE_MATCHES
from keepone.settings import ClusterSettings, ScoreSettings

_MILLION = 1_000_000


def cluster(
    engine: Engine,  # noqa: ARG001 - every stage takes the engine
    settings: ClusterSettings,
    *,
    score: ScoreSettings,
    distinct: pa.Table,
    pairs: pa.Table,
) -> dict[str, pa.Table]:
    """Return `groups`, the group of each record, and `possible_matches` between groups.

    A group is named by its smallest row. Equal records stay together when their own pair reaches
    the threshold, like any other pair. What is joined is what the model says of pairs by
    themselves: the calibrated probability comes of grouping.
    """
    join = round(settings.join * _MILLION / 100)
    left, right, probability, by_itself = (
        pairs.column(name).to_numpy().astype(np.int64)
        for name in ("l", "r", "probability", "model_probability")
    )
    representative = distinct.column("representative").to_numpy()
    of_row, holds = group_records(representative, left, right, by_itself, join=join)
    rows = np.arange(len(of_row))
    columns = [pa.array(values.astype(np.int32), pa.int32()) for values in (rows, of_row)]
    review = round(score.review * _MILLION / 100)
    parted = (of_row[left] != of_row[right]) | ((left == right) & ~holds[left])
    between = (probability >= review) & parted
    return {
        "groups": pa.table(columns, schema=GROUPS.arrow()),
        "possible_matches": pairs.select(POSSIBLE_MATCHES.arrow().names).filter(pa.array(between)),
    }
