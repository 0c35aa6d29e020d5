"""The level of agreement of two lists of words: names, titles, people, streets."""

from __future__ import annotations

import math

from keepone.reference.comparison import (
    MISSING,
    SAME,
    SHARED,
    Comparison,
    File,
    Row,
    grade,
)
from keepone.reference.word_lists import Overlap, Words, distinct_words, overlap

_SAME_STREET = tuple(
    f"same number and street, {shared}" for shared in (*SHARED[:3], "shared by more")
)
_SPELLING = "same but for spelling"
_SPELLINGS = (f"{_SPELLING}, common", _SPELLING, f"{_SPELLING}, rare")
_KEPT = (
    "one side adds little",
    "one side adds much",
    "one side adds a number",
    "numbers differ",
    "both keep little",
    "both keep much",
)
_RARITIES = ("common", "some", "rare")


class WordLists(Comparison):
    """Names and titles by their words; a record may have further names.

    Names are counted, not records: a word that stands in two names of a record counts twice.
    """

    part = "tokens"
    levels = (
        MISSING,
        *SAME,
        *_SPELLINGS,
        *(f"{kept}, {rarity} shared" for kept in _KEPT for rarity in _RARITIES),
        "nothing shared",
    )
    falling = (
        SAME,
        (SAME[0], *reversed(_SPELLINGS)),
        (
            _SPELLINGS[-1],
            "one side adds little, rare shared",
            "one side adds much, rare shared",
            "both keep much, rare shared",
        ),
        *(
            tuple(f"{kept}, {rarity} shared" for rarity in reversed(_RARITIES))
            for kept in ("one side adds little", "one side adds much", "both keep little",
                         "both keep much")
        ),
    )  # fmt: skip
    # Of several names the two that agree best count; rare words that are shared agree best.
    _best_first = (
        *SAME,
        *reversed(_SPELLINGS),
        *(f"{kept}, {rarity} shared" for kept in _KEPT for rarity in reversed(_RARITIES)),
        "nothing shared",
        MISSING,
    )

    def __init__(self, file: File, field: str, type_: str) -> None:
        super().__init__(file, field, type_)
        self._count(
            self.part,
            lambda row: distinct_words(self._names(row)[0]),
        )
        self._count(
            f"{self.part} glued",
            lambda row: [glued] if (glued := "".join(self._names(row)[0])) else [],
        )

    def _names(self, row: Row) -> list[Words]:
        """Return the name of a record and its further names, each as its words."""
        aliases = row.get(f"{self.field}.aliases") or []
        return [row.get(f"{self.field}.{self.part}") or [], *(name.split(" ") for name in aliases)]

    def level(self, left: int, right: int) -> str:
        """Return the level that the two names show which agree best."""
        shown = [
            self._level_of_names(one, other)
            for one in self._names(self.file.rows[left])
            for other in self._names(self.file.rows[right])
        ]
        return min(shown, key=self._best_first.index)

    def _level_of_names(self, one: Words, other: Words) -> str:
        if not one or not other:
            return MISSING
        glued, other_glued = "".join(one), "".join(other)
        shared_by = self.counts[f"{self.part} glued"]
        if glued == other_glued:
            return f"same, {grade(shared_by[glued])}"
        found = self.overlap(one, other)
        if not found.shared:
            return "nothing shared"
        if not found.left and not found.right:
            if found.soft:
                return _SPELLINGS[self._rarity(found)]
            return f"same, {grade(max(shared_by[glued], shared_by[other_glued]))}"
        return f"{_kept(found)}, {_RARITIES[self._rarity(found)]} shared"

    def _rarity(self, found: Overlap) -> int:
        """Return whether what is shared would find a record of this file by itself."""
        find_one = 1000 * max(math.log2(max(len(self.file.representatives), 2)), 1.0)
        return sum(found.shared >= share * find_one for share in (0.5, 0.9))

    def overlap(self, one: Words, other: Words) -> Overlap:
        """Compare two lists of words by what each word says in this file."""
        return overlap(distinct_words(one), distinct_words(other), self._bits)

    def _bits(self, word: str) -> int:
        records = max(len(self.file.representatives), 1)
        surprisal = 1000 * math.log2(records / max(self.counts[self.part][word], 1))
        return max(round(surprisal), 100)


def _kept(found: Overlap) -> str:
    """Return what kind of difference two lists show that are not the same."""
    little = 0.35 * found.shared
    if not found.left or not found.right:
        if found.numbers:
            return "one side adds a number"
        adds_little = max(found.left, found.right) <= little
        return "one side adds little" if adds_little else "one side adds much"
    if found.numbers == 2:
        return "numbers differ"
    keep_little = min(found.left, found.right) <= little
    return "both keep little" if keep_little else "both keep much"


class People(WordLists):
    """Lists of people, each a word of its own."""

    part = "people"


class Streets(WordLists):
    """House number and street name together."""

    levels = (
        MISSING,
        *_SAME_STREET,
        "same number, like street",
        "same number, other street",
        "other number, same street",
        "a number missing, same street",
        "a number missing, like street",
        "other number, like street",
        "other street",
    )
    falling = (
        _SAME_STREET,
        (_SAME_STREET[0], "same number, like street", "same number, other street"),
        (_SAME_STREET[0], "a number missing, same street", "a number missing, like street"),
        (_SAME_STREET[0], "other number, same street", "other number, like street",
         "other street"),
    )  # fmt: skip

    def __init__(self, file: File, field: str, type_: str) -> None:
        super().__init__(file, field, type_)
        self._count_value("number", lambda row: row.get(f"{field}.number"))
        self._count_value("place", self._place)

    def _place(self, row: Row) -> str | None:
        number, words = row.get(f"{self.field}.number"), row.get(f"{self.field}.tokens")
        return None if number is None or words is None else f"{number} {''.join(words)}"

    def level(self, left: int, right: int) -> str:
        """Return the level that two records show."""
        one, other = self._part(left, "number"), self._part(right, "number")
        number = "a number missing" if one is None or other is None else "other number"
        if one is not None and one == other:
            number = "same number"
        street = self._street(left, right)
        if street == MISSING:
            return "same number, other street" if number == "same number" else MISSING
        if street == "other street":
            return f"{number}, {street}" if number == "same number" else street
        if (number, street) != ("same number", "same street"):
            return f"{number}, {street}"
        places = (self._place(self.file.rows[row]) or "" for row in (left, right))
        shared = grade(max(self.counts["place"][place] for place in places))
        return f"same number and street, {shared if shared in SHARED[:3] else SHARED[-1]}"

    def _street(self, left: int, right: int) -> str:
        one, other = self._part(left, "tokens"), self._part(right, "tokens")
        if not one or not other:
            return MISSING
        found = self.overlap(one, other)
        if not found.left and not found.right:
            return "same street"
        return "like street" if found.shared > min(found.left, found.right) else "other street"
