"""Survivorship: which record of each group is kept, and how surely the others belong to it.

The primary is the one that people chose last, else the first record by the criteria of the
settings, the smaller key where they tie. Every other record is as sure as the weakest link of its
best path to the primary; links between records that people hold together are sure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from keepone.engine import Engine, Scope, quote
from keepone.fields import fillable
from keepone.kernels.paths import best_paths, held_links, links_within
from keepone.rules.criteria import Criterion, criteria
from keepone.rules.relationship_ranks import RankTable, rank_table
from keepone.schema import MEMBERS
from keepone.settings import SurvivorshipSettings

_GROUPED = """
SELECT g.row, g."group", s.size
FROM grouping AS g
JOIN (
    SELECT "group", CAST(count(*) AS INTEGER) AS size
    FROM grouping GROUP BY "group" HAVING count(*) > 1
) AS s ON s."group" = g."group"
"""
"""One record of a group of two or more, with the group's size."""

_CHOSEN = """
SELECT "group", row AS "primary", said
FROM (
    SELECT g."group", g.row, j.said,
        row_number() OVER (PARTITION BY g."group" ORDER BY j.decision DESC, g.row) AS place
    FROM grouped AS g
    JOIN judgements AS j ON j.row = g.row
    WHERE j.kind = 'primary'
) AS judged
WHERE place = 1
"""
"""One group whose primary people chose: the record chosen last."""

_PRIMARIES = """
SELECT b."group", coalesce(c."primary", b."primary") AS "primary",
    coalesce(c.said, b.criterion) AS criterion
FROM by_criteria AS b
LEFT JOIN chosen AS c ON c."group" = b."group"
"""
"""One group of two or more: its primary, and why it is."""

_BY_CRITERIA = """
SELECT best."group", best.row AS "primary", CASE{words} ELSE 'record id' END AS criterion
FROM ranked AS best
JOIN ranked AS runner_up ON runner_up."group" = best."group"
WHERE best.place = 1 AND runner_up.place = 2
"""
"""One group of two or more: its first record, and the first criterion that puts it ahead."""

_RANKED = """
SELECT *, row_number() OVER (PARTITION BY "group" ORDER BY {order} row) AS place
FROM (SELECT g.row, g."group"{columns} FROM {compared}) AS compared
"""
"""One record of a group of two or more: what it is compared on, and its place in the group."""

_PLACED = """
SELECT
    g.row, g."group", g.size, p."primary", p.criterion, t.representative,
    g.row = p."primary" AS is_primary,
    h.number AS held,
    CAST(dense_rank() OVER (
        ORDER BY g."group", t.representative, g.row = p."primary", coalesce(h.row, -1)
    ) - 1 AS INTEGER) AS node
FROM grouped AS g
JOIN twins AS t ON t.row = g.row
JOIN primaries AS p ON p."group" = g."group"
LEFT JOIN (SELECT row, number FROM judgements WHERE kind = 'same') AS h ON h.row = g.row
"""
"""One record of a group of two or more, and its node in the group's graph: equal records are one,
but the primary, and each that people hold together with others, stands for itself."""

_NODES = """
SELECT DISTINCT node, "group", representative, is_primary, held
FROM placed
ORDER BY node
"""
"""One node of the graph."""

_MEMBERS = """
SELECT
    g.row, g."group",
    coalesce(p.size, 1) AS size,
    coalesce(p."primary", g.row) AS "primary",
    coalesce(p.criterion, 'alone') AS criterion,
    CASE WHEN NOT p.is_primary THEN coalesce(p.probability, 0) END AS probability,
    CASE
        WHEN NOT p.is_primary THEN CASE WHEN p.probability IS NULL THEN 0 ELSE p.weight END
    END AS weight,
    coalesce(p.conflicts, 0) AS conflicts
FROM grouping AS g
LEFT JOIN (
    SELECT
        m.row, m.size, m."primary", m.criterion, m.is_primary,
        paths.probability, paths.weight, paths.conflicts
    FROM placed AS m
    LEFT JOIN paths ON paths.node = m.node
) AS p ON p.row = g.row
ORDER BY g.row
"""
"""One record with its place; a member that no scored pairs lead to is no surer than 0."""

