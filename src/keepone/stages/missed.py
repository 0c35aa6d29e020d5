"""Missed: how many pairs of records are one company and were never compared.

Three estimates, each of what the one before cannot see. Pairs within a group that no key found are
counted. Between groups that compared pairs speak for, pairs that were not compared are taken to be
like those that were. And of records that no key brought near their company at all, capture and
recapture tells: which keys brought the others there, and how often they failed where another found.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from keepone.engine import Engine
from keepone.fields import recognised_fields
from keepone.kernels.encoding import Ints, Longs, Rows
from keepone.kernels.origins import Origins, origin_of_rows
from keepone.rules.blocking_keys import KEY_KINDS
from keepone.schema import MISSED
from keepone.settings import MissedSettings

Floats = npt.NDArray[np.float64]

# Candidate pairs looked at a time: bounds the memory, and never changes a result.
_CHUNK = 1 << 18
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

    def pairs(self, left: Rows, right: Rows) -> Longs:
        """Return how many pairs of records each pair of representatives stands for."""
        ones, others = self.copies[left], self.copies[right]
        return np.where(left == right, ones * (ones - 1) // 2, ones * others)

    def linked(self, one: Longs, other: Longs) -> Longs:
        """Return a number for each two groups, the same in either order."""
        return np.minimum(one, other) * len(self.group) + np.maximum(one, other)


def _parts(pairs: pa.Table, column: str) -> Iterator[tuple[Ints, Ints, Ints]]:
    """Return left, right and one more column of the pairs, part by part."""
    for start in range(0, pairs.num_rows, _CHUNK):
        part = pairs.slice(start, _CHUNK)
        left, right, more = (part.column(name).to_numpy() for name in ("l", "r", column))
        yield left, right, more


@dataclass(frozen=True, slots=True)
class _Links:
    """The groups that scored pairs link and that may be one, by number, and what those pairs say.

    `likely` is the sum of probabilities in millionths over the scored pairs of records.
    """

    code: Longs
    likely: Floats

    @classmethod
    def of(cls, records: _Records, origins: pa.Table, pairs: pa.Table) -> _Links:
        held = Origins(records.group, origin_of_rows(origins, len(records.group)))
        found: list[tuple[Longs, Longs]] = [(np.zeros(0, np.int64),) * 2]
        for left, right, said in _parts(pairs, "probability"):
            one, other = records.group[left], records.group[right]
            outer = np.flatnonzero(one != other)
            outer = outer[~held.shared(one[outer], other[outer])]
            weights = records.pairs(left[outer], right[outer])
            found.append((records.linked(one[outer], other[outer]), weights * said[outer]))
        code, likely = (np.concatenate(each) for each in zip(*found, strict=True))
        del found
        order = np.argsort(code)
        code, likely = code[order], likely[order]
        del order
        begins = np.flatnonzero(np.diff(code, prepend=-1))
        summed = np.add.reduceat(likely, begins) if len(begins) else likely
        return cls(code[begins], summed.astype(np.float64))


@dataclass(frozen=True, slots=True)
class _Compared:
    """The candidates that count: within groups one by one, between linked groups as numbers.

    `left`, `right` and `keys` are the pairs within groups; `between` counts, per link, pairs of
    records.
    """

    left: Ints
    right: Ints
    keys: Ints
    between: Floats

    @classmethod
    def of(cls, records: _Records, links: _Links, candidates: pa.Table) -> _Compared:
        rows = len(records.group)
        has_link = np.zeros(rows, dtype=bool)
        has_link[links.code // rows] = True
        has_link[links.code % rows] = True
        found: list[tuple[Ints, ...]] = [(np.zeros(0, np.int32),) * 3]
        between = np.zeros(len(links.code))
        for left, right, keys in _parts(candidates, "keys"):
            one, other = records.group[left], records.group[right]
            inner = np.flatnonzero(one == other)
            found.append(tuple(each[inner] for each in (left, right, keys)))
            # Most candidates are of groups that nothing links.
            outer = np.flatnonzero((one != other) & has_link[one] & has_link[other])
            if len(outer):
                code = records.linked(one[outer], other[outer])
                at = np.minimum(np.searchsorted(links.code, code), len(links.code) - 1)
                linked = links.code[at] == code
                weights = records.pairs(left[outer], right[outer])[linked]
                between += np.bincount(at[linked], weights, len(between))
        told: list[Ints] = [np.concatenate(each) for each in zip(*found, strict=True)]
        return cls(told[0], told[1], told[2], between)


def _within(records: _Records, compared: _Compared, pairs: pa.Table) -> float:
    """Return how many pairs within groups were not compared and are true.

    They are as likely to be as those that were compared in the same group, on average.
    """
    rows = len(records.group)
    weights = records.pairs(compared.left, compared.right)
    seen = np.bincount(records.group[compared.left], weights, rows)
    likely = np.zeros(rows)
    for left, right, said in _parts(pairs, "probability"):
        inner = np.flatnonzero(records.group[left] == records.group[right])
        weights = records.pairs(left[inner], right[inner]) * said[inner]
        likely += np.bincount(records.group[left[inner]], weights, rows)
    unseen = records.size * (records.size - 1) // 2 - seen
    return _millions(unseen * likely / np.maximum(seen, 1))


def _between(records: _Records, links: _Links, compared: _Compared) -> float:
    """Return how many pairs between groups linked by scored pairs were not compared and are true.

    The groups are one company as likely as all pairs between them are on average, where those that
    were not compared count as nothing; then, a pair is true as likely as those compared are.
    """
    one, other = np.divmod(links.code, len(records.group))
    possible = records.size[one] * records.size[other]
    shown = links.likely / np.maximum(compared.between, 1)
    alike = links.likely / np.maximum(possible, 1) / _MILLION
    return _millions((possible - compared.between) * shown * alike)


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


def _apart(records: _Records, compared: _Compared, keyed: Longs) -> tuple[float, float]:
    """Return how many pairs are lost with records that no key brought near their company.

    First of records on which several kinds of key could have met their group: Chao's lower bound
    for keys that fail unequally often, and records that are unequally hard to find. Then of those
    on which one kind could: it fails them as often as it fails records that another kind found.
    """
    rows = len(records.group)
    met, could = np.zeros(rows, dtype=np.int64), np.zeros(rows, dtype=np.int64)
    kinds = int(np.bitwise_or.reduce(keyed, initial=0))
    unequal = np.flatnonzero(compared.left != compared.right)
    ends = compared.left[unequal], compared.right[unequal]
    found = compared.keys[unequal] & kinds
    possible = keyed[ends[0]] & keyed[ends[1]] | found
    for end in ends:
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
    origins: pa.Table,
    candidates: pa.Table,
    blocking: pa.Table,
    pairs: pa.Table,
    groups: pa.Table,
) -> dict[str, pa.Table]:
    """Return `missed`, what all keys together missed: pairs of records, with a 90 % interval."""
    records = _Records.of(distinct, groups)
    links = _Links.of(records, origins, pairs)
    compared = _Compared.of(records, links, candidates)
    within = (_within(records, compared, pairs), _COUNTED_SPREAD)
    between = (_between(records, links, compared), _INFERRED_SPREAD)
    keyed = _keyed(fields, features, blocking)
    several, lone = ((lost, _INFERRED_SPREAD) for lost in _apart(records, compared, keyed))
    lines = [
        _told("all", [within, between, several, lone]),
        _told("within groups", [within]),
        _told("between linked groups", [between]),
        _told("apart", [several, lone]),
    ]
    return {"missed": pa.Table.from_pylist(lines, schema=MISSED.arrow())}
