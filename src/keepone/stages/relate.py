"""Relate: what records are to each other beside being one company, and what refers to them.

Parent and subsidiary, branches and one brand at several places belong together and are not to be
merged. Here that is found and said; what becomes of it is for the disposition.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from keepone.engine import Engine, Scope, quote
from keepone.likeness import ComparedField, any_of, compared_fields, likeness, same_value
from keepone.relation_tables import CHILDREN, RELATED, RELATIONS
from keepone.rules.relations import (
    BASES,
    BRANCH,
    BRAND,
    KINDS,
    NAME,
    PARENT,
    PARENT_ID,
    PLACE,
    SAME_BRAND,
    SEEN_FROM_OTHER,
    SUBSIDIARY,
    parent_columns,
    relation_words,
)
from keepone.settings import RelateSettings
from keepone.stage import ChildReader

# Whatever these have in common, two records with one of them in common are at one place.
_CONTACTS = frozenset({"phone", "email"})

_SPELLINGS = """
SELECT dataset, spelling, min(row) AS row
FROM (
    SELECT dataset, row, id AS spelling FROM ids
    UNION ALL
    SELECT dataset, row, substr(id, 1, 15) AS spelling FROM ids WHERE length(id) = 18
) AS spelled
GROUP BY dataset, spelling
"""
"""One way in which a record's id may be written where another names it; Salesforce has two."""

_IDS = """
SELECT dataset, row, CASE
    WHEN dataset <> '' AND strpos(record_id, dataset || ':') = 1
    THEN substr(record_id, length(dataset) + 2)
    ELSE record_id
END AS id
FROM records
"""
"""One record with its id as its own file has it."""

_POINTING = """
SELECT i.row, s.row AS parent, {header} AS header
FROM inputs AS i
JOIN records AS r ON r.row = i.row
JOIN spellings AS s ON s.dataset = r.dataset AND s.spelling = trim(i.{column})
WHERE s.row <> i.row
"""
"""One record whose column names another of its dataset as its parent."""

_NO_POINTING = (
    "SELECT r.row, r.row AS parent, r.record_id AS header FROM records AS r WHERE r.row < 0"
)
"""No record: the file has no column that names parents."""

_CHILDREN = f"""
SELECT r.row, p.kind, count(DISTINCT p.child_id) AS children
FROM pointers AS p
JOIN records AS r ON r.record_id = p.parent_id
WHERE p.kind <> '{SUBSIDIARY}'
GROUP BY r.row, p.kind
UNION ALL
SELECT parent AS row, '{SUBSIDIARY}' AS kind, count(DISTINCT row) AS children
FROM pointing
GROUP BY parent
ORDER BY row, kind
"""
"""One kind of record that refers to a record: children of other objects, accounts below it."""

_BRANDS = """
SELECT m.row, min(m.row) OVER (PARTITION BY array_to_string(f.{tokens}, ' ')) AS head
FROM members AS m
JOIN features AS f ON f.row = m.row
WHERE m.row = m."primary" AND f.{tokens} IS NOT NULL
    AND m.row NOT IN (SELECT row FROM flags WHERE flag = 'placeholder_name')
"""
"""One primary with a name that says something, with the first primary of the same name."""

_LOOKED_AT = """
SELECT row AS l, "primary" AS r, 'group' AS side FROM members WHERE row <> "primary"
UNION ALL
SELECT l, r, 'apart' AS side FROM possible_matches
UNION ALL
SELECT row AS l, head AS r, 'brand' AS side FROM brands WHERE row <> head
"""
"""Two records that may be related: of one group, nearly of one, or primaries of the same name.

Of a brand each is looked at beside the first: a thousand shops make a thousand pairs.
"""