_FILLED = """
SELECT i.row, {cells} AS cells
FROM inputs AS i
WHERE i.row IN (SELECT row FROM grouped)
"""
"""How many cells one record of a group of two or more fills: wide columns take part in no join."""

_VALUES = """
SELECT DISTINCT {value} AS value
FROM inputs AS i
WHERE i.row IN (SELECT row FROM grouped)
ORDER BY value
"""
"""One value of a column in groups of two or more."""

_AMOUNT = "^-?([$€£] ?)?([0-9]{1,3}(,[0-9]{3})+|[0-9]{1,18})([.][0-9]{1,18})?$"
_DAY = "^[0-9]{4}-[0-9]{2}-[0-9]{2}"
_SHOWN = 80

_KINDS = """
SELECT count(*) FILTER (WHERE regexp_matches(value, $amount)) AS amounts,
       count(*) FILTER (WHERE regexp_matches(value, $day)) AS days
FROM (SELECT {value} AS value FROM {compared}) AS compared
"""
"""How many of a column's values are numbers, and how many begin with an ISO date."""

_COMPARED = """grouped AS g
JOIN inputs AS i ON i.row = g.row
JOIN normalized AS n ON n.row = g.row"""


@dataclass(frozen=True, slots=True)
class _Key:
    """One criterion in SQL: what is compared, which end wins, and the words when it decides.

    `words` may speak of $label, {key} (what won) and {shown} (the value as people know it).
    """

    sql: str
    words: str
    shown: str = "NULL"
    descending: bool = False


