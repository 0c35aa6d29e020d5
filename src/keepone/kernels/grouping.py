"""Groups of records from scored pairs of representatives, and from what people decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keepone.kernels.encoding import Longs, Rows
from keepone.kernels.leeway import leeway_of
from keepone.kernels.linkage import average_linkage
from keepone.kernels.origins import origin_of_rows
from keepone.rules.model_prior import model_rules

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Scored pairs: left < right, or equal for what equal records score with one another."""

    left: Rows
    right: Rows
    probability: Rows

    @classmethod
    def of(cls, scored: pa.Table) -> _Pairs:
        # As they are: of large files, a copy of each is more than all else that grouping holds.
        return cls(*(scored.column(name).to_numpy() for name in ("l", "r", "probability")))

    def between(self, leader: Longs, representative: Longs) -> _Pairs:
        """Return the pairs of leaders: those of the records that stand for them, and their own."""
        rows = np.arange(len(leader))
        nodes = rows[leader == rows]
        nodes = nodes[np.argsort(representative[nodes], kind="stable")]
        count = np.bincount(representative[nodes], minlength=len(rows))
        start = np.cumsum(count) - count
        combined = count[self.left] * count[self.right]
        pair = np.repeat(np.arange(len(self.left)), combined)
        nth = np.arange(len(pair)) - np.repeat(np.cumsum(combined) - combined, combined)
        left, right = self.left[pair], self.right[pair]
        one = nodes[start[left] + nth // count[right]]
        other = nodes[start[right] + nth % count[right]]
        kept = np.flatnonzero((left < right) | (one < other))
        one, other = one[kept], other[kept]
        return _Pairs(np.minimum(one, other), np.maximum(one, other), self.probability[pair[kept]])

    def unequal(self) -> _Pairs:
        """Return the pairs of two records."""
        kept = self.left != self.right
        if kept.all():
            return self
        return _Pairs(self.left[kept], self.right[kept], self.probability[kept])


def group_records(
    distinct: pa.Table,
    origins: pa.Table,
    candidates: pa.Table,
    scored: pa.Table,
    model: Mapping[str, Any],
    *,
    join: int,
    judgements: pa.Table | None = None,
) -> Longs:
    """Return the group of each record, named by its smallest row.

    Groups are joined at the mean probability `join`, in millionths, with the leeway that the links
    of the file leave. Equal records are one group with the record that stands for them where their
    own pair (l = r) reaches `join`, and each by itself where it does not. No
    group has two records of one origin, but where people decided so: what `judgements` hold
    together is one group, and what they hold apart is in two. A record that they hold together or
    apart stands for itself alone, also where it is equal to others.
    """
    representative = distinct.column("representative").to_numpy().astype(np.int64)
    rows = np.arange(len(representative))
    pairs = _Pairs.of(scored)
    same, parted = (_judged(judgements, kind) for kind in ("same", "apart"))
    leader = _leaders(representative, np.concatenate((same[0], parted[0])))
    unequal = pairs.unequal()
    if (leader != representative).any():
        unequal = pairs.between(leader, representative)
    rules = model_rules()
    group = average_linkage(
        np.bincount(leader, minlength=len(rows)).astype(np.int64),
        unequal.left,
        unequal.right,
        unequal.probability,
        join=join,
        absent=round(rules.absent * _MILLION),
        doubt=rules.doubt,
        leeway=rules.leeway_at(join, leeway_of(candidates, scored, model, len(rows))),
        origin=origin_of_rows(origins, len(rows)),
        together=_together(*same, len(rows)),
        apart=parted if len(parted[0]) else None,
    )
    holds = np.zeros(len(rows), dtype=bool)
    holds[pairs.left[(pairs.left == pairs.right) & (pairs.probability >= join)]] = True
    return np.where((leader == rows) | holds[representative], group[leader], rows)


def parted_rows(judgements: pa.Table) -> tuple[Longs, Longs]:
    """Return the rows that people hold apart from others, and the sets no two of which are one."""
    return _judged(judgements, "apart")


def _judged(judgements: pa.Table | None, kind: str) -> tuple[Longs, Longs]:
    """Return the rows and the set numbers of the judgements of one kind."""
    if judgements is None or not judgements.num_rows:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    found = judgements.filter(pc.equal(judgements.column("kind"), kind))
    row, number = (found.column(name).to_numpy().astype(np.int64) for name in ("row", "number"))
    return row, number


def _leaders(representative: Longs, judged: Longs) -> Longs:
    """Return for each record the one that stands for it in groups.

    Judged ones stand for themselves, of equal ones that are not the first stands for all.
    """
    if not len(judged):
        return representative
    rows = np.arange(len(representative))
    free = np.ones(len(rows), dtype=bool)
    free[judged] = False
    first = np.full(len(rows), len(rows))
    np.minimum.at(first, representative[free], rows[free])
    return np.where(free, first[representative], rows)


def _together(row: Longs, number: Longs, rows: int) -> Longs | None:
    """Return for each record the smallest one of its set, itself without one; None without sets."""
    if not len(row):
        return None
    first = np.full(int(number.max()) + 1, rows)
    np.minimum.at(first, number, row)
    together = np.arange(rows, dtype=np.int64)
    together[row] = first[number]
    return together
