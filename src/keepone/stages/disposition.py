"""Disposition: what becomes of each record, by an ordered table of rules, and why.

The rules stand in `keepone.rules.dispositions`. This stage finds, set by set, the facts that they
ask for and the details that their reasons give. What a primary gains is not known yet: the stage
`enrich` adds it.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from keepone.contrast import contrast
from keepone.engine import Engine, Scope, quote
from keepone.ids import name_fields
from keepone.likeness import ComparedField, compared_fields
from keepone.reasons import CALLED, NAMES, shortened
from keepone.rules.blacklist import compile_blacklist, fold
from keepone.rules.dispositions import SHORTEST_ALIAS, VERDICTS, reason_sql, rule_sql
from keepone.rules.relations import BASES, BRANCH, NAME, PARENT, PARENT_ID, PLACE
from keepone.schema import CONFLICT_COUNTRY, CONFLICT_IDS, CONFLICT_LEGAL
from keepone.schema import VERDICTS as VERDICTS_TABLE
from keepone.settings import DispositionSettings, RelateSettings
from keepone.shelf import rows_at

_FOREIGN_NAMES = (
    "SELECT row, name FROM names WHERE bit_length(name) > 8 * length(name) ORDER BY row"
)
"""One record whose name has letters beyond ASCII: SQL engines differ in how they fold those."""

_BLACKLISTED = """
SELECT found.row, t.term
FROM (
    SELECT w.row, min(t.position) AS position
    FROM (
        SELECT row, text, unnest(string_split(text, ' ')) AS word
        FROM (
            SELECT row, text FROM foreign_names
            UNION ALL
            SELECT row, trim(regexp_replace(lower(name), '[^a-z0-9]+', ' ', 'g')) AS text
            FROM names
            WHERE bit_length(name) = 8 * length(name)
        ) AS folded
    ) AS w
    JOIN terms AS t ON t.lead = w.word
    WHERE strpos(' ' || w.text || ' ', ' ' || t.folded || ' ') > 0
    GROUP BY w.row
) AS found
JOIN terms AS t ON t.position = found.position
"""
"""One record whose name holds a blacklisted term, with the first such term of the settings."""

_JUNK = f"""
SELECT coalesce(b.row, p.row) AS row, CASE
    WHEN b.row IS NOT NULL THEN 'holds the blacklisted term "' || b.term || '"'
    ELSE 'is a placeholder ("' || {shortened("p.detail")} || '")'
END AS junk
FROM blacklisted AS b
FULL JOIN (SELECT row, detail FROM flags WHERE flag = 'placeholder_name') AS p ON p.row = b.row
"""
"""One record whose name says nothing, and how."""

_JUNK_GROUPS = """
SELECT m."group", count(*) AS junk
FROM junk AS j
JOIN members AS m ON m.row = j.row
LEFT JOIN (
    SELECT row FROM judgements WHERE kind = 'disposition' AND value = 'Merge'
) AS v ON v.row = m.row AND m.row <> m."primary"
WHERE v.row IS NULL
GROUP BY m."group"
"""
"""One group with a junk name in it, and how many that nobody decided to merge into its primary."""

_ODDITIES = f"""
SELECT f.row,
    replace(f.flag, '_', ' ')
    || CASE WHEN f.detail = '' THEN '' ELSE ': ' || {shortened("f.detail")} END AS suspicion
FROM flags AS f
JOIN (
    SELECT row, min(flag) AS flag FROM flags
    WHERE flag NOT IN ('placeholder_name', 'several_companies')
    GROUP BY row
) AS least ON least.row = f.row AND least.flag = f.flag
"""
"""One record about which something was noticed that has no rule of its own, and the first such."""

_ELSEWHERE = """
WITH a AS (
    SELECT m."group", f.row, f.alias
    FROM (SELECT row, unnest({aliases}) AS alias FROM features) AS f
    JOIN members AS m ON m.row = f.row
    WHERE length(f.alias) >= $shortest
)
SELECT DISTINCT a.row, a.alias, n."primary", a."group" AS one, n."group" AS other
FROM a
JOIN (
    SELECT f.name, min(m."group") AS "group", min(m."primary") AS "primary"
    FROM (SELECT row, array_to_string({tokens}, ' ') AS name FROM features) AS f
    JOIN members AS m ON m.row = f.row
    WHERE f.name IN (SELECT alias FROM a)
    GROUP BY f.name
    HAVING min(m."group") = max(m."group")
) AS n ON n.name = a.alias
WHERE n."group" <> a."group"
"""
"""One further name of a record that is the name of one other group, and of no more."""

_PARTED = """
SELECT DISTINCT m."group", j.number
FROM judgements AS j
JOIN members AS m ON m.row = j.row
WHERE j.kind = 'apart'
"""
"""One group with a record that people hold apart from others, and the set of those."""

_UNSETTLED = """
SELECT e.row, e.alias, e."primary"
FROM elsewhere AS e
LEFT JOIN (
    SELECT DISTINCT e.one, e.other
    FROM elsewhere AS e
    JOIN parted AS p ON p."group" = e.one
    JOIN parted AS q ON q."group" = e.other AND q.number = p.number
) AS settled ON settled.one = e.one AND settled.other = e.other
WHERE settled.one IS NULL
"""
"""One such name of a group that nobody holds apart from the record's own."""

