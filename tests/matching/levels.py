"""The level that a pair shows, by the kernels and by the reference."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from keepone.kernels.pair_levels import compared_fields, levels_of_pairs
from keepone.reference import levels as reference
from tests.matching.tables import Matchable, Record


def _file(type_: str, records: Sequence[Record]) -> Matchable:
    """Return the records as a file in which no two are equal, whatever `field` holds."""
    apart = [{**record, "key": {"value": str(at)}} for at, record in enumerate(records)]
    return Matchable({"field": type_, "key": "category"}, apart)


def kernel_level(type_: str, records: Sequence[Record], left: int, right: int) -> str:
    """Return the level of two records in `field`."""
    field, *_ = compared_fields(**_file(type_, records).compared_tables())
    one, other = (np.array([row], dtype=np.int64) for row in (left, right))
    ((_, (codes,)),) = levels_of_pairs([field], one, other, 1)
    return field.comparison.levels[int(codes[0])]


def reference_level(type_: str, records: Sequence[Record], left: int, right: int) -> str:
    """Return the same by the reference."""
    field, *_ = reference.compared_fields(**_file(type_, records).compared_tables())
    return field.comparison.level(left, right)
