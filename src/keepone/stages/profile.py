"""Profile: what each input column is, and whether pairs of records are compared on it.

Leaves `fields`, and `origins`, the sources of records where the user says that none holds a company
twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from keepone.engine import Engine, Scope, quote
from keepone.kernels.cells import words
from keepone.kernels.value_shapes import glance, overlap, sample_columns
from keepone.rules.column_evidence import ColumnEvidence, Overlap, Sample
from keepone.rules.column_fields import FieldChoice, choose_fields
from keepone.rules.column_mapping import link_column
from keepone.schema import FIELDS, ORIGINS
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
  FROM inputs
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
    """Return `fields`, one row per input column with its type, field name and why; and `origins`.

    Types come from the header and from values drawn at even steps of the rows, so neither the order
    of arrival nor threads change them. What is said of a column is said of the datasets that have
    values in it; columns of different datasets may be one field. Raises `SettingsError` or
    `InputError` for a mapping or link that does not fit, and `InputError` when no column can be
    compared.
    """
    measured = _Columns(engine, records, inputs, headers)
    evidence = measured.evidence()
    choices = choose_fields(
        evidence,
        settings.map,
        settings.ignore,
        measured.together,
        measured.overlap,
        types=settings.types,
        link=settings.link,
    )
    origins = ORIGINS.empty()
    if settings.link is not None:
        linked = link_column(settings.link, evidence)
        named = inputs.column(linked.column) if linked else records.column("source_file")
        origins = _origins(records.column("row"), named)
    return {"fields": measured.fields(choices), "origins": origins}


class _Columns:
    """The input columns, measured one by one and as fields of several."""

    def __init__(
        self, engine: Engine, records: pa.Table, inputs: pa.Table, headers: pa.Table
    ) -> None:
        self._engine, self._inputs = engine, inputs
        self._headers = dict(
            zip(
                headers.column("column").to_pylist(),
                headers.column("header").to_pylist(),
                strict=True,
            )
        )
        self._spans = _spans(records)
        datasets = {name: self._datasets(name) for name in self._headers}
        with engine.scope(records=records) as scope:
            counts = _counts(scope, inputs.select(list(self._headers)))
            record_ids = _record_id_columns(scope, inputs, counts, datasets)
        samples = sample_columns(inputs.column(name) for name in self._headers)
        self._evidence = {
            name: replace(
                self._measured(name, inputs.column(name), sample, counts[name], datasets[name]),
                is_record_id=name in record_ids,
            )
            for name, sample in zip(self._headers, samples, strict=True)
        }
        self._overlaps: dict[tuple[tuple[str, ...], tuple[str, ...]], Overlap] = {}

    def evidence(self) -> list[ColumnEvidence]:
        """Return what is known of each column."""
        return list(self._evidence.values())

    def together(self, columns: Sequence[str]) -> ColumnEvidence:
        """Return what is known of columns of different datasets that are one field."""
        name = columns[0]
        values = self._values(columns)
        with self._engine.scope() as scope:
            counts = _counts(scope, pa.table({name: values}))
        datasets = frozenset[str]().union(*(self._evidence[each].datasets for each in columns))
        (sample,) = sample_columns([values])
        return self._measured(name, values, sample, counts[name], datasets)

    def overlap(self, left: Sequence[str], right: Sequence[str]) -> Overlap:
        """Return how two fields overlap."""
        pair = (tuple(left), tuple(right))
        if pair not in self._overlaps:
            self._overlaps[pair] = overlap(self._values(left), self._values(right))
        return self._overlaps[pair]

    def fields(self, choices: Sequence[FieldChoice]) -> pa.Table:
        """Return the table `fields`."""
        everywhere = frozenset(self._spans)
        rows = []
        for choice in choices:
            seen = self._evidence[choice.column]
            rows.append(
                {
                    "column": choice.column,
                    "header": seen.header,
                    "field": choice.field,
                    "type": choice.type,
                    "filled": seen.filled,
                    "distinct": seen.distinct,
                    "compared": choice.compared,
                    "why": choice.why,
                    "datasets": None if seen.datasets >= everywhere else sorted(seen.datasets),
                }
            )
        return pa.Table.from_pylist(rows, schema=FIELDS.arrow())

    def _measured(
        self,
        name: str,
        values: pa.ChunkedArray,
        sample: Sample,
        counts: tuple[int, int],
        datasets: frozenset[str],
    ) -> ColumnEvidence:
        filled, distinct = counts
        return ColumnEvidence(
            column=name,
            header=self._headers[name],
            records=sum(self._spans[dataset][1] for dataset in datasets) or self._inputs.num_rows,
            filled=filled,
            distinct=distinct,
            is_record_id=False,
            sample=sample,
            datasets=datasets,
            glance=glance(values),
        )

    def _values(self, columns: Sequence[str]) -> pa.ChunkedArray:
        """Return the values of a field; of several columns each gives those of its datasets."""
        first, *others = columns
        if not others:
            return self._inputs.column(first)
        chunks: list[pa.Array] = []
        for dataset, (start, length) in self._spans.items():
            holds = (name for name in columns if dataset in self._evidence[name].datasets)
            chunks += self._inputs.column(next(holds, first)).slice(start, length).chunks
        return pa.chunked_array(chunks, pa.string())

    def _datasets(self, name: str) -> frozenset[str]:
        """Return the datasets in which the column has a value."""
        values = self._inputs.column(name)
        return frozenset(
            dataset
            for dataset, (start, length) in self._spans.items()
            if values.slice(start, length).null_count < length
        )


def _origins(rows: pa.ChunkedArray, named: pa.ChunkedArray) -> pa.Table:
    """Return the table `origins` of rows and the sources they name; what says nothing is none."""
    encoded = named.dictionary_encode().unify_dictionaries().combine_chunks()
    names = pc.utf8_trim(encoded.dictionary, _BLANKS)
    names = pc.if_else(pc.is_valid(words(names)), names, pa.scalar(None, pa.string()))
    rank = pc.index_in(names, pa.array(sorted(set(names.drop_null().to_pylist())), pa.string()))
    table = pa.table([rows, rank.take(encoded.indices)], schema=ORIGINS.arrow())
    return table.filter(pc.is_valid(table.column("origin")))


def _spans(records: pa.Table) -> dict[str, tuple[int, int]]:
    """Return where the records of each dataset begin, and how many there are.

    Rows are ranks of (dataset, record id), so that those of a dataset stand together.
    """
    runs = pc.run_end_encode(records.column("dataset").combine_chunks())
    spans, start = {}, 0
    for dataset, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
        spans[dataset] = (start, end - start)
        start = end
    return spans


def _counts(scope: Scope, inputs: pa.Table) -> dict[str, tuple[int, int]]:
    """Return filled and distinct of each column.

    A statement is given the columns that it reads alone: of thousands, each would have to be named.
    """
    counts: dict[str, tuple[int, int]] = {}
    names = inputs.column_names
    size = max(1, min(_COUNTED_TOGETHER, _VALUES_COUNTED // max(1, inputs.num_rows)))
    for start in range(0, len(names), size):
        together = names[start : start + size]
        scope.add("inputs", inputs.select(together))
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


def _record_id_columns(
    scope: Scope,
    inputs: pa.Table,
    counts: Mapping[str, tuple[int, int]],
    datasets: Mapping[str, frozenset[str]],
) -> set[str]:
    """Return for each dataset the first column that everywhere holds its record's id."""
    found: set[str] = set()
    settled: set[str] = set()
    for name, (filled, distinct) in counts.items():
        # An id stands once in a dataset, though another dataset may have it too.
        once = filled and filled <= distinct * len(datasets[name])
        if (
            once
            and not datasets[name] <= settled
            and _holds_ids(scope, inputs.slice(0, _FIRST), name)
            and _holds_ids(scope, inputs, name)
        ):
            found.add(name)
            settled |= datasets[name]
    return found


def _holds_ids(scope: Scope, inputs: pa.Table, name: str) -> bool:
    scope.add("inputs", inputs.select(["row", name]))
    statement = RECORD_ID_SQL.format(column=quote(name))
    others: int = scope.fetch(statement, {"blanks": _BLANKS})["others"][0].as_py()
    return others == 0
