"""Two lists of words: what they share and what each keeps, word by word."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial

from rapidfuzz.distance import OSA

from keepone.rules.given_names import names_of_forms

Words = list[str]
Places = set[int]

MOST_WORDS = 24


@dataclass(frozen=True, slots=True)
class Overlap:
    """What two lists share and keep, in 1/1000 bit.

    `rarest` is what the rarest shared word says, on the side where it says less. `soft` says that a
    word found its like other than exactly; `numbers` how many of the two sides keep a number to
    themselves.
    """

    shared: int
    rarest: int
    left: int
    right: int
    soft: bool
    numbers: int


def distinct_words(words: list[str] | None) -> Words:
    """Return the list with repeated words where they stand first, cut to its first `MOST_WORDS`."""
    return list(dict.fromkeys(words or []))[:MOST_WORDS]


def overlap(
    one: Words,
    other: Words,
    bits: Callable[[str], int],
    is_rare: Callable[[str], bool],
    *,
    unsaid: Collection[str] = (),
    persons: bool = False,
) -> Overlap:
    """Compare two lists of distinct words.

    `bits` says what a word is worth, in 1/1000 bit, `is_rare` whether hardly a record has it.
    Words that are `unsaid` are worth nothing to the side that keeps them. Words of `persons` may be
    forms of one given name, or its initial.
    """
    left = {i for i, word in enumerate(one) if word in other}
    right = {j for j, word in enumerate(other) if word in one}
    exactly = len(left)
    # Each way sees what those before it left on both sides.
    for match in (_glued_left, _glued_right, partial(_like, is_rare=is_rare, persons=persons)):
        more_left, more_right = match(
            one, other, set(range(len(one))) - left, set(range(len(other))) - right
        )
        left |= more_left
        right |= more_right
    soft = len(left) > exactly
    # An initialism stands for the whole of the other list, whatever else was found.
    short_left, short_right = _initialisms(one, other), _initialisms(other, one)
    if short_left:
        right = set(range(len(other)))
    if short_right:
        left = set(range(len(one)))
    left |= short_left
    right |= short_right
    soft = soft or bool(short_left or short_right)
    kept_left = [word for i, word in enumerate(one) if i not in left]
    kept_right = [word for j, word in enumerate(other) if j not in right]
    return Overlap(
        shared=min(sum(bits(one[i]) for i in left), sum(bits(other[j]) for j in right)),
        rarest=min(
            max((bits(one[i]) for i in left), default=0),
            max((bits(other[j]) for j in right), default=0),
        ),
        left=sum(bits(word) for word in kept_left if word not in unsaid),
        right=sum(bits(word) for word in kept_right if word not in unsaid),
        soft=soft,
        numbers=any(map(_has_digit, kept_left)) + any(map(_has_digit, kept_right)),
    )


def like(one: str, other: str, *, slip: bool) -> bool:
    """Return whether two words are one word mistyped, or one shortened.

    A word is shortened to its beginning, or by letters in its middle. `slip` says that hardly a
    record has one of the two, which is less of a word then. Words with digits are like none: 24 and
    42 are two numbers.
    """
    if _has_digit(one) or _has_digit(other):
        return False
    short, long = sorted((one, other), key=len)
    if len(short) < len(long):
        if len(short) >= 3 and long.startswith(short):
            return True
        if len(short) >= 4 and _is_contraction(short, long):
            return True
    two_typos = len(long) >= (6 if slip else 9)
    return len(short) >= (3 if slip else 4) and OSA.distance(one, other) <= 1 + two_typos


def is_one_given_name(one: str, other: str) -> bool:
    """Return whether two words are forms of one given name, or one is the initial of the other."""
    known = names_of_forms()
    if known.get(one, {one}) & known.get(other, {other}):
        return True
    return one[0] == other[0] and 1 in {len(one), len(other)}


def _is_contraction(short: str, long: str) -> bool:
    """Return whether a word is letters of another in their order, its first and last among them."""
    if short[0] != long[0] or short[-1] != long[-1]:
        return False
    letters = iter(long)
    return all(letter in letters for letter in short)


def _has_digit(word: str) -> bool:
    return any(digit in word for digit in "0123456789")


def _initialisms(words: Words, stood_for: Words) -> Places:
    """Return which words are the first letters of another list, of three words at least."""
    initials = "".join(word[:1] for word in stood_for)
    return {i for i, word in enumerate(words) if len(stood_for) >= 3 and word == initials}


def _glued_left(
    one: Words, other: Words, free_one: Places, free_other: Places
) -> tuple[Places, Places]:
    """Match a word on the left with two neighbours on the right written as one word."""
    left: Places = set()
    right: Places = set()
    for i in free_one:
        for j in range(len(other) - 1):
            if {j, j + 1} <= free_other and one[i] == other[j] + other[j + 1]:
                left.add(i)
                right |= {j, j + 1}
    return left, right


def _glued_right(
    one: Words, other: Words, free_one: Places, free_other: Places
) -> tuple[Places, Places]:
    """Match a word on the right with two neighbours on the left written as one word."""
    right, left = _glued_left(other, one, free_other, free_one)
    return left, right


def _like(
    one: Words,
    other: Words,
    free_one: Places,
    free_other: Places,
    *,
    is_rare: Callable[[str], bool],
    persons: bool,
) -> tuple[Places, Places]:
    """Match every word that is like one of the other side."""
    alike = [
        (i, j)
        for i in free_one
        for j in free_other
        if like(one[i], other[j], slip=is_rare(one[i]) or is_rare(other[j]))
        or (persons and is_one_given_name(one[i], other[j]))
    ]
    return {i for i, _ in alike}, {j for _, j in alike}
