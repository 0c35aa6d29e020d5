"""Disposition: what becomes of each record, by an ordered table of rules, and why.

The rules stand in `keepone.rules.dispositions`. This stage finds, set by set, the facts that they
ask for and the details that their reasons give.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from keepone.engine import Engine, Scope, quote
from keepone.fields import recognised_fields
from keepone.ids import name_fields
from keepone.rules.blacklist import compile_blacklist, fold
from keepone.rules.dispositions import RULES, SHORTEST_ALIAS, reason_sql, rule_sql
from keepone.schema import CONFLICT_COUNTRY, CONFLICT_IDS, CONFLICT_LEGAL, DISPOSITIONS
from keepone.settings import DispositionSettings

# The parts of a field that say as a whole whether two records agree on it.
_WHOLE_PARTS = ("tokens", "people", "value", "number")
# Those of them that are lists of words.
_WORDS = frozenset({"tokens", "people"})
# Types whose one value is a word that may be misspelt; a digit more makes another phone or code.
_SPELT = frozenset({"city", "given_name", "family_name"})
# Longest name or value that a reason quotes.
_SHOWN = 80


def _short(value: str) -> str:
    return (
        f"CASE WHEN length({value}) > {_SHOWN}"
        f" THEN substr({value}, 1, {_SHOWN - 1}) || '…' ELSE {value} END"
    )


_NAMES = """
SELECT r.row, r.record_id, coalesce(trim({name}), '') AS name
FROM records AS r
JOIN normalized AS n ON n.row = r.row
"""
"""One record with its name; empty text where it has none."""

_CALLED = f"""
SELECT row, CASE
    WHEN name = '' THEN record_id
    ELSE '"' || {_short("name")} || '" (' || record_id || ')'
END AS called
FROM names
"""
"""One record, as reasons speak of it."""

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
    ELSE 'is a placeholder ("' || {_short("p.detail")} || '")'
END AS junk
FROM blacklisted AS b
FULL JOIN (SELECT row, detail FROM flags WHERE flag = 'placeholder_name') AS p ON p.row = b.row
"""
"""One record whose name says nothing, and how."""

_JUNK_GROUPS = """
SELECT m."group", count(*) AS junk
FROM junk AS j JOIN members AS m ON m.row = j.row
GROUP BY m."group"
"""
"""One group with a junk name in it, and how many."""

_ODDITIES = f"""
SELECT f.row,
    replace(f.flag, '_', ' ')
    || CASE WHEN f.detail = '' THEN '' ELSE ': ' || {_short("f.detail")} END AS suspicion
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
SELECT e.row, {_short("e.alias")} AS alias, c.called AS elsewhere
FROM unsettled AS e
JOIN (SELECT row, min(alias) AS alias FROM unsettled GROUP BY row) AS first
    ON first.row = e.row AND first.alias = e.alias
JOIN called AS c ON c.row = e."primary"
"""
"""One record that has such a name, with the first in the alphabet and the other group's primary."""

_COMPARED = """
SELECT row, {same} AS same, {similar} AS similar, {different} AS different,
    ids, legal_forms, countries
FROM (
    SELECT m.row, {likenesses}{ids} AS ids, {legal_forms} AS legal_forms, {countries} AS countries
    FROM members AS m
    JOIN features AS a ON a.row = m.row
    JOIN features AS b ON b.row = m."primary"
    WHERE m.row <> m."primary" AND m.row >= $first AND m.row < $after
) AS duplicates
"""
"""One duplicate of a batch: what it has in common with its primary and what not; empty for none."""

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
    (m.conflicts & {CONFLICT_LEGAL}) <> 0 AS fact_legal_forms_differ,
    (m.conflicts & {CONFLICT_COUNTRY}) <> 0 AS fact_countries_differ,
    m.row <> m."primary" AND pj.row IS NOT NULL AS fact_primary_is_junk,
    o.row IS NOT NULL AS fact_suspicious,
    coalesce(v.said, h.said, '') AS detail_decided,
    j.junk AS detail_junk,
    CAST(m.size AS VARCHAR) AS detail_size,
    {_short("s.detail")} AS detail_several,
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
    o.suspicion AS detail_suspicion
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
WHERE m.row >= $first AND m.row < $after
"""
"""One record of a batch: all facts that rules may ask for, all details that reasons may give."""

_DISPOSITIONS = f"""
SELECT d.row, l.disposition, l.name AS rule, {reason_sql("d.rule")} AS reason,
    l.proposed AS proposed_disposition
