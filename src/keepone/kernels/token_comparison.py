"""Compares token lists softly, and weighs each token by its rarity in the file.

For each pair: how much of both lists is shared (exactly, or through a typo, an abbreviation, a
glued or split word, an initialism), and what each side keeps to itself, in 1/1000 bit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import OSA, LCSseq, Prefix
from rapidfuzz.process import cpdist

from keepone.kernels.encoding import MISSING, Ints, Longs, Tokens
from keepone.kernels.town_words import TownWords
from keepone.kernels.vocabulary import Vocabulary

Bools = npt.NDArray[np.bool_]
_T = TypeVar("_T", bound=np.generic)

# Two words of which one is mistyped: letters that may differ, and the length it takes to bear that.
# Where hardly a record has one of the two, that one is no word but a slip, and less will do.
_ONE_TYPO_LENGTH, _ONE_SLIP_LENGTH = 4, 3
_TWO_TYPOS_LENGTH, _TWO_SLIPS_LENGTH = 9, 6
# Letters that only one of two words has, at the most, for the pair to be worth a real comparison.
_MOST_ODD_LETTERS = 4
_SHORTEST_ABBREVIATION = 3
_SHORTEST_CONTRACTION = 4
# Pairs at a time: keeps the working arrays of a batch within some tens of megabytes.
_BATCH = 1 << 16


@dataclass(frozen=True, slots=True)
class Overlap:
    """What two token lists share and keep, one entry per pair.

    `shared`, `left`, `right` are 1/1000 bit, and so is `rarest`, what the rarest shared token says
    by itself, on the side where it says less. `soft` marks pairs in which some token matched other
    than exactly; `numbers` is 0 where no side keeps a number to itself, 1 where one side does, 2
    where both do. `missing` marks pairs in which a side has no token.
    """

    shared: Ints
    rarest: Ints
    left: Ints
    right: Ints
    soft: Bools
    numbers: npt.NDArray[np.int8]
    missing: Bools


def _slips(vocabulary: Vocabulary, a: Longs, b: Longs) -> Bools:
    """Return which word pairs have a word that hardly a record has: a slip of the other maybe."""
    return vocabulary.rare[a] | vocabulary.rare[b]


def _alike(vocabulary: Vocabulary, a: Ints, b: Ints) -> Bools:
    """Return which word pairs have letters that `_plausible` may be content with.

    Of the words that are left over in pairs hardly any do, and what else it asks costs more.
    """
    letters_a, letters_b = vocabulary.letters.take(a), vocabulary.letters.take(b)
    odd = letters_a ^ letters_b
    alike: Bools = np.bitwise_count(odd) <= _MOST_ODD_LETTERS
    alike |= ((odd & letters_a) == 0) | ((odd & letters_b) == 0)
    return alike


def _plausible(vocabulary: Vocabulary, a: Longs, b: Longs) -> tuple[Bools, Bools]:
    """Return which word pairs could be a typo, which an abbreviation, going by letters alone."""
    letters_a, letters_b = vocabulary.letters[a], vocabulary.letters[b]
    length_a, length_b = vocabulary.lengths[a], vocabulary.lengths[b]
    apart = np.abs(length_a - length_b)
    least = np.minimum(length_a, length_b)
    words = ~(vocabulary.numeric[a] | vocabulary.numeric[b])
    odd = np.bitwise_count(letters_a ^ letters_b)
    shortest = np.where(_slips(vocabulary, a, b), _ONE_SLIP_LENGTH, _ONE_TYPO_LENGTH)
    typo = words & (apart <= 2) & (odd <= _MOST_ODD_LETTERS) & (least >= shortest)
    shorter = np.where(length_a < length_b, letters_a, letters_b)
    prefix = words & (apart > 0) & (least >= _SHORTEST_ABBREVIATION)
    prefix &= (letters_a & letters_b) == shorter
    return typo, prefix


def _soft_equal(vocabulary: Vocabulary, a: Longs, b: Longs) -> Bools:
    """Return which of the word pairs (a[i], b[i]) are one word mistyped or abbreviated.

    An abbreviation is the beginning of the word, or a contraction: letters of it in their order,
    the first and the last among them.
    """
    typo, prefix = _plausible(vocabulary, a, b)
    equal = np.zeros(len(a), dtype=bool)
    at = np.flatnonzero(prefix)
    if len(at):
        one, other = a[at], b[at]
        least = np.minimum(vocabulary.lengths[one], vocabulary.lengths[other])
        equal[at] = _similarity(vocabulary, one, other, Prefix.similarity) == least
        framed = vocabulary.edges[one] == vocabulary.edges[other]
        at = at[framed & (least >= _SHORTEST_CONTRACTION) & ~equal[at]]
        if len(at):
            one, other = a[at], b[at]
            least = np.minimum(vocabulary.lengths[one], vocabulary.lengths[other])
            equal[at] = _similarity(vocabulary, one, other, LCSseq.similarity) == least
    at = np.flatnonzero(typo & ~equal)
    if len(at):
        one, other = a[at], b[at]
        distance = cpdist(
            vocabulary.words[one],
            vocabulary.words[other],
            scorer=OSA.distance,
            score_cutoff=2,
            dtype=np.uint8,
            workers=1,
        )
        longer = np.maximum(vocabulary.lengths[one], vocabulary.lengths[other])
        two = np.where(_slips(vocabulary, one, other), _TWO_SLIPS_LENGTH, _TWO_TYPOS_LENGTH)
        equal[at] = distance <= np.where(longer >= two, 2, 1)
    return equal


def _similarity(
    vocabulary: Vocabulary, one: Longs, other: Longs, scorer: Callable[..., int]
) -> npt.NDArray[np.uint32]:
    """Return how many letters the word pairs have in common, as `scorer` counts them."""
    words = vocabulary.words
    return cpdist(words[one], words[other], scorer=scorer, dtype=np.uint32, workers=1)


def _match_soft(
    vocabulary: Vocabulary, a: Ints, b: Ints, free_a: Bools, free_b: Bools
) -> tuple[Bools, Bools]:
    """Return which tokens that are left on either side are like one that is left on the other.

    Arrays are (position, pair).
    """
    got_a, got_b = np.zeros_like(free_a), np.zeros_like(free_b)
    places = list(product(range(len(a)), range(len(b))))
    found = [np.flatnonzero(free_a[i] & free_b[j]) for i, j in places]
    word_a = np.concatenate([a[i].take(at) for at, (i, _) in zip(found, places, strict=True)])
    word_b = np.concatenate([b[j].take(at) for at, (_, j) in zip(found, places, strict=True)])
    hit = _spelled_alike(vocabulary, word_a, word_b)
    if vocabulary.given_names is not None:
        hit = np.union1d(hit, _one_given_name(vocabulary, vocabulary.given_names, word_a, word_b))
    if not len(hit):
        return got_a, got_b
    at = np.concatenate(found)[hit]
    place = np.repeat(np.arange(len(places)), [len(pairs) for pairs in found])[hit]
    got_a[place // len(b), at] = True
    got_b[place % len(b), at] = True
    return got_a, got_b


def _spelled_alike(vocabulary: Vocabulary, a: Ints, b: Ints) -> Longs:
    """Return which word pairs (a[i], b[i]) are one word mistyped or abbreviated."""
    worth = np.flatnonzero(_alike(vocabulary, a, b))
    word_a, word_b = (words[worth].astype(np.int64) for words in (a, b))
    typo, prefix = _plausible(vocabulary, word_a, word_b)
    kept = np.flatnonzero(typo | prefix)
    worth, word_a, word_b = worth[kept], word_a[kept], word_b[kept]
    size = len(vocabulary.words)
    code = np.minimum(word_a, word_b) * size + np.maximum(word_a, word_b)
    unique, inverse = np.unique(code, return_inverse=True)
    equal = _soft_equal(vocabulary, unique // size, unique % size)
    return worth[np.flatnonzero(equal[inverse])]


def _one_given_name(vocabulary: Vocabulary, given_names: Ints, a: Ints, b: Ints) -> Longs:
    """Return which word pairs are forms of one given name, or its initial and the name."""
    letter_a, letter_b = vocabulary.lengths[a] == 1, vocabulary.lengths[b] == 1
    one = (letter_a != letter_b) & (vocabulary.edges[a] >> 8 == vocabulary.edges[b] >> 8)
    ours, theirs = given_names[a], given_names[b]
    for nth in range(given_names.shape[1]):
        mine = ours[:, nth]
        one |= (mine != MISSING) & (theirs == mine[:, np.newaxis]).any(axis=1)
    return np.flatnonzero(one)


def _match_glued(a: Ints, free_a: Bools, glue_b: Ints, free_b: Bools) -> tuple[Bools, Bools]:
    """Match a word of one side with two neighbouring words of the other written together."""
    got_a, got_b = np.zeros_like(free_a), np.zeros_like(free_b)
    for j in range(len(glue_b)):
        # Few words make another one together; what follows is asked of those alone.
        at = np.flatnonzero((glue_b[j] >= 0) & free_b[j] & free_b[j + 1])
        glued = glue_b[j, at]
        for i in range(len(a) if len(at) else 0):
            same = at[free_a[i, at] & (a[i, at] == glued)]
            got_a[i, same] = got_b[j, same] = got_b[j + 1, same] = True
    return got_a, got_b


def _match_exactly(a: Ints, b: Ints) -> tuple[Bools, Bools]:
    got_a, got_b = np.zeros(a.shape, dtype=bool), np.zeros(b.shape, dtype=bool)
    for i in range(len(a)):
        for j in range(len(b)):
            same = (a[i] == b[j]) & (a[i] >= 0)
            got_a[i] |= same
            got_b[j] |= same
    return got_a, got_b


def _match_rest(
    vocabulary: Vocabulary, rows: tuple[Longs, Longs], a: Ints, b: Ints, free: tuple[Bools, Bools]
) -> tuple[Bools, Bools]:
    """Match what is left on both sides other than exactly: glued words first, then like ones."""
    free_a, free_b = free
    all_a, all_b = np.zeros_like(free_a), np.zeros_like(free_b)
    # Most records have no two words that make another one.
    at = np.flatnonzero(vocabulary.glues[rows[0]] | vocabulary.glues[rows[1]])
    if len(at):
        some_a, some_b = a[:, at], b[:, at]
        left_a, left_b = free_a[:, at], free_b[:, at]
        glue_a = _by_position(vocabulary.glue, rows[0][at], len(a) - 1)
        glue_b = _by_position(vocabulary.glue, rows[1][at], len(b) - 1)
        got_a, got_b = _match_glued(some_a, left_a, glue_b, left_b)
        more_b, more_a = _match_glued(some_b, left_b & ~got_b, glue_a, left_a & ~got_a)
        all_a[:, at], all_b[:, at] = got_a | more_a, got_b | more_b
    more_a, more_b = _match_soft(vocabulary, a, b, free_a & ~all_a, free_b & ~all_b)
    return all_a | more_a, all_b | more_b


def _by_position(matrix: npt.NDArray[_T], rows: Longs, width: int) -> npt.NDArray[_T]:
    """Return the first entries of these rows, as an array (position, row)."""
    return np.ascontiguousarray(matrix.take(rows, axis=0)[:, :width].T)


def _batch(
    tokens: Tokens,
    vocabulary: Vocabulary,
    left: Longs,
    right: Longs,
    of_towns: TownWords | None,
) -> tuple[Longs, Longs, Longs, Longs, Bools, npt.NDArray[np.int8]]:
    """Compare a batch of pairs; arrays are (position, pair), which keeps each step contiguous."""
    a = _by_position(tokens.matrix, left, int(tokens.lengths[left].max()))
    b = _by_position(tokens.matrix, right, int(tokens.lengths[right].max()))
    in_a, in_b = a >= 0, b >= 0
    got_a, got_b = _match_exactly(a, b)
    soft = np.zeros(len(left), dtype=bool)
    rest = np.flatnonzero((in_a & ~got_a).any(axis=0) & (in_b & ~got_b).any(axis=0))
    if len(rest):
        free_a, free_b = (in_a & ~got_a)[:, rest], (in_b & ~got_b)[:, rest]
        more_a, more_b = _match_rest(
            vocabulary, (left[rest], right[rest]), a[:, rest], b[:, rest], (free_a, free_b)
        )
        got_a[:, rest] |= more_a
        got_b[:, rest] |= more_b
        soft[rest] = more_a.any(axis=0)
    initials_a, initials_b = vocabulary.initials[left], vocabulary.initials[right]
    if (initials_a >= 0).any() or (initials_b >= 0).any():
        stands_a = (a == initials_b) & (initials_b >= 0)
        stands_b = (b == initials_a) & (initials_a >= 0)
        got_a |= stands_a | (in_a & stands_b.any(axis=0))
        got_b |= stands_b | (in_b & stands_a.any(axis=0))
        soft |= stands_a.any(axis=0) | stands_b.any(axis=0)
    bits_a = np.where(in_a, tokens.bits[a], 0)
    bits_b = np.where(in_b, tokens.bits[b], 0)
    here = of_towns.in_common(left, right) if of_towns else ()
    if of_towns and len(here):
        for bits, got, rows in ((bits_a, got_a, left), (bits_b, got_b, right)):
            own = _by_position(of_towns.words, rows[here], len(bits))
            bits[:, here] *= got[:, here] | ~own
    found_a, found_b = bits_a * got_a, bits_b * got_b
    shared_a, shared_b = found_a.sum(axis=0), found_b.sum(axis=0)
    rarest = np.minimum(found_a.max(axis=0), found_b.max(axis=0))
    keeps_a, keeps_b = in_a & ~got_a, in_b & ~got_b
    number_a = (keeps_a & vocabulary.numeric[a]).any(axis=0)
    number_b = (keeps_b & vocabulary.numeric[b]).any(axis=0)
    numbers = np.add(number_a, number_b, dtype=np.int8)
    kept_a, kept_b = bits_a.sum(axis=0) - shared_a, bits_b.sum(axis=0) - shared_b
    return np.minimum(shared_a, shared_b), rarest, kept_a, kept_b, soft, numbers


def compare_tokens(
    tokens: Tokens,
    vocabulary: Vocabulary,
    left: Longs,
    right: Longs,
    of_towns: TownWords | None = None,
) -> Overlap:
    """Compare the token lists of the pairs (left[i], right[i]).

    With `of_towns`, a list does not keep the words of a town that both are of.
    """
    pairs = len(left)
    shared, rarest, left_over, right_over = (np.zeros(pairs, dtype=np.int32) for _ in range(4))
    soft, numbers = np.zeros(pairs, dtype=bool), np.zeros(pairs, dtype=np.int8)
    missing = (tokens.lengths[left] == 0) | (tokens.lengths[right] == 0)
    longest = np.maximum(tokens.lengths[left], tokens.lengths[right])
    # Short lists first: the work of a batch is the square of its longest list.
    order = np.argsort(np.where(missing, 0, longest), kind="stable")
    order = order[int(missing.sum()) :]
    start = 0
    while start < len(order):
        widest = int(longest[order[min(start + _BATCH, len(order)) - 1]])
        size = max(256, min(_BATCH, _BATCH * 36 // max(widest * widest, 36)))
        at = order[start : start + size]
        start += size
        got = _batch(tokens, vocabulary, left[at], right[at], of_towns)
        shared[at], rarest[at], left_over[at], right_over[at], soft[at], numbers[at] = got
    return Overlap(shared, rarest, left_over, right_over, soft, numbers, missing)