_SIDE_BY_SIDE = """
SELECT s.l, s.r, s.side, s.same_id, s.same_web,
    s.same_id OR s.same_contact OR s.same_number OR (s.same_town AND NOT s.street_apart)
        AS same_site,
    s.name_alike AND NOT (s.same_id OR s.same_contact OR s.street_alike)
        AND ((s.city_apart AND s.code_apart) OR (s.street_apart AND (s.city_apart OR s.code_apart)))
        AS elsewhere,
    s.street_apart, s.city_apart, s.code_apart,
    array_length(s.ours) > 0 AS ours_longer,
    CASE WHEN array_length(s.theirs) = 0 THEN s.ours WHEN array_length(s.ours) = 0 THEN s.theirs END
        AS added
FROM (
    SELECT *, {same_number} AS same_number, {street_alike} AS street_alike,
        {same_town} AS same_town, {street_apart} AS street_apart, {city_apart} AS city_apart,
        {code_apart} AS code_apart, {name_alike} AS name_alike
    FROM (
        SELECT x.l, x.r, x.side, {likenesses}{same_id} AS same_id,
            {same_contact} AS same_contact, {same_web} AS same_web, {ours} AS ours,
            {theirs} AS theirs
        FROM looked_at AS x
        JOIN features AS a ON a.row = x.l
        JOIN features AS b ON b.row = x.r
    ) AS found
) AS s
"""
"""Two such records: what they share, how far apart they are, what one name adds to the other."""

_ADDED = """
SELECT x.l, x.r, x.ours_longer, min(w.place) AS place,
    'one name adds "' || min(x.words) || '"' AS why
FROM (
    SELECT l, r, ours_longer, same_id, same_site, array_to_string(added, ' ') AS words,
        array_length(added) AS number, unnest(added) AS word
    FROM side_by_side
    WHERE array_length(added) > 0
) AS x
JOIN words AS w ON w.word = x.word
GROUP BY x.l, x.r, x.ours_longer, x.same_id, x.same_site, x.number
HAVING count(*) = x.number AND NOT x.same_id AND (bool_or(w.unit) OR NOT x.same_site)
"""
"""Two records of which one name is the other with words such as holding, division or Europe."""

_PLACES = """concat_ws(
        ', ', CASE WHEN street_apart THEN 'street' END, CASE WHEN city_apart THEN 'city' END,
        CASE WHEN code_apart THEN 'postal code' END
    )"""

_FOUND = f"""
SELECT least(p.row, p.parent) AS l, greatest(p.row, p.parent) AS r,
    {BASES.index(PARENT_ID)} AS basis,
    CASE WHEN p.row < p.parent THEN '{SUBSIDIARY}' ELSE '{PARENT}' END AS kind,
    p.header || ' says so' AS why
FROM pointing AS p
UNION ALL
SELECT least(a.l, a.r) AS l, greatest(a.l, a.r) AS r, {BASES.index(NAME)} AS basis,
    CASE WHEN a.ours_longer = (a.l < a.r) THEN k.kind ELSE k.other END AS kind, a.why
FROM added AS a
JOIN kinds AS k ON k.place = a.place
UNION ALL
SELECT least(l, r) AS l, greatest(l, r) AS r, {BASES.index(PLACE)} AS basis, '{BRANCH}' AS kind,
    'different ' || {_PLACES} AS why
FROM side_by_side
WHERE side = 'group' AND elsewhere
UNION ALL
SELECT least(l, r) AS l, greatest(l, r) AS r, {BASES.index(BRAND)} AS basis,
    CASE WHEN same_web THEN '{BRANCH}' ELSE '{SAME_BRAND}' END AS kind,
    CASE WHEN same_web THEN 'same name and web site' ELSE 'same name' END
        || ', different ' || {_PLACES} AS why
FROM side_by_side
WHERE side = 'brand' AND elsewhere
"""
"""One reason to hold two records related, seen from the smaller row."""

