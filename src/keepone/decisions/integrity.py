"""Whether what stands in a log of decisions holds together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, select

from keepone.decisions.database import ENTRIES, TOUCHED
from keepone.decisions.decision import Decision
from keepone.decisions.keys import RecordKey

# Faults that are named one by one; of more, the number is told.
_NAMED = 20


def faults_in(connection: Connection, *, pages: bool) -> list[str]:
    """Return what is wrong, a sentence each; of an SQLite file `pages` are checked too."""
    faults = []
    if pages:
        said = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
        faults += [f"its file is damaged: {each}" for each in said if each != "ok"]
    entries = connection.execute(select(ENTRIES).order_by(ENTRIES.c.position)).all()
    faults += _faults(entries, connection.execute(select(TOUCHED)).all())
    if len(faults) > _NAMED:
        return [*faults[:_NAMED], f"and {len(faults) - _NAMED:,} faults more"]
    return faults


def _faults(entries: Iterable[Any], touched: Iterable[Any]) -> Iterator[str]:
    found: dict[int, set[RecordKey]] = {}
    for line in touched:
        found.setdefault(line.position, set()).add(RecordKey(line.dataset, line.record_id))
    known: set[str] = set()
    last = 0
    for line in entries:
        if line.position != last + 1:
            yield f"the decisions {last + 1} to {line.position - 1} are missing"
        last = line.position
        known.add(line.id)
        finding = found.pop(last, set())
        try:
            entry = Decision.stored(last, line.body)
        except (TypeError, ValueError):
            yield f"the decision {line.id} ({last}) cannot be read"
            continue
        if (entry.id, entry.author, entry.undoes) != (line.id, line.author, line.undoes):
            yield f"the decision {line.id} ({last}) is filed as another"
        if entry.undoes is not None and entry.undoes not in known:
            yield f"the decision {line.id} ({last}) takes back {entry.undoes}, which is missing"
        if not finding.issuperset(entry.records):
            yield f"the decision {line.id} ({last}) is not found by the records that it names"
    for position in sorted(found):
        yield f"records are said to be in a decision {position}, which is missing"
