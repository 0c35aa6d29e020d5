"""Feature columns as integers: what is counted, what is cut, what a word is worth."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from keepone.kernels.encoding import MISSING, MOST_TOKENS, Known, encode_tokens, encode_values


def _copies(*counts: int) -> np.ndarray:
    return np.array(counts, dtype=np.int64)


def _lists(*rows: list[str] | None) -> pa.Array:
    return pa.array(list(rows), pa.list_(pa.string()))


def test_each_record_counts_by_its_weight() -> None:
    """Record 0 stands for three, record 2 for nobody, since another stands for it."""
    values = encode_values(pa.array(["acme", "flurb", "acme", None]), _copies(3, 1, 0, 1))
    counts = dict(zip(values.dictionary.to_pylist(), values.counts.tolist(), strict=True))
    assert counts == {"acme": 3, "flurb": 1}
    assert values.codes.tolist() == [0, 1, 0, MISSING]


def test_token_counts_are_of_records_too() -> None:
    tokens = encode_tokens(
        _lists(["acme", "acme", "blue"], ["blue"], None, []), _copies(3, 1, 1, 1), 6
    )
    counts = dict(zip(tokens.dictionary.to_pylist(), tokens.counts.tolist(), strict=True))
    assert counts == {"acme": 3, "blue": 4}
    assert tokens.lengths.tolist() == [2, 1, 0, 0]
    assert tokens.matrix.tolist() == [[0, 1], [1, MISSING], [MISSING, MISSING], [MISSING, MISSING]]


def test_what_a_word_is_worth() -> None:
    """A word of one record in eight is worth three bits; one of all is worth a tenth."""
    rows: list[list[str] | None] = [["all", "rare"], *[["all"]] * 7]
    tokens = encode_tokens(_lists(*rows), _copies(*[1] * 8), 8)
    bits = dict(zip(tokens.dictionary.to_pylist(), tokens.bits.tolist(), strict=True))
    assert bits == {"all": 100, "rare": 3000}


def test_the_whole_list_as_one_word() -> None:
    tokens = encode_tokens(_lists(["blue", "sky"], ["bluesky"], None, []), _copies(1, 2, 1, 1), 5)
    assert tokens.glued.codes.tolist() == [0, 0, MISSING, MISSING]
    assert tokens.glued.counts.tolist() == [3]


def test_prose_is_cut() -> None:
    words = [f"word{at}" for at in range(MOST_TOKENS + 3)]
    tokens = encode_tokens(_lists([words[0], *words]), _copies(1), 1)
    assert tokens.matrix.shape == (1, MOST_TOKENS)
    assert tokens.dictionary.take(pa.array(tokens.matrix[0])).to_pylist() == words[:MOST_TOKENS]
    assert tokens.glued.dictionary.to_pylist() == ["word0" + "".join(words)]


@pytest.mark.parametrize("column", [pa.array([], pa.string()), pa.nulls(0, pa.string())])
def test_nothing_encodes_to_nothing(column: pa.Array) -> None:
    assert encode_values(column, _copies()).codes.tolist() == []
    assert encode_tokens(_lists(), _copies(), 0).matrix.shape == (0, 1)


def test_a_slice_of_a_column_is_encoded_as_what_it_shows() -> None:
    column = _lists(["gone"], ["acme"], None, ["blue", "sky"]).slice(1)
    tokens = encode_tokens(column, _copies(1, 1, 1), 3)
    assert tokens.dictionary.take(pa.array(tokens.matrix[2])).to_pylist() == ["blue", "sky"]
    assert tokens.lengths.tolist() == [1, 0, 2]


def test_what_a_fit_counted_is_believed() -> None:
    """A value that the fit did not list is one record's."""
    known = Known(pa.array(["acme"]), _copies(40))
    values = encode_values(pa.array(["acme", "flurb", "acme"]), _copies(1, 1, 1), known)
    assert values.counts.tolist() == [40, 1]


@pytest.mark.parametrize("values", [sorted, lambda texts: sorted(texts, reverse=True)])
def test_a_few_texts_are_found_among_many_as_all_are(
    values: Callable[[list[str]], list[str]],
) -> None:
    """Whichever way they are looked up, and in whatever order the fit listed them."""
    listed = values([f"word{number:04}é" for number in range(0, 9_000, 2)])
    known = Known(pa.array(listed), _copies(*range(2, 2 + len(listed))))
    asked = pa.array(["word0000é", "word0001é", "word8998é", "a", "zz"])
    counts = encode_values(asked, _copies(1, 1, 1, 1, 1), known).counts.tolist()
    assert counts == [2 + listed.index("word0000é"), 1, 2 + listed.index("word8998é"), 1, 1]
