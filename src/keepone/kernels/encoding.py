"""Feature columns as integers: what pair kernels gather from.

Values become codes, token lists become padded matrices of token codes, and each code knows how
many records carry it. Codes follow the order of rows, so they do not depend on threads.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from keepone.rules.given_names import names_of_forms

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Rows = npt.NDArray[np.integer]

MISSING = -1
# Tokens that are looked through at a time: bounds the memory, and never changes a result.
_TOKENS_AT_ONCE = 1 << 18
# Longer lists are cut: beyond this many tokens a list is prose, and pair work grows by the square.
MOST_TOKENS = 24
# A value of more words is no name of a place or person, and is not looked into.
_MOST_WORDS = 6
# The commonest token still says a tenth of a bit.
_LEAST_BITS = 100
# What it costs to find a text in the order of values, in values that are read otherwise.
_STEPS = 1_000


@dataclass(frozen=True)
class Values:
    """One text per record: `codes[i]` is record i's value or MISSING.

    `dictionary` gives the text of a code, `counts` the records that carry it. What comparisons
    need of the texts besides is made when first asked for, and once: pairs come in many chunks.
    """

    codes: Ints
    dictionary: pa.StringArray
    counts: Longs

    def texts_at(self, codes: Longs) -> npt.NDArray[np.object_]:
        """Return the texts of some codes: those of all, as Python's, take much memory."""
        found: npt.NDArray[np.object_] = self.dictionary.take(pa.array(codes)).to_numpy(
            zero_copy_only=False
        )
        return found

    @cached_property
    def texts(self) -> npt.NDArray[np.object_]:
        """The text of each code."""
        return np.array(self.dictionary.to_pylist(), dtype=object)

    @cached_property
    def years(self) -> npt.NDArray[np.object_]:
        """The year of each code's ISO date."""
        return np.array([text[:4] for text in self.texts], dtype=object)

    @cached_property
    def is_year(self) -> npt.NDArray[np.bool_]:
        """Whether each code's ISO date is a year and no more."""
        return np.array([len(text) == len("2020") for text in self.texts], dtype=bool)

    @cached_property
    def swapped_days(self) -> npt.NDArray[np.object_]:
        """Each code's ISO date with month and day swapped."""
        return np.array([text[:5] + text[8:10] + text[4:7] for text in self.texts], dtype=object)

    @cached_property
    def words(self) -> Ints:
        """The distinct words of each code's text, padded; none where they are too many."""
        split = ([*dict.fromkeys(text.split())] for text in self.texts)
        return _padded([each if len(each) <= _MOST_WORDS else [] for each in split])

    @cached_property
    def word_counts(self) -> Longs:
        """How many words of each code's text are told."""
        counts: Longs = np.count_nonzero(self.words != MISSING, axis=1)
        return counts

    @cached_property
    def given_names(self) -> Ints:
        """The names that the first word of each code's text may stand for, padded."""
        return given_names([text.partition(" ")[0] for text in self.texts])

    @cached_property
    def initials(self) -> npt.NDArray[np.object_]:
        """The first letter of each code's text."""
        return np.array([text[:1] for text in self.texts], dtype=object)

    @cached_property
    def is_initial(self) -> npt.NDArray[np.bool_]:
        """Whether the first word of each code's text is a letter."""
        return np.array([len(text.partition(" ")[0]) == 1 for text in self.texts], dtype=bool)

    @cached_property
    def numbers(self) -> npt.NDArray[np.float64]:
        """The number that each code's text says; not a number where it says none."""
        return np.array([_number(text) for text in self.texts], dtype=np.float64)


def given_names(words: Iterable[str]) -> Ints:
    """Return the given names that each word may stand for, one number a name, padded."""
    known = names_of_forms()
    return _padded([sorted(known.get(word, (word,))) for word in words])


def _padded(rows: list[list[str]]) -> Ints:
    """Return lists of words as rows of numbers, one number a word, MISSING where a row ends."""
    numbers: dict[str, int] = {}
    matrix = np.full((len(rows), max(map(len, rows), default=0) or 1), MISSING, dtype=np.int32)
    for at, row in enumerate(rows):
        matrix[at, : len(row)] = [numbers.setdefault(word, len(numbers)) for word in row]
    return matrix


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


@dataclass(frozen=True, slots=True)
class Tokens:
    """A list of distinct tokens per record, in order.

    `matrix[i, k]` is the code of record i's k-th token or MISSING; `lengths[i]` how many there are.
    `bits` is each token's surprisal in 1/1000 bit: log2 of records over records that carry it.
    `glued` is the whole list written as one word.
    """

    matrix: Ints
    lengths: Ints
    dictionary: pa.StringArray
    counts: Longs
    bits: Ints
    glued: Values


