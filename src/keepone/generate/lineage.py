"""Which companies stand alone, and which derive from another and are easily mistaken for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from keepone.generate.columns import Ints, Mask
from keepone.generate.profiles import Profile
from keepone.generate.streams import Streams

COMPANY = 0
BRANCH = 1
"""One site of a chain: the chain's name with a store number or a place."""
DIVISION = 2
"""A subsidiary: the parent's name with a word of its own."""
NAMESAKE = 3
"""Another company of the same name in another city."""
SIBLING = 4
"""Another company whose name says the same trade in other words."""
JUNK = 5
"""Nobody: a placeholder that someone typed where a name belongs."""


@dataclass(frozen=True, slots=True)
class Lineage:
    """One row per company.

    `base` is the company that it derives from, itself for those that derive from none. `turn`
    counts the companies of one base: 0 for the base, then 1, 2, … . `famed` are bases from which
    others derive, and those others.
    """

    kind: Ints
    base: Ints
    turn: Ints
    famed: Mask

    def __len__(self) -> int:
        return len(self.kind)


def lineage(companies: int, junk: int, profile: Profile, streams: Streams) -> Lineage:
    """Return the lineage of `companies` companies, the last `junk` of which are nobody.

    Bases come first and each base has derivatives of one kind only.
    """
    real = companies - junk
    counts = {
        BRANCH: int(real * profile.branches),
        DIVISION: int(real * profile.divisions),
        NAMESAKE: int(real * profile.namesakes),
        SIBLING: int(real * profile.siblings),
    }
    heads = {
        BRANCH: profile.brands(counts[BRANCH]),
        DIVISION: counts[DIVISION] // 2,
        NAMESAKE: counts[NAMESAKE] // 2,
        SIBLING: counts[SIBLING],
    }
    bases = real - sum(counts.values())
    kinds = [np.full(bases, COMPANY)]
    origins = [np.arange(bases)]
    first = 0
    for kind, count in counts.items():
        # A few heads have most derivatives, as a few chains have most stores.
        head = max(1, heads[kind])
        weights = 1.0 / (np.arange(head, dtype=np.float64) + 0.3 * head + 1)
        kinds.append(np.full(count, kind))
        origins.append(first + np.sort(streams(f"lineage {kind}").pick(weights, count)))
        first += head
    kinds.append(np.full(junk, JUNK))
    origins.append(np.arange(real, companies))
    kind_of = np.concatenate(kinds)
    base = np.concatenate(origins)
    return Lineage(kind_of, base, _turns(base), np.bincount(base, minlength=companies)[base] > 1)


def _turns(base: Ints) -> Ints:
    """Return how many rows before each have the same base."""
    order = np.argsort(base, kind="stable")
    ordered = base[order]
    starts = np.searchsorted(ordered, ordered, side="left")
    turn = np.empty(len(base), dtype=np.int64)
    turn[order] = np.arange(len(base)) - starts
    return turn
