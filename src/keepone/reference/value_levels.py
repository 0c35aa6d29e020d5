"""The level of agreement of two single values: codes, words, dates, numbers."""

from __future__ import annotations

from typing import ClassVar

from rapidfuzz.distance import OSA, JaroWinkler

from keepone.reference.comparison import MISSING, SAME, Chains, Comparison, File, grade
from keepone.reference.word_lists import is_one_given_name


class Strict(Comparison):
    """Values that are right or wrong."""

    levels = (MISSING, *SAME, "nearly the same", "different")
    falling: ClassVar[Chains] = (SAME, (SAME[0], "nearly the same", "different"))

    def __init__(self, file: File, field: str, type_: str) -> None:
        super().__init__(file, field, type_)
        self._count_value("value", lambda row: row.get(f"{field}.value"))

    def level(self, left: int, right: int) -> str:
        """Return the level that two records show."""
        one, other = self._part(left, "value"), self._part(right, "value")
        if one is None or other is None:
            return MISSING
        if one == other:
            return f"same, {grade(self.counts['value'][one])}"
        return self.unequal(one, other)

    def unequal(self, one: str, other: str) -> str:
        """Return the level of two values that are not the same."""
        return "nearly the same" if self.near(one, other) else "different"

    def near(self, one: str, other: str) -> bool:  # noqa: ARG002 - strictly, nothing is near
        """Return whether one value may be the other, mistyped."""
        return False


class Forms(Comparison):
    """Legal forms, which say something where they differ; here the field holds the value."""

    levels = (MISSING, "one side has none", "different")
    falling: ClassVar[Chains] = (
        ("one side has none", "different"),
        (MISSING, "one side has none"),
    )

    def __init__(self, file: File, field: str, type_: str) -> None:
        super().__init__(file, field, type_)
        self._count_value("value", lambda row: row.get(field))

    def level(self, left: int, right: int) -> str:
        """Return the level that two records show."""
        one, other = (self.file.rows[row].get(self.field) for row in (left, right))
        if one == other:
            return MISSING
        return "one side has none" if one is None or other is None else "different"


class Codes(Strict):
    """Codes that people mistype: one letter or digit wrong, missing, added, or swapped."""

    def near(self, one: str, other: str) -> bool:
        """Return whether one value may be the other, mistyped."""
        return OSA.distance(one, other) <= 1


class Names(Codes):
    """Words that people misspell, or leave some of out."""

    def near(self, one: str, other: str) -> bool:
        """Return whether one value may be the other, mistyped, without its end, or shortened.

        Shortened, where its words are some of the other's, which has six at the most.
        """
        if super().near(one, other) or JaroWinkler.similarity(one, other) >= 0.9:
            return True
        fewer, more = sorted((set(one.split()), set(other.split())), key=len)
        return len(fewer) < len(more) <= 6 and fewer <= more


class GivenNames(Names):
    """Given names: also short forms, those of other languages, and initials."""

    def near(self, one: str, other: str) -> bool:
        """Return whether the first words are forms of one name, or one begins with the other."""
        ours, theirs = (name.split(maxsplit=1)[0] for name in (one, other))
        return is_one_given_name(ours, theirs) or super().near(one, other)


class Numbers(Strict):
    """Numbers that may differ by one part in a hundred of the greater, in floating point."""

    def near(self, one: str, other: str) -> bool:
        """Return whether two numbers are close."""
        a, b = float(one), float(other)
        return abs(a - b) <= 0.01 * max(abs(a), abs(b)) * (1 + 1e-9)


class Dates(Codes):
    """Days: one character wrong or swapped, day and month swapped, or at least the same year.

    Two years that differ by a character are two years.
    """

    levels = (MISSING, *SAME, "nearly the same", "same year", "different")
    falling: ClassVar[Chains] = (SAME, (SAME[0], "nearly the same", "same year", "different"))

    def unequal(self, one: str, other: str) -> str:
        """Return the level of two values that are not the same."""
        year, *rest = other.split("-")
        slip = self.near(one, other) and ("-" in one or "-" in other)
        if slip or one == "-".join([year, *reversed(rest)]):
            return "nearly the same"
        return "same year" if one.startswith(year) else "different"
