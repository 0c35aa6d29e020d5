"""Random draws that are the same on every machine.

Each column draws from a stream of its own, named by a label, so that a change to one column
leaves the others as they are. Only the raw output of PCG64 is used: NumPy guarantees that
sequence, but not those of the distributions built on it.
"""

from __future__ import annotations

import numpy as np

from keepone.generate.columns import Floats, Ints, Mask


class Stream:
    """One endless sequence of draws."""

    def __init__(self, seed: int, label: str) -> None:
        self._bits = np.random.PCG64(np.random.SeedSequence([seed, *label.encode()]))

    def raw(self, size: int) -> Ints:
        """Return `size` integers of 63 random bits."""
        return (self._bits.random_raw(size) >> np.uint64(1)).astype(np.int64)

    def uniform(self, size: int) -> Floats:
        """Return `size` numbers in [0, 1)."""
        return (self.raw(size) >> 10).astype(np.float64) * 2.0**-53

    def hits(self, rate: float | Floats, size: int) -> Mask:
        """Return `size` booleans, true with the given probability (one, or one for each)."""
        return self.uniform(size) < rate

    def below(self, limit: int | Ints, size: int) -> Ints:
        """Return `size` integers in [0, limit); `limit` is one for all, or one for each."""
        return (self.uniform(size) * limit).astype(np.int64)

    def pick(self, weights: Floats, size: int) -> Ints:
        """Return `size` positions in `weights`, each as often as its weight says."""
        edges = np.cumsum(weights)
        found: Ints = np.searchsorted(edges, self.uniform(size) * edges[-1], side="right")
        return found

    def rank(self, count: int, size: int, *, offset: float = 2.7) -> Ints:
        """Return `size` integers in [0, count) whose frequencies follow Zipf's law.

        The first is drawn in proportion to 1 / offset, the next to 1 / (offset + 1), … .
        """
        return self.pick(1.0 / (np.arange(count, dtype=np.float64) + offset), size)

    def order(self, size: int) -> Ints:
        """Return a random permutation of 0 … size - 1."""
        return np.argsort(self.raw(size), kind="stable")


class Streams:
    """The streams of one seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def __call__(self, label: str) -> Stream:
        """Return the stream named `label`, from its beginning."""
        return Stream(self._seed, label)
