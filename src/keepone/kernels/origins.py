"""What keeps groups apart: the sources without duplicates that records are of, and the like."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from keepone.kernels.encoding import Longs, Rows

Bools = npt.NDArray[np.bool_]


def origin_of_rows(origins: pa.Table, rows: int) -> Longs:
    """Return the table `origins` as one number per record, -1 for a record without one."""
    origin = np.full(rows, -1, dtype=np.int64)
    origin[origins.column("row").to_numpy()] = origins.column("origin").to_numpy()
    return origin


class Origins:
    """What keeps groups apart: origins, of which two groups that have one in common never merge."""

    def __init__(self, group: Longs, origin: Longs) -> None:
        """Take pairs of a group and an origin that it has; -1 is none."""
        known = origin >= 0
        self._width = int(origin.max(initial=0)) + 1
        self._held = np.sort(group[known] * self._width + origin[known])

    def __bool__(self) -> bool:
        """Whether any group has an origin."""
        return len(self._held) > 0

    def merged(self, into: Longs) -> Origins:
        """Return the origins of the groups that each group goes into."""
        group, origin = np.divmod(self._held, self._width)
        return Origins(into[group], origin)

    def shared(self, left: Rows, right: Rows) -> Bools:
        """Return which pairs of groups have an origin in common."""
        apart = np.zeros(len(left), dtype=bool)
        if not len(self._held):
            return apart
        left, right = left.astype(np.int64, copy=False), right.astype(np.int64, copy=False)
        first = [np.searchsorted(self._held, end * self._width) for end in (left, right)]
        count = [
            np.searchsorted(self._held, (end + 1) * self._width) - start
            for end, start in zip((left, right), first, strict=True)
        ]
        # The origins of the group that has fewer are looked up in the other.
        swap = count[0] > count[1]
        few, start = np.minimum(*count), np.where(swap, first[1], first[0])
        pair = np.repeat(np.arange(len(left)), few)
        at = np.arange(len(pair)) - np.repeat(np.cumsum(few) - few, few) + start[pair]
        wanted = np.where(swap, left, right)[pair] * self._width + self._held[at] % self._width
        found = np.minimum(np.searchsorted(self._held, wanted), len(self._held) - 1)
        apart[pair[self._held[found] == wanted]] = True
        return apart
