"""What records are called in reasons."""

from __future__ import annotations

import pyarrow as pa

from keepone.ids import name_fields
from keepone.reference.likeness import shortened


def names_of(fields: pa.Table, normalized: pa.Table) -> dict[int, str]:
    """Return the name of each record by row; empty text where it has none."""
    return {
        line["row"]: " ".join(
            line[field] for field in name_fields(fields) if line[field] is not None
        ).strip(" ")
        for line in normalized.to_pylist()
    }


def called(name: str, record_id: str) -> str:
    """Return a record's name with its id, or the id where it has no name."""
    return f'"{shortened(name)}" ({record_id})' if name else record_id
