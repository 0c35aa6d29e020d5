"""How many names of a file hold all the words of a name: what it says when another name adds to it.

Words are not independent: each of "Marcy Newberry Association" may be rare, and yet a dozen sites
have all three in their names.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from keepone.kernels.encoding import MISSING, Ints, Known, Longs, Tokens, Values, encode_values

# A name whose rarest word stands in more names than these is not looked up.
MOST_NAMES = 128
# Pairs of names at a time: keeps the working arrays within some tens of megabytes.
_BATCH = 1 << 20
_NAMES_AT_ONCE = 1 << 16


def encode_names(
    lists: pa.Array, tokens: Tokens, weights: Longs, known: Known | None = None
) -> Values:
    """Encode each list of `tokens` as one text; its count is how many names hold all its words.

    Lists of the same words in another order are names of their own. Counted are the lists of
    records with a weight, unless the counts are `known`.
    """
    texts = pc.binary_join(lists, "|")
    texts = pc.if_else(pc.equal(texts, ""), None, texts)
    names = encode_values(texts, weights, known)
    if known is not None or not len(names.dictionary):
        return names
    present = np.flatnonzero(names.codes >= 0)
    _, first = np.unique(names.codes[present], return_index=True)
    counts = _count_holders(
        tokens.matrix[present[first]], np.flatnonzero(names.counts), len(tokens.dictionary)
    )
    return Values(names.codes, names.dictionary, counts)


def _count_holders(names: Ints, counted: Longs, words: int) -> Longs:
    """Return, per name, how many of the names `counted` hold all its words.

    `names` is a matrix of word codes, one row per distinct name, padded with MISSING; `words` is
    how many codes there are. A name that is counted holds its own words. One that is not looked up
    is told to be held by one more than `MOST_NAMES`.
    """
    inside = names[counted] >= 0
    owner, word = counted[np.nonzero(inside)[0]].astype(np.int64), names[counted][inside]
    spread = np.bincount(word, minlength=words)
    postings = owner[np.argsort(word, kind="stable")]
    starts = np.cumsum(spread) - spread
    stands = np.sort(owner * words + word)
    ordered = _rarest_first(names, spread)
    found = np.where(ordered[:, 0] >= 0, spread[ordered[:, 0]], 0)
    held: Longs = np.where(found > MOST_NAMES, MOST_NAMES + 1, 0)
    sought = np.flatnonzero((found > 0) & (found <= MOST_NAMES))
    ends = np.cumsum(found[sought])
    marks = _marks(names)
    for batch in _batches(ends):
        rows = sought[batch]
        sizes = found[rows]
        name = np.repeat(rows, sizes)
        nth = np.arange(len(name)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        holder = postings[starts[ordered[name, 0]] + nth]
        likely = np.flatnonzero(marks[name] & ~marks[holder] == 0)
        name, holder = name[likely], holder[likely]
        for k in range(1, ordered.shape[1]):
            more = ordered[name, k] >= 0
            wanted = holder * words + ordered[name, k]
            at = np.minimum(np.searchsorted(stands, wanted), len(stands) - 1)
            stays = ~more | (stands[at] == wanted)
            name, holder = name[stays], holder[stays]
            if not more.any():
                break
        held += np.bincount(name, minlength=len(names))
    return held


def _rarest_first(names: Ints, spread: Longs) -> Ints:
    """Return the words of each name, the rarest first: it leaves the fewest names to look at."""
    words = len(spread)
    ordered = np.empty_like(names)
    for start in range(0, len(names), _NAMES_AT_ONCE):
        some = names[start : start + _NAMES_AT_ONCE]
        order = np.where(some >= 0, spread[some] * words + some, np.iinfo(np.int64).max)
        order.sort(axis=1)
        ordered[start : start + _NAMES_AT_ONCE] = np.where(
            order == np.iinfo(np.int64).max, MISSING, order % max(words, 1)
        )
    return ordered


def _marks(names: Ints) -> npt.NDArray[np.uint64]:
    """Return a set of 64 marks per name, which holds those of each name whose words it holds.

    It spares most names that share the rarest word alone a look at their other words.
    """
    marks = np.zeros(len(names), dtype=np.uint64)
    for word in names.T:
        there = word >= 0
        marks[there] |= np.uint64(1) << (word[there] & 63).astype(np.uint64)
    return marks


def _batches(ends: Longs) -> list[slice]:
    """Return slices of the names, each of which looks at `_BATCH` names or few more."""
    if not len(ends):
        return []
    cuts = np.unique(np.searchsorted(ends, np.arange(0, ends[-1], _BATCH)))
    return [slice(start, stop) for start, stop in pairwise([*cuts.tolist(), len(ends)])]