FROM (SELECT *, {rule_sql()} AS rule FROM ({_FACTS}) AS facts) AS d
JOIN labels AS l ON l.rule = d.rule
ORDER BY d.row
"""
"""One record with its verdict."""


@dataclass(frozen=True, slots=True)
class _Field:
    """A field that is compared, with the columns that `features` has for it."""

    name: str
    type: str
    parts: tuple[str, ...]

    def column(self, part: str) -> str:
        return quote(f"{self.name}.{part}")


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
    judgements: pa.Table,
    blacklisted: pa.Table,
) -> dict[str, pa.Table]:
    """Return `dispositions`: one row per record, decided by the first rule that holds.

    Raises `SettingsError` for a blacklisted term that has nothing to look for.
    """
    compared = _compared_fields(fields, features)
    with engine.scope(
        records=records,
        normalized=normalized,
        features=features,
        flags=flags,
        members=members,
        judgements=judgements,
    ) as scope:
        names = ", ".join(f"n.{quote(field)}" for field in name_fields(fields))
        scope.table("names", _NAMES.format(name=f"concat_ws(' ', {names})" if names else "''"))
        scope.table("called", _CALLED)
        _find_junk(scope, (*settings.blacklist, *blacklisted.column("term").to_pylist()))
        scope.table("oddities", _ODDITIES)
        _find_aliases(scope, compared)
        scope.add("labels", _labels(settings))
        auto = round(settings.auto * 10_000)
        decided = []
        # Reasons are long: what they are put together from is held for a batch at a time.
        for first in range(0, max(members.num_rows, 1), engine.batch_rows):
            batch = {"first": first, "after": first + engine.batch_rows}
            _compare(scope, compared, batch)
            decided.append(scope.fetch(_DISPOSITIONS, {"auto": auto, **batch}))
        return {"dispositions": DISPOSITIONS.conform(pa.concat_tables(decided))}


def _compared_fields(fields: pa.Table, features: pa.Table) -> list[_Field]:
    parts: dict[str, list[str]] = {}
    for column in features.column_names[1:]:
        name, _, part = column.rpartition(".")
        parts.setdefault(name, []).append(part)
    return [
        _Field(field.name, field.type, tuple(parts[field.name]))
        for field in recognised_fields(fields)
        if field.compared and set(_WHOLE_PARTS) & set(parts.get(field.name, ()))
    ]


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


def _find_aliases(scope: Scope, compared: list[_Field]) -> None:
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


def _compare(scope: Scope, compared: list[_Field], batch: dict[str, int]) -> None:
    """Create `compared` for a batch: the rows from `first` to the one before `after`."""
    labels = {f"field_{at}": field.name.replace("_", " ") for at, field in enumerate(compared)}
    likenesses = ""
    ids, legal_forms, countries = [], [], []
    for at, field in enumerate(compared):
        likenesses += f"{_likeness(field)} AS likeness_{at}, "
        if field.type == "identifier":
            ids.append(f"$field_{at} || ' ' || " + _against(field.column("value")))
        elif field.type == "country":
            countries.append(_against(field.column("value")))
        elif "legal" in field.parts:
            legal_forms.append(_against(field.column("legal")))
    listed = {}
    for kind in ("same", "similar", "different"):
        shown = [
            f"CASE WHEN likeness_{at} = '{kind}' THEN $field_{at} END" for at in range(len(labels))
        ]
        listed[kind] = _listed(shown)
    statement = _COMPARED.format(
        **listed,
        likenesses=likenesses,
        ids=_listed(ids),
        legal_forms=_listed(legal_forms),
        countries=_listed(countries),
    )
    scope.table("compared", statement, labels | batch)


def _likeness(field: _Field) -> str:
    """Return SQL for how two records compare on a field; null where there is nothing to compare.

    A CASE within a CASE: whether values are similar is asked of unequal ones alone.
    """
    parts = [part for part in _WHOLE_PARTS if part in field.parts]
    columns = [field.column(part) for part in parts]
    equal = " AND ".join(f"a.{each} IS NOT DISTINCT FROM b.{each}" for each in columns)
    filled = " OR ".join(f"a.{each} IS NOT NULL" for each in columns)
    unequal = " OR ".join(f"a.{each} <> b.{each}" for each in columns)
    alike = " AND ".join(_is_near(field, part) for part in parts)
    return (
        f"CASE WHEN {unequal} THEN CASE WHEN {alike} THEN 'similar' ELSE 'different' END"
        f" WHEN {equal} AND ({filled}) THEN 'same' END"
    )


def _is_near(field: _Field, part: str) -> str:
    """Return SQL for whether a part keeps two values from being similar; missing, it does not.

    Lists of words are near if they share half of the words of the shorter one, words and lists of
    them if an edit for every four characters of the shorter one makes them equal.
    """
    column = field.column(part)
    near = f"a.{column} = b.{column}"
    if part in _WORDS:
        shared = f"array_length(array_intersect(a.{column}, b.{column}))"
        fewest = f"least(array_length(a.{column}), array_length(b.{column}))"
        ours, theirs = (f"array_to_string({side}.{column}, ' ')" for side in "ab")
        # A CASE, so that lists which share words are not compared letter by letter as well.
        spelt = _spelt_alike(ours, theirs)
        near = f"CASE WHEN 2 * {shared} >= {fewest} THEN TRUE ELSE {spelt} END"
    elif field.type in _SPELT:
        near = _spelt_alike(f"a.{column}", f"b.{column}")
    return f"coalesce({near}, TRUE)"


def _spelt_alike(ours: str, theirs: str) -> str:
    return f"4 * levenshtein({ours}, {theirs}) <= least(length({ours}), length({theirs}))"


def _against(column: str) -> str:
    """Return SQL for the two unequal values of a column, null where they are equal or missing."""
    both = f"{_short(f'a.{column}')} || ' against ' || {_short(f'b.{column}')}"
    return f"CASE WHEN a.{column} <> b.{column} THEN {both} END"


def _listed(values: list[str]) -> str:
    return f"concat_ws(', ', {', '.join(values)})" if values else "''"


def _labels(settings: DispositionSettings) -> pa.Table:
    """Return the rules by place, with the dispositions as the settings call them."""
    words = {rule.disposition: rule.disposition for rule in RULES} | settings.labels
    return pa.table(
        {
            "rule": pa.array(range(len(RULES)), pa.int32()),
            "name": pa.array([rule.name for rule in RULES], pa.string()),
            "disposition": pa.array([words[rule.disposition] for rule in RULES], pa.string()),
            "proposed": pa.array(
                [rule.proposed and words[rule.proposed] for rule in RULES], pa.string()
            ),
        }
    )
