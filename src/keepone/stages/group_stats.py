"""Group stats: one line per group, and how much a review of it is worth."""

from __future__ import annotations

import pyarrow as pa

from keepone.engine import Engine, quote
from keepone.errors import InternalError
from keepone.ids import group_id_sql, name_fields
from keepone.rules.dispositions import DECIDED_FLAG, GROUP_FLAGS, RULES
from keepone.rules.worth import NOISE, NUMBER, value_columns
from keepone.schema import CONFLICT_COUNTRY, CONFLICT_IDS, CONFLICT_LEGAL, GROUP_STATS
from keepone.settings import GroupStatsSettings

# Flags that a group also has where another rule came first.
_CONFLICTS = {
    "ids_conflict": CONFLICT_IDS,
    "legal_forms_differ": CONFLICT_LEGAL,
    "countries_differ": CONFLICT_COUNTRY,
}
_DISPOSITIONS = ("Keep", "Enrich", "Merge", "Delete", "Verify")

_TALLY = """
SELECT
    m."group",
    CAST(count(*) AS INTEGER) AS size,
    min(m."primary") AS "primary",
    min(m.probability) AS least,
    CAST(sum(m.probability) AS BIGINT) AS total,
    count(m.probability) AS scored,
    max(m.probability) AS most,
    {counts},
    concat_ws(', ', {flags}) AS flags,
    CAST(sum(CASE
        WHEN r.proposed THEN greatest(r.doubt, 1000000 - coalesce(m.probability, 1000000))
        ELSE 0
    END) AS BIGINT) AS doubt
FROM members AS m
JOIN dispositions AS d ON d.row = m.row
JOIN rules AS r ON r.name = d.rule
LEFT JOIN (SELECT DISTINCT row FROM judgements) AS j ON j.row = m.row
GROUP BY m."group"
"""
"""One group, counted in integers: probabilities and doubt in millionths."""

_WORTH = """
SELECT m."group", greatest(max(v.value), 1) AS worth
FROM members AS m
JOIN (
    SELECT row, coalesce(
        TRY_CAST(
            regexp_extract(regexp_replace({cell}, $noise, '', 'g'), $number, 1) AS BIGINT
        ), 1
    ) AS value
    FROM inputs
) AS v ON v.row = m.row
GROUP BY m."group"
"""
"""One group, and the greatest value of its records."""

_NEAR = """
SELECT "group", CAST(sum(probability * size) AS BIGINT) AS near
FROM (
    SELECT one."group", other."group" AS elsewhere, max(p.probability) AS probability
    FROM (
        SELECT l, r, probability FROM possible_matches
        UNION ALL
        SELECT r, l, probability FROM possible_matches
    ) AS p
    JOIN members AS one ON one.row = p.l
    JOIN members AS other ON other.row = p.r
    GROUP BY one."group", other."group"
) AS linked
JOIN (SELECT "group" AS elsewhere, size FROM tally) AS others
    ON others.elsewhere = linked.elsewhere
GROUP BY "group"
"""
"""One group, and how many records of others it nearly holds, by the best pair of each other."""

_GROUP_STATS = """
SELECT
    {group_id} AS group_id,
    t.size,
    CAST((t.least + 50) // 100 AS DOUBLE) / 100 AS min_score,
    CAST((2 * t.total + 100 * t.scored) // nullif(200 * t.scored, 0) AS DOUBLE) / 100 AS mean_score,
    CAST((t.most + 50) // 100 AS DOUBLE) / 100 AS max_score,
    p.record_id AS primary_id,
    nullif(trim({name}), '') AS primary_name,
    t.keep, t.enrich, t."merge", t."delete", t.verify,
    t.flags,
    CAST(
        CASE
            WHEN t.doubt > 0
            THEN t.doubt * greatest(t.size - 1, 1) + coalesce(n.near, 0) * t.size
            ELSE 0
        END AS DOUBLE
    ) / 1000000{worth} AS review_priority
FROM tally AS t
LEFT JOIN near AS n ON n."group" = t."group"
JOIN records AS f ON f.row = t."group"
JOIN records AS p ON p.row = t."primary"
JOIN inputs AS i ON i.row = t."primary"
{join}ORDER BY group_id
"""
"""One group under its published id; scores are rounded as integers, so that engines agree."""


def group_stats(
    engine: Engine,
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
    """Return `group_stats`: one row per group, sorted by its id.

    Scores are of the members beside the primary, 0-100 with two decimals, and null for a record
    alone. How `review_priority` is made stands in docs/dispositions.md. Dispositions are counted
    by rule, so that renamed labels do not matter. A group of which people decided anything is
    flagged as decided. Raises `SettingsError` where the column of values is not there.
    """
    values = [quote(column) for column in value_columns(settings, fields)]
    counts = ", ".join(
        f"CAST(count(*) FILTER (WHERE r.disposition = '{name}') AS INTEGER)"
        f" AS {quote(name.lower())}"
        for name in _DISPOSITIONS
    )
    columns = ", ".join(
        f"i.{quote(column)}" for together in name_fields(fields).values() for column in together
    )
    statement = _GROUP_STATS.format(
        group_id=group_id_sql("f.dataset", "f.record_id"),
        name=f"concat_ws(' ', {columns})" if columns else "''",
        worth=" * CAST(w.worth AS DOUBLE)" if values else "",
        join='JOIN worth AS w ON w."group" = t."group"\n' if values else "",
    )
    with engine.scope(
        records=records,
        inputs=inputs,
        members=members,
        possible_matches=possible_matches,
        dispositions=dispositions,
        judgements=judgements,
        rules=_rules(),
    ) as scope:
        flags = ", ".join(_flag_sql(flag) for flag in GROUP_FLAGS)
        scope.table("tally", _TALLY.format(counts=counts, flags=flags))
        scope.table("near", _NEAR)
        if values:
            cell = f"coalesce({', '.join(values)})"
            scope.table("worth", _WORTH.format(cell=cell), {"noise": NOISE, "number": NUMBER})
        table = GROUP_STATS.conform(scope.fetch(statement))
    if len(table.column("group_id").unique()) != len(table):
        message = "two groups have the same group_id: 64 bits of their keys' digests collide"
        raise InternalError(message)
    return {"group_stats": table}


def _flag_sql(flag: str) -> str:
    """Return SQL for the flag's name where any member raises it, else null."""
    also = f" OR (m.conflicts & {_CONFLICTS[flag]}) <> 0" if flag in _CONFLICTS else ""
    also += " OR j.row IS NOT NULL" if flag == DECIDED_FLAG else ""
    return f"CASE WHEN bool_or(coalesce(r.flag = '{flag}', FALSE){also}) THEN '{flag}' END"


def _rules() -> pa.Table:
    return pa.table(
        {
            "name": pa.array([rule.name for rule in RULES], pa.string()),
            "disposition": pa.array([rule.disposition for rule in RULES], pa.string()),
            "proposed": pa.array([rule.proposed is not None for rule in RULES], pa.bool_()),
            "flag": pa.array([rule.flag for rule in RULES], pa.string()),
            "doubt": pa.array([rule.doubt * 10_000 for rule in RULES], pa.int32()),
        }
    )