_FIRST_ELSEWHERE = f"""
SELECT e.row, {shortened("e.alias")} AS alias, c.called AS elsewhere
FROM unsettled AS e
JOIN (SELECT row, min(alias) AS alias FROM unsettled GROUP BY row) AS first
    ON first.row = e.row AND first.alias = e.alias
JOIN called AS c ON c.row = e."primary"
"""
"""One record that has such a name, with the first in the alphabet and the other group's primary."""

_KIN = f"""
SELECT k.row, k.basis, k.kind, k.why, c.called AS relative
FROM (
    SELECT r.*, row_number() OVER (PARTITION BY r.row ORDER BY CASE r.basis
        {" ".join(f"WHEN '{basis}' THEN {place}" for place, basis in enumerate(BASES))}
    END, CASE WHEN r.other = m."primary" THEN 0 ELSE 1 END, r.other) AS place
    FROM relations AS r
    JOIN members AS m ON m.row = r.row AND m.row <> m."primary"
    JOIN members AS o ON o.row = r.other AND o."group" = m."group"
) AS k
JOIN called AS c ON c.row = k.other
WHERE k.place = 1
"""
"""One duplicate that is related to a record of its group, and the surest such relation."""

_UNFINISHED = """
SELECT DISTINCT m."group"
FROM left_out AS l
JOIN members AS m ON m.row = l.row
"""
"""One group of which pairs were left out."""

_REFERENCES = """
SELECT row, array_to_string(list_sort(array_agg(kind || ': ' || CAST(children AS VARCHAR))), ', ')
    AS children
FROM children
GROUP BY row
"""
"""One record that others refer to, and how many of each kind do."""

