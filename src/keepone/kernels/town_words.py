"""Words of names that are the record's own town.

`Grand Hotel Geneva` in Geneva may be the `Grand Hotel` there: of two records of one town, a name
that says the town as well says no more than the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from keepone.kernels.encoding import MISSING, Ints, Longs, Tokens

Bools = npt.NDArray[np.bool_]

# No code of a token: towns' words that no name has.
_NO_NAME = -2
# A town of more words is no town's name.
_MOST_WORDS = 6


@dataclass(frozen=True, slots=True)
class TownWords:
    """The town of each name of a file, and which words of the name are the town's.

    `towns[i]` is a code of the town of name i or MISSING; `words[i, k]` says whether the k-th token
    of name i is a word of that town, `any_word[i]` whether one is.
    """

    towns: Longs
    words: Bools
    any_word: Bools

    def in_common(self, left: Longs, right: Longs) -> Longs:
        """Return which of these pairs of names are of one town and have a word of it."""
        one = self.towns[left]
        alike = (one == self.towns[right]) & (one != MISSING)
        return np.flatnonzero(alike & (self.any_word[left] | self.any_word[right]))


def town_words(towns: pa.Array, tokens: Tokens, first_alias: Longs) -> TownWords:
    """Find the words of each name that are its record's town.

    `towns` has a text per record. `tokens` has the records' names, and then their further names:
    those of record i are the rows `first_alias[i]` to `first_alias[i + 1]`.
    """
    encoded = towns.dictionary_encode()
    of_record = pc.fill_null(encoded.indices, MISSING).to_numpy(zero_copy_only=False)
    further = np.repeat(np.arange(len(of_record)), np.diff(first_alias))
    codes: Longs = np.concatenate([of_record, of_record[further]]).astype(np.int64)
    of_town = _words_of(encoded.dictionary, tokens.dictionary)
    words = np.zeros(tokens.matrix.shape, dtype=bool)
    for nth in range(of_town.shape[1]):
        words |= tokens.matrix == of_town[codes, nth][:, np.newaxis]
    return TownWords(codes, words, np.logical_or.reduce(words, axis=1))


def _words_of(towns: pa.StringArray, dictionary: pa.StringArray) -> Ints:
    """Return the codes that each town's words have in names; a last row stands for no town."""
    split = [town.split(" ") for town in towns.to_pylist()]
    told = [words if len(words) <= _MOST_WORDS else [] for words in split]
    width = max(map(len, told), default=0)
    texts = [word for words in told for word in words + [None] * (width - len(words))]
    codes = np.full((len(told) + 1, width), _NO_NAME, dtype=np.int32)
    if texts:
        found = pc.fill_null(pc.index_in(pa.array(texts, pa.string()), dictionary), _NO_NAME)
        codes[:-1] = found.to_numpy(zero_copy_only=False).reshape(-1, width)
    return codes
