"""How two records compare on a field, as SQL over the two of them, `a` and `b`.

Of features with a row per record, joined twice. What is said here is for people to read and for
rules to ask: how much it weighs is for the model.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from keepone.engine import quote
from keepone.fields import recognised_fields
from keepone.reasons import shortened

# The parts of a field that say as a whole whether two records agree on it.
_WHOLE_PARTS = ("tokens", "people", "value", "number")
# Those of them that are lists of words.
_WORDS = frozenset({"tokens", "people"})
# Types whose one value is a word that may be misspelt; a digit more makes another phone or code.
_SPELT = frozenset({"city", "given_name", "family_name"})


@dataclass(frozen=True, slots=True)
class ComparedField:
    """A field that is compared, with the columns that `features` has for it."""

    name: str
    type: str
    parts: tuple[str, ...]

    def column(self, part: str) -> str:
        """Return the name of a part's column, quoted."""
        return quote(f"{self.name}.{part}")


def compared_fields(fields: pa.Table, features: pa.Table) -> list[ComparedField]:
    """Return the fields that pairs are compared on as a whole, in order."""
    parts: dict[str, list[str]] = {}
    for column in features.column_names[1:]:
        name, _, part = column.rpartition(".")
        parts.setdefault(name, []).append(part)
    return [
        ComparedField(field.name, field.type, tuple(parts[field.name]))
        for field in recognised_fields(fields)
        if field.compared and set(_WHOLE_PARTS) & set(parts.get(field.name, ()))
    ]


def likeness(field: ComparedField) -> str:
    """Return SQL for how two records compare on a field; null where there is nothing to compare.

    A CASE within a CASE: whether values are similar is asked of unequal ones alone.
    """
    parts = [part for part in _WHOLE_PARTS if part in field.parts]
    columns = [field.column(part) for part in parts]
    equal = " AND ".join(f"a.{each} IS NOT DISTINCT FROM b.{each}" for each in columns)
    filled = " OR ".join(f"a.{each} IS NOT NULL" for each in columns)
    unequal = " OR ".join(f"a.{each} <> b.{each}" for each in columns)
    alike = " AND ".join(_is_near(field, part) for part in parts)
    return (
        f"CASE WHEN {unequal} THEN CASE WHEN {alike} THEN 'similar' ELSE 'different' END"
        f" WHEN {equal} AND ({filled}) THEN 'same' END"
    )


def same_value(fields: Iterable[ComparedField], *parts: str) -> str:
    """Return SQL for whether both records hold the same value in one of these parts of a field."""
    equal = [
        f"coalesce(a.{field.column(part)} = b.{field.column(part)}, FALSE)"
        for field in fields
        for part in parts
        if part in field.parts
    ]
    return any_of(equal)


def any_of(conditions: Sequence[str]) -> str:
    """Return SQL for whether one of the conditions holds."""
    return f"({' OR '.join(conditions)})" if conditions else "FALSE"


def against(column: str) -> str:
    """Return SQL for the two unequal values of a column, null where they are equal or missing."""
    both = f"{shortened(f'a.{column}')} || ' against ' || {shortened(f'b.{column}')}"
    return f"CASE WHEN a.{column} <> b.{column} THEN {both} END"


def listed(values: Sequence[str]) -> str:
    """Return SQL for the values that are not null, with commas between them."""
    return f"concat_ws(', ', {', '.join(values)})" if values else "''"


def _is_near(field: ComparedField, part: str) -> str:
    """Return SQL for whether a part keeps two values from being similar; missing, it does not.

    Lists of words are near if they share half of the words of the shorter one, words and lists of
    them if an edit for every four characters of the shorter one makes them equal.
    """
    column = field.column(part)
    near = f"a.{column} = b.{column}"
    if part in _WORDS:
        shared = f"array_length(array_intersect(a.{column}, b.{column}))"
        fewest = f"least(array_length(a.{column}), array_length(b.{column}))"
        ours, theirs = (f"array_to_string({side}.{column}, ' ')" for side in "ab")
        # A CASE, so that lists which share words are not compared letter by letter as well.
        spelt = _spelt_alike(ours, theirs)
        near = f"CASE WHEN 2 * {shared} >= {fewest} THEN TRUE ELSE {spelt} END"
    elif field.type in _SPELT:
        near = _spelt_alike(f"a.{column}", f"b.{column}")
    return f"coalesce({near}, TRUE)"


def _spelt_alike(ours: str, theirs: str) -> str:
    return f"4 * levenshtein({ours}, {theirs}) <= least(length({ours}), length({theirs}))"
