"""Decisions as files: JSON lines, one entry a line; and answers about pairs, as labels are."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import combinations
from pathlib import Path

from keepone.decisions.decision import Decision, different, same
from keepone.decisions.keys import RecordKey
from keepone.decisions.resolution import resolve
from keepone.errors import DecisionError, InputError

ANSWER_COLUMNS = ("id_l", "id_r", "match")
_YES, _NO = frozenset({"1", "yes", "y", "true"}), frozenset({"0", "no", "n", "false"})
_OPEN = frozenset({"", "unsure"})
# Of larger sets each record is paired with the first alone.
_ALL_PAIRS = 50
_HINT = "Give what `keepone decisions export` wrote, or CSV with the columns id_l, id_r and match."


def read_decisions(path: Path, author: str) -> list[Decision]:
    """Return the decisions in a file of JSON lines, or in CSV of answers, which the author gave.

    Raises `InputError`, with the line, for a file that cannot be read or is neither.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        message = f"cannot read {path}: {(error.strerror or str(error)).lower()}"
        raise InputError(message, hint=_HINT) from error
    except UnicodeDecodeError as error:
        message = f"{path} is not UTF-8 text"
        raise InputError(message, hint=_HINT) from error
    lines = text.split("\n")
    if text.lstrip().startswith("{"):
        cells = [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]
        return [_checked(path, number, partial(_entry, line)) for number, line in cells]
    reader = csv.DictReader(lines)
    if not set(ANSWER_COLUMNS) <= set(reader.fieldnames or ()):
        message = f"{path} holds neither decisions nor answers"
        raise InputError(message, hint=_HINT)
    answers = []
    for row in reader:
        told = [(row[name] or "").strip() for name in ANSWER_COLUMNS]
        if told[2].lower() not in _OPEN:
            number = reader.line_num
            answers.append(_checked(path, number, partial(_answer, told, author)))
    return answers


def _checked(path: Path, number: int, read: Callable[[], Decision]) -> Decision:
    try:
        decision = read()
        decision.check()
    except DecisionError as error:
        message = f"{path}, line {number}: {error.message}"
        raise InputError(message, hint=_HINT) from error
    return decision


def _entry(line: str) -> Decision:
    try:
        told = json.loads(line)
    except (ValueError, RecursionError) as error:
        message = f"not JSON: {error}"
        raise DecisionError(message) from error
    return Decision.from_dict(told)


def _answer(told: Sequence[str], author: str) -> Decision:
    left, right, match = told
    records = [RecordKey.of(left), RecordKey.of(right)]
    if match.lower() in _YES:
        return same(author, records)
    if match.lower() in _NO:
        return different(author, records)
    message = f"match is {match!r}; it must be 1, 0 or empty"
    raise DecisionError(message)


def judged_pairs(in_force: Sequence[Decision]) -> Iterator[tuple[str, str, bool]]:
    """Give the pairs of record ids that decisions hold together (True) or apart, in order.

    Also those that follow of others. Models learn from them as from labels.
    """
    resolution = resolve(in_force)
    for sets, match in ((resolution.together, True), (resolution.apart, False)):
        for records in sets:
            all_of_them = len(records) <= _ALL_PAIRS
            pairs = (
                combinations(records, 2)
                if all_of_them
                else ((records[0], each) for each in records[1:])
            )
            for left, right in pairs:
                yield left.record_id, right.record_id, match
