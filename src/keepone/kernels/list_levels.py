"""Levels of agreement of word lists: names, titles, lists of people."""

from __future__ import annotations

import numpy as np

from keepone.kernels.columns import Column, Levels
from keepone.kernels.encoding import Longs
from keepone.kernels.token_comparison import Overlap, compare_tokens
from keepone.kernels.value_levels import GRADES, grade

# Token lists. Whether what is shared would find the record by itself: shared bits over log2 of the
# number of records.
_FINDS = (0.5, 0.9)
_LITTLE = 0.35
_KEPT = ("one side adds little", "one side adds much", "one side adds a number",
         "numbers differ", "both keep little", "both keep much")  # fmt: skip
TOKEN_LEVELS = (
    "missing",
    *(f"same, {shared}" for shared in GRADES),
    "same but for spelling, common",
    "same but for spelling",
    "same but for spelling, rare",
    *(f"{kept}, {rarity} shared" for kept in _KEPT for rarity in ("common", "some", "rare")),
    "nothing shared",
)
_SPELLING = 1 + len(GRADES)
_KEPT_FROM = _SPELLING + 3
_NOTHING = len(TOKEN_LEVELS) - 1

_COMMON, _SOME, _RARE = range(3)


def _kept(kind: int, rarity: int) -> int:
    return _KEPT_FROM + 3 * kind + rarity


# What more records share weighs less, and so does what is spelled otherwise, then what a side adds,
# then what both keep; within one kind, the commoner the shared words are.
TOKENS_FALLING = (
    tuple(range(1, _SPELLING)),
    (1, _SPELLING + _RARE, _SPELLING + _SOME, _SPELLING + _COMMON),
    (_SPELLING + _RARE, _kept(0, _RARE), _kept(1, _RARE), _kept(5, _RARE)),
    *((_kept(kind, _RARE), _kept(kind, _SOME), _kept(kind, _COMMON)) for kind in (0, 1, 4, 5)),
)


def _token_levels(overlap: Overlap, counts: Longs, records: int) -> Levels:
    """Turn what lists share and keep into levels; `counts`: records that share the whole list."""
    whole = max(np.log2(max(records, 2)), 1.0) * 1000
    finds = np.searchsorted(np.array(_FINDS) * whole, overlap.shared, side="right")
    nothing_left = (overlap.left == 0) & (overlap.right == 0)
    one_side = (overlap.left == 0) ^ (overlap.right == 0)
    extra = np.maximum(overlap.left, overlap.right)
    least = np.minimum(overlap.left, overlap.right)
    little = _LITTLE * overlap.shared
    kept = np.select(
        [
            one_side & (overlap.numbers > 0),
            one_side & (extra <= little),
            one_side,
            overlap.numbers == 2,
            least <= little,
        ],
        [2, 0, 1, 3, 4],
        default=5,
    )
    levels = _KEPT_FROM + 3 * kept + finds
    levels = np.where(nothing_left & overlap.soft, _SPELLING + finds, levels)
    levels = np.where(nothing_left & ~overlap.soft, 1 + grade(counts), levels)
    levels = np.where(overlap.shared == 0, _NOTHING, levels)
    return np.where(overlap.missing, 0, levels).astype(np.int8)


# Of several names the pair that agrees best counts: by level, and within one kind of difference
# by how rare the shared words are.
_TOKEN_RANK = np.array(
    [len(TOKEN_LEVELS)]
    + list(range(1, _SPELLING))
    + [
        _SPELLING + 3 * (kind // 3) + 2 - kind % 3
        for kind in range(len(TOKEN_LEVELS) - 1 - _SPELLING)
    ]
    + [len(TOKEN_LEVELS) - 1]
)


def _compare_names(column: Column, left: Longs, right: Longs, *, part: str) -> Levels:
    tokens = column.tokens[part]
    overlap = compare_tokens(tokens, column.vocabulary[part], left, right)
    glued = tokens.glued
    a, b = glued.codes[left], glued.codes[right]
    counts = np.zeros(len(left), dtype=np.int64)
    if len(glued.counts):
        counts = np.maximum(glued.counts[a], glued.counts[b])
    same = (a >= 0) & (a == b)
    overlap.left[same] = 0
    overlap.right[same] = 0
    overlap.soft[same] = False
    overlap.shared[same] = np.maximum(overlap.shared[same], 1)
    return _token_levels(overlap, counts, column.records)


def _compare_lists(column: Column, left: Longs, right: Longs, *, part: str) -> Levels:
    """Compare lists; where a record has further names, the two names that agree best."""
    levels = _compare_names(column, left, right, part=part)
    aliases = np.diff(column.first_alias)
    several = np.flatnonzero((aliases[left] > 0) | (aliases[right] > 0))
    if not len(several):
        return levels
    l_of, r_of = left[several], right[several]
    names_l, names_r = aliases[l_of] + 1, aliases[r_of] + 1
    combined = names_l * names_r
    pair = np.repeat(np.arange(len(several)), combined)
    nth = np.arange(len(pair)) - np.repeat(np.cumsum(combined) - combined, combined)
    nth_l, nth_r = nth // names_r[pair], nth % names_r[pair]
    one = np.where(nth_l == 0, l_of[pair], column.first_alias[l_of[pair]] + nth_l - 1)
    other = np.where(nth_r == 0, r_of[pair], column.first_alias[r_of[pair]] + nth_r - 1)
    each = _compare_names(column, one, other, part=part)
    order = np.lexsort((_TOKEN_RANK[each], pair))
    first = np.ones(len(order), dtype=bool)
    first[1:] = pair[order[1:]] != pair[order[:-1]]
    levels[several] = each[order[first]]
    return levels


def compare_words_of(column: Column, left: Longs, right: Longs) -> Levels:
    """Compare names and titles by their words."""
    return _compare_lists(column, left, right, part="tokens")


def compare_people(column: Column, left: Longs, right: Longs) -> Levels:
    """Compare lists of people, each a word of its own."""
    return _compare_lists(column, left, right, part="people")
