"""Group stats, group by group."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from keepone.ids import group_id, name_fields
from keepone.rules.dispositions import DECIDED_FLAG, GROUP_FLAGS, RULES, Rule
from keepone.rules.worth import NOISE, NUMBER, value_columns
from keepone.schema import CONFLICT_COUNTRY, CONFLICT_IDS, CONFLICT_LEGAL, GROUP_STATS
from keepone.settings import GroupStatsSettings

_Line = dict[str, Any]
_RULES = {rule.name: rule for rule in RULES}


def group_stats(
    engine: object,  # noqa: ARG001 - plain Python needs no engine
    settings: GroupStatsSettings,
    *,
    records: pa.Table,
    fields: pa.Table,
    inputs: pa.Table,
    members: pa.Table,
    possible_matches: pa.Table,
    dispositions: pa.Table,
    judgements: pa.Table,
) -> dict[str, pa.Table]:
    """Return `group_stats`, as the stage of the same name promises."""
    record_of = {line["row"]: line for line in records.to_pylist()}
    given = {line["row"]: line for line in inputs.to_pylist()}
    rule_of = {line["row"]: _RULES[line["rule"]] for line in dispositions.to_pylist()}
    judged = set(judgements.column("row").to_pylist())
    valued = value_columns(settings, fields)
    groups: dict[int, list[_Line]] = {}
    for line in members.to_pylist():
        groups.setdefault(line["group"], []).append(line)

    near = _near(groups, possible_matches)

    lines: list[_Line] = []
    for group, rows in groups.items():
        primary = rows[0]["primary"]
        cells = [
            given[primary][column]
            for together in name_fields(fields).values()
            for column in together
        ]
        counts = Counter(rule_of[line["row"]].disposition for line in rows)
        scores = [line["probability"] for line in rows if line["probability"] is not None]
        lines.append(
            {
                "group_id": group_id(record_of[group]["dataset"], record_of[group]["record_id"]),
                "size": len(rows),
                "min_score": _score(min(scores, default=0), 1) if scores else None,
                "mean_score": _score(sum(scores), len(scores)) if scores else None,
                "max_score": _score(max(scores, default=0), 1) if scores else None,
                "primary_id": record_of[primary]["record_id"],
                "primary_name": " ".join(c for c in cells if c is not None).strip(" ") or None,
                "keep": counts["Keep"],
                "enrich": counts["Enrich"],
                "merge": counts["Merge"],
                "delete": counts["Delete"],
                "verify": counts["Verify"],
                "flags": ", ".join(_flags(rows, rule_of, judged)),
                "review_priority": _priority(rows, rule_of, near.get(group, 0))
                / 1_000_000
                * max(_value(given[line["row"]], valued) for line in rows),
            }
        )
    lines.sort(key=lambda line: str(line["group_id"]))
    return {"group_stats": pa.Table.from_pylist(lines, schema=GROUP_STATS.arrow())}


def _score(total: int, count: int) -> float:
    """Return the mean of `count` probabilities as a score with two decimals, halves up."""
    return ((total * 2 + 100 * count) // (200 * count)) / 100


def _value(cells: _Line, columns: Sequence[str]) -> int:
    """Return what a record is worth: the number in its column of values, else 1."""
    cell = next((cells[column] for column in columns if cells[column] is not None), "")
    number = re.fullmatch(NUMBER, re.sub(NOISE, "", cell))
    return max(int(number[1]), 1) if number else 1


def _flags(rows: list[_Line], rule_of: dict[int, Rule], judged: set[int]) -> list[str]:
    raised = {rule_of[line["row"]].flag for line in rows}
    for line in rows:
        if line["row"] in judged:
            raised.add(DECIDED_FLAG)
        if line["conflicts"] & CONFLICT_IDS:
            raised.add("ids_conflict")
        if line["conflicts"] & CONFLICT_LEGAL:
            raised.add("legal_forms_differ")
        if line["conflicts"] & CONFLICT_COUNTRY:
            raised.add("countries_differ")
    return [flag for flag in GROUP_FLAGS if flag in raised]


def _near(groups: dict[int, list[_Line]], possible_matches: pa.Table) -> dict[int, int]:
    """Return how many records of other groups each nearly holds, in millionths."""
    group_of = {line["row"]: group for group, rows in groups.items() for line in rows}
    best: dict[tuple[int, int], int] = {}
    for line in possible_matches.to_pylist():
        one, other = group_of[line["l"]], group_of[line["r"]]
        for ends in ((one, other), (other, one)):
            best[ends] = max(best.get(ends, 0), line["probability"])
    near: Counter[int] = Counter()
    for (group, other), probability in best.items():
        near[group] += probability * len(groups[other])
    return near


def _priority(rows: list[_Line], rule_of: dict[int, Rule], near: int) -> int:
    """Return in millionths how many pairs of records a decision on the group may put right."""
    doubt = sum(_doubt(line, rule_of) for line in rows)
    return doubt * max(len(rows) - 1, 1) + near * len(rows) if doubt else 0


def _doubt(line: _Line, rule_of: dict[int, Rule]) -> int:
    """Return in millionths how doubtful a record is, 0 where nobody has to look."""
    rule = rule_of[line["row"]]
    if rule.proposed is None:
        return 0
    probability: int | None = line["probability"]
    return max(rule.doubt * 10_000, 0 if probability is None else 1_000_000 - probability)