def survivorship(
    engine: Engine,
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
    """Return `members`: one row per record, with its group's primary and the best path to it.

    The primary's own probability and weight are null; the weight of a record that people hold
    together with it is too, and its probability 1. Raises `SettingsError` for a criterion that
    cannot be read or that names a column which is not there.
    """
    wanted = criteria(settings, fields)
    ranks = rank_table(settings.rank_table)
    with engine.scope(
        inputs=inputs,
        normalized=normalized,
        twins=distinct,
        grouping=groups,
        judgements=judgements,
    ) as scope:
        scope.table("grouped", _GROUPED)
        _choose(scope, wanted, ranks, fields)
        scope.table("placed", _PLACED)
        nodes = scope.fetch(_NODES)
        roots = nodes.filter(nodes.column("is_primary")).column("node")
        links = pa.concat_tables([held_links(nodes), links_within(pairs, nodes)])
        scope.add("paths", best_paths(links, roots, len(nodes)))
        return {"members": MEMBERS.conform(scope.fetch(_MEMBERS))}


def _choose(
    scope: Scope, wanted: tuple[Criterion, ...], ranks: RankTable, fields: pa.Table
) -> None:
    """Create `primaries` out of `grouped`."""
    columns, joins, order, words = "", "", "", ""
    labels: dict[str, str] = {}
    for at, criterion in enumerate(wanted):
        key = _key(scope, criterion, at, fields)
        if criterion.how == "rank":
            scope.add(f"ranks_{at}", _ranked_values(scope, criterion, ranks))
            joins += f" JOIN ranks_{at} AS r{at} ON r{at}.value = {_raw(criterion)}"
        elif criterion.how == "most_complete":
            joins += f" JOIN filled_{at} AS f{at} ON f{at}.row = g.row"
        columns += f", {key.sql} AS key_{at}, {key.shown} AS shown_{at}"
        order += f"key_{at} {'DESC' if key.descending else 'ASC'} NULLS LAST, "
        said = key.words.format(key=f"best.key_{at}", shown=f"best.shown_{at}")
        words += f" WHEN best.key_{at} IS DISTINCT FROM runner_up.key_{at} THEN {said}"
        if f"$label_{at}" in said:
            labels[f"label_{at}"] = criterion.label
    compared = _COMPARED + joins
    scope.table("ranked", _RANKED.format(columns=columns, compared=compared, order=order))
    # A CASE needs one condition at least, also where no criterion applies.
    words = words or " WHEN NULL THEN NULL"
    scope.table("by_criteria", _BY_CRITERIA.format(words=words), labels)
    scope.table("chosen", _CHOSEN)
    scope.table("primaries", _PRIMARIES)


def _key(scope: Scope, criterion: Criterion, at: int, fields: pa.Table) -> _Key:
    label = f"$label_{at}"
    raw = _raw(criterion)
    match criterion.how:
        case "rank":
            words = f"{label} || ': ' || CASE WHEN {{shown}} = '' THEN '(empty)' ELSE {{shown}} END"
            return _Key(f"r{at}.rank", words, shown=f"substr({raw}, 1, {_SHOWN})")
        case "most_complete":
            filled = fillable(fields)
            # One mark a filled cell: a sum over hundreds of columns would be nested too deep.
            marks = [_mark(_cell(columns)) for columns in filled]
            count = f"length(concat_ws('', {', '.join(marks)}))" if marks else "0"
            scope.table(f"filled_{at}", _FILLED.format(cells=count))
            words = f"'most complete: ' || {{key}} || ' of {len(filled)} fields'"
            return _Key(f"f{at}.cells", words, descending=True)
        case "oldest":
            words = "'oldest: ' || substr({key}, 1, 10)"
            return _Key(_day(_cleaned(criterion)), words)
        case "present":
            return _Key(f"CASE WHEN {raw} <> '' THEN 0 ELSE 1 END", f"{label} || ': present'")
        case "max" | "min":
            return _extreme(scope, criterion, label)


def _extreme(scope: Scope, criterion: Criterion, label: str) -> _Key:
    """Return the key of COLUMN:max or COLUMN:min: numbers, dates, or else text, empty last.

    What most values are decides for the column; values that are something else count as empty.
    """
    value = _cleaned(criterion)
    kinds = scope.fetch(
        _KINDS.format(value=value, compared=_COMPARED), {"amount": _AMOUNT, "day": _DAY}
    ).to_pylist()[0]
    if kinds["days"] > kinds["amounts"]:
        sql, ends, shown = _day(value), ("earliest", "latest"), f"substr({value}, 1, 10)"
    elif kinds["amounts"]:
        number = f"TRY_CAST(regexp_replace({value}, '[$€£, ]', '', 'g') AS DOUBLE)"
        sql = f"CASE WHEN regexp_matches({value}, '{_AMOUNT}') THEN {number} END"
        ends, shown = ("lowest", "highest"), value
    else:
        sql = f"CASE WHEN {value} <> '' THEN {value} END"
        ends, shown = ("first", "last"), f"substr({value}, 1, {_SHOWN})"
    descending = criterion.how == "max"
    return _Key(sql, f"{label} || ' {ends[descending]}: ' || {{shown}}", shown, descending)


def _raw(criterion: Criterion) -> str:
    """Return the column's value as it came, trimmed; empty text where there is none."""
    return f"coalesce(trim({_cell(criterion.columns)}), '')"


def _cell(columns: Sequence[str]) -> str:
    """Return the one value that a record has in columns of different datasets."""
    cells = [f"i.{quote(column)}" for column in columns]
    return cells[0] if len(cells) == 1 else f"coalesce({', '.join(cells)})"


def _mark(cell: str) -> str:
    """Return SQL for a mark where the cell holds anything but blanks, else null."""
    # What begins with more than a blank is filled: few cells have to be trimmed to be told.
    return f"CASE WHEN {cell} >= '!' THEN '1' WHEN trim({cell}) <> '' THEN '1' END"


def _cleaned(criterion: Criterion) -> str:
    """Return the column's value as normalising left it (dates in ISO form), else as it came."""
    return f"trim(n.{quote(criterion.field)})" if criterion.field else _raw(criterion)


def _day(value: str) -> str:
    return f"CASE WHEN regexp_matches({value}, '{_DAY}') THEN {value} END"


def _ranked_values(scope: Scope, criterion: Criterion, ranks: RankTable) -> pa.Table:
    """Return each value of the column with its rank."""
    values = scope.fetch(_VALUES.format(value=_raw(criterion))).column("value")
    found = pa.array([ranks.rank(value) for value in values.to_pylist()], pa.int32())
    return pa.table({"value": values, "rank": found})
