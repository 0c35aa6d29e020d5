"""Words of street lines, one by one: their one form, and what they can be."""

from __future__ import annotations

import re
from functools import lru_cache

from keepone.rules.streets import streets

# Marks that folding would lose stand in a line as these words.
RANGE = "to"
SLASH = "over"

_WORDS_KEPT = 1 << 16

NUMBER = re.compile(
    r"[0-9]{1,6}(?:bis|ter|quater|[a-z]{0,2})(?:[-/][0-9]{1,6}(?:bis|ter|quater|[a-z]{0,2}))*"
)
ORDINAL = re.compile(r"[0-9]+(?:st|nd|rd|th)")
_FLOOR = re.compile(r"[0-9]{1,2}f")


class CanonicalWords(dict[str, str]):
    """A word's canonical form, or "" where the words around it decide what it means.

    Filled as words are met, so that each distinct word is judged once.
    """

    def __init__(self, *, last: bool = False) -> None:
        super().__init__()
        rules = streets()
        self._ambiguous = () if last else tuple(rules.ambiguous)
        self._grammar = (
            rules.unit_words | rules.box_words | rules.repeats | rules.crossings | rules.fillers
            | {RANGE, SLASH, "de", "di", "th", "of"}
        )  # fmt: skip

    def __missing__(self, word: str) -> str:
        canonical = canonical_word(word)
        digit_first = word[0].isdigit() and not ORDINAL.fullmatch(word)
        single = len(word) == 1 and canonical not in streets().directions
        if word in self._grammar or word in self._ambiguous or digit_first or single:
            canonical = ""
        self[word] = canonical
        return canonical


@lru_cache(_WORDS_KEPT)
def canonical_word(word: str) -> str:
    """Return the one form of a word of street names, taking an ambiguous one for a street type."""
    rules = streets()
    if word in rules.ambiguous:
        return rules.ambiguous[word][0]
    known = rules.canonical.get(word)
    if known:
        return known
    for ending, full in rules.endings.items():
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word[: -len(ending)] + full
    return word


@lru_cache(_WORDS_KEPT)
def is_number(word: str) -> bool:
    """Tell whether `word` can be a house number: 12, 12a, 12-14, but not 12th."""
    return NUMBER.fullmatch(word) is not None and ORDINAL.fullmatch(word) is None


def without_zeros(number: str) -> str:
    """Return a house number without leading zeros."""
    return number.lstrip("0") or "0"


@lru_cache(_WORDS_KEPT)
def is_floor_word(word: str) -> bool:
    """Tell whether `word` is a floor's number as Asia writes it: 11f."""
    return _FLOOR.fullmatch(word) is not None


def ordinal(number: str) -> str:
    """Return 1st, 2nd, 3rd, 11th … for a number."""
    value = int(number)
    suffix = (
        "th" if value % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")
    )
    return f"{value}{suffix}"
