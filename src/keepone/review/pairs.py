"""The scored pairs of a run, found by the records in them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from keepone.review.prepared import Prepared, Rows, run_of

NOT_SCORED = -1

Longs = npt.NDArray[np.int64]


class Pairs:
    """The pairs that one run scored. Records that are equal in all that is compared share theirs.

    Of these each is paired with the one that stands for them.
    """

    def __init__(self, prepared: Prepared) -> None:
        self._prepared = prepared

    def places(self, left: Longs, right: Longs) -> Longs:
        """Return the place of each two rows among the pairs; -1 where they were not scored."""
        ends = np.sort([self.stands_for[left], self.stands_for[right]], axis=0)
        low = np.searchsorted(self._left, ends[0])
        high = np.searchsorted(self._left, ends[0], side="right")
        end = high.copy()
        while (searching := low < high).any():
            middle = (low + high) // 2
            before = self._right[np.minimum(middle, len(self._right) - 1)] < ends[1]
            low = np.where(searching & before, middle + 1, low)
            high = np.where(searching & ~before, middle, high)
        found = np.full(len(low), NOT_SCORED, dtype=np.int64)
        inside = np.flatnonzero(low < end)
        held = inside[self._right[low[inside]] == ends[1][inside]]
        found[held] = low[held]
        return found

    def within(self, rows: Sequence[int] | Rows) -> list[tuple[int, int, int]]:
        """Return the pairs of these rows, each behind its place among all pairs."""
        some = np.asarray(rows)
        stands_for = self.stands_for[some]
        firsts = np.unique(stands_for)
        linked = []
        for left in firsts:
            for place in run_of(self._left, int(left)):
                right = int(self._right[place])
                if right == left:
                    copies = some[(stands_for == left) & (some != left)]
                    linked += [(place, int(left), int(copy)) for copy in copies]
                elif right in firsts:
                    linked.append((place, int(left), right))
        return linked

    @cached_property
    def stands_for(self) -> Rows:
        """The record that stands for each, itself where no other does, by row."""
        stands: Rows = self._prepared.table("distinct").column("representative").to_numpy()
        return stands

    @cached_property
    def _left(self) -> Rows:
        left: Rows = self._prepared.table("pairs").column("l").to_numpy()
        return left

    @cached_property
    def _right(self) -> Rows:
        right: Rows = self._prepared.table("pairs").column("r").to_numpy()
        return right
