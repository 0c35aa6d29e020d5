"""What decisions make of a run's groups: which are settled, by whom, since when.

It follows the log entry by entry, so that an open page costs what is new and no more. What it says
is a function of the run and the log, however it came about.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np
import numpy.typing as npt

from keepone.decisions import Decision, RecordKey, resolve
from keepone.decisions.log import DecisionLog
from keepone.kernels.salesforce_ids import LONG, SHORT
from keepone.review.listing import Overlay
from keepone.review.prepared import Prepared

# Decisions that leave nothing to ask about the records they name.
_SETTLE = frozenset({"same", "different", "split", "move", "disposition"})


@dataclass(frozen=True, slots=True)
class Change:
    """What new entries did: the positions of the groups they touch, and where the log ends now."""

    groups: frozenset[int]
    position: int


class Standing:
    """The decisions on one run, as far as the log was read."""

    def __init__(self, prepared: Prepared, log: DecisionLog) -> None:
        """Take a run and a log; nothing is read before the first `update`."""
        self._prepared = prepared
        self._log = log
        self._lock = Lock()
        proposed = prepared.records.column("proposed_disposition")
        # Not as a mapped file, of which each single look would make another object.
        self._group_at = np.asarray(prepared.group_at)
        self._doubtful = np.asarray(proposed.is_valid().to_numpy(zero_copy_only=False))
        self._begin()

    def _begin(self) -> None:
        """Stand where nothing was decided."""
        count = len(self._prepared.groups)
        self._position = 0
        self._overlay: Overlay | None = None
        # What gave way to what, and at which position of the log.
        self._overruled: tuple[int, Mapping[str, Decision]] | None = None
        self._entries: dict[str, Decision] = {}
        self._parts: dict[str, dict[int, int]] = {}
        self._undone: Counter[str] = Counter()
        self._settled = np.zeros(len(self._doubtful), dtype=np.int32)
        self._left = np.bincount(self._group_at[self._doubtful], minlength=count)
        self._touched = np.zeros(count, dtype=np.int32)
        # Masks of both, kept beside them: a page costs a copy, not a look at every group.
        self._open = self._left > 0
        self._decided = self._touched > 0
        self._open_groups = int(self._open.sum())
        self._by: defaultdict[str, Counter[int]] = defaultdict(Counter)
        self._of_group: defaultdict[int, list[str]] = defaultdict(list)

    def update(self) -> Change:
        """Read what the log has beyond the last position, and return what that changed."""
        with self._lock:
            entries = self._log.entries(after=self._position)
            if not entries:
                return Change(frozenset(), self._position)
            changed: set[int] = set()
            if self._position and any(entry.kind == "forget" for entry in entries):
                # What was forgotten is gone from older entries, too.
                changed = set(self._of_group)
                self._begin()
                entries = self._log.entries()
            found = self._found(key for entry in entries for key in entry.records)
            for entry in entries:
                self._entries[entry.id] = entry
                self._parts[entry.id] = {
                    found[key]: at
                    for at, part in enumerate(entry.parts)
                    for key in part
                    if key in found
                }
                for group in self._groups(entry):
                    self._of_group[group].append(entry.id)
                changed |= self._apply(entry, 1)
            self._position = entries[-1].position
            return Change(frozenset(changed), self._position)

    @property
    def position(self) -> int:
        """How far the log was read."""
        return self._position

    @property
    def overlay(self) -> Overlay:
        """What is open and what is decided, by position of the group."""
        with self._lock:
            if self._overlay is None or self._overlay.version != self._position:
                self._overlay = Overlay(
                    self._position,
                    self._open.copy(),
                    self._decided.copy(),
                    self._open_groups,
                    self._decided_by,
                )
            return self._overlay

    @property
    def authors(self) -> list[str]:
        """Who has decided on groups of the run, in order, where it is not all taken back."""
        with self._lock:
            return sorted(author for author, groups in self._by.items() if any(groups.values()))

    def _decided_by(self, author: str) -> npt.NDArray[np.int32]:
        with self._lock:
            return _positions(self._by.get(author, Counter()))

    def is_open(self, group: int) -> bool:
        """Whether a record of the group waits for a decision."""
        return bool(self._open[group])

    def is_decided(self, group: int) -> bool:
        """Whether somebody decided on the group."""
        return bool(self._decided[group])

    def about(self, group: int) -> list[Decision]:
        """Return the decisions on a group that are in force, the newest first."""
        return [
            self._entries[each]
            for each in reversed(self._of_group.get(group, []))
            if not self._undone[each] and self._entries[each].undoes is None
        ]

    def version(self, group: int) -> int:
        """Return the position of the last entry on a group, those that take back among them."""
        told = self._of_group.get(group, ())
        return max((self._entries[each].position for each in told), default=0)

    def in_force(self) -> list[Decision]:
        """Return all decisions that nobody took back, the oldest first."""
        return [
            entry
            for entry in self.entries()
            if not self._undone[entry.id] and entry.undoes is None and entry.kind != "forget"
        ]

    def overruled(self) -> Mapping[str, Decision]:
        """Return which decision holds instead of each that gave way, by the id of that one."""
        with self._lock:
            if self._overruled is None or self._overruled[0] != self._position:
                self._overruled = self._position, resolve(self.in_force()).overruled
            return self._overruled[1]

    def entries(self) -> list[Decision]:
        """Return all entries of the log, the oldest first."""
        return list(self._entries.values())

    def is_undone(self, decision: Decision) -> bool:
        """Whether somebody took the decision back."""
        return self._undone[decision.id] > 0

    def undone_by(self) -> dict[str, Decision]:
        """Return the undo in force of each entry that is taken back, by the entry's id."""
        return {
            each.undoes: each
            for each in self._entries.values()
            if each.undoes is not None and not self._undone[each.id]
        }

    def rows(self, decision: Decision) -> tuple[int, ...]:
        """Return the rows of the records that a decision names, as far as this run has them."""
        return tuple(sorted(self._parts[decision.id]))

    def located(self, keys: Iterable[RecordKey]) -> dict[RecordKey, int]:
        """Return the rows of the records that keys name, as far as this run has them."""
        return self._found(keys)

    def parts(self, decision: Decision) -> Mapping[int, int]:
        """Return in which part each record stands that a decision names, by row."""
        return self._parts[decision.id]

    def _apply(self, entry: Decision, by: int) -> set[int]:
        """Let an entry hold (1) or not (-1); return the groups that this changes."""
        if entry.undoes is not None:
            self._undone[entry.undoes] += by
            taken = self._entries.get(entry.undoes)
            before, now = self._undone[entry.undoes] - by, self._undone[entry.undoes]
            if taken is None or (before > 0) == (now > 0):
                return set()
            groups = self._apply(taken, -1 if now > 0 else 1)
            for group in groups:
                if entry.id not in self._of_group[group]:
                    self._of_group[group].append(entry.id)
            return groups
        groups = self._groups(entry)
        for group in groups:
            self._touched[group] += by
            self._decided[group] = self._touched[group] > 0
            self._by[entry.author][group] += by
        if entry.kind in _SETTLE:
            for row in self._parts[entry.id]:
                self._settle(row, by)
        return groups

    def _settle(self, row: int, by: int) -> None:
        before = self._settled[row] > 0
        self._settled[row] += by
        now = self._settled[row] > 0
        if before != now and self._doubtful[row]:
            group = self._group_at[row]
            was_open = bool(self._open[group])
            self._left[group] += -1 if now else 1
            self._open[group] = self._left[group] > 0
            self._open_groups += int(self._open[group]) - was_open

    def _groups(self, entry: Decision) -> set[int]:
        return {int(self._group_at[row]) for row in self._parts[entry.id]}

    def _found(self, keys: Iterable[RecordKey]) -> dict[RecordKey, int]:
        wanted = list(dict.fromkeys(keys))
        spelt = [_spellings(key) for key in wanted]
        rows = self._prepared.rows({each for some in spelt for each in some})
        return {
            key: rows[each]
            for key, some in zip(wanted, spelt, strict=True)
            for each in _first(some, rows)
        }


def _spellings(key: RecordKey) -> Sequence[str]:
    """Return how an export may spell a key: in full, as 15 characters, qualified by its dataset."""
    short = key.record_id[:SHORT] if len(key.record_id) == LONG else key.record_id
    spelt = [key.record_id, short]
    if key.dataset:
        spelt = [f"{key.dataset}:{each}" for each in spelt] + spelt
    return spelt


def _first(spelt: Sequence[str], rows: dict[str, int]) -> Iterator[str]:
    yield from [each for each in spelt if each in rows][:1]


def _positions(groups: Counter[int]) -> npt.NDArray[np.int32]:
    return np.array([group for group, times in groups.items() if times > 0], dtype=np.int32)
