"""A CRM in memory, as far as merges concern it: it does what it is told, or says why it may not.

It knows nothing of how plans are made: a step is legal by what the platform allows.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NoReturn

from keepone.merge_plan.before import Before
from keepone.merge_plan.document import MOST_DUPLICATES

Values = Mapping[str, str | None]


class IllegalError(Exception):
    """A step that the platform would refuse, with the reason."""


def _refuse(reason: str) -> NoReturn:
    raise IllegalError(reason)


class Org:
    """Accounts with their cells, what points to what, and the children.

    `writable` are the columns that can be written, `unique` those of them whose values no two
    records may share (nor be written by a merge). What a step that raises `IllegalError` had done
    before is undefined: whoever replays a plan stops there.
    """

    def __init__(
        self, before: Before, *, writable: Iterable[str], unique: Iterable[str], parent: str | None
    ) -> None:
        self._at = {header: place for place, header in enumerate(before.headers)}
        self.cells = before.rows()
        self.live = set(self.cells)
        self.merged: dict[str, str] = {}
        self.deleted: set[str] = set()
        self._writable = frozenset(writable)
        self._unique = frozenset(unique)
        self._parent = parent
        self._meant: dict[str, dict[str, str]] = {}
        self._pointing: dict[str, defaultdict[str, set[str]]] = {}
        for column, targets in before.meant().items():
            meant = {
                record: target
                for record, target in zip(before.ids, targets, strict=True)
                if target is not None
            }
            self._meant[column] = meant
            self._pointing[column] = defaultdict(set)
            for record, target in meant.items():
                self._pointing[column][target].add(record)
        self.child_parents: list[str] = before.children.column("parent_id").to_pylist()
        self._children: defaultdict[str, set[int]] = defaultdict(set)
        for child, target in enumerate(self.child_parents):
            self._children[target].add(child)
        self._held = {
            column: Counter(
                value.casefold()
                for row in self.cells.values()
                if (value := row[self._at[column]]) is not None
            )
            for column in self._unique
        }

    def merge(self, master: str, duplicates: Sequence[str], values: Values) -> None:
        """Merge up to two records into a master, which takes values along."""
        if not 1 <= len(duplicates) <= MOST_DUPLICATES:
            _refuse(f"a merge takes 1 or {MOST_DUPLICATES} records beside the master")
        if len({master, *duplicates}) <= len(duplicates):
            _refuse("a record stands twice in one merge")
        for record in (master, *duplicates):
            self._must_live(record)
        if late := self._unique.intersection(values):
            _refuse(f"a merge cannot write {min(late)!r}, which is unique")
        for record in duplicates:
            self._bury(record)
            self.merged[record] = master
            self._reparent(record, master)
        self._write(master, values)
        self._must_not_circle(master)

    def update(self, record: str, values: Values) -> None:
        """Write values to a live record."""
        self._must_live(record)
        self._write(record, values)
        self._must_not_circle(record)

    def delete(self, record: str) -> None:
        """Delete a record that nothing points to: what points to it would go with it."""
        self._must_live(record)
        if self._children.get(record):
            _refuse(f"{record} has child records, which would be deleted with it")
        if any(pointing.get(record) for pointing in self._pointing.values()):
            _refuse(f"other accounts point to {record}")
        self._bury(record)
        self.deleted.add(record)

    def undelete(self, record: str) -> None:
        """Take a record out of the recycle bin, as it went in; nothing moves back to it."""
        if record in self.live:
            _refuse(f"{record} is not in the recycle bin")
        self.merged.pop(record, None)
        self.deleted.discard(record)
        self.live.add(record)
        for column in self._unique:
            self._hold(column, self.cells[record][self._at[column]])
        for column, meant in self._meant.items():
            if record in meant:
                self._pointing[column][meant[record]].add(record)

    def point(self, record: str, column: str, text: str | None, target: str | None) -> None:
        """Let a record point to another; `text` is how the export writes that."""
        self._must_live(record)
        if target is not None:
            self._must_live(target)
        self._set_pointer(record, column, target)
        self.cells[record][self._at[column]] = text
        self._must_not_circle(record)

    def give_child(self, child: int, target: str) -> None:
        """Let a child point to an account."""
        self._must_live(target)
        self._children[self.child_parents[child]].discard(child)
        self._children[target].add(child)
        self.child_parents[child] = target

    def _must_live(self, record: str) -> None:
        if record not in self.cells:
            _refuse(f"there is no record {record}")
        if record in self.merged:
            _refuse(f"{record} was merged into {self.merged[record]} before")
        if record not in self.live:
            _refuse(f"{record} is deleted")

    def _bury(self, record: str) -> None:
        self.live.remove(record)
        for column in self._unique:
            value = self.cells[record][self._at[column]]
            if value is not None:
                self._held[column][value.casefold()] -= 1
        for column, meant in self._meant.items():
            if record in meant:
                self._pointing[column][meant[record]].discard(record)

    def _reparent(self, record: str, master: str) -> None:
        """Move what points to a record over to its master."""
        for column, pointing in self._pointing.items():
            for pointer in pointing.pop(record, ()):
                if pointer == master and column == self._parent:
                    _refuse(f"{master} would become its own parent")
                self._meant[column][pointer] = master
                pointing[master].add(pointer)
                self.cells[pointer][self._at[column]] = master
        for child in self._children.pop(record, ()):
            self.child_parents[child] = master
            self._children[master].add(child)

    def _write(self, record: str, values: Values) -> None:
        row = self.cells[record]
        for column, value in values.items():
            if column not in self._writable:
                _refuse(f"{column!r} cannot be written")
            if column in self._unique:
                held = row[self._at[column]]
                if held is not None:
                    self._held[column][held.casefold()] -= 1
                self._hold(column, value)
            if column in self._meant:
                known = value if value in self.cells else None
                if known is not None:
                    self._must_live(known)
                self._set_pointer(record, column, known)
            row[self._at[column]] = value

    def _hold(self, column: str, value: str | None) -> None:
        if value is None:
            return
        held = self._held[column]
        if held[value.casefold()] > 0:
            _refuse(f"another record has the same value of {column!r}, which is unique")
        held[value.casefold()] += 1

    def _set_pointer(self, record: str, column: str, target: str | None) -> None:
        before = self._meant[column].pop(record, None)
        if before is not None:
            self._pointing[column][before].discard(record)
        if target is not None:
            self._meant[column][record] = target
            self._pointing[column][target].add(record)

    def _must_not_circle(self, record: str) -> None:
        """Refuse a record that has become its own ancestor."""
        meant = self._meant.get(self._parent or "", {})
        seen: set[str] = set()
        above = meant.get(record)
        while above is not None and above not in seen:
            if above == record:
                _refuse(f"{record} would be its own ancestor")
            seen.add(above)
            above = meant.get(above)
