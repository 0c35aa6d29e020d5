"""What is asked of a log's entries, each within a transaction of the caller's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import Connection, func, or_, select

from keepone.decisions.database import ENTRIES, TOUCHED
from keepone.decisions.decision import Decision
from keepone.decisions.keys import RecordKey

_AT_ONCE = 500
# Entries that are looked at for the last one; twice as many each time it is not among them.
_AT_FIRST = 20
_STORED = select(ENTRIES.c.position, ENTRIES.c.body)


def last_position(connection: Connection) -> int:
    """Return the position of the last entry; 0 where there is none."""
    return connection.scalar(select(func.max(ENTRIES.c.position))) or 0


def last_touching(connection: Connection, records: Iterable[RecordKey]) -> int:
    """Return the position of the last entry that touches one of the records; 0 for none.

    Records of one id are taken for one, whatever dataset they are of.
    """
    ids = sorted({key.record_id for key in records})
    found = [
        connection.scalar(
            select(func.max(TOUCHED.c.position)).where(
                TOUCHED.c.record_id.in_(ids[first : first + _AT_ONCE])
            )
        )
        for first in range(0, len(ids), _AT_ONCE)
    ]
    return max((position or 0 for position in found), default=0)


def entries_after(connection: Connection, position: int) -> list[Decision]:
    """Return the entries past a position, the oldest first."""
    query = _STORED.where(ENTRIES.c.position > position).order_by(ENTRIES.c.position)
    return [Decision.stored(*line) for line in connection.execute(query)]


def entry_at(connection: Connection, position: int) -> Decision:
    """Return the entry of a position, which there has to be."""
    return Decision.stored(*connection.execute(_STORED.filter_by(position=position)).one())


def entry_of(connection: Connection, decision_id: str) -> Decision | None:
    """Return the entry of an id, None where there is none."""
    return entries_of(connection, [decision_id]).get(decision_id)


def entries_of(connection: Connection, ids: Sequence[str]) -> dict[str, Decision]:
    """Return the entries that there are of some ids, by id."""
    return {
        entry.id: entry
        for first in range(0, len(ids), _AT_ONCE)
        for line in connection.execute(
            _STORED.where(ENTRIES.c.id.in_(ids[first : first + _AT_ONCE]))
        )
        for entry in [Decision.stored(*line)]
    }


def is_in_force(connection: Connection, entry_id: str) -> bool:
    """Return whether nothing that holds takes an entry back."""
    by = connection.scalars(select(ENTRIES.c.id).filter_by(undoes=entry_id)).all()
    return not any(is_in_force(connection, each) for each in by)


def newest_first(connection: Connection, author: str) -> Iterator[Decision]:
    """Give an author's entries, and all that take something back."""
    # Told so that no index fits: from the end of the log the first few lines mostly do.
    takes_back = func.coalesce(ENTRIES.c.undoes, "") != ""
    query = _STORED.where(or_(ENTRIES.c.author == author, takes_back)).order_by(
        ENTRIES.c.position.desc()
    )
    before, together = last_position(connection) + 1, _AT_FIRST
    while lines := connection.execute(
        query.where(ENTRIES.c.position < before).limit(together)
    ).all():
        yield from (Decision.stored(*line) for line in lines)
        before, together = lines[-1][0], 2 * together


def naming(connection: Connection, record: RecordKey) -> list[Decision]:
    """Return the entries that name a record, the oldest first."""
    query = (
        _STORED.join(TOUCHED, TOUCHED.c.position == ENTRIES.c.position)
        .where(TOUCHED.c.record_id == record.record_id, TOUCHED.c.dataset == record.dataset)
        .order_by(ENTRIES.c.position)
    )
    return [Decision.stored(*line) for line in connection.execute(query)]
