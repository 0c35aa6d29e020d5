"""What follows of decisions: which records are one company, which are not, and what else is said.

Of two explicit judgements of the same two records the newer holds. What is explicit beats what
others imply: where records that are judged the same would bring two together that are judged
different, one of the former gives way, the oldest. Whatever gives way is told, with what it gave
way to. All of it is a function of the decisions and their order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from keepone.decisions.decision import Decision
from keepone.decisions.keys import RecordKey

# Judgements that a newer one on the same record replaces.
_OVERRIDES = frozenset({"primary", "value", "disposition"})


@dataclass(frozen=True, slots=True)
class Override:
    """What was decided of one record by itself: its kind, field where it has one, and value."""

    kind: str
    record: RecordKey
    field: str | None
    value: str | None
    by: Decision


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a log comes to.

    `together` are sets of records that are one company, sorted; no record is in two. `apart` are
    sets of records no two of which are; a record stands there for its whole set of `together`.
    `named_by` is the newest decision that holds a record together with others, `parted_by` the one
    behind each set of `apart`. `overruled` maps the id of a decision, or of part of one, to what it
    gave way to.
    """

    together: tuple[tuple[RecordKey, ...], ...]
    named_by: Mapping[RecordKey, Decision]
    apart: tuple[tuple[RecordKey, ...], ...]
    parted_by: tuple[Decision, ...]
    overrides: tuple[Override, ...]
    blacklisted: Mapping[str, Decision]
    overruled: Mapping[str, Decision]


def resolve(
    decisions: Sequence[Decision], found: Mapping[RecordKey, RecordKey] | None = None
) -> Resolution:
    """Return what follows of decisions that are in force, given oldest first.

    `found` says which keys are one record: each of them stands for the key that it maps to.
    """
    found = found or {}
    keys = {key for each in decisions for key in each.records}
    records = sorted({found.get(key, key) for key in keys})
    rank = {record: at for at, record in enumerate(records)}
    number = {key: rank[found.get(key, key)] for key in keys}
    judged = (_Judgement.of(each, number) for each in decisions)
    sets = _Sets([each for each in judged if each is not None], len(records))
    sets.join()
    apart = sets.apart()
    overrides, replaced = _overrides(decisions, found)
    return Resolution(
        together=tuple(tuple(records[each] for each in held) for held in sets.together()),
        named_by={records[each]: by for each, by in sets.named_by.items()},
        apart=tuple(tuple(records[each] for each in held) for held, _ in apart),
        parted_by=tuple(by for _, by in apart),
        overrides=overrides,
        blacklisted={
            each.value: each for each in decisions if each.kind == "blacklist" and each.value
        },
        overruled=sets.overruled | replaced,
    )


def _overrides(
    decisions: Sequence[Decision], found: Mapping[RecordKey, RecordKey]
) -> tuple[tuple[Override, ...], dict[str, Decision]]:
    """Return the newest judgement of each kind on each record, and what others gave way to."""
    newest: dict[tuple[str, RecordKey, str], Override] = {}
    replaced: dict[str, Decision] = {}
    for decision in decisions:
        # What was forgotten has no value any more.
        if decision.kind not in _OVERRIDES or (decision.kind != "primary" and not decision.value):
            continue
        for key in decision.records:
            record = found.get(key, key)
            about = (decision.kind, record, decision.field or "")
            if about in newest:
                replaced[newest[about].by.id] = decision
            newest[about] = Override(
                decision.kind, record, decision.field, decision.value, decision
            )
    return tuple(newest[about] for about in sorted(newest)), replaced


@dataclass(frozen=True, slots=True)
class _Judgement:
    """One decision on which records are one company; records are numbers, in the order of keys.

    `joins` are sets that it holds together; records of two labels it holds apart.
    """

    by: Decision
    joins: tuple[tuple[int, ...], ...]
    label: Mapping[int, int]

    @classmethod
    def of(cls, decision: Decision, number: Mapping[RecordKey, int]) -> _Judgement | None:
        """Return what a decision says of that; None for one that says nothing."""
        parts = [tuple(sorted({number[key] for key in part})) for part in decision.parts]
        joins, labelled = parts, parts
        match decision.kind:
            case "same":
                labelled = []
            case "different" | "split":
                pass
            case "move" if len(parts) == 3:
                moved, joined, left = parts
                joins, labelled = [tuple(sorted({*moved, *joined}))], [moved, left]
            case _:
                return None
        label: dict[int, int] = {}
        for place, part in enumerate(labelled):
            for record in part:
                label.setdefault(record, place)
        return cls(decision, tuple(part for part in joins if len(part) > 1), label)


@dataclass(slots=True)
class _Held:
    """One set of records that are together, and how each judgement labels those that it parts."""

    records: list[int]
    labels: dict[int, dict[int, list[int]]]


