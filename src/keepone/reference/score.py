"""Score, pair by pair: look up what each level weighs, and add up."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from keepone.fields import recognised_fields
from keepone.reference.evidence import probability_of, total_evidence
from keepone.reference.levels import compared_fields
from keepone.schema import CONFLICT_COUNTRY, CONFLICT_IDS, CONFLICT_LEGAL, SCORED
from keepone.settings import ScoreSettings

_FLOOR = 10_000
_CONFLICTS = {
    "organisation": CONFLICT_LEGAL,
    "identifier": CONFLICT_IDS,
    "country": CONFLICT_COUNTRY,
}


def score(
    engine: object,  # noqa: ARG001 - plain Python needs no engine
    settings: ScoreSettings,  # noqa: ARG001 - the threshold is applied where pairs are used
    *,
    fields: pa.Table,
    features: pa.Table,
    distinct: pa.Table,
    candidates: pa.Table,
    model: dict[str, Any],
    frequencies: pa.Table,
) -> dict[str, pa.Table]:
    """Return `scored`, as the stage of the same name promises."""
    compared = compared_fields(fields, features, distinct, frequencies)
    weights = [
        {level["level"]: level["weight"] for level in field["levels"]} for field in model["fields"]
    ]
    families = [field["family"] for field in model["fields"]]
    rows = features.to_pylist()
    lines = []
    for pair in candidates.to_pylist():
        left, right = pair["l"], pair["r"]
        shown = [each.comparison.level(left, right) for each in compared]
        said = [own[level] for own, level in zip(weights, shown, strict=True)]
        weight = model["prior_weight"] + total_evidence(said, families, model["overlap"])
        probability = probability_of(weight, model["slope"])
        if probability >= _FLOOR:
            lines.append(
                {
                    "l": left,
                    "r": right,
                    "weight": weight,
                    "probability": probability,
                    "conflicts": _conflicts(fields, rows[left], rows[right]),
                }
            )
    return {"scored": pa.Table.from_pylist(lines, schema=SCORED.arrow())}


def _conflicts(fields: pa.Table, left: dict[str, Any], right: dict[str, Any]) -> int:
    """Return the conflict bits of two records: both have a value, and the values differ."""
    bits = 0
    for field in recognised_fields(fields):
        one, other = (_speaking(field.name, field.type, row) for row in (left, right))
        if one is not None and other is not None and one[0] == other[0] and one[1] != other[1]:
            bits |= _CONFLICTS[field.type]
    return bits


def _speaking(field: str, type_: str, row: dict[str, Any]) -> tuple[str, str] | None:
    """Return what of a field can be in conflict with others of its kind: (kind, value).

    The kind of an identifier is the scheme in which it is valid; there is one kind of legal form
    and of country.
    """
    if type_ not in _CONFLICTS:
        return None
    kind = row.get(f"{field}.valid") if type_ == "identifier" else type_
    value = row.get(f"{field}.{'legal' if type_ == 'organisation' else 'value'}")
    return None if kind is None or value is None else (kind, value)
