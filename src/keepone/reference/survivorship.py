"""Survivorship, record by record: criteria by elimination, best paths by growing a tree."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa

from keepone.fields import fillable
from keepone.rules.criteria import Criterion, criteria
from keepone.rules.relationship_ranks import RankTable, rank_table
from keepone.schema import MEMBERS
from keepone.settings import SurvivorshipSettings

_Line = dict[str, Any]
_Link = tuple[int, int | None, int]
# A representative, whether the record is not the primary, and the row of a judged one or -1.
_Point = tuple[int, bool, int]
_NO_LINK: _Link = (0, 0, 0)
_SURE: _Line = {"probability": 1_000_000, "weight": None, "conflicts": 0}


def survivorship(
    engine: object,  # noqa: ARG001 - plain Python needs no engine
    settings: SurvivorshipSettings,
    *,
    inputs: pa.Table,
    fields: pa.Table,
    normalized: pa.Table,
    distinct: pa.Table,
    pairs: pa.Table,
    groups: pa.Table,
    judgements: pa.Table,
) -> dict[str, pa.Table]:
    """Return `members`, as the stage of the same name promises."""
    given, cleaned = _by_row(inputs), _by_row(normalized)
    representative = {line["row"]: line["representative"] for line in distinct.to_pylist()}
    scored = {(line["l"], line["r"]): line for line in pairs.to_pylist()}
    judged = judgements.to_pylist()
    held = {line["row"]: line["number"] for line in judged if line["kind"] == "same"}
    chosen = {line["row"]: line for line in judged if line["kind"] == "primary"}
    groups_of: dict[int, list[int]] = {}
    for line in groups.to_pylist():
        groups_of.setdefault(line["group"], []).append(line["row"])

    together = [row for rows in groups_of.values() if len(rows) > 1 for row in rows]
    judges = [
        _Judge(
            criterion,
            ranks=rank_table(settings.rank_table),
            fields=fields,
            given=given,
            cleaned=cleaned,
            together=together,
        )
        for criterion in criteria(settings, fields)
    ]
    lines: list[_Line] = []
    for group, rows in groups_of.items():
        primary, criterion = _chosen(rows, chosen) or _primary(rows, judges)
        links = _weakest_links(primary, rows, representative, scored, held)
        for row in rows:
            probability, weight, conflicts = links.get(row, _NO_LINK)
            lines.append(
                {
                    "row": row,
                    "group": group,
                    "size": len(rows),
                    "primary": primary,
                    "criterion": criterion,
                    "probability": None if row == primary else probability,
                    "weight": None if row == primary else weight,
                    "conflicts": conflicts,
                }
            )
    lines.sort(key=lambda line: int(line["row"]))
    return {"members": pa.Table.from_pylist(lines, schema=MEMBERS.arrow())}


class _Judge:
    """One criterion: gives a record's value, picks the best of several, and says what it was."""

    def __init__(
        self,
        criterion: Criterion,
        *,
        ranks: RankTable,
        fields: pa.Table,
        given: dict[int, _Line],
        cleaned: dict[int, _Line],
        together: Sequence[int],
    ) -> None:
        self._criterion, self._ranks = criterion, ranks
        self._given, self._cleaned = given, cleaned
        self._filled = fillable(fields)
        self._kind = ""
        if criterion.how in ("max", "min"):
            days = sum(_day(self._value(row)) is not None for row in together)
            amounts = sum(_amount(self._value(row)) is not None for row in together)
            self._kind = "day" if days > amounts else "amount" if amounts else "text"

    def measure(self, row: int) -> Any:
        """Return what the criterion compares of a record, None for nothing."""
        match self._criterion.how:
            case "rank":
                return self._ranks.rank(self._raw(row))
            case "most_complete":
                line = self._given[row]
                return sum(_cell(line, columns).strip(" ") != "" for columns in self._filled)
            case "oldest":
                return _day(self._value(row))
            case "present":
                return self._raw(row) == ""
            case "max" | "min":
                read: Callable[[str], Any] = {"day": _day, "amount": _amount, "text": _text}[
                    self._kind
                ]
                return read(self._value(row))

    def best(self, values: Sequence[Any]) -> Any:
        """Return the best of the values, None where there is none."""
        there = [value for value in values if value is not None]
        pick = max if self._criterion.how in ("max", "most_complete") else min
        return pick(there, default=None)

    def words(self, row: int) -> str:
        """Say why the record won."""
        label, how = self._criterion.label, self._criterion.how
        if how == "rank":
            return f"{label}: {self._raw(row)[:80] or '(empty)'}"
        if how == "most_complete":
            return f"most complete: {self.measure(row)} of {len(self._filled)} fields"
        if how == "oldest":
            return f"oldest: {self._value(row)[:10]}"
        if how == "present":
            return f"{label}: present"
        ends = {
            "day": ("earliest", "latest"),
            "amount": ("lowest", "highest"),
            "text": ("first", "last"),
        }
        shown = {"day": self._value(row)[:10], "text": self._value(row)[:80]}
        end = ends[self._kind][how == "max"]
        return f"{label} {end}: {shown.get(self._kind, self._value(row))}"

    def _raw(self, row: int) -> str:
        return _cell(self._given[row], self._criterion.columns).strip(" ")

    def _value(self, row: int) -> str:
        field = self._criterion.field
        return (self._cleaned[row][field] or "").strip(" ") if field else self._raw(row)


