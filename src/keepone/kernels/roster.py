"""The records of groups side by side, those with most standing first, and the best of each group.

A *place* is a position in that order. What is chosen for a group is a place of its own, or -1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from keepone.kernels.encoding import Longs

Bools: TypeAlias = npt.NDArray[np.bool_]

NONE = -1


@dataclass(frozen=True, slots=True)
class Roster:
    """Records of whole groups: group after group, the primary first, then by standing.

    `groups` are the groups by name; `rows` is the record at each place, `at` the position of its
    group, `first` the place of each group's primary; `gives` says whose values may be chosen.
    """

    groups: Longs
    rows: Longs
    at: Longs
    first: Longs
    gives: Bools

    def best(self, candidates: Bools, score: Longs | None = None) -> Longs:
        """Return the candidate with the highest score of each group, of several the first."""
        places = np.flatnonzero(candidates)
        if score is not None:
            places = places[np.lexsort((-score[places], self.at[places]))]
        found = np.full(len(self.first), NONE, dtype=np.int64)
        groups = self.at[places]
        leads = firsts(groups)
        found[groups[leads]] = places[leads]
        return found

    def mixed(self, codes: Longs) -> Bools:
        """Return for each group whether two codes of its records differ; negative ones are none."""
        if not len(self.first):
            return np.zeros(0, dtype=bool)
        filled = codes >= 0
        most = np.maximum.reduceat(codes, self.first)
        least = np.minimum.reduceat(np.where(filled, codes, np.iinfo(codes.dtype).max), self.first)
        return least < most

    def counts(self, marks: Bools, codes: Longs) -> Longs:
        """Return at each marked place how many marked records of its group have its code."""
        counted = np.zeros(len(self.rows), dtype=np.int64)
        places = np.flatnonzero(marks)
        if len(places):
            _, inverse = self.runs(places, codes)
            counted[places] = np.bincount(inverse)[inverse]
        return counted

    def distinct(self, marks: Bools, codes: Longs) -> Longs:
        """Return the first marked place of each code of each group, in order."""
        places = np.flatnonzero(marks)
        return np.sort(self.runs(places, codes)[0]) if len(places) else places

    def runs(self, places: Longs, codes: Longs) -> tuple[Longs, Longs]:
        """Return the first place of each code of each group, and which of them stands for each.

        There has to be a place at least; codes are those of all places.
        """
        key = self.at[places] * (int(codes[places].max()) + 1) + codes[places]
        _, leads, inverse = np.unique(key, return_index=True, return_inverse=True)
        return places[leads], inverse


def firsts(values: Longs) -> Bools:
    """Return where a run of equal values begins."""
    begins = np.ones(len(values), dtype=bool)
    begins[1:] = values[1:] != values[:-1]
    return begins


def at_places(values: Longs, places: Longs) -> Longs:
    """Return the values at `places`, -1 where a place is none."""
    if not len(values):
        return np.full(len(places), NONE, dtype=np.int64)
    return np.where(places >= 0, values[places], NONE)
