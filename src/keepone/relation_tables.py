"""The tables of what records are to each other beside being one company; part of `schema`."""

from __future__ import annotations

import pyarrow as pa

from keepone.table_schema import Column, TableSchema

RELATIONS = TableSchema(
    "relations",
    "one record and another that it is related to, seen from the one; the other sees it too",
    ("row", "other"),
    (
        Column("row", pa.int32(), "the record"),
        Column("other", pa.int32(), "row of the other record"),
        Column(
            "kind",
            pa.string(),
            "what the record is to the other: parent, subsidiary, branch or same brand",
        ),
        Column("basis", pa.string(), "what tells so: parent id, name, place or brand"),
        Column("why", pa.string(), "the same in words"),
    ),
)

CHILDREN = TableSchema(
    "children",
    "one kind of other record that refers to a record",
    ("row", "kind"),
    (
        Column("row", pa.int32(), "the record"),
        Column("kind", pa.string(), "contact, opportunity, …; subsidiary: a record of this export"),
        Column("children", pa.int64(), "how many of them do"),
    ),
)

RELATED = TableSchema(
    "related",
    "one record and another that it is related to, by their ids: relations for people",
    ("record_id", "related_id"),
    (
        Column("record_id", pa.string(), "the record"),
        Column("kind", pa.string(), "what it is to the other", few=True),
        Column("related_id", pa.string(), "the other record"),
        Column("basis", pa.string(), "what tells so", few=True),
        Column("why", pa.string(), "the same in words"),
        Column("same_group", pa.bool_(), "whether both are held to be one company all the same"),
    ),
)
