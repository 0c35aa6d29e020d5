"""What of a log is about the records of one export: the tables that the stage `decide` reads.

They hold nothing of other records, so that a decision on those changes no result and no
fingerprint.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

import pyarrow as pa

from keepone.decision_tables import DECISIONS, STATEMENTS
from keepone.decisions.decision import Decision
from keepone.decisions.keys import RecordKey, found_in
from keepone.decisions.resolution import Resolution, resolve

_SILENT = frozenset({"note"})


@dataclass(frozen=True)
class Effective:
    """Decisions as they bear on one export.

    `told` and `came_to` are the lines of the tables `decisions` and `statements`. Of all that are
    in force, `in_force` says how many there are, and `without_records` how many name a record that
    the export does not hold.
    """

    told: Sequence[dict[str, Any]] = ()
    came_to: Sequence[dict[str, Any]] = ()
    in_force: int = 0
    without_records: int = 0

    @cached_property
    def decisions(self) -> pa.Table:
        """The decisions that bear on the export, as the table `decisions`."""
        return pa.Table.from_pylist(list(self.told), schema=DECISIONS.arrow())

    @cached_property
    def statements(self) -> pa.Table:
        """What they come to, as the table `statements`."""
        return pa.Table.from_pylist(list(self.came_to), schema=STATEMENTS.arrow())

    @cached_property
    def digest(self) -> str:
        """The digest of the two tables: equal digests, equal results."""
        text = json.dumps([self.told, self.came_to], ensure_ascii=True)
        return sha256(text.encode()).hexdigest()


class Decided:
    """The decisions of a log that are in force, notes aside."""

    def __init__(self, in_force: Sequence[Decision] = ()) -> None:
        self._decisions = [each for each in in_force if each.kind not in _SILENT]

    def __bool__(self) -> bool:
        return bool(self._decisions)

    def effective(self, records: pa.Table) -> Effective:
        """Return what bears on the records of the table `records` (dataset, record_id)."""
        found = found_in(records, self._keys)
        resolution = resolve(self._decisions, found)
        lines = list(_statements(resolution, set(found.values())))
        missing = [
            each for each in self._decisions if any(key not in found for key in each.records)
        ]
        bearing = [
            each
            for each in self._decisions
            if each.kind == "blacklist" or any(key in found for key in each.records)
        ]
        place = {each.id: at for at, each in enumerate(bearing)}
        told = [_line(each, at, resolution) for at, each in enumerate(bearing)]
        for line in lines:
            line["decision"] = place[line["decision"]]
        return Effective(told, lines, len(self._decisions), len(missing))

    @cached_property
    def _keys(self) -> set[RecordKey]:
        return {key for each in self._decisions for key in each.records}


def _line(decision: Decision, at: int, resolution: Resolution) -> dict[str, Any]:
    over = resolution.overruled.get(decision.id)
    return {
        "decision": at,
        "id": decision.id,
        "kind": decision.kind,
        "author": decision.author,
        "time": decision.time,
        "said": decision.said,
        "overruled": None if over is None else f"{over.id}, {over.said}",
        "knew_ids_differ": "ids_differ" in decision.seen,
        "knew_low_score": "low_score" in decision.seen,
    }


def _statements(resolution: Resolution, there: set[RecordKey]) -> Iterator[dict[str, Any]]:
    """Give a line for each record in each set, override and blacklisted name."""
    stands: dict[RecordKey, RecordKey] = {}
    number = 0
    for records in resolution.together:
        held = [key for key in records if key in there]
        stands |= {records[0]: held[0]} if held else {}
        if len(held) > 1:
            for key in held:
                by = resolution.named_by[key]
                yield _statement("same", number, key, by)
            number += 1
    firsts = {records[0] for records in resolution.together}
    number = 0
    for records, by in zip(resolution.apart, resolution.parted_by, strict=True):
        held = [
            stands.get(key, key)
            for key in records
            if (key in stands if key in firsts else key in there)
        ]
        if len(held) > 1:
            yield from (_statement("apart", number, key, by) for key in held)
            number += 1
    for override in resolution.overrides:
        if override.record in there:
            line = _statement(override.kind, 0, override.record, override.by)
            yield line | {"field": override.field, "value": override.value}
    for name, by in sorted(resolution.blacklisted.items()):
        yield _statement("blacklist", 0, None, by) | {"value": name}


def _statement(kind: str, number: int, record: RecordKey | None, by: Decision) -> dict[str, Any]:
    return {
        "kind": kind,
        "number": number,
        "dataset": record.dataset if record else None,
        "record_id": record.record_id if record else None,
        "field": None,
        "value": None,
        "decision": by.id,
    }
