"""The tables of golden records; part of `schema`."""

from __future__ import annotations

import pyarrow as pa

from keepone.table_schema import Column, TableSchema

GOLDEN = TableSchema(
    "golden",
    "one field of a group of two or more in which any of its records holds a value",
    ("group", "column"),
    (
        Column("group", pa.int32(), "smallest row of the group"),
        Column("column", pa.string(), "the field's column in inputs; of several the first"),
        Column(
            "value",
            pa.string(),
            "the golden record's value, as the cell it came from has it; of a union the joined"
            " text; null where no record that may give one has any",
            nullable=True,
        ),
        Column(
            "source",
            pa.int32(),
            "row it came from; null without a value, and for a union of several",
            nullable=True,
        ),
        Column("strategy", pa.string(), "how it was chosen"),
        Column(
            "beaten",
            pa.list_(pa.struct([("row", pa.int32()), ("value", pa.string())])),
            "values that differ from it, each once, as the first record that has it writes it",
        ),
        Column("gained", pa.bool_(), "whether the primary's own cell is blank and the value not"),
        Column(
            "changed", pa.bool_(), "whether the primary's own cell says or is written otherwise"
        ),
    ),
)

GOLDEN_FIELDS = TableSchema(
    "golden_fields",
    "one field, with what becomes of it in golden records",
    ("column",),
    (
        Column("column", pa.string(), "as in golden"),
        Column("strategy", pa.string(), "how its values are chosen"),
        Column("groups", pa.int64(), "groups of two or more in which a record has a value"),
        Column("differ", pa.int64(), "groups of them in which a value is beaten"),
        Column("gained", pa.int64(), "groups of them whose primary gains a value"),
        Column("changed", pa.int64(), "groups of them whose primary's value changes"),
    ),
)

GOLDEN_RECORDS = TableSchema(
    "golden_records",
    "one group: its golden record, a column per field under its header; then for each of them"
    " `<header> from`, `<header> strategy` and `<header> beat`, null for a record alone",
    ("group_id",),
    (
        Column("group_id", pa.string(), "as in review_ready"),
        Column("group_size", pa.int32(), "records in the group"),
        Column("primary_id", pa.string(), "record id of the group's primary"),
    ),
    open=True,
)
