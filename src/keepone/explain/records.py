"""Finds the records that a person means by their ids, and says why one is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import pyarrow.compute as pc
from rapidfuzz import process
from rapidfuzz.distance import OSA

from keepone.errors import RunError
from keepone.explain.explanation import Rejected
from keepone.run_tables import RunTables

# Salesforce shows an id with 15 characters, of which case matters, or with three more for a check.
_SHORT, _WHOLE = 15, 18
# Ids that a hint names, and letters in which they may differ from what was given.
_NAMED = 3
_FAR = 3


@dataclass(frozen=True, slots=True)
class Found:
    """One record of the run: its row and its key."""

    row: int
    dataset: str
    record_id: str
    source_file: str


class RecordFinder:
    """Finds records of one run by their ids."""

    def __init__(self, tables: RunTables) -> None:
        self._tables = tables

    def two(self, id_a: str, id_b: str) -> tuple[Found | Rejected, Found | Rejected]:
        """Return what the ids stand for; `RunError` where that is one record, or none at all."""
        one, other = self.record(id_a), self.record(id_b)
        if one.record_id == other.record_id:
            message = f"{id_a} and {id_b} are one and the same record"
            raise RunError(message, hint="Name two records of the run.")
        return one, other

    def record(self, record_id: str) -> Found | Rejected:
        """Return the record with this id, or the rejected row that holds it.

        Raises `RunError` where the run has neither.
        """
        wanted = record_id.strip()
        if (found := self._found([wanted])) is not None:
            return found
        if len(wanted) == _SHORT and (found := self._found(self._longer(wanted))) is not None:
            return found
        if wanted and (rejected := next(self._rejected(wanted), None)) is not None:
            return rejected
        message = f"the run {self._tables.run.run_id} has no record {record_id!r}"
        raise RunError(message, hint=self._hint(wanted))

    def _found(self, ids: list[str]) -> Found | None:
        if len(ids) != 1:
            return None
        lines = self._tables.lookup("records").where("record_id", ids).to_pylist()
        return Found(**lines[0]) if lines else None

    def _longer(self, short: str) -> list[str]:
        return [each for each in self._ids if len(each) == _WHOLE and each.startswith(short)]

    def _rejected(self, record_id: str) -> Iterator[Rejected]:
        """Give the rejected rows in which the id stands by itself."""
        rejects = self._tables.whole("rejects")
        holds = rejects.filter(pc.match_substring(rejects.column("raw"), record_id))
        alone = re.compile(rf"(?<!\w){re.escape(record_id)}(?!\w)")
        for line in holds.to_pylist():
            if alone.search(line["raw"]):
                yield Rejected(
                    record_id, line["file"], line["source_row"], line["code"], line["message"]
                )

    def _hint(self, wanted: str) -> str:
        qualified = [each for each in self._ids if each.endswith(f":{wanted}")]
        if qualified:
            return f"That id stands in several files. Name the one you mean: {_named(qualified)}."
        if near := self._near(wanted):
            return f"Did you mean {_named(near)}?"
        return (
            f"Ids are those of the column record_id of review_ready, such as {self._ids[0]};"
            " a Salesforce id may have 15 or 18 characters."
        )

    def _near(self, wanted: str) -> list[str]:
        """Return the ids that are most like the one given, letter case aside first."""
        same = [each for each in self._ids if each.lower() == wanted.lower()]
        if len(wanted) in (_SHORT, _WHOLE):
            start = wanted[:_SHORT].lower()
            same += [each for each in self._ids if each[:_SHORT].lower() == start]
        like = process.extract(
            wanted, self._ids, scorer=OSA.distance, score_cutoff=_FAR, limit=_NAMED
        )
        close = [each for each, distance, _ in like if 2 * distance < len(wanted)]
        return list(dict.fromkeys([*same, *close]))[:_NAMED]

    @cached_property
    def _ids(self) -> list[str]:
        ids: list[str] = self._tables.whole("records", ["record_id"]).column(0).to_pylist()
        return ids


def _named(ids: list[str]) -> str:
    return " or ".join(ids[:_NAMED])
