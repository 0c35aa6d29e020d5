"""How well a run's groups agree with a known truth, and where what is lost was lost.

All figures are exact counts of record pairs. Where the truth says which entity each record is,
they are made from counts of records that share a group, an entity or both, and no pair is listed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from keepone.artifacts import read_artifact
from keepone.engine import quote
from keepone.errors import InputError
from keepone.runs import Run

_PAIR_COLUMNS = ("id_l", "id_r", "match")

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

_LABELLED = """
CREATE TABLE labelled AS
SELECT truth.entity, ids.row, groups."group", distincts.representative
FROM truth
LEFT JOIN ids ON ids.id = truth.id
LEFT JOIN groups ON groups.row = ids.row
LEFT JOIN distincts ON distincts.row = ids.row
"""

_CLUSTER_PAIRS = """
WITH sizes AS (
    SELECT 'true' AS kind, count(*) AS n FROM labelled GROUP BY entity
    UNION ALL
    SELECT 'read', count(row) FROM labelled GROUP BY entity
    UNION ALL
    SELECT 'grouped', count(*) FROM labelled WHERE row IS NOT NULL GROUP BY "group"
    UNION ALL
    SELECT 'correct', count(*) FROM labelled WHERE row IS NOT NULL GROUP BY entity, "group"
)
SELECT kind, CAST(sum(n * (n - 1) // 2) AS BIGINT) FROM sizes GROUP BY kind
"""

# Records that share representative, entity and group are told apart by nothing: counted together.
_CLUSTER_CANDIDATES = """
WITH cells AS (
    SELECT representative, entity, "group", count(*) AS n
    FROM labelled
    WHERE row IS NOT NULL
    GROUP BY representative, entity, "group"
)
SELECT
    a.entity = b.entity AS is_match,
    coalesce(pairs.probability, 0) >= $join AS scored,
    CAST(sum(a.n * b.n) AS BIGINT)
FROM candidates
LEFT JOIN pairs ON pairs.l = candidates.l AND pairs.r = candidates.r
JOIN cells AS a ON a.representative = candidates.l
JOIN cells AS b ON b.representative = candidates.r
WHERE (a.entity = b.entity) <> (a."group" = b."group")
  AND (candidates.l < candidates.r
    OR a.entity < b.entity
    OR (a.entity = b.entity AND a."group" < b."group"))
GROUP BY is_match, scored
"""

_LABELLED_PAIRS = """
WITH labels AS (
    SELECT
        truth.is_match,
        l.row IS NOT NULL AND r.row IS NOT NULL AS is_read,
        coalesce(gl."group" = gr."group", false) AS is_grouped,
        candidates.l IS NOT NULL AS is_candidate,
        coalesce(pairs.probability, 0) >= $join AS scored
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
)
SELECT
    count(*) FILTER (WHERE is_match),
    count(*) FILTER (WHERE is_grouped),
    count(*) FILTER (WHERE is_match AND is_grouped),
    count(*) FILTER (WHERE is_match AND NOT is_read),
    count(*) FILTER (WHERE is_match AND is_read AND NOT is_grouped AND NOT is_candidate),
    count(*) FILTER (WHERE is_match AND NOT is_grouped AND is_candidate AND NOT scored),
    count(*) FILTER (WHERE is_match AND NOT is_grouped AND is_candidate AND scored),
    count(*) FILTER (WHERE NOT is_match AND is_grouped AND scored),
    count(*) FILTER (WHERE NOT is_match AND is_grouped AND NOT scored)
FROM labels
"""

_YES = ("1", "1.0", "true", "t", "yes", "y")
_NO = ("0", "0.0", "false", "f", "no", "n")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A run judged by a truth, in record pairs.

    `lost` says where true pairs that are not grouped were lost: `reading` (a record is not in the
    run), `blocking` (never compared), `score` (scored below `cluster.join`), `grouping` (scored
    above it, and parted). `wrong` says what brought pairs together that are none: their `score`, or
    `grouping` with others. A ratio is None where nothing could be counted.
    """

    records: int
    labelled_records: int
    unknown_records: int
    true_pairs: int
    grouped_pairs: int
    correct_pairs: int
    lost: Mapping[str, int]
    wrong: Mapping[str, int]

    @property
    def precision(self) -> float | None:
        """The share of grouped pairs that are true."""
        return self.correct_pairs / self.grouped_pairs if self.grouped_pairs else None

    @property
    def recall(self) -> float | None:
        """The share of true pairs that are grouped."""
        return self.correct_pairs / self.true_pairs if self.true_pairs else None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall."""
        total = self.true_pairs + self.grouped_pairs
        return 2 * self.correct_pairs / total if total else None

    def as_dict(self) -> dict[str, Any]:
        """Return all figures for a machine to read."""
        return {
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "records": self.records,
            "labelled_records": self.labelled_records,
            "unknown_records": self.unknown_records,
            "true_pairs": self.true_pairs,
            "grouped_pairs": self.grouped_pairs,
            "correct_pairs": self.correct_pairs,
            "lost": dict(self.lost),
            "wrong": dict(self.wrong),
        }


def evaluate_run(
    run: Run, truth: Path, *, id_column: str = "record_id", entity_column: str = "entity_id"
) -> Evaluation:
    """Judge a finished run by the truth in a CSV or Parquet file.

    The truth gives each record an entity (`id_column`, `entity_column`), or labels pairs (`id_l`,
    `id_r`, `match`); pairs that are not listed then say nothing. Records of the truth that the run
    does not have count as lost in reading. Raises `InputError` for a truth that cannot be used,
    `RunError` for a run that is not finished.
    """
    manifest = run.finished()
    files = [file for stage in manifest.stages for file in stage.artifacts]
    join = round(manifest.thresholds["join"] * 10_000)
    with duckdb.connect(":memory:") as connection:
        columns = _read_truth(connection, truth)
        tables = ("records", "distinct", "candidates", "pairs", "groups")
        held = {name: read_artifact(run.path, name, files) for name in tables}
        pairs = held["pairs"]
        if "model_probability" in pairs.column_names:  # which groups are joined by, if it is there
            held["pairs"] = pairs.drop_columns("probability").rename_columns(
                {"model_probability": "probability"}
            )
        for name, table in held.items():
            # DISTINCT is a word of SQL's own.
            connection.register("distincts" if name == "distinct" else name, table)
        connection.execute(_IDS)
        if set(_PAIR_COLUMNS) <= set(columns):
            return _by_labels(connection, truth, join)
        return _by_entities(connection, truth, columns, (id_column, entity_column), join)


def _read_truth(connection: duckdb.DuckDBPyConnection, path: Path) -> list[str]:
    """Load the truth file as text into the table `given` and return its columns."""
    if not path.is_file():
        message = f"the truth file {path} does not exist"
        raise InputError(message)
    parquet = path.suffix.lower() in {".parquet", ".pq"}
    reader = "read_parquet($path)" if parquet else "read_csv($path, all_varchar = true)"
    try:
        connection.execute(f"CREATE TABLE given AS FROM {reader}", {"path": str(path)})
    except duckdb.Error as error:
        message = f"cannot read the truth file {path}: {str(error).splitlines()[0]}"
        raise InputError(
            message, hint="It must be a CSV file with a header, or Parquet."
        ) from error
    return connection.table("given").columns


def _by_entities(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    columns: list[str],
    wanted: tuple[str, str],
    join: int,
) -> Evaluation:
    for column in wanted:
        if column not in columns:
            message = f"{path} has no column {column!r}; it has {', '.join(columns)}"
            hint = "Name its columns with --truth-id and --truth-entity."
            raise InputError(message, hint=hint)
    record, entity = (quote(column) for column in wanted)
    connection.execute(
        f"CREATE TABLE truth AS SELECT DISTINCT CAST({record} AS VARCHAR) AS id,"
        f" CAST({entity} AS VARCHAR) AS entity FROM given"
        f" WHERE {record} IS NOT NULL AND {entity} IS NOT NULL"
    )
    _refuse_repeats(connection, path, "id", "says of record {0} that it is several entities")
    connection.execute(_LABELLED)
    pairs = {"true": 0, "read": 0, "grouped": 0, "correct": 0}
    pairs |= dict(connection.execute(_CLUSTER_PAIRS).fetchall())
    traced = {
        (is_match, scored): count
        for is_match, scored, count in connection.execute(
            _CLUSTER_CANDIDATES, {"join": join}
        ).fetchall()
    }
    below, above = traced.get((True, False), 0), traced.get((True, True), 0)
    by_score = traced.get((False, True), 0)
    return Evaluation(
        **_record_counts(connection, "SELECT id FROM truth"),
        true_pairs=pairs["true"],
        grouped_pairs=pairs["grouped"],
        correct_pairs=pairs["correct"],
        lost={
            "reading": pairs["true"] - pairs["read"],
            "blocking": pairs["read"] - pairs["correct"] - below - above,
            "score": below,
            "grouping": above,
        },
        wrong={
            "score": by_score,
            "grouping": pairs["grouped"] - pairs["correct"] - by_score,
        },
    )


def _by_labels(connection: duckdb.DuckDBPyConnection, path: Path, join: int) -> Evaluation:
    label = "coalesce(lower(trim(CAST(match AS VARCHAR))), 'empty')"
    odd = connection.execute(
        f"SELECT min({label}) FROM given WHERE {label} NOT IN $known", {"known": [*_YES, *_NO]}
    ).fetchone()
    if odd is not None and odd[0] is not None:
        message = f"{path}: match is {odd[0]}; it must be 1 or 0"
        raise InputError(message)
    connection.execute(
        "CREATE TABLE truth AS SELECT DISTINCT"
        " least(CAST(id_l AS VARCHAR), CAST(id_r AS VARCHAR)) AS id_l,"
        " greatest(CAST(id_l AS VARCHAR), CAST(id_r AS VARCHAR)) AS id_r,"
        f" {label} IN $yes AS is_match FROM given WHERE id_l <> id_r",
        {"yes": list(_YES)},
    )
    _refuse_repeats(connection, path, "id_l, id_r", "labels the pair {0} and {1} both ways")
    counted = connection.execute(_LABELLED_PAIRS, {"join": join}).fetchone()
    assert counted is not None
    true, grouped, correct, *parts = counted
    return Evaluation(
        **_record_counts(connection, "SELECT id_l FROM truth UNION SELECT id_r FROM truth"),
        true_pairs=true,
        grouped_pairs=grouped,
        correct_pairs=correct,
        lost=dict(zip(("reading", "blocking", "score", "grouping"), parts[:4], strict=True)),
        wrong=dict(zip(("score", "grouping"), parts[4:], strict=True)),
    )


def _refuse_repeats(
    connection: duckdb.DuckDBPyConnection, path: Path, key: str, complaint: str
) -> None:
    repeated = connection.execute(
        f"SELECT {key} FROM truth GROUP BY {key} HAVING count(*) > 1 ORDER BY {key} LIMIT 1"
    ).fetchone()
    if repeated:
        message = f"{path} {complaint.format(*repeated)}"
        raise InputError(message)


def _record_counts(connection: duckdb.DuckDBPyConnection, truth_ids: str) -> dict[str, int]:
    counts = connection.execute(
        "SELECT (SELECT count(*) FROM records), count(ids.row), count(*) - count(ids.row)"
        f" FROM ({truth_ids}) AS wanted(id) LEFT JOIN ids ON ids.id = wanted.id"
    ).fetchone()
    assert counts is not None
    return dict(zip(("records", "labelled_records", "unknown_records"), counts, strict=True))