_FACTS = f"""
SELECT
    m.row,
    coalesce(v.value = 'Keep', FALSE) AS fact_decided_keep,
    coalesce(v.value = 'Merge', FALSE) AS fact_decided_merge,
    coalesce(v.value = 'Delete', FALSE) AS fact_decided_delete,
    coalesce(v.value = 'Verify', FALSE) AS fact_decided_verify,
    m.row <> m."primary" AND m.weight IS NULL AND pj.row IS NULL AS fact_settled,
    j.row IS NOT NULL AS fact_junk,
    m.size = 1 AS fact_alone,
    coalesce(g.junk, 0) = m.size AS fact_all_junk,
    m.size > 1 AND m.row = m."primary" AS fact_primary,
    m.row <> m."primary" AS fact_duplicate,
    m.size > 1 AND m.row = m."primary" AND coalesce(g.junk, 0) < m.size AS fact_needed,
    s.row IS NOT NULL AS fact_several_companies,
    e.row IS NOT NULL AS fact_alias_elsewhere,
    coalesce(m.probability < $auto, FALSE) AS fact_weak,
    (m.conflicts & {CONFLICT_IDS}) <> 0 AS fact_ids_differ,
    (m.conflicts & {CONFLICT_LEGAL}) <> 0 AND coalesce(d.proof, '') = ''
        AS fact_legal_forms_differ,
    (m.conflicts & {CONFLICT_LEGAL}) <> 0 AND coalesce(d.proof, '') <> ''
        AS fact_legal_forms_settled,
    (m.conflicts & {CONFLICT_COUNTRY}) <> 0 AS fact_countries_differ,
    m.row <> m."primary" AND pj.row IS NOT NULL AS fact_primary_is_junk,
    o.row IS NOT NULL AS fact_suspicious,
    u."group" IS NOT NULL AS fact_unfinished,
    coalesce(v.said, h.said, '') AS detail_decided,
    $unchecked AS fact_unchecked,
    ch.row IS NOT NULL AS fact_referred,
    coalesce(k.basis = '{PARENT_ID}', FALSE) AS fact_hierarchy,
    coalesce(k.basis = '{NAME}' AND (k.kind <> '{BRANCH}' OR $separate), FALSE)
        AS fact_name_of_relative,
    coalesce(k.basis = '{PLACE}' AND $separate, FALSE) AS fact_elsewhere,
    coalesce(d.strangers, FALSE) AS fact_names_differ,
    m.size > $max_group AS fact_large_group,
    j.junk AS detail_junk,
    CAST(m.size AS VARCHAR) AS detail_size,
    {shortened("s.detail")} AS detail_several,
    e.alias AS detail_alias,
    e.elsewhere AS detail_elsewhere,
    c.called AS detail_primary,
    m.criterion AS detail_criterion,
    CAST(m.probability // 10000 AS VARCHAR) || '.'
        || CAST((m.probability // 1000) % 10 AS VARCHAR) || ' %' AS detail_probability,
    CASE
        WHEN d.same = '' AND d.similar = '' AND d.different = ''
        THEN 'no compared field is filled in both'
        ELSE concat_ws(
            '; ',
            'same ' || nullif(d.same, ''),
            'similar ' || nullif(d.similar, ''),
            'different ' || nullif(d.different, '')
        )
    END AS detail_alike,
    CASE WHEN d.ids = '' THEN 'between records that link them' ELSE d.ids END AS detail_ids,
    CASE WHEN d.legal_forms = '' THEN 'between records that link them' ELSE d.legal_forms END
        AS detail_legal_forms,
    CASE WHEN d.countries = '' THEN 'between records that link them' ELSE d.countries END
        AS detail_countries,
    o.suspicion AS detail_suspicion,
    ch.children AS detail_children,
    CASE k.kind WHEN '{PARENT}' THEN 'the parent' ELSE 'a ' || k.kind END AS detail_relation,
    k.relative AS detail_relative,
    k.why AS detail_why,
    d.proof AS detail_proof
FROM members AS m
JOIN called AS c ON c.row = m."primary"
LEFT JOIN compared AS d ON d.row = m.row
LEFT JOIN (
    SELECT row, value, said FROM judgements WHERE kind = 'disposition'
) AS v ON v.row = m.row
LEFT JOIN (SELECT row, said FROM judgements WHERE kind = 'same') AS h ON h.row = m.row
LEFT JOIN junk AS j ON j.row = m.row
LEFT JOIN junk AS pj ON pj.row = m."primary"
LEFT JOIN junk_groups AS g ON g."group" = m."group"
LEFT JOIN (SELECT row, detail FROM flags WHERE flag = 'several_companies') AS s ON s.row = m.row
LEFT JOIN first_elsewhere AS e ON e.row = m.row
LEFT JOIN oddities AS o ON o.row = m.row
LEFT JOIN unfinished AS u ON u."group" = m."group"
LEFT JOIN "references" AS ch ON ch.row = m.row
LEFT JOIN kin AS k ON k.row = m.row
WHERE m.row >= $first AND m.row < $after
"""
"""One record of a batch: all facts that rules may ask for, all details that reasons may give."""

_VERDICTS = f"""
SELECT d.row, l.disposition, l.name AS rule, {reason_sql("d.rule")} AS reason,
    l.proposed AS proposed_disposition
FROM (SELECT *, {rule_sql()} AS rule FROM ({_FACTS}) AS facts) AS d
JOIN labels AS l ON l.rule = d.rule
ORDER BY d.row
"""
"""One record with its verdict."""


