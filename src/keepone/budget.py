"""The seconds that a run may take, and what is left out when they are too few.

A run never stops for time: what cannot be left out is done, however long it takes. What can be is
decided between stages, by how long those before took here, so that stages know no clock.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

# What a run takes beside reading and normalising, in multiples of that: what is done pair by pair,
# and all the rest. Pairs took 1.6 times as long at 94,000 records and 2.6 times at a million; a
# share that is too small is mended by another run, time that is over by none.
_PAIRS = 2.5
_REST = 1.25


class Budget:
    """Counts the seconds of a run from when it is made; `seconds` is None where there is no end."""

    def __init__(
        self, seconds: float | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.seconds = seconds
        self._clock = clock
        self._began = clock()

    @property
    def left(self) -> float:
        """Seconds that are left, infinite without an end, negative past it."""
        if self.seconds is None:
            return math.inf
        return self.seconds - (self._clock() - self._began)

    @property
    def is_spent(self) -> bool:
        """Whether no time is left for what can be left out."""
        return self.left <= 0

    def share_of_pairs(self, prepared: float) -> int:
        """Return the percentage of pairs that there is time for, 1 at the least.

        `prepared` are the seconds that the records took up to where pairs are made.
        """
        spare = self.left - _REST * prepared
        needed = _PAIRS * prepared
        return 100 if spare >= needed else max(1, int(100 * spare / needed))
