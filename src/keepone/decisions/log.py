"""The log of decisions in a database: entries are added, and never changed but to be forgotten.

SQLite beside the workspace, or PostgreSQL for teams. An entry is acknowledged when its commit is on
the disk; threads that wait for one share it. Several processes write one after the other, so that
the order of positions is the order of commits: who has read up to one position misses nothing by
reading on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Self, TypeVar

from sqlalchemy import (
    Connection,
    create_engine,
    delete,
    event,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import SQLAlchemyError

from keepone.decisions.database import (
    ENTRIES,
    FORMAT,
    FORMAT_TABLE,
    HINT,
    METADATA,
    TOUCHED,
    begin,
    options_of,
    prepare,
    url_of,
    wipe,
)
from keepone.decisions.decision import Decision, Kind
from keepone.decisions.history import last_done, last_undone
from keepone.decisions.integrity import faults_in
from keepone.decisions.keys import RecordKey
from keepone.decisions.queries import (
    entries_after,
    entries_of,
    entry_at,
    entry_of,
    is_in_force,
    last_position,
    last_touching,
    naming,
    newest_first,
)
from keepone.decisions.writer import Writer
from keepone.errors import ChangedError, DecisionError

T = TypeVar("T")

# Names this log's lock among all those of a PostgreSQL database.
_LOCK = 0x6B65_6570


class DecisionLog:
    """A log, open until it is closed; any number of threads may use it at once.

    Raises `DecisionError` where it cannot be opened, read or written.
    """

    def __init__(self, where: Path | str) -> None:
        """Open the log in the file or at the URL `where`; made where there is none."""
        self._url = url_of(where)
        with self._errors():
            self._engine = create_engine(self._url, **options_of(self._url))
            if self._is_file:
                event.listen(self._engine, "connect", prepare)
                event.listen(self._engine, "begin", begin)
            writes = self._engine.execution_options(keepone_writes=True)
            self._writer = Writer(writes, self._lock)
            with self._engine.begin() as connection:
                known = self._engine.dialect.has_table(connection, FORMAT_TABLE.name)
        if known:
            self._check_format()
        else:
            self._create()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @property
    def where(self) -> str:
        """What people call it: its file, or its URL without the password."""
        return str(self._url.database) if self._is_file else self._url.render_as_string()

    def append(
        self,
        decision: Decision,
        *,
        shown: int | None = None,
        group: Iterable[RecordKey] = (),
    ) -> Decision:
        """Add a decision and return it with its position; it is on the disk then.

        With `shown`, the version of its records and those of `group` at which a person saw them:
        raises `ChangedError` if one of them has been decided on since.
        """
        records = [*decision.records, *group]

        def work(connection: Connection) -> Decision:
            if shown is not None:
                self._check_unchanged(connection, records, shown)
            return self._added(connection, decision)

        return self._changed(work)

    def extend(self, decisions: Iterable[Decision]) -> list[Decision]:
        """Add decisions from elsewhere, all or none, and return those that were not there already.

        They keep id, author and time. Raises `DecisionError` where one has the id of another
        decision, or undoes what there is not.
        """
        given = list(decisions)

        def work(connection: Connection) -> list[Decision]:
            added: dict[str, Decision] = {}
            known = entries_of(connection, [decision.id for decision in given])
            for decision in given:
                standing = known.get(decision.id) or added.get(decision.id)
                if standing is None:
                    added[decision.id] = decision
                elif not standing.erased and replace(standing, position=0) != replace(
                    decision, position=0
                ):
                    message = f"the log has another decision with the id {decision.id}"
                    raise DecisionError(message, hint="Nothing was taken over.")
            return self._add(connection, list(added.values()))

        return self._changed(work)

    def undo(self, author: str, decision_id: str | None = None, why: str = "") -> Decision | None:
        """Take back what the author decided last, or the entry with that id; return the undo.

        None where there is nothing to take back. Raises `DecisionError` where no entry has that id,
        or what it says was taken back already.
        """

        def work(connection: Connection) -> Decision | None:
            if decision_id is None:
                target = last_done(newest_first(connection, author), author)
                if target is None:
                    return None
            else:
                target = entry_of(connection, decision_id)
                if target is not None and not is_in_force(connection, target.id):
                    message = f"the decision {decision_id} has been taken back already"
                    raise DecisionError(message, hint="keepone decisions list --all shows by whom.")
            kind: Kind = "redo" if target is not None and target.kind == "undo" else "undo"
            undoes = decision_id if target is None else target.id
            return self._added(connection, Decision(kind, author, why=why, undoes=undoes))

        return self._changed(work)

    def redo(self, author: str) -> Decision | None:
        """Take back the author's last undo; return the entry, None where there is none to redo."""

        def work(connection: Connection) -> Decision | None:
            last = last_undone(newest_first(connection, author), author)
            if last is None:
                return None
            return self._added(connection, Decision("redo", author, undoes=last.id))

        return self._changed(work)

    def forget(self, record_id: str, author: str, dataset: str | None = None) -> int:
        """Erase a record's key from all entries, with the texts beside it; return how many changed.

        Where no dataset is named, those of this id in any. The entries stay, and hold for the
        records that are left. That it was done is an entry too, which does not say of whom.
        """
        key = RecordKey.of(record_id, dataset or "")
        named = [TOUCHED.c.record_id == key.record_id]
        if dataset is not None:
            named.append(TOUCHED.c.dataset == dataset)

        def work(connection: Connection) -> int:
            gone = {
                RecordKey(*line)
                for line in connection.execute(
                    select(TOUCHED.c.dataset, TOUCHED.c.record_id).where(*named)
                )
            }
            touching = [entry for each in gone for entry in naming(connection, each)]
            changed = {entry.id: entry for entry in touching if gone & set(entry.records)}
            for entry in changed.values():
                self._rewrite(connection, entry.without(gone))
            if changed:
                connection.execute(delete(TOUCHED).where(*named))
                self._added(connection, Decision("forget", author, erased=len(changed)))
            return len(changed)

        erased = self._changed(work)
        if self._is_file:
            self._wipe()
        return erased

    def faults(self) -> list[str]:
        """Return what is wrong with the log, a sentence each; nothing where it is whole.

        Positions rise from 1 without a gap, entries are filed as what they are, what is taken back
        is there, and records find the entries that name them. Of a file, the pages are checked too.
        """
        with self._reading() as connection:
            return faults_in(connection, pages=self._is_file)

    def entries(self, after: int = 0) -> list[Decision]:
        """Return the entries past a position, the oldest first."""
        with self._reading() as connection:
            return entries_after(connection, after)

    def about(self, record: RecordKey) -> list[Decision]:
        """Return the entries that name a record, the oldest first."""
        with self._reading() as connection:
            return naming(connection, record)

    def position(self) -> int:
        """Return the position of the last entry; 0 where there is none."""
        with self._reading() as connection:
            return last_position(connection)

    def version(self, records: Iterable[RecordKey]) -> int:
        """Return the position of the last entry that touches one of the records; 0 for none.

        Records of one id are taken for one here, whatever dataset they are of.
        """
        with self._reading() as connection:
            return last_touching(connection, records)

    @property
    def _is_file(self) -> bool:
        return self._url.get_backend_name() == "sqlite"

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            said = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
            message = f"cannot use the log of decisions {self.where}: {said}"
            raise DecisionError(message, hint=HINT) from error

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._errors(), self._engine.begin() as connection:
            yield connection

    def _changed(self, work: Callable[[Connection], T]) -> T:
        """Do what writes, and return what it does once that is on the disk."""
        with self._errors():
            return self._writer.write(work)

    def _lock(self, connection: Connection) -> None:
        """Hold the log against other processes: SQLite's transaction began with its lock."""
        if not self._is_file:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})

    def _wipe(self) -> None:
        """Leave nothing in the file but what it holds: no page, no gap, no write-ahead log.

        Also where nothing was to erase: a former attempt may have met somebody who was reading.
        """
        with self._errors(), self._engine.connect() as connection:
            busy = wipe(connection)
        if busy:
            message = (
                f"it is erased, but another process reads {self.where}, and till that ends, what"
                " was written over stands in the write-ahead log"
            )
            raise DecisionError(message, hint="End that process, and give the same command again.")

    def _create(self) -> None:
        def work(connection: Connection) -> None:
            METADATA.create_all(connection)
            if connection.scalar(select(FORMAT_TABLE.c.version)) is None:
                connection.execute(insert(FORMAT_TABLE).values(version=FORMAT))

        self._changed(work)
        self._check_format()

    def _check_format(self) -> None:
        with self._reading() as connection:
            version = connection.scalar(select(func.max(FORMAT_TABLE.c.version)))
        if version != FORMAT:
            message = (
                f"the log of decisions {self.where} is of format {version},"
                f" and this release knows {FORMAT}"
            )
            raise DecisionError(message, hint="Use the release that wrote it, or a newer one.")

    def _added(self, connection: Connection, decision: Decision) -> Decision:
        (added,) = self._add(connection, [decision])
        return added

    def _add(self, connection: Connection, decisions: Sequence[Decision]) -> list[Decision]:
        """Add entries behind the last, and return them with their positions."""
        added: list[Decision] = []
        known = entries_of(connection, [each.undoes for each in decisions if each.undoes])
        entries, touched = [], []
        for position, decision in enumerate(decisions, start=last_position(connection) + 1):
            decision.check()
            records = self._records_of(connection, decision, known)
            known[decision.id] = replace(decision, position=position)
            added.append(known[decision.id])
            entries.append(
                {
                    "position": position,
                    "id": decision.id,
                    "author": decision.author,
                    "undoes": decision.undoes,
                    "body": replace(decision, position=0).as_json(),
                }
            )
            touched += [{**key._asdict(), "position": position} for key in sorted(records)]
        for table, lines in ((ENTRIES, entries), (TOUCHED, touched)):
            if lines:
                connection.execute(insert(table), lines)
        return added

    def _records_of(
        self, connection: Connection, decision: Decision, known: Mapping[str, Decision]
    ) -> set[RecordKey]:
        """Return the records that an entry touches: for an undo, those of what it takes back.

        `known` are entries that need not be looked up, such as those that the log is about to get.
        """
        entry: Decision | None = decision
        while entry is not None and entry.undoes is not None:
            entry = known.get(entry.undoes) or entry_of(connection, entry.undoes)
        if entry is None or (entry.kind == "forget" and decision.undoes is not None):
            message = f"there is no decision {decision.undoes} to take back"
            raise DecisionError(message, hint="`keepone decisions list` shows those there are.")
        return set(entry.records)

    def _check_unchanged(
        self, connection: Connection, records: Sequence[RecordKey], shown: int
    ) -> None:
        version = last_touching(connection, records)
        if version > shown:
            last = entry_at(connection, version)
            message = f"{last.author} decided on these records at {last.time}, after you saw them"
            raise ChangedError(message, hint="Look at the group again, then decide.")

    def _rewrite(self, connection: Connection, entry: Decision) -> None:
        body = replace(entry, position=0).as_json()
        connection.execute(update(ENTRIES).filter_by(position=entry.position).values(body=body))