class _Sets:
    """Sets of records, joined as judgements have it while nothing explicit keeps them apart."""

    def __init__(self, judgements: Sequence[_Judgement], records: int) -> None:
        """Begin with each record by itself; `judgements` come oldest first."""
        self._judgements = judgements
        self._root = list(range(records))
        self._held = {record: _Held([record], {}) for record in range(records)}
        # Of each record the part of each judgement that it is to be together with.
        self._joined: list[dict[int, int]] = [{} for _ in range(records)]
        self.named_by: dict[int, Decision] = {}
        self.overruled: dict[str, Decision] = {}
        # Judgements that part only what a newer one joins, and that one.
        self._replaced: dict[int, int] = {}
        for number, judgement in enumerate(judgements):
            for place, part in enumerate(judgement.joins):
                for record in part:
                    self._joined[record][number] = place
        for number, judgement in enumerate(judgements):
            newer = self._newer_join_of_all(judgement, number)
            if newer is not None:
                self._replaced[number] = newer
                continue
            for record, label in judgement.label.items():
                self._held[record].labels[number] = {label: [record]}

    def _newer_join_of_all(self, judgement: _Judgement, number: int) -> int | None:
        """Return a newer judgement by which all that this one parts is one company; None else."""
        records = list(judgement.label)
        if len(records) < 2:
            return None
        joined = self._joined
        for newer, place in joined[records[0]].items():
            if newer > number and all(joined[each].get(newer) == place for each in records):
                return newer
        return None

    def join(self) -> None:
        """Join all sets that may be, those of the newest judgement first."""
        for judgement in reversed(self._judgements):
            for part in judgement.joins:
                self._join_part(judgement, part)
        for number, newer in self._replaced.items():
            labels: dict[int, set[int]] = {}
            for record, label in self._judgements[number].label.items():
                labels.setdefault(self.root(record), set()).add(label)
            if any(len(parted) > 1 for parted in labels.values()):
                self.overruled[self._judgements[number].by.id] = self._judgements[newer].by

    def _join_part(self, judgement: _Judgement, part: Sequence[int]) -> None:
        """Join the records of a part, each with the first before it that nothing keeps it from."""
        firsts: list[int] = []
        for record in part:
            refused: list[int] = []
            for first in firsts:
                refusing = self._union(first, record)
                if refusing is None:
                    for each in (first, record):
                        self.named_by.setdefault(each, judgement.by)
                    break
                refused.append(refusing)
            else:
                firsts.append(record)
            if refused:
                held = [self.named_by[each] for each in (record, *part) if each in self.named_by]
                # Where it is in its own way, a newer one that joins what it parts is behind that.
                behind = [self._judgements[max(refused)].by, *held]
                against = next((each for each in behind if each is not judgement.by), None)
                if against is not None:
                    self.overruled[judgement.by.id] = against

    def _union(self, one: int, other: int) -> int | None:
        """Join the sets of two records; where a judgement keeps them apart, return the newest."""
        left, right = self.root(one), self.root(other)
        if left == right:
            return None
        if len(self._held[left].records) < len(self._held[right].records):
            left, right = right, left
        more, less = self._held[left], self._held[right]
        against = self._between(more, less)
        if against is not None:
            return against
        self._root[right] = left
        more.records += less.records
        for number, labels in less.labels.items():
            known = more.labels.setdefault(number, {})
            for label, records in labels.items():
                known.setdefault(label, []).extend(records)
        del self._held[right]
        return None

    def _between(self, one: _Held, other: _Held) -> int | None:
        """Return the newest judgement that keeps two sets apart; None where they may be joined.

        Judgements of which nothing is left beside newer ones are noted as overruled.
        """
        if not one.labels or not other.labels:
            return None
        few, many = sorted((one.labels, other.labels), key=len)
        passed: list[tuple[int, int]] = []
        for number in sorted((each for each in few if each in many), reverse=True):
            for left, right in _across(few[number], many[number]):
                newer = self._newer_join(left, right, number)
                if newer is None:
                    return number
                passed.append((number, newer))
        for number, newer in passed:
            self.overruled[self._judgements[number].by.id] = self._judgements[newer].by
        return None

    def _newer_join(self, left: int, right: int, number: int) -> int | None:
        """Return the newest judgement past `number` that names both records as one company."""
        ours, theirs = self._joined[left], self._joined[right]
        both = (each for each, place in ours.items() if theirs.get(each) == place)
        return max((each for each in both if each > number), default=None)

    def root(self, record: int) -> int:
        """Return the record by which the set of a record is known."""
        above = self._root
        while above[record] != record:
            above[record] = record = above[above[record]]
        return record

    def together(self) -> list[tuple[int, ...]]:
        """Return the sets of two records and more, by their first record."""
        sets = (held.records for held in self._held.values() if len(held.records) > 1)
        return sorted(tuple(sorted(each)) for each in sets)

    def apart(self) -> list[tuple[tuple[int, ...], Decision]]:
        """Return the sets of records no two of which are together, each by its newest decision.

        The first record of a set of `together` stands for all of it.
        """
        first = {root: min(held.records) for root, held in self._held.items()}
        found: dict[tuple[int, ...], Decision] = {}
        for judgement in self._judgements:
            labels: dict[int, set[int]] = {}
            for record, label in judgement.label.items():
                labels.setdefault(label, set()).add(first[self.root(record)])
            for records in _parted_sets(list(labels.values())):
                found[records] = judgement.by
        return sorted(found.items(), key=lambda each: each[0])


def _across(
    one: Mapping[int, Sequence[int]], other: Mapping[int, Sequence[int]]
) -> Iterator[tuple[int, int]]:
    """Give the pairs of records, one of each, whose labels differ."""
    for label, records in one.items():
        for against, others in other.items():
            if label != against:
                yield from ((left, right) for left in records for right in others)


def _parted_sets(labels: Sequence[set[int]]) -> Iterator[tuple[int, ...]]:
    """Give sets no two records of which are one company, for labels that part their records.

    Records of one label may be together. Where each has one, all are one set; else there is a set
    of two for each pair across labels. Records that are together in spite of their labels are held
    so by newer judgements.
    """
    if all(len(records) == 1 for records in labels):
        whole = sorted(set().union(*labels))
        if len(whole) > 1:
            yield tuple(whole)
        return
    for ours, theirs in combinations(labels, 2):
        for one in ours:
            for other in theirs:
                if one != other:
                    yield (min(one, other), max(one, other))
