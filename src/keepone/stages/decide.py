"""Decide: what people judged of the records of this run, by row, and what speaks against it.

A judgement holds whatever the data says. Where records that people hold to be one company have come
to differ in an identifier, or match at less than `score.review`, that is told beside it, unless
they knew.
"""

from __future__ import annotations

import pyarrow as pa

from keepone.decision_tables import BLACKLISTED, DECIDED, JUDGEMENTS
from keepone.engine import Engine, Scope, quote
from keepone.fields import recognised_fields
from keepone.settings import DecideSettings, ScoreSettings

_JUDGEMENTS = """
SELECT r.row, s.kind, s.number, coalesce(s.field, '') AS field, s.value, s.decision, d.said
FROM statements AS s
JOIN records AS r ON r.dataset = s.dataset AND r.record_id = s.record_id
JOIN decisions AS d ON d.decision = s.decision
ORDER BY r.row, s.kind, s.number, field
"""
"""One judgement of one record."""

_BLACKLISTED = """
SELECT s.value AS term, d.said
FROM statements AS s
JOIN decisions AS d ON d.decision = s.decision
WHERE s.kind = 'blacklist'
ORDER BY term
"""
"""One blacklisted name."""

_HELD = """
SELECT j.row, j.number, j.decision, t.representative
FROM judgements AS j
JOIN twins AS t ON t.row = j.row
WHERE j.kind = 'same'
"""
"""One record that people hold together with others."""

_DIFFERING = """
SELECT h.decision, $label || ' ' || v.least || ' against ' || v.most AS detail
FROM held AS h
JOIN features AS f ON f.row = h.row
JOIN (
    SELECT h.number, min(f.{value}) AS least, max(f.{value}) AS most
    FROM held AS h
    JOIN features AS f ON f.row = h.row
    GROUP BY h.number
    HAVING min(f.{value}) <> max(f.{value})
) AS v ON v.number = h.number
JOIN decisions AS d ON d.decision = h.decision
WHERE f.{value} IS NOT NULL AND NOT d.knew_ids_differ
"""
"""One record held together with others of which one has another identifier."""

_KINDS_HELD = """
SELECT number, representative, count(*) AS copies
FROM held
GROUP BY number, representative
"""
"""One set of equal records that are held together with others, or with one another."""

_COMPARED = """
SELECT a.number, a.representative AS l, b.representative AS r,
    coalesce(s.probability, 0) AS probability
FROM candidates AS c
JOIN kinds_held AS a ON a.representative = c.l
JOIN kinds_held AS b ON b.representative = c.r AND b.number = a.number
LEFT JOIN scored AS s ON s.l = c.l AND s.r = c.r
WHERE c.l < c.r OR a.copies > 1
"""
"""One pair that was compared and is held together."""

_LOW = """
SELECT h.decision,
    'matches the others at ' || CAST(b.probability // 10000 AS VARCHAR) || '.'
    || CAST((b.probability // 1000) % 10 AS VARCHAR) || ' % at most' AS detail
FROM held AS h
JOIN (
    SELECT number, representative, max(probability) AS probability
    FROM (
        SELECT number, l AS representative, probability FROM compared
        UNION ALL
        SELECT number, r AS representative, probability FROM compared
    ) AS ends
    GROUP BY number, representative
    HAVING max(probability) < $review
) AS b ON b.number = h.number AND b.representative = h.representative
JOIN decisions AS d ON d.decision = h.decision
WHERE NOT d.knew_low_score
"""
"""One record held together with others that it was compared with, and matches too little."""

_DECIDED = """
SELECT d.decision, d.id, d.kind, d.author, d.time, d.said,
    CASE
        WHEN c.detail IS NOT NULL THEN 'contradicted'
        WHEN d.overruled IS NOT NULL THEN 'overruled'
        ELSE 'applied'
    END AS status,
    coalesce(c.detail, d.overruled, '') AS detail
FROM decisions AS d
LEFT JOIN (
    SELECT decision, min(detail) AS detail
    FROM doubts
    GROUP BY decision
) AS c ON c.decision = d.decision
ORDER BY d.decision
"""
"""One decision with what became of it."""


def decide(
    engine: Engine,
    settings: DecideSettings,  # noqa: ARG001 - there is nothing to set
    *,
    score: ScoreSettings,
    records: pa.Table,
    fields: pa.Table,
    features: pa.Table,
    distinct: pa.Table,
    candidates: pa.Table,
    scored: pa.Table,
    decisions: pa.Table,
    statements: pa.Table,
) -> dict[str, pa.Table]:
    """Return `judgements` of records, `blacklisted` names, and `decided`: what became of each.

    Probabilities that speak against a judgement are the model's own.
    """
    if not decisions.num_rows:
        return {table.name: table.empty() for table in (JUDGEMENTS, BLACKLISTED, DECIDED)}
    with engine.scope(
        records=records, statements=statements, decisions=decisions, twins=distinct,
        features=features, candidates=candidates, scored=scored,
    ) as scope:  # fmt: skip
        judgements = JUDGEMENTS.conform(scope.fetch(_JUDGEMENTS))
        scope.add("judgements", judgements)
        _find_doubts(scope, fields, features, review=round(score.review * 10_000))
        return {
            "judgements": judgements,
            "blacklisted": BLACKLISTED.conform(scope.fetch(_BLACKLISTED)),
            "decided": DECIDED.conform(scope.fetch(_DECIDED)),
        }


def _find_doubts(scope: Scope, fields: pa.Table, features: pa.Table, *, review: int) -> None:
    """Create `doubts`: a line for each thing that speaks against a decision."""
    scope.table("held", _HELD)
    scope.table("kinds_held", _KINDS_HELD)
    scope.table("compared", _COMPARED)
    doubts = [scope.fetch(_LOW, {"review": review})]
    for field in recognised_fields(fields):
        column = f"{field.name}.value"
        if field.type == "identifier" and field.compared and column in features.column_names:
            statement = _DIFFERING.format(value=quote(column))
            doubts.append(scope.fetch(statement, {"label": field.name.replace("_", " ")}))
    scope.add("doubts", pa.concat_tables(doubts))
