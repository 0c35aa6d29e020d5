"""The level of agreement of two lists of words: names, titles, people, streets."""

from __future__ import annotations

import math
from collections import Counter

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
_SPELLINGS = (f"{_SPELLING}, common", _SPELLING)
_KEPT = (
    "one side adds little",
    "one side adds some",
    "one side adds much",
    "one side adds a number",
    "numbers differ",
    "both keep little",
    "both keep some",
    "both keep much",
)
_RARITIES = ("common", "some", "rare", "very rare")
_RAREST_FIRST = tuple(reversed(_RARITIES))
# Names that hold all the words of another, for these to be rare, or some, and where much is added.
_FEW, _SOME = 6, 10
_FEW_IF_MUCH, _SOME_IF_MUCH = 3, 6
_MOST_NAMES = 128
_RARE_WORD = 2
_MOST_WORDS_OF_A_TOWN = 6


class WordLists(Comparison):
    """Names and titles by their words; a record may have further names.

    Names are counted, not records: a word that stands in two names of a record counts twice.
    """

    part = "tokens"
    # Whether it matters how many names hold all the words of a name.
    held = True
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
        *(
            (
                _SPELLING,
                f"one side adds little, {rarity} shared",
                f"one side adds some, {rarity} shared",
                f"one side adds {much}, {rarity} shared",
            )
            for rarity in _RAREST_FIRST
            for much in ("much", "a number")
        ),
        *(
            tuple(f"both keep {much}, {rarity} shared" for much in ("little", "some", "much"))
            for rarity in _RAREST_FIRST
        ),
        *(
            tuple(f"{kept}, {rarity} shared" for rarity in _RAREST_FIRST)
            for kept in _KEPT
            if "number" not in kept and kept != "both keep much"
        ),
        (MISSING, *(f"both keep much, {rarity} shared" for rarity in _RAREST_FIRST)),
    )
    # Of several names the two that agree best count; rare words that are shared agree best.
    _best_first = (
        *SAME,
        *reversed(_SPELLINGS),
        *(f"{kept}, {rarity} shared" for kept in _KEPT for rarity in _RAREST_FIRST),
        "nothing shared",
        MISSING,
    )

    def __init__(self, file: File, field: str, type_: str) -> None:
        super().__init__(file, field, type_)
        self._count(
            self.part,
            lambda row: distinct_words(self._names(row)[0]),
        )
        glued = f"{self.part} glued"
        self.counts[glued] = file.count(
            field,
            glued,
            lambda row: [whole] if (whole := "".join(self._names(row)[0])) else [],
            with_copies=True,
        )
        if self.held:
            held = f"{self.part} held"
            self.counts[held] = file.as_known(field, held, self._holders())

    def _holders(self) -> Counter[str]:
        """Return how many names hold all the words of each name; further names hold none."""
        rows = [self._names(self.file.rows[row]) for row in self.file.representatives]
        names = {"|".join(main): set(distinct_words(main)) for main, *_ in rows if any(main)}
        counts: Counter[str] = Counter()
        for name in (name for of_row in rows for name in of_row if any(name)):
            words = distinct_words(name)
            rarest = min(sum(word in holder for holder in names.values()) for word in words)
            holders = sum(holder.issuperset(words) for holder in names.values())
            counts["|".join(name)] = _MOST_NAMES + 1 if rarest > _MOST_NAMES else holders
        return counts

    def _names(self, row: Row) -> list[Words]:
        """Return the name of a record and its further names, each as its words."""
        aliases = row.get(f"{self.field}.aliases") or []
        return [row.get(f"{self.field}.{self.part}") or [], *(name.split(" ") for name in aliases)]

    def level(self, left: int, right: int) -> str:
        """Return the level that the two names show which agree best."""
        unsaid = self._town_of_both(left, right)
        shown = [
            self._level_of_names(one, other, unsaid)
            for one in self._names(self.file.rows[left])
            for other in self._names(self.file.rows[right])
        ]
        return min(shown, key=self._best_first.index)

    def _town_of_both(self, left: int, right: int) -> Words:
        """Return the words of the town that two organisations are in: their names may say it."""
        if self.type != "organisation" or self.file.town is None:
            return []
        one, other = (self.file.rows[row].get(f"{self.file.town}.value") for row in (left, right))
        words = one.split(" ") if one is not None and one == other else []
        return words if len(words) <= _MOST_WORDS_OF_A_TOWN else []

    def _level_of_names(self, one: Words, other: Words, unsaid: Words) -> str:
        if not one or not other:
            return MISSING
        glued, other_glued = "".join(one), "".join(other)
        shared_by = self.counts[f"{self.part} glued"]
        if glued == other_glued:
            return f"same, {grade(shared_by[glued])}"
        found = self.overlap(one, other, unsaid)
        if not found.shared:
            return "nothing shared"
        rarity = self._rarity(found)
        if not found.left and not found.right:
            if found.soft:
                return _SPELLINGS[min(rarity, 1)]
            return f"same, {grade(max(shared_by[glued], shared_by[other_glued]))}"
        if not found.soft and not (found.left and found.right):
            rarity = min(rarity, self._rarity_of_name(other if found.left else one, found))
        return f"{_kept(found)}, {_RARITIES[rarity]} shared"

    def _rarity(self, found: Overlap) -> int:
        """Return whether what is shared would find a record of this file by itself.

        Words that are hardly rare by themselves say a step less than their bits together, and half
        of what both keep counts against what they share.
        """
        find_one = 1000 * max(math.log2(max(len(self.file.representatives), 2)), 1.0)
        says = found.shared - min(found.left, found.right) // 2
        rarity = sum(says >= share * find_one for share in (0.5, 0.9, 1.6))
        return rarity - 1 if rarity > 1 and found.rarest < 0.7 * find_one else rarity

    def _rarity_of_name(self, name: Words, found: Overlap) -> int:
        """Return the most that a whole name says, by how many names hold all its words."""
        if not self.held:
            return len(_RARITIES) - 1
        holders = self.counts[f"{self.part} held"]["|".join(name)]
        much = max(found.left, found.right) > 0.7 * found.shared
        few, some = (_FEW_IF_MUCH, _SOME_IF_MUCH) if much else (_FEW, _SOME)
        if holders <= few or holders > _MOST_NAMES:
            return len(_RARITIES) - 1
        return 1 if holders <= some else 0

    def overlap(self, one: Words, other: Words, unsaid: Words | None = None) -> Overlap:
        """Compare two lists of words by what each word says in this file."""
        words, others = distinct_words(one), distinct_words(other)
        persons = self.type == "person"
        return overlap(
            words, others, self._bits, self._is_rare, unsaid=unsaid or (), persons=persons
        )

    def _is_rare(self, word: str) -> bool:
        return self.counts[self.part][word] <= _RARE_WORD

    def _bits(self, word: str) -> int:
        records = max(len(self.file.representatives), 1)
        surprisal = 1000 * math.log2(records / max(self.counts[self.part][word], 1))
        return max(round(surprisal), 100)


def _kept(found: Overlap) -> str:
    """Return what kind of difference two lists show that are not the same."""
    if not found.left or not found.right:
        if found.numbers:
            return "one side adds a number"
        return f"one side adds {_how_much(max(found.left, found.right), found, 0.35, 0.7)}"
    if found.numbers == 2:
        return "numbers differ"
    return f"both keep {_how_much(min(found.left, found.right), found, 0.2, 0.35)}"


def _how_much(bits: int, found: Overlap, little: float, some: float) -> str:
    """Return how much it is to add or keep so many bits, beside what is shared."""
    if bits <= little * found.shared:
        return "little"
    return "some" if bits <= some * found.shared else "much"


class People(WordLists):
    """Lists of people, each a word of its own."""

    part = "people"


class Streets(WordLists):
    """House number and street name together."""

    held = False
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
