"""How far a file's links can be believed: how often two of them contradict each other.

A record that two others match, and that the model rules out to be each other, has one match too
many. Where hardly any has, the doubts about single pairs are chance, and even out over the many
pairs of a group; where more have, the doubts of a group's pairs are one and the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa

from keepone.kernels.encoding import Longs, Rows
from keepone.rules.model_prior import model_rules

# Pairs of this probability, in millionths, are links.
_LINK = 666_667
# Of each record so many links are looked at, those with the smallest rows, and no more records than
# these: a few thousand wedges tell.
_LINKS_EACH = 6
_MOST_RECORDS = 20_000
# So many pairs are looked through at a time: as numbers, all take more memory than the table.
_PAIRS_AT_ONCE = 1 << 18


def leeway_of(candidates: pa.Table, scored: pa.Table, model: Mapping[str, Any], rows: int) -> int:
    """Return the leeway that grouping has in this file, in millionths: see `ModelRules.leeway`.

    `scored` are those of the `candidates` that were kept: the `model` rules the others out. Files
    of too few telling fields have none.
    """
    rules = model_rules()
    if not rules.fits_levels(rules.telling(field["type"] for field in model["fields"])):
        return 0
    left, right, probability = (
        scored.column(name).to_numpy() for name in ("l", "r", "probability")
    )
    links = np.flatnonzero((probability >= _LINK) & (left != right))
    ends = _wedges(left[links], right[links], rows)
    wedges = np.sort(ends[:, 0] * rows + ends[:, 1])
    compared = _count_in(wedges, candidates, rows)
    kept = _count_in(wedges, scored, rows)
    return rules.leeway(compared, compared - kept)


def _wedges(left: Rows, right: Rows, rows: int) -> Longs:
    """Return the ends, smaller first, of pairs of links that a record is in."""
    links = np.bincount(left, minlength=rows) + np.bincount(right, minlength=rows)
    several = np.flatnonzero(links > 1)
    looked_at = np.zeros(rows, dtype=bool)
    looked_at[several[:: len(several) // _MOST_RECORDS + 1]] = True
    found_at = [np.flatnonzero(looked_at[end]) for end in (left, right)]
    ends = zip((left, right), (right, left), found_at, strict=True)
    parts = [(one[at], other[at]) for one, other, at in ends]
    centre, other = (np.concatenate(each).astype(np.int64) for each in zip(*parts, strict=True))
    order = np.lexsort((other, centre))
    centre, other = centre[order], other[order]
    _, first, links = np.unique(centre, return_index=True, return_counts=True)
    found = [np.zeros((0, 2), dtype=np.int64)]
    for one, another in combinations(range(_LINKS_EACH), 2):
        has = np.flatnonzero(links > another)
        found.append(np.stack((other[first[has] + one], other[first[has] + another]), axis=1))
    return np.concatenate(found)


def _count_in(wedges: Longs, pairs: pa.Table, rows: int) -> int:
    """Return how many of the wedges, as sorted numbers, one of the sorted pairs closes."""
    counted = 0
    for start in range(0, pairs.num_rows, _PAIRS_AT_ONCE):
        part = pairs.slice(start, _PAIRS_AT_ONCE)
        left, right = (part.column(name).to_numpy() for name in ("l", "r"))
        known = left.astype(np.int64) * rows + right
        among = wedges[
            np.searchsorted(wedges, known[0]) : np.searchsorted(wedges, known[-1], side="right")
        ]
        counted += int(np.count_nonzero(known[np.searchsorted(known, among)] == among))
    return counted
