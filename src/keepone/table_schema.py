"""What a table promises: its grain, its key, and its columns with their types."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from keepone.errors import InternalError


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its Arrow type, whether it may be null, and what it says.

    Of text with `few` values, files hold a dictionary.
    """

    name: str
    type: pa.DataType
    says: str
    nullable: bool = False
    few: bool = False


@dataclass(frozen=True, slots=True)
class TableSchema:
    """One table's contract.

    `grain` is what one row stands for; `key` the columns that are unique together and by which the
    table is sorted. `open` tables may carry further columns after the declared ones (the input's
    own columns, or one per compared field).
    """

    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    open: bool = False

    def arrow(self) -> pa.Schema:
        """Return the declared columns as an Arrow schema."""
        return pa.schema(
            [pa.field(column.name, column.type, column.nullable) for column in self.columns]
        )

    def empty(self) -> pa.Table:
        """Return a table of no rows with the declared columns."""
        return self.arrow().empty_table()

    def conform(self, table: pa.Table) -> pa.Table:
        """Return `table` with exactly the declared types, or raise `InternalError`.

        Checks names, order, types and nulls; columns are cast only where no value changes.
        """
        names = [column.name for column in self.columns]
        given = table.column_names
        if given[: len(names)] != names or (not self.open and len(given) != len(names)):
            message = f"table {self.name}: expected columns {names}, got {given}"
            raise InternalError(message)
        for index, column in enumerate(self.columns):
            values = table.column(index)
            if values.type != column.type:
                values = values.cast(column.type)
            if not column.nullable and values.null_count:
                message = f"table {self.name}: column {column.name} holds {values.null_count} nulls"
                raise InternalError(message)
            field = pa.field(column.name, column.type, column.nullable)
            table = table.set_column(index, field, values)
        return table.replace_schema_metadata(None)
