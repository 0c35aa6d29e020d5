"""When the values of two records are called the same, similar or different in a reason, in SQL."""

from __future__ import annotations

from dataclasses import dataclass

from keepone.engine import quote

# The parts of a field that say as a whole whether two records agree on it.
WHOLE_PARTS = ("tokens", "people", "value", "number")
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
        """Return the quoted name of the column that holds a part."""
        return quote(f"{self.name}.{part}")


def likeness_sql(field: ComparedField) -> str:
    """Return SQL for how two records compare on a field; null where there is nothing to compare.

    A CASE within a CASE: whether values are similar is asked of unequal ones alone.
    """
    parts = [part for part in WHOLE_PARTS if part in field.parts]
    columns = [field.column(part) for part in parts]
    equal = " AND ".join(f"a.{each} IS NOT DISTINCT FROM b.{each}" for each in columns)
    filled = " OR ".join(f"a.{each} IS NOT NULL" for each in columns)
    unequal = " OR ".join(f"a.{each} <> b.{each}" for each in columns)
    alike = " AND ".join(_is_near(field, part) for part in parts)
    return (
        f"CASE WHEN {unequal} THEN CASE WHEN {alike} THEN 'similar' ELSE 'different' END"
        f" WHEN {equal} AND ({filled}) THEN 'same' END"
    )


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
