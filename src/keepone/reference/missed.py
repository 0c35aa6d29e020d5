"""Missed, pair by pair: what no key found, within groups, between them, and apart from all."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pyarrow as pa

from keepone.fields import recognised_fields
from keepone.rules.blocking_keys import KEY_KINDS
from keepone.schema import MISSED
from keepone.settings import MissedSettings

_FAILS, _FAILS_WEIGHT = 0.05, 10
_COUNTED_SPREAD, _INFERRED_SPREAD = 0.15, 1.0
_DEVIATIONS = 1.645
_MILLION = 1_000_000

_Pair = tuple[int, int]


def missed(
    engine: object,  # noqa: ARG001 - plain Python needs no engine
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
    """Return `missed`, as the stage of the same name promises."""
    file = _File(distinct, origins, candidates, pairs, groups)
    keyed = _keyed(fields, features, blocking)
    within = (file.within(), _COUNTED_SPREAD)
    between = (file.between(), _INFERRED_SPREAD)
    meetings = _meetings(file, keyed)
    several, lone = (
        (lost(file, keyed, meetings), _INFERRED_SPREAD) for lost in (_several_ways, _one_way)
    )
    lines = [
        _told("all", [within, between, several, lone]),
        _told("within groups", [within]),
        _told("between linked groups", [between]),
        _told("apart", [several, lone]),
    ]
    return {"missed": pa.Table.from_pylist(lines, schema=MISSED.arrow())}


class _File:
    """Groups and the pairs of representatives that were compared."""

    def __init__(
        self,
        distinct: pa.Table,
        origins: pa.Table,
        candidates: pa.Table,
        pairs: pa.Table,
        groups: pa.Table,
    ) -> None:
        self.group: list[int] = groups.column("group").to_pylist()
        self._origins: dict[int, set[int]] = defaultdict(set)
        for line in origins.to_pylist():
            self._origins[self.group[line["row"]]].add(line["origin"])
        # Equal records that are in the group of the one that stands for them.
        self.copies = Counter(
            representative
            for row, representative in enumerate(distinct.column("representative").to_pylist())
            if self.group[row] == self.group[representative]
        )
        self.size: Counter[int] = Counter()
        for representative, copies in self.copies.items():
            self.size[self.group[representative]] += copies
        self.keys: dict[_Pair, int] = {
            (line["l"], line["r"]): line["keys"] for line in candidates.to_pylist()
        }
        self._probability: dict[_Pair, int] = {
            (line["l"], line["r"]): line["probability"] for line in pairs.to_pylist()
        }

    def inner(self) -> Iterator[tuple[_Pair, int]]:
        """Yield the compared pairs of unequal records of one group, with their keys."""
        for (left, right), keys in self.keys.items():
            if left != right and self.group[left] == self.group[right]:
                yield (left, right), keys

    def _compared(self) -> dict[_Pair, tuple[int, int]]:
        """Return, per two groups or one, the compared pairs of records and their probability."""
        sums: dict[_Pair, tuple[int, int]] = defaultdict(lambda: (0, 0))
        for left, right in self.keys:
            ones, others = self.copies[left], self.copies[right]
            weight = ones * (ones - 1) // 2 if left == right else ones * others
            groups = (self.group[left], self.group[right])
            link = (min(groups), max(groups))
            compared, likely = sums[link]
            found = self._probability.get((left, right), 0)
            sums[link] = (compared + weight, likely + weight * found)
        return sums

    def within(self) -> float:
        """Return the true pairs within groups that were not compared."""
        sums = self._compared()
        total = 0
        for group, size in self.size.items():
            compared, likely = sums.get((group, group), (0, 0))
            unseen = size * (size - 1) // 2 - compared
            total += math.floor(float(unseen) * float(likely) / float(max(compared, 1)))
        return total / _MILLION

    def between(self) -> float:
        """Return the true pairs between linked groups that were not compared."""
        total = 0
        for (one, other), (compared, likely) in self._compared().items():
            if one != other and likely and not self._origins[one] & self._origins[other]:
                possible = self.size[one] * self.size[other]
                shown = likely / max(compared, 1)
                total += math.floor(
                    float(possible - compared) * shown * (likely / max(possible, 1) / _MILLION)
                )
        return total / _MILLION


def _keyed(fields: pa.Table, features: pa.Table, blocking: pa.Table) -> list[int]:
    """Return, per record, the bits of the kinds of key that it has and that find pairs alone."""
    bit_of = {line["name"]: 1 << line["key"] for line in blocking.to_pylist()}
    parts = [
        (f"{field.name}.{kind.part}", bit_of.get(field.name, 0))
        for field in recognised_fields(fields)
        for kind in KEY_KINDS
        if kind.type == field.type and not kind.support
    ]
    found = []
    for row in features.to_pylist():
        bits = 0
        for name, bit in parts:
            value = row.get(name)
            if value is not None and value != []:
                bits |= bit
        found.append(bits)
    return found


def _kinds(keyed: list[int]) -> list[int]:
    together = 0
    for bits in keyed:
        together |= bits
    return [1 << at for at in range(together.bit_length()) if together >> at & 1]


def _meetings(file: _File, keyed: list[int]) -> dict[int, _Pair]:
    """Return, per record, by which kinds it met its group, and by which it could have."""
    kinds = sum(_kinds(keyed))
    meetings: dict[int, _Pair] = {}
    for ends, keys in file.inner():
        found = keys & kinds
        possible = keyed[ends[0]] & keyed[ends[1]] | found
        for end in ends:
            met, could = meetings.get(end, (0, 0))
            meetings[end] = (met | found, could | possible)
    return {row: met for row, met in meetings.items() if met[1]}


def _lost(file: _File, row: int) -> int:
    """Return how many pairs of records are lost with a record that meets no one of its group."""
    copies = file.copies[row]
    return copies * (file.size[file.group[row]] - copies)


def _several_ways(file: _File, keyed: list[int], meetings: dict[int, _Pair]) -> float:
    """Return the pairs lost with records that several kinds could have found, and none did."""
    several = {row: met for row, (met, could) in meetings.items() if could.bit_count() > 1}
    once = [sum(met == bit for met in several.values()) for bit in _kinds(keyed)]
    twice = sum(met.bit_count() == 2 for met in several.values())
    unmet = sum(one * other for one, other in combinations(once, 2)) / (twice + 1)
    lost = sum(_lost(file, row) for row, met in several.items() if met.bit_count() == 1)
    return unmet * (lost / max(sum(once), 1))


def _one_way(file: _File, keyed: list[int], meetings: dict[int, _Pair]) -> float:
    """Return the pairs lost with records that one kind could have found, and did not."""
    total = 0.0
    for bit in _kinds(keyed):
        tried = [met for met, could in meetings.values() if could & bit and met & ~bit]
        failed = sum(not met & bit for met in tried)
        fails = (failed + _FAILS * _FAILS_WEIGHT) / (len(tried) + _FAILS_WEIGHT)
        lost = sum(_lost(file, row) for row, (_, could) in meetings.items() if could == bit)
        total += lost * fails / (1 - fails)
    return total


def _told(part: str, estimates: list[tuple[float, float]]) -> dict[str, Any]:
    """Return a line of the table: pairs, and the interval of a gamma distribution around them."""
    pairs = sum(estimate for estimate, _ in estimates)
    mean = pairs + 0.5
    variance = mean + sum((estimate * spread) ** 2 for estimate, spread in estimates)
    ninth = variance / (9 * mean * mean)
    low, high = (
        mean * max(1 - ninth + deviations * math.sqrt(ninth), 0.0) ** 3
        for deviations in (-_DEVIATIONS, _DEVIATIONS)
    )
    return {"part": part, "pairs": round(pairs), "low": math.floor(low), "high": math.ceil(high)}
