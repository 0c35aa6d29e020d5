"""How two records compare on a field, value by value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from rapidfuzz.distance import Levenshtein

_Line = Mapping[str, Any]
_WHOLE_PARTS = ("tokens", "people", "value", "number")


def parts_of(line: _Line, field: str, *parts: str) -> list[Any]:
    """Return the values of those parts of a field that the file has, in this order."""
    return [line[f"{field}.{part}"] for part in parts if f"{field}.{part}" in line]


def likeness(
    ours: _Line, theirs: _Line, field: str, field_type: str
) -> Literal["same", "similar", "different"] | None:
    """Return how two records compare on a field; None where there is nothing to compare."""
    mine = parts_of(ours, field, *_WHOLE_PARTS)
    others = parts_of(theirs, field, *_WHOLE_PARTS)
    both = [(a, b) for a, b in zip(mine, others, strict=True) if a is not None and b is not None]
    if any(a != b for a, b in both):
        return "similar" if all(_are_near(a, b, field_type) for a, b in both) else "different"
    if mine == others and any(value is not None for value in mine):
        return "same"
    return None


def share_value(ours: _Line, theirs: _Line, fields: Iterable[str], *parts: str) -> bool:
    """Return whether two records have the same value in one of these parts of a field."""
    return any(
        a is not None and a == b
        for field in fields
        for a, b in zip(parts_of(ours, field, *parts), parts_of(theirs, field, *parts), strict=True)
    )


def edits(ours: str, theirs: str) -> int:
    """Return how many bytes have to be changed to make two texts equal, as DuckDB counts."""
    return Levenshtein.distance(ours.encode(), theirs.encode())


def shortened(value: str, shown: int = 80) -> str:
    """Return a text as reasons quote it."""
    return value[: shown - 1] + "…" if len(value) > shown else value


def _are_near(ours: Any, theirs: Any, field_type: str) -> bool:
    if isinstance(ours, list):
        shared = 2 * len(set(ours) & set(theirs)) >= min(len(ours), len(theirs))
        return shared or _spelt_alike(" ".join(ours), " ".join(theirs))
    if field_type in ("city", "given_name", "family_name"):
        return _spelt_alike(ours, theirs)
    return bool(ours == theirs)


def _spelt_alike(ours: str, theirs: str) -> bool:
    return 4 * edits(ours, theirs) <= min(len(ours), len(theirs))
