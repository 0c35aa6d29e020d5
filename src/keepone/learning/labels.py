"""Labels: what people said of pairs of records, read from files and laid on a run's pairs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from keepone.engine import quote
from keepone.errors import InputError
from keepone.kernels.encoding import Longs
from keepone.learning.compared import ComparedRun

PAIR_COLUMNS = ("id_l", "id_r", "match")
ENTITY_COLUMNS = ("record_id", "entity_id")
UNSURE = "unsure"

YES = ("1", "1.0", "true", "t", "yes", "y")
NO = ("0", "0.0", "false", "f", "no", "n")
# An empty cell is a proposed pair that nobody has answered yet.
OPEN = ("", UNSURE)

_HINT = (
    "Labels are a CSV file with a header, or Parquet: id_l, id_r, match; or record_id, entity_id."
)

# Exports show 15 of the 18 characters of a Salesforce id, where no other id is those.
_IDS = """
CREATE TABLE ids AS
SELECT records.record_id AS id, records.row, copies.representative
FROM records
JOIN copies ON copies.row = records.row
"""
_SHORT_IDS = """
INSERT INTO ids
SELECT left(id, 15), min(row), min(representative)
FROM ids
WHERE length(id) = 18 AND left(id, 15) NOT IN (SELECT id FROM ids)
GROUP BY left(id, 15)
HAVING count(*) = 1
"""

_SAID = """
CREATE TABLE said (file INTEGER, id_l VARCHAR, id_r VARCHAR, label VARCHAR)
"""
_ENTITIES = """
CREATE TABLE entities (file INTEGER, id VARCHAR, entity VARCHAR)
"""

_SAY = """
INSERT INTO said
SELECT
    $file,
    least(CAST(id_l AS VARCHAR), CAST(id_r AS VARCHAR)),
    greatest(CAST(id_l AS VARCHAR), CAST(id_r AS VARCHAR)),
    coalesce(lower(trim(CAST(match AS VARCHAR))), '')
FROM given
WHERE CAST(id_l AS VARCHAR) <> CAST(id_r AS VARCHAR)
"""

_BELONG = """
INSERT INTO entities
SELECT DISTINCT $file, CAST({record} AS VARCHAR), CAST({entity} AS VARCHAR)
FROM given
WHERE {record} IS NOT NULL AND {entity} IS NOT NULL
"""

_ODD = """
SELECT min(label)
FROM said
WHERE file = $file AND NOT list_contains($known, label)
"""

_BOTH_WAYS = """
SELECT id_l, id_r
FROM said
WHERE NOT list_contains($open, label)
GROUP BY id_l, id_r
HAVING count(DISTINCT list_contains($yes, label)) > 1
ORDER BY id_l, id_r
LIMIT 1
"""

_SEVERAL_ENTITIES = """
SELECT id FROM entities WHERE file = $file GROUP BY id HAVING count(*) > 1 ORDER BY id LIMIT 1
"""

_ANSWERED = """
CREATE TABLE answered AS
SELECT
    said.id_l,
    said.id_r,
    bool_or(list_contains($yes, said.label)) AS is_match,
    bool_and(list_contains($open, said.label)) AS is_open,
    min(least(a.representative, b.representative)) AS l,
    min(greatest(a.representative, b.representative)) AS r,
    bool_and(a.row IS NOT NULL AND b.row IS NOT NULL) AS is_known
FROM said
LEFT JOIN ids AS a ON a.id = said.id_l
LEFT JOIN ids AS b ON b.id = said.id_r
GROUP BY said.id_l, said.id_r
"""

# Records of known entities answer every pair of them that was compared.
_LABELS = """
SELECT l, r, is_match
FROM (
    SELECT candidates.l, candidates.r, answered.is_match
    FROM answered
    JOIN candidates ON candidates.l = answered.l AND candidates.r = answered.r
    WHERE answered.is_known AND NOT answered.is_open
    UNION
    SELECT candidates.l, candidates.r, one.entity = other.entity
    FROM candidates
    JOIN placed AS one ON one.representative = candidates.l
    JOIN placed AS other ON other.representative = candidates.r AND other.file = one.file
    WHERE candidates.l < candidates.r OR one.row < other.row
)
ORDER BY l, r, is_match
"""
_PLACED = """
CREATE TABLE placed AS
SELECT entities.file, entities.entity, ids.row, ids.representative
FROM entities
JOIN ids ON ids.id = entities.id
"""

_LEFT_OUT = """
SELECT
    count(*) FILTER (WHERE is_open),
    count(*) FILTER (WHERE NOT is_open AND NOT is_known),
    count(*) FILTER (WHERE NOT is_open AND is_known AND candidates.l IS NULL)