_RELATIONS = """
WITH first AS (
    SELECT f.l, f.r, f.kind, f.basis, f.why
    FROM (
        SELECT *, row_number() OVER (PARTITION BY l, r ORDER BY basis, kind, why) AS place
        FROM found
    ) AS f
    WHERE f.place = 1
)
SELECT f.l AS row, f.r AS other, f.kind, b.basis, f.why
FROM first AS f
JOIN bases AS b ON b.place = f.basis
UNION ALL
SELECT f.r AS row, f.l AS other, k.other AS kind, b.basis, f.why
FROM first AS f
JOIN bases AS b ON b.place = f.basis
JOIN kinds AS k ON k.kind = f.kind
"""
"""One record and another, with the surest reason to hold them related."""


_IN_ORDER = "SELECT * FROM relations AS r ORDER BY r.row, r.other"
"""The same in the order of the table."""

_RELATED = """
SELECT a.record_id, r.kind, b.record_id AS related_id, r.basis, r.why,
    m."group" = o."group" AS same_group
FROM relations AS r
JOIN records AS a ON a.row = r.row
JOIN records AS b ON b.row = r.other
JOIN members AS m ON m.row = r.row
JOIN members AS o ON o.row = r.other
ORDER BY a.record_id, b.record_id
"""
"""One record and another by their ids."""


def relate(
    engine: Engine,
    settings: RelateSettings,  # noqa: ARG001 - names the child exports, which are opened by the run
    *,
    records: pa.Table,
    inputs: pa.Table,
    fields: pa.Table,
    features: pa.Table,
    flags: pa.Table,
    members: pa.Table,
    possible_matches: pa.Table,
    child_exports: ChildReader,
) -> dict[str, pa.Table]:
    """Return `relations` and `related`, a row per record and other record, and `children`.

    That has a row per record and kind of what refers to it. Those two say the same, the second by
    record ids.
    Names and places relate organisations alone; ids of parents relate records of any kind.
    """
    with engine.scope(
        records=records,
        inputs=inputs,
        features=features,
        flags=flags,
        members=members,
        possible_matches=possible_matches,
        pointers=child_exports.pointers(records.column("record_id")),
        words=_words(),
        kinds=_kinds(),
        bases=pa.table({"place": pa.array(range(len(BASES)), pa.int32()), "basis": BASES}),
    ) as scope:
        _find_parents(scope, fields)
        compared = compared_fields(fields, features)
        named = next((field for field in compared if field.type == "organisation"), None)
        _compare(scope, compared, named)
        scope.table("added", _ADDED)
        scope.table("found", _FOUND)
        scope.table("relations", _RELATIONS)
        return {
            "relations": RELATIONS.conform(scope.fetch(_IN_ORDER)),
            "related": RELATED.conform(scope.fetch(_RELATED)),
            "children": CHILDREN.conform(scope.fetch(_CHILDREN)),
        }


def _find_parents(scope: Scope, fields: pa.Table) -> None:
    """Create `pointing`."""
    columns = parent_columns(fields)
    if not columns:
        scope.table("pointing", _NO_POINTING)
        return
    scope.table("ids", _IDS)
    scope.table("spellings", _SPELLINGS)
    statements = [
        _POINTING.format(column=quote(column), header=f"$header_{at}")
        for at, (column, _) in enumerate(columns)
    ]
    headers = {f"header_{at}": header for at, (_, header) in enumerate(columns)}
    scope.table("pointing", "UNION ALL".join(statements), headers)


