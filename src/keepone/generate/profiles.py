"""The two kinds of exports: how many companies, how large the groups, how alike the names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from keepone.generate.columns import Ints


@dataclass(frozen=True, slots=True)
class Profile:
    """What sets one kind of export apart. Shares are of all companies unless said otherwise.

    A company has one record with probability `alone`; else its number of records is drawn from
    size ** -exponent, from 2 to `largest(records)`. `brands(branches)` is the number of chains.
    `junk` is the share of records that stand for nobody.
    """

    name: str
    alone: float
    exponent: float
    largest: Callable[[int], int]
    branches: float
    brands: Callable[[int], int]
    divisions: float
    namesakes: float
    siblings: float
    junk: float


CRM = Profile(
    name="crm",
    alone=0.66,
    exponent=3.0,
    largest=lambda _: 48,
    branches=0.06,
    brands=lambda branches: branches // 10,
    divisions=0.03,
    namesakes=0.05,
    siblings=0.03,
    junk=0.004,
)

# The load of `dense` comes from two things that grow faster than the file: chains, whose number
# stays as it is while their branches multiply, and groups, whose largest grow with the file.
DENSE = Profile(
    name="dense",
    alone=0.876,
    exponent=2.3,
    largest=lambda records: max(12, records // 400),
    branches=0.25,
    brands=lambda branches: min(210, branches // 8),
    divisions=0.03,
    namesakes=0.06,
    siblings=0.04,
    junk=0.004,
)

PROFILES = {profile.name: profile for profile in (CRM, DENSE)}


def group_sizes(records: int, profile: Profile) -> Ints:
    """Return the number of records of each company, largest first; they add up to `records`.

    Sizes are spread evenly over the distribution's quantiles, not drawn, so that two files of the
    same length differ in what they hold and not in how hard they are.
    """
    sizes = np.arange(2, max(2, profile.largest(records)) + 1)
    shares = sizes**-profile.exponent
    shares *= (1 - profile.alone) / shares.sum()
    companies = round(records / (profile.alone + float((sizes * shares).sum())))
    edges = np.cumsum(np.concatenate([[profile.alone], shares]))
    quantiles = (np.arange(companies) + 0.5) / max(1, companies)
    drawn = 1 + np.searchsorted(edges, quantiles, side="right")[::-1]
    surplus = int(drawn.sum()) - records
    if surplus <= 0:
        return np.concatenate([drawn, np.ones(-surplus, dtype=np.int64)])
    kept = np.cumsum(drawn[::-1])[::-1]
    # Singles go first; what the last company kept has too many is taken from it.
    drawn = drawn[: int(np.count_nonzero(kept > surplus))]
    drawn[-1] -= int(drawn.sum()) - records
    return np.sort(drawn)[::-1]
