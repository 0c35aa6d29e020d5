"""How reasons speak of records, of their values, and of what a primary gains: as SQL."""

from __future__ import annotations

import pyarrow as pa

from keepone.rules.dispositions import GAIN_SHOWN, MOST_GAINS

# Longest name or value that a reason quotes.
_SHOWN = 80


def shortened(value: str, shown: int = _SHOWN) -> str:
    """Return SQL for a value of which so many characters are shown at most."""
    return (
        f"CASE WHEN length({value}) > {shown}"
        f" THEN substr({value}, 1, {shown - 1}) || '…' ELSE {value} END"
    )


NAMES = """
SELECT r.row, r.record_id, coalesce(trim({name}), '') AS name
FROM records AS r
JOIN normalized AS n ON n.row = r.row
"""
"""One record with its name; empty text where it has none."""

CALLED = f"""
SELECT row, CASE
    WHEN name = '' THEN record_id
    ELSE '"' || {shortened("name")} || '" (' || record_id || ')'
END AS called
FROM names
"""
"""One record, as reasons speak of it."""

GAINS = f"""
WITH gained AS (
    SELECT
        m.row, l.place, l.label,
        CASE WHEN g.value IS NULL THEN '' ELSE ' from ' || coalesce(c.called, 'several records') END
            AS giver,
        trim(regexp_replace(g.value, '[ \\t\\r\\n]+', ' ', 'g')) AS value,
        CASE WHEN g.changed THEN ' instead of its own' ELSE '' END AS instead,
        row_number() OVER (PARTITION BY m.row ORDER BY l.place) AS nth,
        count(*) OVER (PARTITION BY m.row) AS gains
    FROM golden AS g
    JOIN members AS m ON m."group" = g."group" AND m.row = m."primary"
    JOIN field_labels AS l ON l."column" = g."column"
    LEFT JOIN called AS c ON c.row = g.source
    WHERE (g.gained OR g.changed) AND m.row >= $first AND m.row < $after
),
given AS (
    SELECT row, min(place) AS place, max(gains) AS gains, string_agg(
        label
        || coalesce(' "' || {shortened("value", GAIN_SHOWN)} || '"' || instead, ' left empty'),
        ', ' ORDER BY place
    ) || giver AS given
    FROM gained
    WHERE nth <= {MOST_GAINS}
    GROUP BY row, giver
)
SELECT row, string_agg(given, '; ' ORDER BY place) || CASE
    WHEN max(gains) > {MOST_GAINS}
    THEN ' and ' || CAST(max(gains) - {MOST_GAINS} AS VARCHAR) || ' more'
    ELSE ''
END AS gains
FROM given
GROUP BY row
"""
"""One primary of a batch whose golden record has what it has not, with what that is."""


def field_labels(fields: pa.Table) -> pa.Table:
    """Return what reasons call each column."""
    lines = fields.select(["column", "field", "header"]).to_pylist()
    labels = [(line["field"] or line["header"]).replace("_", " ") for line in lines]
    places = pa.array(range(len(lines)), pa.int32())
    return pa.table({"column": fields.column("column"), "place": places, "label": labels})
