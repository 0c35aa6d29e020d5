"""A finished run and a truth side by side, in one database that questions are asked of.

A truth says which entity each record is, or labels pairs of records; pairs that are not listed then
say nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import duckdb
import numpy as np
import pyarrow as pa

from keepone.artifacts import read_artifact
from keepone.engine import quote
from keepone.errors import InputError
from keepone.evaluation.agreement import NOWHERE, Longs
from keepone.evaluation.calibration import JudgedScores
from keepone.manifest import ArtifactFile, Manifest
from keepone.runs import Run

Score = Literal["probability", "model_probability"]
"""What people see of a pair, and what groups are joined by."""

_PAIR_COLUMNS = ("id_l", "id_r", "match")
_TABLES = ("records", "distinct", "candidates", "pairs", "groups")

# A truth may know a Salesforce record by the 15 characters that its export showed.
_IDS = """
CREATE TABLE ids AS
SELECT record_id AS id, row FROM records
UNION ALL
SELECT left(record_id, 15), min(row)
FROM records
WHERE length(record_id) = 18 AND left(record_id, 15) NOT IN (SELECT record_id FROM records)
GROUP BY 1
HAVING count(*) = 1
"""

# Runs of earlier releases were not calibrated.
_UNCALIBRATED = (
    "CREATE OR REPLACE TABLE pairs AS SELECT *, probability AS model_probability FROM pairs"
)

_LABELLED = """
CREATE TABLE labelled AS
SELECT truth.id, truth.entity, ids.row, groups."group", distincts.representative
FROM truth
LEFT JOIN ids ON ids.id = truth.id
LEFT JOIN groups ON groups.row = ids.row
LEFT JOIN distincts ON distincts.row = ids.row
"""
"""One record of the truth: its entity, and its row, group and representative in the run."""

# Records that share representative, entity and group are told apart by nothing: counted together.
_CELLS = """
CREATE TABLE cells AS
SELECT representative, entity, "group", min(row) AS row, count(*) AS n
FROM labelled
WHERE row IS NOT NULL
GROUP BY representative, entity, "group"
"""

_LABELS = """
CREATE TABLE labels AS
SELECT
    truth.id_l,
    truth.id_r,
    truth.is_match,
    l.row AS row_l,
    r.row AS row_r,
    l.row IS NOT NULL AND r.row IS NOT NULL AS is_read,
    coalesce(gl."group" = gr."group", false) AS is_grouped,
    candidates.l IS NOT NULL AS is_candidate,
    pairs.probability,
    pairs.model_probability
FROM truth
LEFT JOIN ids AS l ON l.id = truth.id_l
LEFT JOIN ids AS r ON r.id = truth.id_r
LEFT JOIN groups AS gl ON gl.row = l.row
LEFT JOIN groups AS gr ON gr.row = r.row
LEFT JOIN distincts AS dl ON dl.row = l.row
LEFT JOIN distincts AS dr ON dr.row = r.row
LEFT JOIN candidates
  ON candidates.l = least(dl.representative, dr.representative)
 AND candidates.r = greatest(dl.representative, dr.representative)
