"""What of a log is in force: entries that nobody took back, and what a person would take back next.

Taking back is an entry of its own, and so is taking that back. So both go on without end, and
nothing is ever erased by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from keepone.decisions.decision import Decision

# Entries that say nothing of records: they act on other entries.
_ACTS = frozenset({"undo", "redo", "forget"})


def in_force(entries: Sequence[Decision]) -> list[Decision]:
    """Return the decisions that hold, in order; `entries` are all of a log, the oldest first.

    An undo holds until a later one takes it back; what it takes back does not hold till then.
    """
    undone: set[str] = set()
    held = []
    for entry in reversed(entries):
        if entry.id in undone:
            continue
        if entry.undoes is not None:
            undone.add(entry.undoes)
        elif entry.kind not in _ACTS:
            held.append(entry)
    return held[::-1]


def last_done(newest_first: Iterable[Decision], author: str) -> Decision | None:
    """Return the decision that the author's next undo takes back; None where there is none.

    `newest_first` are the author's entries and those that take one of them back, others among them
    or not; no more of them are taken than it needs.
    """
    undone: set[str] = set()
    for entry in newest_first:
        if entry.id in undone or entry.kind == "forget":
            continue
        if entry.undoes is not None:
            undone.add(entry.undoes)
        elif entry.author == author:
            return entry
    return None


def last_undone(newest_first: Iterable[Decision], author: str) -> Decision | None:
    """Return the undo that the author's next redo takes back; None where there is none to redo.

    `newest_first` is as for `last_done`. Whoever decides anew after an undo has nothing to redo.
    """
    undone: set[str] = set()
    undos = []
    for entry in newest_first:
        if entry.id in undone or entry.kind == "forget":
            continue
        if entry.undoes is not None:
            undone.add(entry.undoes)
            undos.append(entry)
        elif entry.author == author:
            break
    return next((each for each in undos if each.author == author and each.kind == "undo"), None)
