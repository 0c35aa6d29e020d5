"""Recognised fields, each with the input columns that it stands on.

A field stands on one column, or on several where files call the same thing by different names:
then no two of them have values in one dataset, so that a record has at most one of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Field:
    """A recognised field; `columns` are names of columns of `inputs`, in their order."""

    name: str
    type: str
    compared: bool
    columns: tuple[str, ...]


def recognised_fields(fields: pa.Table) -> list[Field]:
    """Return the fields of the table `fields`, in order of their first columns."""
    rows = fields.to_pylist()
    return [
        Field(
            name, first["type"], first["compared"], tuple(row["column"] for row in (first, *more))
        )
        for name, (first, *more) in _by_name(rows).items()
    ]


def columns_by_field(fields: pa.Table) -> dict[str, tuple[str, ...]]:
    """Return each field's columns; of the table only `field` and `column` have to be there."""
    rows = fields.select(["field", "column"]).to_pylist()
    return {name: tuple(row["column"] for row in found) for name, found in _by_name(rows).items()}


def fillable(fields: pa.Table) -> list[tuple[str, ...]]:
    """Return what a record of the file can fill: the columns of each field, ids and all others.

    Columns that are empty throughout are left out.
    """
    together: dict[tuple[str, str], list[str]] = {}
    for row in fields.to_pylist():
        if row["filled"]:
            # Each dataset has its ids in a column of its own.
            alone = "" if row["type"] == "record_id" else row["column"]
            meant = (row["field"] or "", "" if row["field"] else alone)
            together.setdefault(meant, []).append(row["column"])
    return [tuple(columns) for columns in together.values()]


def _by_name(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["field"] is not None:
            found.setdefault(row["field"], []).append(row)
    return found