@dataclass(frozen=True)
class Known:
    """How many records of a file carry each value: `counts[i]` carry `values[i]`, others one."""

    values: pa.StringArray
    counts: Longs

    def of(self, dictionary: pa.StringArray) -> Longs:
        """Return how many records carry each text."""
        # To find a few texts, halving is faster than a table of all values.
        if len(dictionary) * _STEPS < len(self.values) and self._in_order:
            at = np.array([self._place(text) for text in dictionary.to_pylist()], dtype=np.int64)
        else:
            found = pc.index_in(dictionary, value_set=self.values)
            at = pc.fill_null(found, MISSING).to_numpy(zero_copy_only=False)
        counts = np.ones(len(dictionary), dtype=np.int64)
        counts[at >= 0] = self.counts[at[at >= 0]]
        return counts

    @cached_property
    def _in_order(self) -> bool:
        return bool(pc.all(pc.less(self.values[:-1], self.values[1:])).as_py())

    def _place(self, text: str) -> int:
        at = bisect_left(self.values, text, key=lambda value: value.as_py())
        held = at < len(self.values) and self.values[at].as_py() == text
        return at if held else MISSING


def give_back() -> None:
    """Give memory that Arrow's allocator keeps back to the system.

    Of a million records, what encoding took on the way is as much as what comes of it.
    """
    pa.default_memory_pool().release_unused()


def _combined(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _counts(dictionary: pa.StringArray, codes: Ints, weights: Longs, known: Known | None) -> Longs:
    """Return what carries each code: as known from the fit, else the weights added up."""
    if known is None:
        return np.bincount(codes, weights=weights, minlength=len(dictionary)).astype(np.int64)
    return known.of(dictionary)


def encode_values(
    column: pa.ChunkedArray | pa.Array,
    weights: Longs,
    known: Known | None = None,
    names: Longs | None = None,
) -> Values:
    """Encode one text per record; record i counts `weights[i]` times for how common a value is.

    With `names`, the name of each record as a code, records of one name that carry the same value
    count as the first of them alone.
    """
    encoded = _combined(column).dictionary_encode()
    codes = pc.fill_null(encoded.indices, MISSING).to_numpy(zero_copy_only=False).astype(np.int32)
    present = np.flatnonzero(codes >= 0)
    if names is not None:
        present = present[weights[present] > 0]
        room = int(names.max(initial=0)) + 1
        present = present[np.unique(codes[present] * room + names[present], return_index=True)[1]]
    counts = _counts(encoded.dictionary, codes[present], weights[present], known)
    return Values(codes, encoded.dictionary, counts)


def _first_of_each(owner: Longs, flat: Ints, words: int) -> Longs:
    """Return where each token of a list stands, of one that stands there twice the first place."""
    found: list[Longs] = [np.zeros(0, dtype=np.int64)]
    start = 0
    while start < len(flat):
        # Whole lists: the next part begins where the last list of this one ends.
        last = owner[min(start + _TOKENS_AT_ONCE, len(flat)) - 1]
        stop = int(np.searchsorted(owner, last, side="right"))
        part = slice(start, stop)
        _, first = np.unique(owner[part] * words + flat[part], return_index=True)
        first.sort()
        found.append(first + start)
        start = stop
    return np.concatenate(found)


def encode_tokens(
    column: pa.ChunkedArray | pa.Array,
    weights: Longs,
    records: int,
    known: Known | None = None,
    known_glued: Known | None = None,
    *,
    whole: Longs | None = None,
) -> Tokens:
    """Encode a token list per record; repeated tokens of a list count once.

    Record i counts `weights[i]` times for how common its tokens are, and `whole[i]` times for how
    common the list is, as often where that is not said. `records` is the size of the file that the
    surprisal of a token is measured against.
    """
    whole = weights if whole is None else whole
    lists = _combined(column)
    rows = len(lists)
    encoded = lists.flatten().dictionary_encode()
    flat = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int32)
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    owner = np.repeat(np.arange(rows, dtype=np.int64), lengths)

    first = _first_of_each(owner, flat, len(encoded.dictionary))
    owner, flat = owner[first], flat[first]
    kept = np.bincount(owner, minlength=rows)
    position = np.arange(len(flat)) - np.repeat(np.cumsum(kept) - kept, kept)
    inside = position < MOST_TOKENS
    owner, flat, position = owner[inside], flat[inside], position[inside]
    kept = np.minimum(kept, MOST_TOKENS)

    matrix = np.full((rows, max(int(kept.max()) if rows else 0, 1)), MISSING, dtype=np.int32)
    matrix[owner, position] = flat
    counts = _counts(encoded.dictionary, flat, weights[owner], known)
    surprisal = np.log2(max(records, 1) / np.maximum(counts, 1))
    bits = np.maximum(np.rint(surprisal * 1000), _LEAST_BITS).astype(np.int32)
    joined = pc.binary_join(lists, "")
    glued = encode_values(pc.if_else(pc.equal(joined, ""), None, joined), whole, known_glued)
    return Tokens(
        matrix, kept.astype(np.int32), encoded.dictionary, counts, bits, glued
    )  # fmt: skip