def disposition(
    engine: Engine,
    settings: DispositionSettings,
    *,
    records: pa.Table,
    fields: pa.Table,
    normalized: pa.Table,
    features: pa.Table,
    flags: pa.Table,
    members: pa.Table,
    relations: pa.Table,
    children: pa.Table,
    relate: RelateSettings,
    judgements: pa.Table,
    blacklisted: pa.Table,
    left_out: pa.Table,
) -> dict[str, pa.Table]:
    """Return `verdicts`: one row per record, decided by the first rule that holds.

    Raises `SettingsError` for a blacklisted term that has nothing to look for.
    """
    compared = compared_fields(fields, features)
    with engine.scope(
        records=records,
        normalized=normalized,
        features=features,
        flags=flags,
        members=members,
        relations=relations,
        children=children,
        judgements=judgements,
        left_out=left_out,
    ) as scope:
        names = ", ".join(f"n.{quote(field)}" for field in name_fields(fields))
        scope.table("names", NAMES.format(name=f"concat_ws(' ', {names})" if names else "''"))
        scope.table("called", CALLED)
        _find_junk(scope, (*settings.blacklist, *blacklisted.column("term").to_pylist()))
        scope.table("oddities", _ODDITIES)
        _find_aliases(scope, compared)
        scope.table("kin", _KIN)
        scope.table("references", _REFERENCES)
        scope.table("unfinished", _UNFINISHED)
        scope.add("labels", _labels(settings))
        compare, headings = contrast(compared)
        parts = features.select(
            ["row", *(f"{f.name}.{part}" for f in compared for part in f.parts)]
        )
        asked = {
            "auto": round(settings.auto * 10_000),
            "max_group": settings.max_group,
            "separate": settings.branches == "separate",
            "unchecked": not relate.children,
        }
        decided = []
        # Reasons are long: what they are put together from is held for a batch at a time.
        for first in range(0, max(members.num_rows, 1), engine.batch_rows):
            batch = {"first": first, "after": first + engine.batch_rows}
            _set_side_by_side(scope, parts, members.slice(first, engine.batch_rows))
            scope.table("compared", compare, headings)
            decided.append(scope.fetch(_VERDICTS, asked | batch))
        return {"verdicts": VERDICTS_TABLE.conform(pa.concat_tables(decided))}


def _set_side_by_side(scope: Scope, features: pa.Table, members: pa.Table) -> None:
    """Make `ours`, the features of the duplicates among `members`, and `theirs`, their primaries'.

    Both by the duplicate's row. Joining them would go through all features for each batch.
    """
    rows, primaries = (members.column(name).to_numpy() for name in ("row", "primary"))
    duplicates = np.flatnonzero(rows != primaries)
    ours = rows_at(features, rows[duplicates])
    theirs = rows_at(features, primaries[duplicates])
    scope.add("ours", ours)
    scope.add("theirs", theirs.set_column(0, ours.schema.field("row"), ours.column("row")))


def _find_junk(scope: Scope, blacklist: tuple[str, ...]) -> None:
    """Create `junk` and `junk_groups`."""
    if blacklist:
        scope.add("terms", compile_blacklist(blacklist))
        foreign = scope.fetch(_FOREIGN_NAMES)
        folded = pa.array([fold(name) for name in foreign.column("name").to_pylist()], pa.string())
        scope.add("foreign_names", pa.table({"row": foreign.column("row"), "text": folded}))
        scope.table("blacklisted", _BLACKLISTED)
    else:
        nothing = pa.schema([("row", pa.int32()), ("term", pa.string())])
        scope.add("blacklisted", nothing.empty_table())
    scope.table("junk", _JUNK)
    scope.table("junk_groups", _JUNK_GROUPS)


def _find_aliases(scope: Scope, compared: list[ComparedField]) -> None:
    """Create `first_elsewhere`."""
    named = [field for field in compared if {"aliases", "tokens"} <= set(field.parts)]
    if named:
        columns = {part: named[0].column(part) for part in ("aliases", "tokens")}
        scope.table("elsewhere", _ELSEWHERE.format(**columns), {"shortest": SHORTEST_ALIAS})
        scope.table("parted", _PARTED)
        scope.table("unsettled", _UNSETTLED)
        scope.table("first_elsewhere", _FIRST_ELSEWHERE)
    else:
        nothing = pa.schema(
            [("row", pa.int32()), ("alias", pa.string()), ("elsewhere", pa.string())]
        )
        scope.add("first_elsewhere", nothing.empty_table())


def _labels(settings: DispositionSettings) -> pa.Table:
    """Return the rules by place, with the dispositions as the settings call them."""
    words = {rule.disposition: rule.disposition for rule in VERDICTS} | settings.labels
    return pa.table(
        {
            "rule": pa.array(range(len(VERDICTS)), pa.int32()),
            "name": pa.array([rule.name for rule in VERDICTS], pa.string()),
            "disposition": pa.array([words[rule.disposition] for rule in VERDICTS], pa.string()),
            "proposed": pa.array(
                [rule.proposed and words[rule.proposed] for rule in VERDICTS], pa.string()
            ),
        }
    )
