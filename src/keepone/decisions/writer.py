"""Writes for all who wait in one transaction, and so with one wait for the disk.

A disk takes as long for one commit as for twenty. Whoever comes while a commit is on its way waits
for the next, which is for all of them; each has an answer only after it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from keepone.errors import KeeponeError

T = TypeVar("T")


@dataclass
class _Task:
    """What somebody wants written, and once it is `done` what came of it."""

    work: Callable[[Connection], Any]
    result: Any = None
    error: KeeponeError | SQLAlchemyError | None = None
    done: bool = False


class Writer:
    """Lets any number of threads write to one database, each as if it were alone."""

    def __init__(self, engine: Engine, begin: Callable[[Connection], None]) -> None:
        """Take an engine, and what each transaction does first, such as taking a lock."""
        self._engine = engine
        self._begin = begin
        self._writing = Lock()
        self._coming = Lock()
        self._waiting: list[_Task] = []

    def write(self, work: Callable[[Connection], T]) -> T:
        """Do `work` in a transaction and return what it does; that is on the disk then.

        Work that raises a `KeeponeError` leaves nothing behind, and the others' stands. Where the
        database fails, `SQLAlchemyError` goes to all whose work it was given.
        """
        task = _Task(work)
        with self._coming:
            self._waiting.append(task)
        with self._writing:
            if not task.done:
                with self._coming:
                    others = [each for each in self._waiting if each is not task]
                    self._waiting = []
                self._settle([task, *others])
        if task.error is not None:
            raise task.error
        result: T = task.result
        return result

    def _settle(self, tasks: list[_Task]) -> None:
        """Do all of this work. What is not done when it raises is its thread's to do again."""
        try:
            with self._engine.begin() as connection:
                self._begin(connection)
                for task in tasks:
                    try:
                        with connection.begin_nested():
                            task.result = task.work(connection)
                    except KeeponeError as error:
                        task.error = error
        except SQLAlchemyError as error:
            # The commit may have reached the disk or not: nobody tries again by themselves.
            for task in tasks:
                task.error = error
        for task in tasks:
            task.done = True