def _cell(line: _Line, columns: Sequence[str]) -> str:
    """Return the one value that a record has in columns of different datasets."""
    return next((line[column] for column in columns if line[column] is not None), "")


def _day(value: str) -> str | None:
    return value if re.match("[0-9]{4}-[0-9]{2}-[0-9]{2}", value) else None


def _amount(value: str) -> float | None:
    pattern = "-?([$€£] ?)?([0-9]{1,3}(,[0-9]{3})+|[0-9]{1,18})([.][0-9]{1,18})?"
    return float(re.sub("[$€£, ]", "", value)) if re.fullmatch(pattern, value) else None


def _text(value: str) -> str | None:
    return value or None


def _chosen(rows: Sequence[int], chosen: dict[int, _Line]) -> tuple[int, str] | None:
    """Return the record of a group that people chose last, with what they said."""
    found = [chosen[row] for row in rows if row in chosen]
    if len(rows) == 1 or not found:
        return None
    last = min(found, key=lambda line: (-line["decision"], line["row"]))
    return last["row"], last["said"]


def _primary(rows: Sequence[int], judges: Sequence[_Judge]) -> tuple[int, str]:
    if len(rows) == 1:
        return rows[0], "alone"
    left = list(rows)
    for judge in judges:
        best = judge.best([judge.measure(row) for row in left])
        left = [row for row in left if judge.measure(row) == best]
        if len(left) == 1:
            return left[0], judge.words(left[0])
    return min(left), "record id"


def _weakest_links(
    primary: int,
    rows: Sequence[int],
    representative: dict[int, int],
    scored: dict[tuple[int, int], _Line],
    held: dict[int, int],
) -> dict[int, _Link]:
    """Return probability, weight and conflicts of each record's best path to the primary.

    Records with one representative are one point, but the primary is a point of its own, and so is
    each that people hold together with others; links among those of one set come before all. The
    tree grows from the primary, always by the best link that leaves it (Prim), so the way to each
    point is its best path.
    """

    def point(row: int) -> _Point:
        return representative[row], row != primary, row if row in held else -1

    sets = {point(row): held[row] for row in rows if row in held}
    start = point(primary)
    waiting = {point(row) for row in rows if row != primary}
    reached: dict[_Point, list[_Line]] = {start: []}
    while True:
        leaving = []
        for here in reached:
            for there in waiting:
                one, other = sorted((here, there))
                ends = one[0], other[0]
                if ends[0] == ends[1]:
                    one, other = other, one
                if here in sets and sets[here] == sets.get(there):
                    leaving.append(((0, 0, 0, *ends, one, other), here, there, _SURE))
                elif ends in scored:
                    link = scored[ends]
                    order = 1, -link["probability"], -link["weight"], *ends, one, other
                    leaving.append((order, here, there, link))
        if not leaving:
            break
        _, here, there, link = min(leaving, key=lambda step: step[0])
        waiting.remove(there)
        reached[there] = [*reached[here], link]

    found: dict[int, _Link] = {}
    for row in rows:
        path = reached.get(point(row), [])
        if row != primary and path:
            weakest = min(path, key=_strength)
            conflicts = 0
            for link in path:
                conflicts |= link["conflicts"]
            found[row] = weakest["probability"], weakest["weight"], conflicts
    return found


def _strength(link: _Line) -> tuple[int, bool, int]:
    return link["probability"], link["weight"] is None, link["weight"] or 0


def _by_row(table: pa.Table) -> dict[int, _Line]:
    return {line["row"]: line for line in table.to_pylist()}
