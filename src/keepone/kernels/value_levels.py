"""Levels of agreement of single values: codes, words, dates, numbers.

Agreement is graded by how many records of the file share the value: what two records have to
themselves says much, what hundreds share says little.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.process import cpdist

from keepone.kernels.columns import Column, Levels
from keepone.kernels.encoding import Longs, Values

# Records that share a value: upper bounds of the grades of agreement.
SHARED_BY = (2, 5, 15, 60, 300)
GRADES = (*(f"shared by {bound}" for bound in SHARED_BY), "shared by more")


VALUE_LEVELS = (
    "missing",
    *(f"same, {shared}" for shared in GRADES),
    "nearly the same",
    "different",
)
DATE_LEVELS = (*VALUE_LEVELS[:-1], "same year", "different")

# Two of one form are as many as there are companies of it: only what differs says something.
FORM_LEVELS = ("missing", "one side has none", "different")

NEARLY, DIFFERENT = len(GRADES) + 1, len(GRADES) + 2

_GRADED = tuple(range(1, len(GRADES) + 1))
# What more records share weighs less; a slip weighs no more than the value that two share.
VALUES_FALLING = (_GRADED, (1, len(GRADES) + 1, len(GRADES) + 2))
# Equal forms are level 0 and weigh nothing: that a side has none must not weigh more.
FORMS_FALLING = ((1, 2), (0, 1))
DATES_FALLING = (_GRADED, (1, len(GRADES) + 1, len(GRADES) + 2, len(GRADES) + 3))


def grade(counts: Longs) -> npt.NDArray[np.int64]:
    """Return the index of the grade of agreement for values shared by `counts` records."""
    return np.searchsorted(np.array(SHARED_BY), counts, side="left")


def equal_values(values: Values, left: Longs, right: Longs) -> tuple[npt.NDArray[np.bool_], ...]:
    """Return which pairs have a value on both sides, and which of them the same."""
    a, b = values.codes[left], values.codes[right]
    present = (a >= 0) & (b >= 0)
    return present, present & (a == b)


def _near(
    values: Values,
    left: Longs,
    right: Longs,
    at: npt.NDArray[np.int64],
    *,
    typos: int,
    likeness: float | None = None,
) -> npt.NDArray[np.bool_]:
    """Return which of the unequal pairs `at` differ by a typo; like pairs are compared once."""
    if not len(at):
        return np.zeros(0, dtype=bool)
    a = values.codes[left[at]].astype(np.int64)
    b = values.codes[right[at]].astype(np.int64)
    size = len(values.dictionary)
    unique, inverse = np.unique(np.minimum(a, b) * size + np.maximum(a, b), return_inverse=True)
    one, other = (values.texts_at(codes) for codes in (unique // size, unique % size))
    distance = cpdist(
        one, other, scorer=OSA.distance, score_cutoff=typos, dtype=np.uint8, workers=1
    )
    near = distance <= typos
    if likeness is not None:
        similarity = cpdist(
            one, other, scorer=JaroWinkler.similarity, score_cutoff=likeness, dtype=np.float32,
            workers=1,
        )  # fmt: skip
        near |= similarity >= likeness
    return np.asarray(near[inverse], dtype=bool)


def _compare_values(
    column: Column, left: Longs, right: Longs, *, typos: int, likeness: float | None = None
) -> Levels:
    """Levels: 0 missing, 1.. equal by grade, then nearly equal, then different."""
    values = column.values["value"]
    present, equal = equal_values(values, left, right)
    levels: Levels = np.zeros(len(left), dtype=np.int8)
    levels[equal] = 1 + grade(values.counts[values.codes[left[equal]]])
    unequal = np.flatnonzero(present & ~equal)
    levels[unequal] = len(GRADES) + 2
    if typos:
        near = _near(values, left, right, unequal, typos=typos, likeness=likeness)
        levels[unequal[near]] = len(GRADES) + 1
    return levels


def compare_strictly(column: Column, left: Longs, right: Longs) -> Levels:
    """Compare values that are right or wrong: no typo makes one like another."""
    return _compare_values(column, left, right, typos=0)


def compare_forms(column: Column, left: Longs, right: Longs) -> Levels:
    """Compare legal forms: 0 the same or none at all, one side has none, different."""
    codes = column.values["value"].codes
    a, b = codes[left], codes[right]
    levels = np.select([a == b, (a < 0) | (b < 0)], [0, 1], default=2)
    return levels.astype(np.int8)


def compare_codes(column: Column, left: Longs, right: Longs) -> Levels:
    """Compare codes that people mistype: one letter or digit may differ."""
    return _compare_values(column, left, right, typos=1)


def compare_misspelt(column: Column, left: Longs, right: Longs) -> Levels:
    """Compare words that people misspell: a letter may differ, or an end be missing."""
    return _compare_values(column, left, right, typos=1, likeness=0.9)


# Numbers within one part in a hundred are close; the rest is for the rounding of 0.99 and 1.
_CLOSE = 0.01 * (1 + 1e-9)

_DIFFERENT_DAY, _NEAR_DAY, _SAME_YEAR = (len(GRADES) + k for k in (3, 1, 2))


def compare_dates(column: Column, left: Longs, right: Longs) -> Levels:
    """Levels: 0 missing, 1.. same day by grade, one slip, same year, different.

    A year alone has no slip: the year after differs from it by one digit as well.
    """
    values = column.values["value"]
    levels = _compare_values(column, left, right, typos=1)
    other = np.flatnonzero(levels > len(GRADES))
    if len(other):
        a, b = values.codes[left[other]], values.codes[right[other]]
        near = (levels[other] == _NEAR_DAY) & ~(values.is_year[a] & values.is_year[b])
        near |= values.texts[a] == values.swapped_days[b]
        same_year = values.years[a] == values.years[b]
        levels[other] = np.select(
            [near, same_year], [_NEAR_DAY, _SAME_YEAR], default=_DIFFERENT_DAY
        )
    return levels


def compare_numbers(column: Column, left: Longs, right: Longs) -> Levels:
    """Levels: 0 missing, 1.. equal by grade, within one part in a hundred, different."""
    values = column.values["value"]
    levels = compare_strictly(column, left, right)
    other = np.flatnonzero(levels == len(GRADES) + 2)
    if len(other):
        a, b = (values.numbers[values.codes[side[other]]] for side in (left, right))
        with np.errstate(invalid="ignore"):
            close = np.abs(a - b) <= _CLOSE * np.maximum(np.abs(a), np.abs(b))
        levels[other[close]] = len(GRADES) + 1
    return levels
