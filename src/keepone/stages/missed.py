"""Missed: how many pairs of records are one company and were never compared.

Three estimates, each of what the one before cannot see. Pairs within a group that no key found are
counted. Between groups that compared pairs speak for, pairs that were not compared are taken to be
like those that were. And of records that no key brought near their company at all, capture and
recapture tells: which keys brought the others there, and how often they failed where another found.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from keepone.engine import Engine
from keepone.fields import recognised_fields
from keepone.kernels.encoding import Longs
from keepone.rules.blocking_keys import KEY_KINDS
from keepone.schema import MISSED
from keepone.settings import MissedSettings

Floats = npt.NDArray[np.float64]

# Candidate pairs looked at a time: bounds the memory, and never changes a result.
_CHUNK = 1 << 20
# How often a kind of key fails is believed to be this share, as firmly as so many records show it.
_FAILS, _FAILS_WEIGHT = 0.05, 10
# The standard errors of the parts, as shares of them, beside that of counting.
_COUNTED_SPREAD, _INFERRED_SPREAD = 0.15, 1.0
# A share of 0.9 lies between so many standard deviations.
_DEVIATIONS = 1.645
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class _Records:
    """Of each record its group; of representatives how many equal records are in their group.

    `size` counts the records of a group that its representatives stand for, at its smallest row.
    """

    group: Longs
    copies: Longs
    size: Longs

    @classmethod
    def of(cls, distinct: pa.Table, groups: pa.Table) -> _Records:
        representative = distinct.column("representative").to_numpy()
        group = groups.column("group").to_numpy().astype(np.int64)
        rows = len(group)
        with_it = representative[group == group[representative]]
        copies = np.bincount(with_it, minlength=rows).astype(np.int64)
        size = np.bincount(group, weights=copies, minlength=rows).astype(np.int64)
        return cls(group, copies, size)

    def pairs(self, left: Longs, right: Longs) -> Longs:
        """Return how many pairs of records each pair of representatives stands for."""
        ones, others = self.copies[left], self.copies[right]
        return np.where(left == right, ones * (ones - 1) // 2, ones * others)

    def between(self, left: Longs, right: Longs) -> Longs:
        """Return a number for the two groups of each pair, the same in either order."""
        one, other = self.group[left], self.group[right]
        return np.minimum(one, other) * len(self.group) + np.maximum(one, other)


def _ends(table: pa.Table) -> tuple[Longs, Longs]:
    left, right = (table.column(side).to_numpy().astype(np.int64) for side in ("l", "r"))
    return left, right


def _within(records: _Records, candidates: pa.Table, pairs: pa.Table) -> float:
    """Return how many pairs within groups were not compared and are true.

    They are as likely to be as those that were compared in the same group, on average.
    """
    rows = len(records.group)
    compared, likely = np.zeros(rows), np.zeros(rows)
    for start in range(0, candidates.num_rows, _CHUNK):
        left, right = _ends(candidates.slice(start, _CHUNK))
        inner = records.group[left] == records.group[right]
        left, right = left[inner], right[inner]
        compared += np.bincount(records.group[left], records.pairs(left, right), rows)
    left, right = _ends(pairs)
    inner = records.group[left] == records.group[right]
    left, right = left[inner], right[inner]
    weights = records.pairs(left, right) * pairs.column("probability").to_numpy()[inner]
    likely += np.bincount(records.group[left], weights, rows)
    unseen = records.size * (records.size - 1) // 2 - compared
    return _millions(unseen * likely / np.maximum(compared, 1))


def _between(records: _Records, candidates: pa.Table, pairs: pa.Table) -> float:
    """Return how many pairs between groups linked by scored pairs were not compared and are true.

    The groups are one company as likely as all pairs between them are on average, where those that
    were not compared count as nothing; then, a pair is true as likely as those compared are.
    """
    left, right = _ends(pairs)
    outer = records.group[left] != records.group[right]
    left, right = left[outer], right[outer]
    links, at = np.unique(records.between(left, right), return_inverse=True)
    if not len(links):
        return 0.0
    weights = records.pairs(left, right) * pairs.column("probability").to_numpy()[outer]
    likely = np.bincount(at, weights, len(links))
    compared = np.zeros(len(links))
    for start in range(0, candidates.num_rows, _CHUNK):
        left, right = _ends(candidates.slice(start, _CHUNK))
        code = records.between(left, right)
        at = np.minimum(np.searchsorted(links, code), len(links) - 1)
        linked = links[at] == code
        weights = records.pairs(left, right)[linked]
        compared += np.bincount(at[linked], weights, len(links))
    rows = len(records.group)
    possible = records.size[links // rows] * records.size[links % rows]
    shown = likely / np.maximum(compared, 1)
    return _millions((possible - compared) * shown * (likely / np.maximum(possible, 1) / _MILLION))


def _millions(millionths: Floats) -> float:
    """Add up in whole numbers: the order of the rows must not show."""
    return int(np.floor(millionths).astype(np.int64).sum()) / _MILLION


def _keyed(fields: pa.Table, features: pa.Table, blocking: pa.Table) -> Longs:
    """Return, per record, the bits of the kinds of key that it has and that find pairs alone."""
    bit_of = {line["name"]: 1 << line["key"] for line in blocking.to_pylist()}
    bits = np.zeros(features.num_rows, dtype=np.int64)
    for field in recognised_fields(fields):
        for kind in KEY_KINDS:
            name = f"{field.name}.{kind.part}"
            if kind.type != field.type or kind.support or name not in features.column_names:
                continue
            column = features.column(name)
            if pa.types.is_list(column.type):
                has = pc.fill_null(pc.greater(pc.list_value_length(column), 0), fill_value=False)
            else:
                has = pc.is_valid(column)
            bits[has.to_numpy()] |= bit_of.get(field.name, 0)
    return bits


def _apart(records: _Records, candidates: pa.Table, keyed: Longs) -> tuple[float, float]:
    """Return how many pairs are lost with records that no key brought near their company.

    First of records on which several kinds of key could have met their group: Chao's lower bound
    for keys that fail unequally often, and records that are unequally hard to find. Then of those
    on which one kind could: it fails them as often as it fails records that another kind found.
    """
    rows = len(records.group)
    met, could = np.zeros(rows, dtype=np.int64), np.zeros(rows, dtype=np.int64)
    kinds = int(np.bitwise_or.reduce(keyed, initial=0))
    for start in range(0, candidates.num_rows, _CHUNK):
        part = candidates.slice(start, _CHUNK)
        left, right = _ends(part)
        inner = (records.group[left] == records.group[right]) & (left != right)
        left, right = left[inner], right[inner]
        found = part.column("keys").to_numpy().astype(np.int64)[inner] & kinds
        possible = keyed[left] & keyed[right] | found
        for end in (left, right):
            np.bitwise_or.at(met, end, found)
            np.bitwise_or.at(could, end, possible)
    some = np.flatnonzero(could)
    met, could = met[some], could[some]
    ways, hits = _bits_set(could), _bits_set(met)
    # What is lost with such a record: all pairs of it and its copies with the rest of its group.
    lost = records.copies[some] * (records.size[records.group[some]] - records.copies[some])
    bits = [1 << at for at in range(kinds.bit_length()) if kinds >> at & 1]

    several = ways > 1
    once = [int(np.count_nonzero(several & (met == bit))) for bit in bits]
    twice = int(np.count_nonzero(several & (hits == 2)))
    unmet = sum(one * other for one, other in combinations(once, 2)) / (twice + 1)
    each = int(lost[several & (hits == 1)].sum()) / max(sum(once), 1)
    lone = 0.0
    for bit in bits:
        others_found = (could & bit != 0) & (met & ~bit != 0)
        failed = int(np.count_nonzero(others_found & (met & bit == 0)))
        tried = int(np.count_nonzero(others_found))
        fails = (failed + _FAILS * _FAILS_WEIGHT) / (tried + _FAILS_WEIGHT)
        lone += int(lost[could == bit].sum()) * fails / (1 - fails)
    return unmet * each, lone


def _bits_set(bits: Longs) -> Longs:
    """Return how many bits are set."""
    counted = np.zeros(len(bits), dtype=np.int64)
    for at in range(int(bits.max(initial=0)).bit_length()):
        counted += bits >> at & 1
    return counted


def _told(part: str, estimates: list[tuple[float, float]]) -> dict[str, str | int]:
    """Return a line of the table for the sum of `estimates` (pairs, spread as a share of them).

    The interval is that of a gamma distribution, by Wilson and Hilferty's approximation. Half a
    pair is added: that nothing was seen does not say that nothing is there.
    """
    pairs = sum(estimate for estimate, _ in estimates)
    mean = pairs + 0.5
    variance = mean + sum((estimate * spread) ** 2 for estimate, spread in estimates)
    ninth = variance / (9 * mean * mean)
    low, high = (
        mean * max(1 - ninth + deviations * math.sqrt(ninth), 0.0) ** 3
        for deviations in (-_DEVIATIONS, _DEVIATIONS)
    )
    return {"part": part, "pairs": round(pairs), "low": math.floor(low), "high": math.ceil(high)}


def missed(
    engine: Engine,  # noqa: ARG001 - every stage takes the engine
    settings: MissedSettings,  # noqa: ARG001 - there is nothing to set
    *,
    fields: pa.Table,
    features: pa.Table,
    distinct: pa.Table,
    candidates: pa.Table,
    blocking: pa.Table,
    pairs: pa.Table,
    groups: pa.Table,
) -> dict[str, pa.Table]:
    """Return `missed`, what all keys together missed: pairs of records, with a 90 % interval."""
    records = _Records.of(distinct, groups)
    within = (_within(records, candidates, pairs), _COUNTED_SPREAD)
    between = (_between(records, candidates, pairs), _INFERRED_SPREAD)
    keyed = _keyed(fields, features, blocking)
    several, lone = ((lost, _INFERRED_SPREAD) for lost in _apart(records, candidates, keyed))
    lines = [
        _told("all", [within, between, several, lone]),
        _told("within groups", [within]),
        _told("between linked groups", [between]),
        _told("apart", [several, lone]),
    ]
    return {"missed": pa.Table.from_pylist(lines, schema=MISSED.arrow())}
