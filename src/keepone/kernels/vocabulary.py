"""What soft comparison must know of the words of a column, found once for all pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from keepone.kernels.encoding import MISSING, Ints, Longs, Tokens, given_names

Hashes = npt.NDArray[np.uint64]
Bools = npt.NDArray[np.bool_]

_SHORTEST_INITIALISM = 3
# Records that may have a word for it to be rare.
_RARE = 2
# Base of the polynomial word hash; odd, so that no power of it loses bits modulo 2**64.
_BASE = 0x100000001B3


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of a column, by token code; and per record what its words make together.

    `letters` is a 64-bit set of each word's characters, `edges` its first and last one, `numeric`
    whether it holds a digit, `rare` whether at most two records have it.
    `initials[i]` is the word that record i's first letters spell, `glue[i, k]` the word that its
    k-th and next word make when written together; MISSING where the file has no such word.
    `glues[i]` says whether any two make one. `given_names` are those that a word may stand for,
    padded, where the words are persons'.
    """

    words: npt.NDArray[np.object_]
    lengths: Ints
    letters: Hashes
    edges: Hashes
    numeric: Bools
    rare: Bools
    initials: Ints
    glue: Ints
    glues: Bools
    given_names: Ints | None


def _bytes_of(words: pa.StringArray) -> tuple[npt.NDArray[np.uint8], Longs, Longs]:
    """Return all characters, and where each word's begin and end."""
    data = np.frombuffer(words.buffers()[2] or b"", dtype=np.uint8)
    stored = np.frombuffer(words.buffers()[1], dtype=np.int32)
    offsets = stored[words.offset : words.offset + len(words) + 1].astype(np.int64)
    return data, offsets[:-1], offsets[1:]


def _per_word(reduce: np.ufunc, of_bytes: Hashes, starts: Longs, ends: Longs) -> Hashes:
    """Reduce the entries of each word's characters; 0 for a word without any."""
    result: Hashes = np.zeros(len(starts), dtype=np.uint64)
    filled = ends > starts
    if filled.any():
        result[filled] = reduce.reduceat(of_bytes, starts[filled])
    return result


def _powers(most: int) -> Hashes:
    powers: Hashes = np.ones(most + 1, dtype=np.uint64)
    powers[1:] = _BASE
    return np.multiply.accumulate(powers)


def _find(hashes: Hashes, wanted: Hashes) -> tuple[Longs, Bools]:
    """Return for each wanted hash the code of the word that has it, and whether there is one."""
    order = np.argsort(hashes, kind="stable")
    at = np.minimum(np.searchsorted(hashes[order], wanted), max(len(order) - 1, 0))
    codes = order[at]
    return codes, hashes[codes] == wanted


def _glue(tokens: Tokens, words: npt.NDArray[np.object_], hashes: Hashes, powers: Hashes) -> Ints:
    rows, width = tokens.matrix.shape
    glue: Ints = np.full((rows, max(width - 1, 1)), MISSING, dtype=np.int32)
    if width < 2 or not len(words):
        return glue
    left, right = tokens.matrix[:, :-1], tokens.matrix[:, 1:]
    both = right >= 0
    one, other = left[both], right[both]
    # The hash of two words written together follows from theirs; what it finds is then looked at,
    # since different words may share a hash.
    codes, found = _find(hashes, hashes[one] * powers[other] + hashes[other])
    at = np.flatnonzero(found)
    real = words[codes[at]] == words[one[at]] + words[other[at]]
    found[at] = real
    glue[both] = np.where(found, codes, MISSING)
    return glue


def _initials(
    tokens: Tokens, words: npt.NDArray[np.object_], hashes: Hashes, firsts: Hashes
) -> Ints:
    initials: Ints = np.full(len(tokens.lengths), MISSING, dtype=np.int32)
    rows = np.flatnonzero(tokens.lengths >= _SHORTEST_INITIALISM)
    if not len(rows):
        return initials
    spelled: Hashes = np.zeros(len(rows), dtype=np.uint64)
    for column in tokens.matrix[rows].T:
        there = column >= 0
        spelled[there] = spelled[there] * np.uint64(_BASE) + firsts[column[there]]
    codes, found = _find(hashes, spelled)
    for at in np.flatnonzero(found):
        own = tokens.matrix[rows[at], : tokens.lengths[rows[at]]]
        found[at] = words[codes[at]] == "".join(word[:1] for word in words[own])
    initials[rows] = np.where(found, codes, MISSING)
    return initials


def build_vocabulary(tokens: Tokens, *, persons: bool = False) -> Vocabulary:
    """Prepare the tokens of a column for soft comparison; `persons` says that they name persons."""
    words = tokens.dictionary
    objects = np.array(words.to_pylist(), dtype=object)
    data, starts, ends = _bytes_of(words)
    lengths = ends - starts
    wide = data.astype(np.uint64)
    powers = _powers(int(lengths.max(initial=0)))
    place = np.repeat(ends, lengths) - np.arange(starts[0], ends[-1]) - 1 if len(words) else ends
    used = wide[starts[0] : ends[-1]] if len(words) else wide
    origin = starts[0] if len(words) else 0
    hashes = _per_word(np.add, used * powers[place], starts - origin, ends - origin)
    letters = _per_word(
        np.bitwise_or,
        np.uint64(1) << (used & np.uint64(63)),
        starts - origin,
        ends - origin,
    )
    firsts: Hashes = np.zeros(len(words), dtype=np.uint64)
    filled = lengths > 0
    firsts[filled] = wide[starts[filled]]
    edges = firsts << np.uint64(8)
    edges[filled] |= wide[ends[filled] - 1]
    numeric = pc.match_substring_regex(words, "[0-9]").to_numpy(zero_copy_only=False)
    glue = _glue(tokens, objects, hashes, powers[lengths])
    return Vocabulary(
        objects,
        lengths.astype(np.int32),
        letters,
        edges,
        np.asarray(numeric, dtype=bool),
        tokens.counts <= _RARE,
        _initials(tokens, objects, hashes, firsts),
        glue,
        (glue != MISSING).any(axis=1),
        given_names(objects) if persons else None,
    )
