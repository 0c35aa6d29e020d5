"""Levels of agreement of short names: of places, families, and given names."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from keepone.kernels.columns import Column, Levels
from keepone.kernels.encoding import MISSING, Ints, Longs, Values
from keepone.kernels.value_levels import DIFFERENT, NEARLY, compare_misspelt


def compare_names(column: Column, left: Longs, right: Longs) -> Levels:
    """Compare words that people misspell, or leave some of out: Bristol, and Bristol, City of."""
    values = column.values["value"]
    levels = compare_misspelt(column, left, right)
    unequal = np.flatnonzero(levels == DIFFERENT)
    one, other = values.codes[left[unequal]], values.codes[right[unequal]]
    levels[unequal[_one_within(values, one, other)]] = NEARLY
    return levels


def compare_given(column: Column, left: Longs, right: Longs) -> Levels:
    """Compare given names, which have other forms: Tom, and Thomas; T, and Thomas Henry."""
    values = column.values["value"]
    levels = compare_names(column, left, right)
    unequal = np.flatnonzero(levels == DIFFERENT)
    one, other = values.codes[left[unequal]], values.codes[right[unequal]]
    same_name = _share(values.given_names[one], values.given_names[other])
    first = values.initials
    initial = (first[one] == first[other]) & (values.is_initial[one] | values.is_initial[other])
    levels[unequal[same_name | initial]] = NEARLY
    return levels


def _one_within(values: Values, one: Ints, other: Ints) -> npt.NDArray[np.bool_]:
    """Return where all words of one value stand in the other, which has more of them."""
    words, lengths = values.words, values.word_counts
    within = np.zeros(len(one), dtype=bool)
    at = np.flatnonzero(
        (lengths[one] != lengths[other]) & (lengths[one] > 0) & (lengths[other] > 0)
    )
    swap = lengths[one[at]] > lengths[other[at]]
    few = words[np.where(swap, other[at], one[at])]
    many = words[np.where(swap, one[at], other[at])]
    absent = few == MISSING
    for place in range(words.shape[1]):
        absent |= few == many[:, [place]]
    within[at] = absent.all(axis=1)
    return within


def _share(one: Ints, other: Ints) -> npt.NDArray[np.bool_]:
    """Return which rows of two padded matrices have an entry in common."""
    shared = np.zeros(len(one), dtype=bool)
    for place in range(other.shape[1]):
        entry = other[:, [place]]
        shared |= ((one == entry) & (entry != MISSING)).any(axis=1)
    return shared
