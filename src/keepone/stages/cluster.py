"""Cluster: which records are one company.

Average linkage over the scored pairs: two groups are joined when the mean probability over all
their pairs reaches the threshold, so that a chain of lookalikes is not one company. Large groups
may stay below it where the links of the file hardly ever contradict each other. A pair that was
never scored counts as improbable, not as impossible; and where many were scored between two groups,
as those do.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from keepone.engine import Engine
from keepone.kernels.grouping import group_records
from keepone.schema import GROUPS
from keepone.settings import ClusterSettings

_MILLION = 1_000_000


def cluster(
    engine: Engine,  # noqa: ARG001 - every stage takes the engine
    settings: ClusterSettings,
    *,
    distinct: pa.Table,
    origins: pa.Table,
    candidates: pa.Table,
    scored: pa.Table,
    model: dict[str, Any],
    judgements: pa.Table,
) -> dict[str, pa.Table]:
    """Return `groups`, the group of each record.

    A group is named by its smallest row. Equal records stay together when their own pair reaches
    the threshold, like any other pair. What is joined is what the model says of pairs by
    themselves: what scores are worth comes of the groups. No group has two records of one source
    in `origins`: whichever is linked best stays. What people hold together or apart is so, whatever
    its score and its source.
    """
    join = round(settings.join * _MILLION / 100)
    group = group_records(
        distinct, origins, candidates, scored, model, join=join, judgements=judgements
    )
    columns = (np.arange(len(group)), group)
    arrays = [pa.array(values.astype(np.int32), pa.int32()) for values in columns]
    return {"groups": pa.table(arrays, schema=GROUPS.arrow())}
