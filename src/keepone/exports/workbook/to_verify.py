"""What a person must look at, what is worth most to decide first."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from contextlib import closing

import duckdb
import numpy as np

from keepone.counts import labels_of
from keepone.engine import quote
from keepone.exports.source import Source
from keepone.exports.workbook.pages import PageColumn
from keepone.exports.workbook.sheet import Value
from keepone.exports.workbook.styles import NUMBER, SCORE, TEXT
from keepone.ids import FIELD_PREFIX, name_fields

# More than anybody goes through in a workbook; the rest stands among the groups.
MOST_TO_VERIFY = 10_000

COLUMNS = (
    PageColumn("Priority", SCORE, 9),
    PageColumn("Record ID", TEXT, 20),
    PageColumn("Name", TEXT, 34),
    PageColumn("If you agree", TEXT, 12),
    PageColumn("Reason", TEXT, 100),
    PageColumn("Score", SCORE, 8),
    PageColumn("Primary ID", TEXT, 20),
    PageColumn("Primary name", TEXT, 34),
    PageColumn("Group", TEXT, 20),
    PageColumn("Records", NUMBER, 9),
)

_TO_VERIFY = """
SELECT
    stats.review_priority, record.record_id, {name} AS name, record.proposed_disposition,
    record.reason, record.score, record.primary_id, stats.primary_name, record.group_id, stats.size
FROM read_parquet($records, file_row_number = TRUE) AS record
JOIN read_parquet($groups) AS stats ON stats.group_id = record.group_id
WHERE record.disposition = $verify
    AND ($whole OR record.file_row_number IN (SELECT place FROM places))
ORDER BY stats.review_priority DESC, record.group_id, record.record_id
LIMIT $most
"""
"""One record to verify, with its group's figures."""


def to_verify(source: Source) -> Iterator[tuple[Value, ...]]:
    """Give a row of values for each record to verify, the first `MOST_TO_VERIFY` of them."""
    places = source.places("review_ready")
    with closing(duckdb.connect(":memory:")) as connection:
        connection.register(
            "places", {"place": np.empty(0, np.int64) if places is None else places}
        )
        yield from connection.execute(
            _TO_VERIFY.format(name=_name(source)),
            {
                "records": glob.escape(str(source.tables.path("review_ready"))),
                "groups": glob.escape(str(source.tables.path("group_stats"))),
                "verify": labels_of(source.manifest)["Verify"],
                "whole": places is None,
                "most": MOST_TO_VERIFY,
            },
        ).fetchall()


def _name(source: Source) -> str:
    """Return SQL for what a record is called, as far as review_ready has it."""
    published = set(source.tables.columns("review_ready"))
    names = [FIELD_PREFIX + field for field in name_fields(source.tables.whole("fields"))]
    columns = [f"record.{quote(name)}" for name in names if name in published]
    return (
        f"nullif(concat_ws(' ', {', '.join(columns)}), '')" if columns else "CAST(NULL AS VARCHAR)"
    )