FROM answered
LEFT JOIN candidates ON candidates.l = answered.l AND candidates.r = answered.r
"""

_STRANGERS = "SELECT count(*) FROM entities WHERE id NOT IN (SELECT id FROM ids)"


@dataclass(frozen=True, slots=True)
class Labels:
    """Pairs of a run that were compared and labelled, in order of rows; equal records are one.

    `left_out` counts labels that teach nothing: `open` (unsure, or not answered yet), `unknown` (a
    record is not in the run), `uncompared` (the run never compared the two).
    """

    left: Longs
    right: Longs
    match: npt.NDArray[np.bool_]
    left_out: Mapping[str, int]

    def __len__(self) -> int:
        return len(self.left)


def read_labels(paths: Sequence[Path], run: ComparedRun) -> Labels:
    """Return the labels in these files for the pairs of a run.

    A file labels pairs (`id_l`, `id_r`, `match`, which may be open), or says which entity each
    record is (`record_id`, `entity_id`), which labels all pairs of its records that were compared.
    Raises `InputError` for a file that cannot be read, has neither, or contradicts another.
    """
    with duckdb.connect(":memory:") as connection:
        connection.execute(_SAID)
        connection.execute(_ENTITIES)
        for number, path in enumerate(paths):
            _read(connection, number, path)
        contradiction = connection.execute(_BOTH_WAYS, {"open": OPEN, "yes": YES}).fetchone()
        if contradiction:
            message = f"the labels say of {contradiction[0]} and {contradiction[1]} both yes and no"
            raise InputError(message, hint="Correct one of them.")
        tables = {
            "records": run.table("records", ["row", "record_id"]),
            "copies": run.table("distinct"),  # DISTINCT is a word of SQL's own
            "candidates": run.table("candidates", ["l", "r"]),
        }
        for name, table in tables.items():
            connection.register(name, table)
        connection.execute(_IDS)
        connection.execute(_SHORT_IDS)
        connection.execute(_ANSWERED, {"yes": YES, "open": OPEN})
        connection.execute(_PLACED)
        found: pa.Table = connection.sql(_LABELS).to_arrow_table()
        left_out = connection.execute(_LEFT_OUT).fetchone()
        strangers = connection.execute(_STRANGERS).fetchone()
    assert left_out is not None
    assert strangers is not None
    left, right = (found.column(name).to_numpy().astype(np.int64) for name in ("l", "r"))
    return Labels(
        left,
        right,
        found.column("is_match").to_numpy(zero_copy_only=False).astype(bool),
        {
            "open": left_out[0],
            "unknown": left_out[1] + strangers[0],
            "uncompared": left_out[2],
        },
    )


def _read(connection: duckdb.DuckDBPyConnection, number: int, path: Path) -> None:
    """Add what one file says to `said` or `entities`."""
    if not path.is_file():
        message = f"the labels file {path} does not exist"
        raise InputError(
            message, hint="`keepone label RUN` asks for labels and writes such a file."
        )
    parquet = path.suffix.lower() in {".parquet", ".pq"}
    reader = "read_parquet($path)" if parquet else "read_csv($path, all_varchar = true)"
    try:
        connection.execute(f"CREATE OR REPLACE TABLE given AS FROM {reader}", {"path": str(path)})
    except duckdb.Error as error:
        message = f"cannot read the labels file {path}: {str(error).splitlines()[0]}"
        raise InputError(message, hint=_HINT) from error
    columns = set(connection.table("given").columns)
    if set(PAIR_COLUMNS) <= columns:
        connection.execute(_SAY, {"file": number})
        odd = connection.execute(_ODD, {"file": number, "known": [*YES, *NO, *OPEN]}).fetchone()
        if odd is not None and odd[0] is not None:
            message = f"{path}: match is {odd[0]!r}; it must be 1 or 0, or empty or {UNSURE}"
            raise InputError(message, hint="yes, no, true and false will do as well.")
    elif set(ENTITY_COLUMNS) <= columns:
        record, entity = (quote(column) for column in ENTITY_COLUMNS)
        connection.execute(_BELONG.format(record=record, entity=entity), {"file": number})
        several = connection.execute(_SEVERAL_ENTITIES, {"file": number}).fetchone()
        if several:
            message = f"{path} says of record {several[0]} that it is several entities"
            raise InputError(message, hint="Give each record one entity.")
    else:
        message = f"{path} holds no labels; its columns are {', '.join(sorted(columns))}"
        raise InputError(message, hint=_HINT)


def pair_digest(one: str, other: str) -> str:
    """Return a short name for a pair of records, the same in either order, that tells no id."""
    first, second = sorted((one, other))
    return hashlib.sha256(f"{len(first)}:{first}{second}".encode()).hexdigest()[:12]
