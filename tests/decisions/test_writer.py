"""Threads that write together: each as if it were alone, on the disk before it is told so."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, event

from keepone.decisions import Decision, RecordKey
from keepone.decisions.log import DecisionLog
from keepone.errors import ChangedError, DecisionError

PEOPLE = 16


@pytest.fixture
def log(tmp_path: Path) -> Iterator[DecisionLog]:
    with DecisionLog(tmp_path / "log.sqlite") as opened:
        yield opened


def note(at: int) -> Decision:
    return Decision("note", f"person {at}", ((RecordKey.of(f"r{at}"),),), value="seen")


def together(log: DecisionLog, *work: object) -> list[object]:
    """Do all of this at once, while the log is held up; return what each gave or raised."""
    came: list[object] = [None] * len(work)

    def do(at: int, one: object) -> None:
        try:
            came[at] = one() if callable(one) else None
        except (DecisionError, ChangedError, ZeroDivisionError) as error:
            came[at] = error

    threads = [threading.Thread(target=do, args=pair) for pair in enumerate(work)]
    writer = log._writer
    with writer._writing:
        for thread in threads:
            thread.start()
        while len(writer._waiting) < len(work):
            pass
    for thread in threads:
        thread.join()
    return came


def commits(log: DecisionLog) -> list[int]:
    """Return a list that gets an item for each commit of the log from now on."""
    seen: list[int] = []

    def count(_connection: Connection) -> None:
        seen.append(1)

    event.listen(log._engine, "commit", count)
    return seen


def test_all_who_wait_share_one_commit(log: DecisionLog) -> None:
    seen = commits(log)
    came = together(log, *(lambda at=at: log.append(note(at)) for at in range(PEOPLE)))
    assert len(seen) == 1
    told = {each.position: each.author for each in came if isinstance(each, Decision)}
    assert sorted(told) == list(range(1, PEOPLE + 1))
    assert {entry.position: entry.author for entry in log.entries()} == told


def test_what_is_refused_leaves_nothing_and_takes_nothing_from_others(log: DecisionLog) -> None:
    first = log.append(note(0))

    def changed() -> Decision:
        return log.append(note(0), shown=first.position - 1)

    wrong = Decision("same", "Ann", ((RecordKey.of("alone"),),))
    came = together(log, lambda: log.append(note(1)), changed, lambda: log.append(wrong))
    assert isinstance(came[0], Decision)
    assert isinstance(came[1], ChangedError)
    assert isinstance(came[2], DecisionError)
    assert [entry.author for entry in log.entries()] == ["person 0", "person 1"]


def test_one_who_fails_unforeseen_fails_alone(log: DecisionLog) -> None:
    def fails(_connection: Connection) -> int:
        return 1 // 0

    came = together(
        log,
        lambda: log._changed(fails),
        *(lambda at=at: log.append(note(at)) for at in range(3)),
    )
    assert isinstance(came[0], ZeroDivisionError)
    assert all(isinstance(each, Decision) for each in came[1:])
    assert [entry.position for entry in log.entries()] == [1, 2, 3]


def test_of_two_who_saw_the_same_one_is_refused(log: DecisionLog) -> None:
    came = together(log, *(lambda: log.append(note(5), shown=0) for _ in range(2)))
    assert sorted(type(each).__name__ for each in came) == ["ChangedError", "Decision"]
