"""Calibrate: what scores are worth in this file.

The model gives a pair a probability from its own fields. Of the pairs of one weight, the share
whose records ended in one group is what that weight is worth here, and what people see. A model
that was trained on labels has been told by those, and is left as it is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from keepone.engine import Engine
from keepone.kernels.calibration import JOIN, calibrate_by_groups, no_calibration
from keepone.kernels.grouping import group_records, parted_rows
from keepone.kernels.origins import Origins
from keepone.kernels.pair_levels import copies_of
from keepone.schema import PAIRS, POSSIBLE_MATCHES
from keepone.settings import CalibrateSettings, ClusterSettings, ScoreSettings

_MILLION = 1_000_000


def calibrate(
    engine: Engine,  # noqa: ARG001 - every stage takes the engine
    settings: CalibrateSettings,  # noqa: ARG001 - there is nothing to set
    *,
    score: ScoreSettings,
    cluster: ClusterSettings,
    model: dict[str, Any],
    distinct: pa.Table,
    origins: pa.Table,
    candidates: pa.Table,
    scored: pa.Table,
    groups: pa.Table,
    judgements: pa.Table,
) -> dict[str, pa.Table]:
    """Return `pairs` with calibrated probabilities, `calibration`, and `possible_matches`.

    Possible matches are pairs from `score.review` on that ended in two groups, and that nobody
    holds apart. Pairs between that and `cluster.join` never change a group. What people decided of
    some records changes what no other score is worth: groups are made without it here.
    """
    join = round(cluster.join * _MILLION / 100)
    group = groups.column("group").to_numpy()
    if model["calibrated"]:
        calibration = no_calibration()
    else:
        even = group
        if join != JOIN or judgements.num_rows:
            even = group_records(distinct, origins, candidates, scored, model, join=JOIN)
        calibration = calibrate_by_groups(scored, origins, copies_of(distinct), even)
    left, right, weight, by_itself = (
        scored.column(name).to_numpy() for name in ("l", "r", "weight", "probability")
    )
    probability = calibration.apply(weight, by_itself)
    told = {"probability": pa.array(probability), "model_probability": scored["probability"]}
    columns = {name: scored[name] for name in scored.column_names} | told
    pairs = pa.table([columns[name] for name in PAIRS.arrow().names], schema=PAIRS.arrow())
    parted = np.where(left == right, by_itself < join, group[left] != group[right])
    rows, sets = parted_rows(judgements)
    settled = Origins(group[rows].astype(np.int64), sets).shared(group[left], group[right])
    possible = (probability >= round(score.review * _MILLION / 100)) & parted
    possible &= (left == right) | ~settled
    return {
        "pairs": pairs,
        "calibration": calibration.table(),
        "possible_matches": pairs.select(POSSIBLE_MATCHES.arrow().names).filter(pa.array(possible)),
    }
