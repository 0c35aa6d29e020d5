"""Score: applies the model to every candidate pair.

A pair's match weight is the model's prior weight plus the weight of the level that each field
shows; its probability is what that makes of the pair by itself. Pairs above a floor are kept, so
that a changed threshold starts again at the grouping.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from keepone.engine import Engine
from keepone.fields import recognised_fields
from keepone.kernels.encoding import Ints, Longs, Rows, encode_values
from keepone.kernels.evidence import add_evidence, match_probability
from keepone.kernels.pair_levels import compared_fields, copies_of, levels_of_pairs
from keepone.schema import CONFLICT_COUNTRY, CONFLICT_IDS, CONFLICT_LEGAL, SCORED
from keepone.settings import ScoreSettings

# Below a hundredth nothing is kept; score.review cannot be set lower.
_FLOOR = 10_000
# Candidates that are read at a time: bounds the memory, and never changes a result.
_PAIRS_AT_ONCE = 1 << 22
# Which parts of which field types speak of a conflict when they differ; and the part that must be
# the same on both sides for that: two numbers conflict only within one scheme.
_CONFLICTS = (
    ("organisation", "legal", None, CONFLICT_LEGAL),
    ("identifier", "value", "valid", CONFLICT_IDS),
    ("country", "value", None, CONFLICT_COUNTRY),
)


def _conflicts(
    fields: pa.Table, features: pa.Table, copies: Longs, left: Rows, right: Rows
) -> Ints:
    """Return the conflict bits of the pairs: both sides have a value, and the values differ."""
    bits: npt.NDArray[np.int32] = np.zeros(len(left), dtype=np.int32)
    for field in recognised_fields(fields):
        for type_, part, within, bit in _CONFLICTS:
            named = [f"{field.name}.{each}" for each in (part, within) if each is not None]
            if field.type != type_ or not set(named) <= set(features.column_names):
                continue
            says, *same = (encode_values(features.column(name), copies).codes for name in named)
            a, b = says[left], says[right]
            differ = (a >= 0) & (b >= 0) & (a != b)
            for scheme in same:
                differ &= (scheme[left] >= 0) & (scheme[left] == scheme[right])
            bits[differ] |= bit
    return bits


def score(
    engine: Engine,
    settings: ScoreSettings,  # noqa: ARG001 - the threshold is applied where pairs are used
    *,
    fields: pa.Table,
    features: pa.Table,
    distinct: pa.Table,
    candidates: pa.Table,
    model: dict[str, Any],
    frequencies: pa.Table,
) -> dict[str, pa.Table]:
    """Return `scored`: every candidate pair whose probability reaches the floor."""
    compared = compared_fields(fields, features, distinct, frequencies)
    weights = [
        np.array([level["weight"] for level in field["levels"]], dtype=np.int32)
        for field in model["fields"]
    ]
    families = [field["family"] for field in model["fields"]]
    found = [(np.zeros(0, np.int32),) * 4]
    # Most pairs are left out again: only what is kept is held for all of them.
    for start in range(0, candidates.num_rows, _PAIRS_AT_ONCE):
        some = candidates.slice(start, _PAIRS_AT_ONCE)
        left, right = (some.column(name).to_numpy() for name in ("l", "r"))
        for part, levels in levels_of_pairs(compared, left, right, engine.threads):
            shown = [own[level] for own, level in zip(weights, levels, strict=True)]
            weight = np.full(part.stop - part.start, model["prior_weight"], dtype=np.int32)
            weight += add_evidence(shown, families, model["overlap"])
            probability = match_probability(weight, model["slope"])
            kept = np.flatnonzero(probability >= _FLOOR)
            ends = (left[part][kept], right[part][kept])
            found.append((*ends, weight[kept], probability[kept]))
    left, right, weight, probability = (np.concatenate(each) for each in zip(*found, strict=True))
    conflicts = _conflicts(fields, features, copies_of(distinct), left, right)
    columns = (left, right, weight, probability, conflicts)
    arrays = [pa.array(values, pa.int32()) for values in columns]
    return {"scored": pa.table(arrays, schema=SCORED.arrow())}
