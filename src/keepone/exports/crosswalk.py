"""The crosswalk: for every record the id under which its company stands once all is done."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from keepone.counts import labels_of
from keepone.exports.source import Source
from keepone.table_schema import Column, TableSchema

CROSSWALK = TableSchema(
    "crosswalk",
    "one record, with the record that stands for it afterwards",
    ("old_id",),
    (
        Column("old_id", pa.string(), "the record"),
        Column(
            "new_id",
            pa.string(),
            "the primary that it is merged into; itself where it stays, or waits for a decision;"
            " null where it is deleted",
            nullable=True,
        ),
        Column("reason", pa.string(), "why"),
    ),
)

_READ = ("record_id", "primary_id", "disposition", "reason")


def crosswalk(source: Source) -> Iterator[pa.Table]:
    """Give the crosswalk's rows, in the order of review_ready."""
    labels = labels_of(source.manifest)
    for batch in source.batches("review_ready", _READ):
        record, primary, disposition, reason = batch.columns
        merged = pc.equal(disposition, labels["Merge"])
        deleted = pc.equal(disposition, labels["Delete"])
        new = pc.if_else(deleted, pa.scalar(None, pa.string()), pc.if_else(merged, primary, record))
        yield pa.Table.from_arrays([record, new, reason], schema=CROSSWALK.arrow())
