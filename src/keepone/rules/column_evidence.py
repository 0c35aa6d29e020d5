"""What is measured about a column before its type is decided.

The stage measures in batches, its reference value by value; both hand the same figures to
`column_types`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SAMPLE = 800
"""Values drawn from a column, and rows drawn from a pair of columns."""

GLANCE = 400
"""Rows of the whole input of which every column shows what it holds there."""

WEIGHT_CAP = 10
"""The most that one distinct value weighs in its column's shares."""

WIDTH = 300
"""Characters of a value that are looked at."""

LONG = 120
"""Characters from which a value is running text."""

ONLY_DATASET = frozenset({""})
"""The datasets of an input whose files all have the same columns."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What values drawn from a column look like.

    `shares` says per shape which part of the weighted distinct values has it, in thousandths;
    `tokens` is their mean number of words in tenths; `drawn` counts the records drawn, `top` those
    that hold the commonest value; `telling` the distinct values that are more than `n/a` or `-`.
    """

    shares: Mapping[str, int]
    tokens: int
    drawn: int
    top: int
    telling: int


@dataclass(frozen=True, slots=True)
class Overlap:
    """How two columns agree on the drawn rows that hold both.

    `left_within` counts the rows whose left words all stand in the right value, `right_within` the
    other way about.
    """

    rows: int
    equal: int
    left_within: int
    right_within: int


@dataclass(frozen=True, slots=True)
class ColumnEvidence:
    """All that is known of one input column, or of several that are one field.

    `datasets` are those with a value in the column; `records` counts theirs, those of the whole
    input where the column is empty. `glance` holds, of the same rows for all columns, the row and
    the letters and digits in it, where there are any.
    """

    column: str
    header: str
    records: int
    filled: int
    distinct: int
    is_record_id: bool
    sample: Sample
    datasets: frozenset[str] = ONLY_DATASET
    glance: frozenset[tuple[int, str]] = frozenset()

    def share(self, *shapes: str) -> int:
        """Return the summed shares of shapes that exclude each other, in thousandths."""
        return sum(self.sample.shares[shape] for shape in shapes)

    @property
    def unique(self) -> bool:
        """Whether no value occurs twice."""
        return self.filled > 1 and self.distinct == self.filled

    @property
    def repeats(self) -> bool:
        """Whether the column has few values for its records, as categories do."""
        return self.filled >= 30 and self.distinct * 8 <= self.filled

    @property
    def constant(self) -> bool:
        """Whether all its several values are one."""
        return self.filled > 1 and self.distinct == 1

    @property
    def nearly_constant(self) -> bool:
        """Whether one value is held by more than 95 % of the records drawn."""
        return self.filled > 1 and self.sample.top * 100 > self.sample.drawn * 95
