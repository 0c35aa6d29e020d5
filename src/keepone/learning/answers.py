"""The file that answers are kept in: one line an answer, on the disk before the next is asked."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator
from pathlib import Path

from keepone.errors import InputError
from keepone.files import workspace_errors
from keepone.learning.labels import NO, OPEN, PAIR_COLUMNS, UNSURE, YES
from keepone.learning.questions import Pair

_HINT = "It must be CSV with the columns id_l, id_r and match; or name another file with --out."


class AnswerFile:
    """Answers in a CSV file, which may have been there before, with further columns.

    `answers` is what it says of each pair (the smaller id first): None where somebody was unsure.
    Pairs that nobody has answered are not in it. Raises `InputError` for a file that is none of
    answers, with the line, and `WorkspaceError` where it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._columns: tuple[str, ...] = PAIR_COLUMNS
        self._given: list[tuple[Pair, int]] = []
        self.answers: dict[Pair, bool | None] = {}
        if path.exists():
            self._read()

    def give(self, pair: Pair, answer: bool | None) -> None:  # noqa: FBT001 - a yes or a no
        """Write an answer down; it is on the disk when this returns."""
        values = dict(zip(PAIR_COLUMNS, (*pair, _word(answer)), strict=True))
        line = _line(values.get(column, "") for column in self._columns)
        with workspace_errors(self._path):
            new = not self._path.exists() or not self._path.stat().st_size
            with self._path.open("ab") as file:
                at = file.tell()
                file.write((_line(self._columns) + line if new else line).encode())
                file.flush()
                os.fsync(file.fileno())
        self._given.append((pair, at))
        self.answers[_key(pair)] = answer

    def take_back(self) -> Pair | None:
        """Take the last answer that was given here out of the file, and return its pair."""
        if not self._given:
            return None
        pair, at = self._given.pop()
        with workspace_errors(self._path):
            self._cut(at)
        del self.answers[_key(pair)]
        return pair

    def _cut(self, at: int) -> None:
        with self._path.open("rb+") as file:
            file.truncate(at)
            file.flush()
            os.fsync(file.fileno())

    def _read(self) -> None:
        try:
            content = self._path.read_bytes()
            text = content.decode("utf-8-sig")
        except OSError as error:
            message = f"cannot read {self._path}: {(error.strerror or str(error)).lower()}"
            raise InputError(message, hint=_HINT) from error
        except UnicodeDecodeError as error:
            message = f"{self._path} is not UTF-8 text"
            raise InputError(message, hint=_HINT) from error
        if not content:
            return
        whole = text.endswith("\n")
        lines = list(csv.reader(io.StringIO(text)))
        self._columns = tuple(lines[0]) if lines else ()
        if not set(PAIR_COLUMNS) <= set(self._columns):
            message = f"{self._path} holds no answers: its columns are {', '.join(self._columns)}"
            raise InputError(message, hint=_HINT)
        for number, line in enumerate(lines[1:], start=2):
            if not any(line):
                continue
            values = dict(zip(self._columns, line, strict=False))
            said = values.get("match", "?").strip().lower()
            ids = (values.get("id_l", ""), values.get("id_r", ""))
            if said not in {*YES, *NO, *OPEN} or not all(ids):
                if number == len(lines) and not whole:  # half of an answer: a machine went down
                    self._cut(content.rfind(b"\n") + 1)
                    return
                message = (
                    f"{self._path}, line {number}: match is {said!r}; it must be 1, 0 or empty"
                )
                raise InputError(message, hint=_HINT)
            if said:
                self.answers[_key(ids)] = None if said == UNSURE else said in YES
        if not whole:
            with workspace_errors(self._path), self._path.open("ab") as file:
                file.write(b"\n")


def _key(pair: Pair) -> Pair:
    one, other = sorted(pair)
    return one, other


def _word(answer: bool | None) -> str:  # noqa: FBT001 - a yes or a no
    return UNSURE if answer is None else str(int(answer))


def _line(cells: Iterator[str] | tuple[str, ...]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()
