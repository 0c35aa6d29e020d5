"""The pairs of every group in one table, for a run that is to have them ready beforehand.

Without it the pairs of a group are looked up when they are asked for, with the same result.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pyarrow as pa

from keepone.artifacts import read_artifact, written
from keepone.files import replacing
from keepone.manifest import ArtifactFile
from keepone.parquet import Layout, write_parquet
from keepone.table_schema import Column, TableSchema

GROUP_PAIRS_FILE = "group_pairs.parquet"
# Probabilities are held in millionths, weights in 1/1000 bit.
MILLION, THOUSAND = 1_000_000, 1_000

GROUP_PAIRS = TableSchema(
    "group_pairs",
    "one pair of records of a group that were compared (of equal records the first)",
    ("group_id", "left", "right"),
    (
        Column("group_id", pa.string(), "as in review_ready"),
        Column("left", pa.string(), "the record that is first by dataset and record id"),
        Column("right", pa.string(), "the other record"),
        Column("match_probability", pa.float64(), "calibrated probability"),
        Column("match_weight", pa.float64(), "bits"),
    ),
)

_READS = {
    "review_ready": ("record_id", "group_id"),
    "records": ("row", "record_id"),
    "groups": ("row", "group"),
    "distinct": ("row", "representative"),
    "pairs": ("l", "r", "weight", "probability"),
}

_PAIRS = f"""
WITH links AS (
    SELECT l, r, weight, probability FROM pairs WHERE l < r
    UNION ALL
    SELECT pairs.l, copies.row, pairs.weight, pairs.probability
    FROM pairs
    JOIN copies ON copies.representative = pairs.l AND copies.row <> pairs.l
    WHERE pairs.l = pairs.r
)
SELECT
    published.group_id,
    a.record_id AS "left",
    b.record_id AS "right",
    CAST(links.probability AS DOUBLE) / {MILLION} AS match_probability,
    CAST(links.weight AS DOUBLE) / {THOUSAND} AS match_weight
FROM links
JOIN groups AS l ON l.row = links.l
JOIN groups AS r ON r.row = links.r AND r."group" = l."group"
JOIN records AS a ON a.row = links.l
JOIN records AS b ON b.row = links.r
JOIN review_ready AS published ON published.record_id = a.record_id
ORDER BY published.group_id, links.l, links.r
"""
"""One pair within a group; a record that equals another is linked with that one alone."""


def write_group_pairs(
    folder: Path, files: Iterable[ArtifactFile], layout: Layout, *, threads: int
) -> ArtifactFile:
    """Write the pairs of every group of the run in `folder`, sorted by group; describe the file."""
    import duckdb  # noqa: PLC0415 - most runs look pairs up

    kept = list(files)
    with closing(duckdb.connect(":memory:", config={"threads": threads})) as connection:
        for name, columns in _READS.items():
            table = read_artifact(folder, name, kept, columns)
            connection.register("copies" if name == "distinct" else name, table)
        made = GROUP_PAIRS.conform(connection.sql(_PAIRS).to_arrow_table())
    with replacing(folder / GROUP_PAIRS_FILE, private=True) as new:
        write_parquet(new, made, GROUP_PAIRS, layout)
    return written(folder, GROUP_PAIRS.name, folder / GROUP_PAIRS_FILE, made)
