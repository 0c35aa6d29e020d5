"""Profile: what each input column is, and whether pairs of records are compared on it."""

from __future__ import annotations

from functools import cache

import pyarrow as pa

from keepone.engine import Engine, Scope, quote
from keepone.kernels.value_shapes import overlap, sample_column
from keepone.rules.column_evidence import ColumnEvidence, Overlap
from keepone.rules.column_fields import FieldChoice, choose_fields
from keepone.schema import FIELDS
from keepone.settings import ProfileSettings

COUNTS_SQL = """
WITH told AS (
  SELECT {values}
  FROM inputs
)
SELECT {counts}
FROM told
"""
"""How many records fill each column, and with how many distinct values."""

# Only values that begin with a blank are trimmed: the comparison costs next to nothing, trimming
# all values would cost more than counting them.
_VALUE_PIECE = """
    CASE
      WHEN {column} < '!' OR {column} BETWEEN chr(160) AND chr(161)
      THEN CASE WHEN trim({column}, $blanks) = '' THEN NULL ELSE {column} END
      ELSE {column}
    END AS {column}"""

# Long values are counted by their digests, or all running text would be held to count it.
_COUNT_PIECE = """
    count({column}) AS {filled},
    count(DISTINCT CASE WHEN length({column}) > $long THEN md5({column}) ELSE {column} END)
      AS {distinct}"""

RECORD_ID_SQL = """
WITH held AS (
  SELECT row, trim({column}, $blanks) AS value
  FROM {inputs}
  WHERE {column} IS NOT NULL
)
SELECT count(*) AS others
FROM held
JOIN records USING (row)
WHERE value NOT IN ('', record_id)
  AND concat(dataset, ':', value) <> record_id
  AND NOT (
    length(record_id) >= 18
    AND length(value) = 15
    AND value = substr(record_id, length(record_id) - 17, 15)
  )
"""
"""Records whose value in a column is not their id: as it came, qualified by the dataset, or the 15
characters of a Salesforce id of 18."""

_BLANKS = " \t\r\n\u00a0"

# Each distinct count holds a table of its own while its statement runs: so many values in all.
_VALUES_COUNTED = 16_000_000
# Columns in one statement at the most.
_COUNTED_TOGETHER = 32
# Characters from which a value takes more than its digest does.
_LONG = 100
# Records whose ids are compared before all others', to save the work for other columns.
_FIRST = 1_000


def profile(
    engine: Engine,
    settings: ProfileSettings,
    *,
    records: pa.Table,
    inputs: pa.Table,
    headers: pa.Table,
) -> dict[str, pa.Table]:
    """Return `fields`: one row per input column with its type, field name, and why.

    Types come from the header and from values drawn at even steps of the rows, so neither the order
    of arrival nor threads change them. Raises `SettingsError` or `InputError` for a mapping that
    does not fit, and `InputError` when no column can be compared.
    """
    names = headers.column("column").to_pylist()
    titles = headers.column("header").to_pylist()
    with engine.scope(records=records, inputs=inputs) as scope:
        counts = _counts(scope, names, records.num_rows)
        scope.add("first_inputs", inputs.slice(0, _FIRST))
        samples = {name: sample_column(inputs.column(name)) for name in names}
        record_id = _record_id_column(scope, names, counts)
    evidence = [
        ColumnEvidence(
            column=name,
            header=title,
            records=records.num_rows,
            filled=counts[name][0],
            distinct=counts[name][1],
            is_record_id=name == record_id,
            sample=samples[name],
        )
        for name, title in zip(names, titles, strict=True)
    ]

    @cache
    def overlap_of(left: str, right: str) -> Overlap:
        return overlap(inputs.column(left), inputs.column(right))

    choices = choose_fields(evidence, settings.map, settings.ignore, overlap_of)
    return {"fields": _fields_table(evidence, choices)}


def _counts(scope: Scope, names: list[str], rows: int) -> dict[str, tuple[int, int]]:
    """Return filled and distinct of each column."""
    counts: dict[str, tuple[int, int]] = {}
    size = max(1, min(_COUNTED_TOGETHER, _VALUES_COUNTED // max(1, rows)))
    for start in range(0, len(names), size):
        together = names[start : start + size]
        pieces = [
            _COUNT_PIECE.format(
                column=quote(name),
                filled=quote(f"{name}.filled"),
                distinct=quote(f"{name}.distinct"),
            )
            for name in together
        ]
        values = [_VALUE_PIECE.format(column=quote(name)) for name in together]
        statement = COUNTS_SQL.format(values=",".join(values), counts=",".join(pieces))
        (row,) = scope.fetch(statement, {"blanks": _BLANKS, "long": _LONG}).to_pylist()
        for name in together:
            counts[name] = (row[f"{name}.filled"], row[f"{name}.distinct"])
    return counts


def _record_id_column(
    scope: Scope, names: list[str], counts: dict[str, tuple[int, int]]
) -> str | None:
    """Return the first column that never repeats and everywhere holds its record's id."""
    for name in names:
        filled, distinct = counts[name]
        if (
            filled
            and filled == distinct
            and _holds_ids(scope, name, "first_inputs")
            and _holds_ids(scope, name, "inputs")
        ):
            return name
    return None


def _holds_ids(scope: Scope, name: str, inputs: str) -> bool:
    statement = RECORD_ID_SQL.format(column=quote(name), inputs=inputs)
    others: int = scope.fetch(statement, {"blanks": _BLANKS})["others"][0].as_py()
    return others == 0


def _fields_table(evidence: list[ColumnEvidence], choices: list[FieldChoice]) -> pa.Table:
    rows = [
        {
            "column": choice.column,
            "header": seen.header,
            "field": choice.field,
            "type": choice.type,
            "filled": seen.filled,
            "distinct": seen.distinct,
            "compared": choice.compared,
            "why": choice.why,
        }
        for seen, choice in zip(evidence, choices, strict=True)
    ]
    return pa.Table.from_pylist(rows, schema=FIELDS.arrow())