def _compare(scope: Scope, compared: Sequence[ComparedField], named: ComparedField | None) -> None:
    """Create `side_by_side`; without names of organisations nothing is looked at."""
    tokens = named.column("tokens") if named else "row"
    if named:
        scope.table("brands", _BRANDS.format(tokens=tokens))
        scope.table("looked_at", _LOOKED_AT)
    else:
        nothing = pa.schema([("l", pa.int32()), ("r", pa.int32()), ("side", pa.string())])
        scope.add("looked_at", nothing.empty_table())
    likenesses: dict[str, str] = {}
    alike: dict[str, list[str]] = {"organisation": [], "street": [], "city": [], "postal_code": []}
    numbers: list[str] = []
    for at, field in enumerate(compared):
        if field.type not in alike or (field.type == "organisation" and field != named):
            continue
        likenesses[f"like_{at}"] = _place_likeness(field)
        alike[field.type].append(f"like_{at}")
        if field.type == "street" and "number" in field.parts:
            likenesses[f"number_{at}"] = same_value([field], "number")
            numbers.append(f"(coalesce(like_{at} <> 'different', FALSE) AND number_{at})")
    empty = "CAST([] AS VARCHAR[])"
    statement = _SIDE_BY_SIDE.format(
        likenesses="".join(f"{said} AS {name}, " for name, said in likenesses.items()),
        same_id=same_value([f for f in compared if f.type == "identifier"], "value"),
        same_contact=same_value([f for f in compared if f.type in _CONTACTS], "value"),
        same_web=same_value([f for f in compared if f.type == "web"], "value"),
        same_number=any_of(numbers),
        street_alike=_any_alike(alike["street"]),
        same_town=_any_alike([*alike["city"], *alike["postal_code"]]),
        street_apart=_all_differ(alike["street"]),
        city_apart=_all_differ(alike["city"]),
        code_apart=_all_differ(alike["postal_code"]),
        name_alike=_any_alike(alike["organisation"]),
        ours=_words_beyond("a", "b", tokens) if named else empty,
        theirs=_words_beyond("b", "a", tokens) if named else empty,
    )
    scope.table("side_by_side", statement)


def _words_beyond(side: str, other: str, tokens: str) -> str:
    """Return SQL for the words of a name that the other lacks; none where one has no name."""
    # Most names are equal, and need no look at their words.
    beyond = f"list_filter({side}.{tokens}, lambda w: NOT array_contains({other}.{tokens}, w))"
    return f"CASE WHEN a.{tokens} <> b.{tokens} THEN {beyond} ELSE CAST([] AS VARCHAR[]) END"


def _all_differ(likenesses: Sequence[str]) -> str:
    """Return SQL for whether fields of one type are filled on both sides and none is alike."""
    differ = any_of([f"coalesce({each} = 'different', FALSE)" for each in likenesses])
    return f"({differ} AND NOT {_any_alike(likenesses)})"


def _any_alike(likenesses: Sequence[str]) -> str:
    """Return SQL for whether one of the fields is the same or similar on both sides."""
    return any_of([f"coalesce({each} <> 'different', FALSE)" for each in likenesses])


def _place_likeness(field: ComparedField) -> str:
    """Return SQL for how two records compare on a field, as places are told apart by it."""
    if field.type == "city":
        return _city_likeness(field)
    return _code_likeness(field) if field.type == "postal_code" else likeness(field)


def _city_likeness(field: ComparedField) -> str:
    """Return the likeness, for which a city and the same with more words are alike."""
    ours, theirs = (f"{side}.{field.column('value')}" for side in "ab")
    longer = f"strpos({ours}, {theirs} || ' ') = 1 OR strpos({theirs}, {ours} || ' ') = 1"
    return f"CASE WHEN {longer} THEN 'similar' ELSE {likeness(field)} END"


def _code_likeness(field: ComparedField) -> str:
    """Return the likeness of postal codes by their short form: five digits, an outward code."""
    if "short" not in field.parts:
        return likeness(field)
    value, short = field.column("value"), field.column("short")
    ours, theirs = (f"coalesce({side}.{short}, {side}.{value})" for side in "ab")
    return f"CASE WHEN {ours} <> {theirs} THEN 'different' WHEN {ours} = {theirs} THEN 'same' END"


def _words() -> pa.Table:
    words = relation_words()
    return pa.table({
        "word": list(words),
        "place": pa.array([KINDS.index(each.kind) for each in words.values()], pa.int32()),
        "unit": [each.unit for each in words.values()],
    })  # fmt: skip


def _kinds() -> pa.Table:
    return pa.table({
        "place": pa.array(range(len(KINDS)), pa.int32()),
        "kind": KINDS,
        "other": [SEEN_FROM_OTHER[kind] for kind in KINDS],
    })  # fmt: skip
