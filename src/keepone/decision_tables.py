"""The tables of what people decided: two that a run is given, and three that it makes of them."""

from __future__ import annotations

import pyarrow as pa

from keepone.table_schema import Column, TableSchema

DECISIONS = TableSchema(
    "decisions",
    "one decision in force that bears on a record of the run, or on names; oldest first (given)",
    ("decision",),
    (
        Column("decision", pa.int32(), "its rank among them"),
        Column("id", pa.string(), "its id in the log"),
        Column("kind", pa.string(), "same, different, split, move, primary, value, …"),
        Column("author", pa.string(), "who decided"),
        Column("time", pa.string(), "when, ISO 8601 in UTC"),
        Column("said", pa.string(), "who, when and why in words"),
        Column("overruled", pa.string(), "what it gave way to, in part or whole", nullable=True),
        Column("knew_ids_differ", pa.bool_(), "whether it was made knowing that"),
        Column("knew_low_score", pa.bool_(), "whether it was made knowing that"),
    ),
)

STATEMENTS = TableSchema(
    "statements",
    "one thing that decisions come to, of one record of the run or one name (given)",
    ("kind", "number", "dataset", "record_id", "field"),
    (
        Column("kind", pa.string(), "same, apart, primary, value, disposition, blacklist"),
        Column("number", pa.int32(), "of same: the set; of apart: the set no two of which are one"),
        Column("dataset", pa.string(), "the record's; null for a name", nullable=True),
        Column("record_id", pa.string(), "the record's; null for a name", nullable=True),
        Column("field", pa.string(), "of value: the field", nullable=True),
        Column("value", pa.string(), "the value, disposition or name", nullable=True),
        Column("decision", pa.int32(), "the newest decision behind it"),
    ),
)

JUDGEMENTS = TableSchema(
    "judgements",
    "one thing that people decided of one record, as it holds in this run",
    ("row", "kind", "number", "field"),
    (
        Column("row", pa.int32(), "the record: rank of (dataset, record_id)"),
        Column("kind", pa.string(), "same, apart, primary, value, disposition", few=True),
        Column(
            "number",
            pa.int32(),
            "of same: the set that is one company; of apart: the set no two of which are",
        ),
        Column("field", pa.string(), "of value: the field; else empty"),
        Column("value", pa.string(), "of value and disposition: what it is", nullable=True),
        Column("decision", pa.int32(), "the decision behind it: the greater, the newer"),
        Column("said", pa.string(), "who decided, when and why"),
    ),
)

BLACKLISTED = TableSchema(
    "blacklisted",
    "one name that people have blacklisted",
    ("term",),
    (
        Column("term", pa.string(), "the name"),
        Column("said", pa.string(), "who decided, when and why"),
    ),
)

DECIDED = TableSchema(
    "decided",
    "one decision that bears on this run, and what became of it; oldest first",
    ("decision",),
    (
        Column("decision", pa.int32(), "its rank among them"),
        Column("id", pa.string(), "its id in the log"),
        Column("kind", pa.string(), "same, different, split, move, primary, value, …", few=True),
        Column("author", pa.string(), "who decided"),
        Column("time", pa.string(), "when, ISO 8601 in UTC"),
        Column("said", pa.string(), "who, when and why in words"),
        Column(
            "status",
            pa.string(),
            "applied; overruled by another; contradicted by the data, and applied all the same",
            few=True,
        ),
        Column("detail", pa.string(), "by what; empty for applied"),
    ),
)
