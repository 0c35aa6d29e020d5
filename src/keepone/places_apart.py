"""How places are told apart by the fields of two records, `a` and `b`, as SQL."""

from __future__ import annotations

from collections.abc import Sequence

from keepone.likeness import ComparedField, any_of, likeness

_TOWNS = frozenset({"city", "postal_code"})


def all_differ(likenesses: Sequence[str]) -> str:
    """Return SQL for whether fields of one type are filled on both sides and none is alike."""
    differ = any_of([f"coalesce({each} = 'different', FALSE)" for each in likenesses])
    return f"({differ} AND NOT {any_alike(likenesses)})"


def any_alike(likenesses: Sequence[str]) -> str:
    """Return SQL for whether one of the fields is the same or similar on both sides."""
    return any_of([f"coalesce({each} <> 'different', FALSE)" for each in likenesses])


def place_likeness(field: ComparedField) -> str:
    """Return SQL for how two records compare on a field, as places are told apart by it."""
    if field.type == "city":
        return _city_likeness(field)
    return _code_likeness(field) if field.type == "postal_code" else likeness(field)


def towns_may_differ(fields: Sequence[ComparedField]) -> str:
    """Return SQL for whether two records are not surely in one place by city and postal code."""
    unequal = [
        f"coalesce({_place(field, 'a')} <> {_place(field, 'b')}, FALSE)"
        for field in fields
        if field.type in _TOWNS
    ]
    return any_of(unequal)


def _city_likeness(field: ComparedField) -> str:
    """Return the likeness, for which a city and the same with more words are alike."""
    ours, theirs = (f"{side}.{field.column('value')}" for side in "ab")
    longer = f"strpos({ours}, {theirs} || ' ') = 1 OR strpos({theirs}, {ours} || ' ') = 1"
    return f"CASE WHEN {longer} THEN 'similar' ELSE {likeness(field)} END"


def _code_likeness(field: ComparedField) -> str:
    """Return the likeness of postal codes by their short form: five digits, an outward code."""
    ours, theirs = (_place(field, side) for side in "ab")
    return f"CASE WHEN {ours} <> {theirs} THEN 'different' WHEN {ours} = {theirs} THEN 'same' END"


def _place(field: ComparedField, side: str) -> str:
    """Return SQL for the city or postal code of a record as it is compared."""
    value = f"{side}.{field.column('value')}"
    return f"coalesce({side}.{field.column('short')}, {value})" if "short" in field.parts else value