LEFT JOIN pairs ON pairs.l = candidates.l AND pairs.r = candidates.r
"""
"""One labelled pair, with what the run made of it."""

_ENTITY_SCORES = """
WITH parts AS (
    SELECT representative, entity, sum(n) AS n FROM cells GROUP BY representative, entity
),
sizes AS (SELECT representative, sum(n) AS n FROM parts GROUP BY representative),
matching AS (
    SELECT
        pairs.l,
        pairs.r,
        sum(CASE WHEN pairs.l = pairs.r THEN a.n * (a.n - 1) // 2 ELSE a.n * b.n END) AS n
    FROM pairs
    JOIN parts AS a ON a.representative = pairs.l
    JOIN parts AS b ON b.representative = pairs.r AND b.entity = a.entity
    GROUP BY pairs.l, pairs.r
)
SELECT
    CAST(pairs.{scored} AS BIGINT) AS probability,
    CAST(sum(CASE WHEN pairs.l = pairs.r THEN a.n * (a.n - 1) // 2 ELSE a.n * b.n END) AS BIGINT)
        AS pairs,
    CAST(coalesce(sum(matching.n), 0) AS BIGINT) AS "true"
FROM pairs
JOIN sizes AS a ON a.representative = pairs.l
JOIN sizes AS b ON b.representative = pairs.r
LEFT JOIN matching ON matching.l = pairs.l AND matching.r = pairs.r
GROUP BY pairs.{scored}
ORDER BY pairs.{scored}
"""

_LABEL_SCORES = """
SELECT
    CAST({scored} AS BIGINT) AS probability,
    count(*) AS pairs,
    count(*) FILTER (is_match) AS "true"
FROM labels
WHERE {scored} IS NOT NULL
GROUP BY {scored}
ORDER BY {scored}
"""

_YES = ("1", "1.0", "true", "t", "yes", "y")
_NO = ("0", "0.0", "false", "f", "no", "n")


@dataclass(frozen=True, slots=True)
class Trial:
    """A finished run and a truth in one database.

    The run's tables have their names there (`distincts` for distinct, which is a word of SQL's
    own). With `by_entity`, there are `labelled`, a record of the truth per row, and `cells`, which
    holds the number of records by representative, entity and group; else `labels`, a labelled pair
    per row. `join` is the run's `cluster.join` in millionths.
    """

    run: Run
    manifest: Manifest
    database: duckdb.DuckDBPyConnection
    by_entity: bool
    join: int

    @property
    def files(self) -> list[ArtifactFile]:
        """The files of the run's artifacts."""
        return [file for stage in self.manifest.stages for file in stage.artifacts]

    def rows(self, sql: str, **params: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a SELECT."""
        return self.database.execute(sql, params).fetchall()

    def columns(self, sql: str) -> dict[str, Longs]:
        """Return the columns of a SELECT of whole numbers; null is `NOWHERE`."""
        table: pa.Table = self.database.sql(sql).to_arrow_table()
        return {
            name: table.column(name).fill_null(NOWHERE).to_numpy().astype(np.int64)
            for name in table.column_names
        }

    def judged_scores(self, scored: Score = "probability") -> JudgedScores:
        """Return the scores of all pairs that the truth speaks of: calibrated, or the model's."""
        told = _ENTITY_SCORES if self.by_entity else _LABEL_SCORES
        return JudgedScores(**self.columns(told.format(scored=scored)))


@contextmanager
def trial(
    run: Run, truth: Path, *, id_column: str = "record_id", entity_column: str = "entity_id"
) -> Iterator[Trial]:
    """Open a finished run beside the truth in a CSV or Parquet file.

    The truth gives each record an entity (`id_column`, `entity_column`), or labels pairs (`id_l`,
    `id_r`, `match`). Raises `InputError` for a truth that cannot be used, `RunError` for a run that
    is not finished.
    """
    manifest = run.finished()
    files = [file for stage in manifest.stages for file in stage.artifacts]
    with duckdb.connect(":memory:") as database:
        columns = _read_truth(database, truth)
        for name in _TABLES:
            # Registered tables are views; what is joined again and again pays to be taken in.
            database.register("given_table", read_artifact(run.path, name, files))
            kept = "distincts" if name == "distinct" else name
            database.execute(f"CREATE TABLE {kept} AS FROM given_table")
            database.unregister("given_table")
        if "model_probability" not in database.table("pairs").columns:
            database.execute(_UNCALIBRATED)
        database.execute(_IDS)
        by_entity = not set(_PAIR_COLUMNS) <= set(columns)
        if by_entity:
            _take_entities(database, truth, columns, (id_column, entity_column))
        else:
            _take_labels(database, truth)
        join = round(manifest.thresholds["join"] * 10_000)
        yield Trial(run, manifest, database, by_entity, join)


def _read_truth(database: duckdb.DuckDBPyConnection, path: Path) -> list[str]:
    """Load the truth file as text into the table `given` and return its columns."""
    if not path.is_file():
        message = f"the truth file {path} does not exist"
        raise InputError(message)
    parquet = path.suffix.lower() in {".parquet", ".pq"}
    reader = "read_parquet($path)" if parquet else "read_csv($path, all_varchar = true)"
    try:
        database.execute(f"CREATE TABLE given AS FROM {reader}", {"path": str(path)})
    except duckdb.Error as error:
        message = f"cannot read the truth file {path}: {str(error).splitlines()[0]}"
        raise InputError(
            message, hint="It must be a CSV file with a header, or Parquet."
        ) from error
    return database.table("given").columns


def _take_entities(
    database: duckdb.DuckDBPyConnection, path: Path, columns: list[str], wanted: tuple[str, str]
) -> None:
    for column in wanted:
        if column not in columns:
            message = f"{path} has no column {column!r}; it has {', '.join(columns)}"
            hint = "Name its columns with --truth-id and --truth-entity."
            raise InputError(message, hint=hint)
    record, entity = (quote(column) for column in wanted)
    database.execute(
        f"CREATE TABLE truth AS SELECT DISTINCT CAST({record} AS VARCHAR) AS id,"
        f" CAST({entity} AS VARCHAR) AS entity FROM given"
        f" WHERE {record} IS NOT NULL AND {entity} IS NOT NULL"
    )
    _refuse_repeats(database, path, "id", "says of record {0} that it is several entities")
    database.execute(_LABELLED)
    database.execute(_CELLS)


def _take_labels(database: duckdb.DuckDBPyConnection, path: Path) -> None:
    label = "coalesce(lower(trim(CAST(match AS VARCHAR))), 'empty')"
    odd = database.execute(
        f"SELECT min({label}) FROM given WHERE {label} NOT IN $known", {"known": [*_YES, *_NO]}
    ).fetchone()
    if odd is not None and odd[0] is not None:
        message = f"{path}: match is {odd[0]}; it must be 1 or 0"
        raise InputError(message)
    database.execute(
        "CREATE TABLE truth AS SELECT DISTINCT"
        " least(CAST(id_l AS VARCHAR), CAST(id_r AS VARCHAR)) AS id_l,"
        " greatest(CAST(id_l AS VARCHAR), CAST(id_r AS VARCHAR)) AS id_r,"
        f" {label} IN $yes AS is_match FROM given WHERE id_l <> id_r",
        {"yes": list(_YES)},
    )
    _refuse_repeats(database, path, "id_l, id_r", "labels the pair {0} and {1} both ways")
    database.execute(_LABELS)


def _refuse_repeats(
    database: duckdb.DuckDBPyConnection, path: Path, key: str, complaint: str
) -> None:
    repeated = database.execute(
        f"SELECT {key} FROM truth GROUP BY {key} HAVING count(*) > 1 ORDER BY {key} LIMIT 1"
    ).fetchone()
    if repeated:
        message = f"{path} {complaint.format(*repeated)}"
        raise InputError(message)
