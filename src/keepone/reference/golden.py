"""Golden, group by group: read every record's cells, choose each field by its strategy."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

from keepone.golden_tables import GOLDEN, GOLDEN_FIELDS
from keepone.reference.field_values import folded
from keepone.reference.golden_cells import Known
from keepone.rules.dispositions import MERGING
from keepone.rules.golden import (
    DECIDED,
    Part,
    Unit,
    golden_units,
    true_words,
)
from keepone.settings import GoldenSettings

_Line = dict[str, Any]
_AMOUNT = "-?([$€£] ?)?([0-9]{1,3}(,[0-9]{3})+|[0-9]{1,18})([.][0-9]{1,18})?"


def golden(
    engine: object,  # noqa: ARG001 - plain Python needs no engine
    settings: GoldenSettings,
    *,
    records: pa.Table,
    inputs: pa.Table,
    fields: pa.Table,
    normalized: pa.Table,
    features: pa.Table,
    flags: pa.Table,
    members: pa.Table,
    judgements: pa.Table,
    verdicts: pa.Table,
) -> dict[str, pa.Table]:
    """Return `golden`, as the stage of the same name promises."""
    known = Known(settings, fields, flags)
    known.decide(judgements)
    known.read(records=records, inputs=inputs, normalized=normalized, features=features)
    merged = {line["row"] for line in verdicts.to_pylist() if line["rule"] in MERGING}
    groups: dict[int, list[_Line]] = {}
    for member in members.to_pylist():
        if member["size"] > 1:
            groups.setdefault(member["group"], []).append(member)
    lines: list[_Line] = []
    for group in sorted(groups):
        chosen = _Group(known, groups[group], merged)
        for unit in golden_units(settings, fields):
            lines += chosen.lines(unit)
    lines.sort(key=lambda line: (line["group"], line["column"]))
    counted = [
        _counted(part, unit, [line for line in lines if line["column"] == part.column])
        for unit in golden_units(settings, fields)
        for part in unit.parts
    ]
    counted.sort(key=lambda line: str(line["column"]))
    return {
        "golden": pa.Table.from_pylist(lines, schema=GOLDEN.arrow()),
        "golden_fields": pa.Table.from_pylist(counted, schema=GOLDEN_FIELDS.arrow()),
    }


def _counted(part: Part, unit: Unit, lines: Sequence[_Line]) -> _Line:
    return {
        "column": part.column,
        "strategy": unit.strategy,
        "groups": len(lines),
        "differ": sum(bool(line["beaten"]) for line in lines),
        "gained": sum(line["gained"] for line in lines),
        "changed": sum(line["changed"] for line in lines),
    }


class _Group:
    """One group: its records by standing, and who of them may give values."""

    def __init__(self, known: Known, members: Sequence[_Line], merged: set[int]) -> None:
        self._known = known
        self._name = members[0]["group"]
        self._primary = members[0]["primary"]
        standing = sorted(
            members,
            key=lambda m: (m["row"] != m["primary"], -(m["probability"] or 0), m["row"]),
        )
        self._rows: list[int] = [member["row"] for member in standing]
        self._giving = {row for row in self._rows if row == self._primary or row in merged}

    def lines(self, unit: Unit) -> list[_Line]:
        """Return the lines of a unit's columns."""
        decided = {
            part.column: self._decided_line(part, value)
            for part in unit.parts
            if (value := self._known.decided(part, self._rows)) is not None
        }
        chosen = [line for line in self._by_strategy(unit) if line["column"] not in decided]
        return [*chosen, *decided.values()]

    def _decided_line(self, part: Part, value: str) -> _Line:
        """Return the line of a column on whose value a person decided."""
        known = self._known
        texts = {row: text for row in self._rows if (text := known.text(row, part)) is not None}
        source = next((row for row in texts if texts[row].strip() == value.strip()), None)
        said = None if source is None else self._said(source, part)
        beaten = self._each_once(part, [row for row in texts if self._said(row, part) != said])
        own = texts.get(self._primary)
        value = value if source is None else texts[source]
        return {
            "group": self._name,
            "column": part.column,
            "value": value,
            "source": source,
            "strategy": DECIDED,
            "beaten": beaten,
            "gained": own is None,
            "changed": own is not None and own != value,
        }

    def _by_strategy(self, unit: Unit) -> list[_Line]:
        if unit.is_address and unit.strategy != "never":
            rows = self._address(unit)
            return [
                line
                for part, row in zip(unit.parts, rows, strict=True)
                for line in self._line(unit, part, row)
            ]
        return [line for part in unit.parts for line in self._of_part(unit, part)]

    def _of_part(self, unit: Unit, part: Part) -> list[_Line]:
        filled = [row for row in self._rows if self._known.text(row, part) is not None]
        giving = [row for row in filled if row in self._giving]
        if unit.strategy == "never":
            own = self._primary if self._primary in filled else None
            return self._line(unit, part, own)
        # Where all write it alike there is nothing to choose.
        if not giving or len({self._known.text(row, part) for row in filled}) == 1:
            return self._line(unit, part, giving[0] if giving else None)
        if unit.strategy == "union":
            return self._union(unit, part, filled, giving)
        best = self._best(giving, self._scores(unit, part, giving))
        if self._primary in filled and self._said(best, part) == self._said(self._primary, part):
            best = self._primary
        return self._line(unit, part, best)

    def _scores(self, unit: Unit, part: Part, giving: Sequence[int]) -> dict[int, Any]:
        """Return what puts each record ahead; the highest wins."""
        known = self._known
        said = Counter(self._said(row, part) for row in giving)
        by_record = self._record_scores(unit, giving)
        if by_record is not None:
            return by_record
        found: dict[int, Any] = {}
        for row in giving:
            text = (known.given(row, part) or "").strip()
            match unit.strategy:
                case "most_complete":
                    found[row] = sum(known.text(row, each) is not None for each in known.parts)
                case "most_frequent":
                    found[row] = said[self._said(row, part)]
                case "longest":
                    found[row] = len(text)
                case "shortest":
                    found[row] = -len(text)
                case "any_true":
                    found[row] = folded(text) in true_words()
                case "highest" | "lowest":
                    size = _magnitude(known.plain(row, part))
                    sign = 1 if unit.strategy == "highest" else -1
                    found[row] = float("-inf") if size is None else sign * size
                case _:
                    found[row] = 0
        return found

    def _record_scores(self, unit: Unit, rows: Iterable[int]) -> dict[int, Any] | None:
        """Return what puts records ahead whatever the column, None where values decide."""
        if unit.strategy == "source_priority":
            return {row: -self._known.place_of_source(row) for row in rows}
        if unit.strategy not in ("most_recent", "oldest"):
            return None
        latest = unit.strategy == "most_recent"
        days = {row: self._known.day(row, latest=latest) for row in rows}
        order = sorted({day for day in days.values() if day is not None}, reverse=not latest)
        return {row: -1 if day is None else order.index(day) for row, day in days.items()}

    def _best(self, rows: Sequence[int], scores: dict[int, Any]) -> int:
        """Return the row with the highest score, of several the one with most standing."""
        return max(rows, key=lambda row: (scores[row], -self._rows.index(row)))

    def _said(self, row: int, part: Part) -> str:
        """Return what a cell says; what is written alike in a group says the same."""
        text = self._known.text(row, part)
        first = next(each for each in self._rows if self._known.text(each, part) == text)
        return self._known.said(first, part)

    def _union(
        self, unit: Unit, part: Part, filled: Sequence[int], giving: Sequence[int]
    ) -> list[_Line]:
        separator = self._known.settings.separator
        items = {row: _items(self._known.text(row, part) or "", separator) for row in filled}
        together: dict[str, str] = {}
        for row in giving:
            for key, item in items[row].items():
                together.setdefault(key, item)
        whole = [row for row in giving if items[row].keys() == together.keys()]
        lost = [row for row in filled if not items[row].keys() <= together.keys()]
        beaten = self._each_once(part, lost)
        if whole:
            return self._line(unit, part, whole[0], beaten=beaten)
        joined = separator.join(together.values())
        return self._line(unit, part, None, joined=joined, beaten=beaten)

    def _address(self, unit: Unit) -> list[int | None]:
        """Return the row that gives each part, None for none."""
        known, parts = self._known, unit.parts
        said = {
            row: [
                None if known.text(row, part) is None else self._said(row, part) for part in parts
            ]
            for row in self._rows
        }
        rows = [row for row in self._rows if row in self._giving and any(said[row])]
        if not rows:
            return [None] * len(parts)
        shared = [Counter(said[row][at] for row in rows) for at in range(len(parts))]
        scores = self._record_scores(unit, rows)
        if scores is None:
            scores = {
                row: (
                    0 if unit.strategy == "most_frequent" else sum(map(bool, said[row])),
                    sum(shared[at][value] for at, value in enumerate(said[row]) if value),
                )
                for row in rows
            }
        best = self._best(rows, scores)
        if unit.strategy == "primary" and any(said[self._primary]):
            best = self._primary
        donor = self._donor(unit, said, rows, best)
        chosen: list[int | None] = []
        for at, own in enumerate(said[self._primary]):
            row: int | None = best
            if said[best][at] is None:
                row = None if donor is None or said[donor][at] is None else donor
            chosen.append(self._primary if row is not None and said[row][at] == own else row)
        return chosen

    def _donor(
        self, unit: Unit, said: dict[int, list[str | None]], rows: Sequence[int], best: int
    ) -> int | None:
        """Return the record whose address agrees with the best and fills most of its gaps."""
        fills: dict[int, int] = {}
        for row in rows:
            both = list(zip(unit.parts, said[best], said[row], strict=True))
            differs = any(ours and theirs and ours != theirs for _, ours, theirs in both)
            shown = any(part.telling and ours and ours == theirs for part, ours, theirs in both)
            gaps = sum(theirs is not None and ours is None for _, ours, theirs in both)
            if shown and gaps and not differs:
                fills[row] = gaps
        return self._best([*fills], fills) if fills else None

    def _line(
        self,
        unit: Unit,
        part: Part,
        row: int | None,
        *,
        joined: str | None = None,
        beaten: list[_Line] | None = None,
    ) -> list[_Line]:
        """Return the line of a column whose value is that of `row`; none if nobody has a value."""
        known = self._known
        filled = [each for each in self._rows if known.text(each, part) is not None]
        if not filled:
            return []
        own = self._primary if self._primary in filled else None
        value = joined if row is None else known.text(row, part)
        if beaten is None:
            said = None if row is None else self._said(row, part)
            beaten = self._each_once(
                part, [each for each in filled if self._said(each, part) != said]
            )
        return [
            {
                "group": self._name,
                "column": part.column,
                "value": value,
                "source": row,
                "strategy": unit.strategy,
                "beaten": beaten,
                "gained": own is None and value is not None,
                "changed": own is not None and known.text(own, part) != value,
            }
        ]

    def _each_once(self, part: Part, rows: Sequence[int]) -> list[_Line]:
        found: dict[str, _Line] = {}
        for row in rows:
            line = {"row": row, "value": self._known.text(row, part)}
            found.setdefault(self._said(row, part), line)
        return list(found.values())


def _items(text: str, separator: str) -> dict[str, str]:
    """Return the values of a list, by what makes two of them the same."""
    items: dict[str, str] = {}
    for item in text.split(separator):
        clean = " ".join(item.split())
        if clean:
            items.setdefault(clean.casefold(), clean)
    return items


def _magnitude(text: str) -> float | None:
    if re.match("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return float(text[:10].replace("-", ""))
    return float(re.sub("[$€£, ]", "", text)) if re.fullmatch(_AMOUNT, text) else None
