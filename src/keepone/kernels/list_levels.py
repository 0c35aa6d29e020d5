"""Levels of agreement of word lists: names, titles, lists of people."""

from __future__ import annotations

import numpy as np

from keepone.kernels.columns import Column, Levels
from keepone.kernels.encoding import Longs
from keepone.kernels.holders import MOST_NAMES
from keepone.kernels.token_comparison import Overlap, compare_tokens
from keepone.kernels.value_levels import GRADES, grade

# Token lists. Whether what is shared would find the record by itself: shared bits, less half of
# those that both keep, over log2 of the number of records.
_FINDS = (0.5, 0.9, 1.6)
# Words of which none says this share of it by itself count one step less, rare though they are
# together.
_RARE_BY_ITSELF = 0.7
_RARITIES = ("common", "some", "rare", "very rare")
# A whole name that another one adds to says no more than its words together do: where more names
# than this hold them all, they are "some"; where more than that, "common".
_FEW_HOLD, _SOME_HOLD = 6, 10
_FEW_HOLD_MUCH, _SOME_HOLD_MUCH = 3, 6
# What one side adds, or both keep, over what is shared.
_LITTLE, _SOME_MORE, _BOTH_LITTLE = 0.35, 0.7, 0.2
_KEPT = ("one side adds little", "one side adds some", "one side adds much",
         "one side adds a number", "numbers differ", "both keep little", "both keep some",
         "both keep much")  # fmt: skip
TOKEN_LEVELS = (
    "missing",
    *(f"same, {shared}" for shared in GRADES),
    "same but for spelling, common",
    "same but for spelling",
    *(f"{kept}, {rarity} shared" for kept in _KEPT for rarity in _RARITIES),
    "nothing shared",
)
_GRADES = len(_RARITIES)
_SPELLING = 1 + len(GRADES)
_KEPT_FROM = _SPELLING + 2
_NOTHING = len(TOKEN_LEVELS) - 1

_COMMON, _SOME = range(2)
_RAREST_FIRST = range(_GRADES - 1, -1, -1)


def _kept(kind: str, rarity: int) -> int:
    return _KEPT_FROM + _GRADES * _KEPT.index(kind) + rarity


# What more records share weighs less, and so does what is spelled otherwise, then what a side adds,
# then what both keep; within one kind, the commoner the shared words are.
TOKENS_FALLING = (
    tuple(range(1, _SPELLING)),
    (1, _SPELLING + 1, _SPELLING),
    *(
        (
            _SPELLING + 1,
            _kept("one side adds little", rarity),
            _kept("one side adds some", rarity),
            _kept(than, rarity),
        )
        for rarity in _RAREST_FIRST
        for than in ("one side adds much", "one side adds a number")
    ),
    *(
        tuple(_kept(f"both keep {much}", rarity) for much in ("little", "some", "much"))
        for rarity in _RAREST_FIRST
    ),
    *(
        tuple(_kept(kind, rarity) for rarity in _RAREST_FIRST)
        for kind in _KEPT
        if kind not in {"one side adds a number", "numbers differ", "both keep much"}
    ),
    # Where both keep much, rare words that they share never speak for a match: neighbours share the
    # name of their street.
    (0, *(_kept("both keep much", rarity) for rarity in _RAREST_FIRST)),
)


def _token_levels(overlap: Overlap, counts: Longs, holders: Longs, records: int) -> Levels:
    """Turn what lists share and keep into levels.

    `counts`: records that share the whole list; `holders`: names that hold all words of the list
    that adds nothing.
    """
    whole = max(np.log2(max(records, 2)), 1.0) * 1000
    least = np.minimum(overlap.left, overlap.right)
    # What both keep contradicts what they share: half of it counts against.
    says = overlap.shared - least // 2
    finds = np.searchsorted(np.array(_FINDS) * whole, says, side="right")
    middling = (overlap.rarest < _RARE_BY_ITSELF * whole) & (finds > _SOME)
    finds = np.where(middling, finds - 1, finds)
    held = np.where(overlap.soft | (holders > MOST_NAMES), 0, holders)
    nothing_left = (overlap.left == 0) & (overlap.right == 0)
    one_side = (overlap.left == 0) ^ (overlap.right == 0)
    extra = np.maximum(overlap.left, overlap.right)
    much = extra > _SOME_MORE * overlap.shared
    few, some = (
        np.where(much, _FEW_HOLD_MUCH, _FEW_HOLD),
        np.where(much, _SOME_HOLD_MUCH, _SOME_HOLD),
    )
    finds = np.where(held > few, np.minimum(finds, _SOME), finds)
    finds = np.where(held > some, _COMMON, finds)
    kept = np.select(
        [
            one_side & (overlap.numbers > 0),
            one_side & (extra <= _LITTLE * overlap.shared),
            one_side & ~much,
            one_side,
            overlap.numbers == 2,
            least <= _BOTH_LITTLE * overlap.shared,
            least <= _LITTLE * overlap.shared,
        ],
        [3, 0, 1, 2, 4, 5, 6],
        default=7,
    )
    levels = _KEPT_FROM + _GRADES * kept + finds
    levels = np.where(nothing_left & overlap.soft, _SPELLING + np.minimum(finds, 1), levels)
    levels = np.where(nothing_left & ~overlap.soft, 1 + grade(counts), levels)
    levels = np.where(overlap.shared == 0, _NOTHING, levels)
    return np.where(overlap.missing, 0, levels).astype(np.int8)


# Of several names the pair that agrees best counts: by level, and within one kind of difference
# by how rare the shared words are.
_TOKEN_RANK = np.array(
    [len(TOKEN_LEVELS)]
    + list(range(1, _SPELLING))
    + [_SPELLING + 1, _SPELLING]
    + [
        _KEPT_FROM + _GRADES * (kind // _GRADES) + _GRADES - 1 - kind % _GRADES
        for kind in range(len(TOKEN_LEVELS) - 1 - _KEPT_FROM)
    ]
    + [len(TOKEN_LEVELS) - 1]
)


def _compare_names(column: Column, left: Longs, right: Longs, *, part: str) -> Levels:
    tokens = column.tokens[part]
    overlap = compare_tokens(tokens, column.vocabulary[part], left, right, column.of_towns)
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
    names = column.names[part]
    name = np.where(overlap.left == 0, names.codes[left], names.codes[right])
    one_side = (overlap.left == 0) ^ (overlap.right == 0)
    holders = np.zeros(len(left), dtype=np.int64)
    holders[one_side] = names.counts[name[one_side]]
    return _token_levels(overlap, counts, holders, column.records)


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
