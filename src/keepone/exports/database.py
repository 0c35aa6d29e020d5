"""A SQL database: the tables for people and the crosswalk, in PostgreSQL or SQLite.

All of an export happens in one transaction, so that readers see the last one or this one. What it
may replace stands in a table of its own, `exports`: a table that is not listed there is somebody
else's, and an export that would need its name is refused. A table whose columns are as before is
emptied and filled again, so that views on it and rights to it stay; another is made anew.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import sqlalchemy as sa
from sqlalchemy.schema import CreateTable

from keepone.errors import ExportError
from keepone.exports.connection import POSTGRESQL, engine_of, new_file, plain_errors
from keepone.exports.crosswalk import CROSSWALK, crosswalk
from keepone.exports.csv_file import lists_as_json
from keepone.exports.source import Source
from keepone.schema import TABLES
from keepone.table_schema import Column, TableSchema

# PostgreSQL cuts longer names, and has no NUL in text.
_NAME_BYTES = 63
_NUL, _SHOWN_NUL = "\0", "\N{SYMBOL FOR NULL}"

_TYPES: dict[pa.DataType, sa.types.TypeEngine[Any]] = {
    pa.string(): sa.Text(),
    pa.bool_(): sa.Boolean(),
    pa.int32(): sa.Integer(),
    pa.int64(): sa.BigInteger(),
    pa.float64(): sa.Double(),
}
_LIST = sa.Text()

EXPORTS = TableSchema(
    "exports",
    "one table that an export wrote and may replace",
    ("table_name",),
    (
        Column("table_name", pa.string(), "the table"),
        Column("run_id", pa.string(), "the run it came from"),
        Column("selection", pa.string(), "which records were exported"),
        Column("rows", pa.int64(), "how many rows it got"),
        Column("layout", pa.string(), "the statement that made it"),
    ),
)


@dataclass(frozen=True, slots=True)
class Written:
    """What came of an export to a database: where, and how many rows of review_ready."""

    where: str
    rows: int


def write_database(url: sa.URL, source: Source, *, schema: str) -> Written:
    """Write the tables for people and the crosswalk in one transaction.

    In PostgreSQL they stand in the schema of that name, which is made if it is not there; in SQLite
    their names begin with it. Raises `ExportError` where the database cannot be reached or refuses,
    or where a table of such a name is not ours; then nothing has changed.
    """
    shown = url.set(drivername=url.get_backend_name()).render_as_string()
    made = new_file(url)
    engine = engine_of(url)
    done = False
    try:
        with plain_errors(shown), engine.begin() as connection:
            export = _Export(connection, source, schema)
            rows = export.write()
        done = True
    finally:
        engine.dispose()
        if made is not None and not done:
            made.unlink(missing_ok=True)
            made.with_name(f"{made.name}-journal").unlink(missing_ok=True)
    return Written(f"{shown}, {export.place}", rows)


class _Export:
    """One export within its transaction."""

    def __init__(self, connection: sa.Connection, source: Source, schema: str) -> None:
        self._connection = connection
        self._source = source
        self._is_postgresql = connection.dialect.name == POSTGRESQL
        self._schema = schema if self._is_postgresql else None
        self._prefix = "" if self._is_postgresql else f"{schema}_"

    @property
    def place(self) -> str:
        """Where in the database the tables stand."""
        return f"schema {self._schema}" if self._schema else f"tables {self._prefix}*"

    def write(self) -> int:
        """Write all tables; return the rows of review_ready."""
        if self._schema is not None:
            self._connection.execute(sa.schema.CreateSchema(self._schema, if_not_exists=True))
        made = {
            name: self._table(TABLES[name], self._source.schema(name))
            for name in self._source.for_people()
        }
        made[CROSSWALK.name] = self._table(CROSSWALK, CROSSWALK.arrow())
        book = self._table(EXPORTS, EXPORTS.arrow())
        known = self._known(book)
        ours = set() if known is None else {*known, book.name}
        self._refuse_others([*made.values(), book], ours)
        if known is None:
            book.create(self._connection)
            known = {}
        for name in sorted(known.keys() - {table.name for table in made.values()}):
            self._drop(sa.Table(name, sa.MetaData(), schema=self._schema))
        self._connection.execute(book.delete())
        rows = {}
        for name, table in made.items():
            layout = str(CreateTable(table).compile(self._connection))
            self._make(table, layout, known.get(table.name))
            walked = name == CROSSWALK.name
            batches = crosswalk(self._source) if walked else self._source.batches(name)
            rows[name] = self._fill(table, batches)
            self._connection.execute(
                book.insert(),
                {
                    "table_name": table.name,
                    "run_id": self._source.manifest.run_id,
                    "selection": self._source.selection.in_words(),
                    "rows": rows[name],
                    "layout": layout,
                },
            )
        return rows["review_ready"]

    def _table(self, schema: TableSchema, stored: pa.Schema) -> sa.Table:
        says = {column.name: column.says for column in schema.columns}
        names = dict(zip(stored.names, self._column_names(stored.names), strict=True))
        return sa.Table(
            self._prefix + schema.name,
            sa.MetaData(),
            *(
                sa.Column(
                    names[field.name],
                    _TYPES.get(field.type, _LIST),
                    nullable=field.nullable,
                    primary_key=field.name in schema.key,
                    autoincrement=False,
                    comment=says.get(field.name),
                )
                for field in stored
            ),
            schema=self._schema,
            comment=schema.grain,
        )

    def _column_names(self, names: Sequence[str]) -> list[str]:
        """Return the names, those too long for PostgreSQL cut so that they stay different."""
        if not self._is_postgresql:
            return list(names)
        taken = {name for name in names if len(name.encode()) <= _NAME_BYTES}
        cut = []
        for name in names:
            new, number = name, 1
            while len(name.encode()) > _NAME_BYTES and (number == 1 or new in taken):
                number += 1
                end = f"_{number}" if number > 2 else ""
                kept = name.encode()[: _NAME_BYTES - len(end)].decode(errors="ignore")
                new = kept + end
                if new not in taken:
                    break
            taken.add(new)
            cut.append(new)
        return cut

    def _known(self, book: sa.Table) -> dict[str, str] | None:
        """Return the tables that an export wrote, each with the statement that made it.

        None where no export has been here before.
        """
        found = sa.inspect(self._connection)
        if not found.has_table(book.name, schema=self._schema):
            return None
        columns = {column["name"] for column in found.get_columns(book.name, schema=self._schema)}
        if columns != {column.name for column in book.columns}:
            return None
        rows = self._connection.execute(sa.select(book.c.table_name, book.c.layout))
        return {row.table_name: row.layout for row in rows}

    def _refuse_others(self, tables: Iterable[sa.Table], ours: set[str]) -> None:
        found = sa.inspect(self._connection)
        there = {
            *found.get_table_names(schema=self._schema),
            *found.get_view_names(schema=self._schema),
        }
        others = sorted({table.name for table in tables} & there - ours)
        if others:
            place = f"the schema {self._schema}" if self._schema else "the database"
            message = f"{place} has tables that no export wrote: {', '.join(others)}"
            raise ExportError(message, hint="Choose another name with --schema.")

    def _make(self, table: sa.Table, layout: str, before: str | None) -> None:
        if before == layout:
            empty = "TRUNCATE TABLE" if self._is_postgresql else "DELETE FROM"
            self._connection.exec_driver_sql(f"{empty} {self._quoted(table)}")
            return
        if before is not None:
            self._drop(table)
        table.create(self._connection)

    def _drop(self, table: sa.Table) -> None:
        self._connection.execute(sa.schema.DropTable(table, if_exists=True))

    def _quoted(self, table: sa.Table) -> str:
        return self._connection.dialect.identifier_preparer.format_table(table)

    def _fill(self, table: sa.Table, batches: Iterable[pa.Table]) -> int:
        rows = 0
        copy = self._copy if self._is_postgresql else self._insert
        for batch in batches:
            copy(table, _plain(batch))
            rows += batch.num_rows
        return rows

    def _copy(self, table: sa.Table, batch: pa.Table) -> None:
        """Send a batch as CSV: text in quotes, so that nothing without them is null."""
        text = io.BytesIO()
        cells = [_without_nul(column) for column in batch.columns]
        pacsv.write_csv(
            pa.Table.from_arrays(cells, names=batch.column_names),
            text,
            pacsv.WriteOptions(include_header=False),
        )
        driver = self._connection.connection.driver_connection
        assert driver is not None
        with (
            driver.cursor() as cursor,
            cursor.copy(f"COPY {self._quoted(table)} FROM STDIN (FORMAT csv)") as copy,
        ):
            copy.write(text.getbuffer())

    def _insert(self, table: sa.Table, batch: pa.Table) -> None:
        places = ", ".join("?" * batch.num_columns)
        rows = list(zip(*(column.to_pylist() for column in batch.columns), strict=True))
        statement = f"INSERT INTO {self._quoted(table)} VALUES ({places})"
        self._connection.exec_driver_sql(statement, rows)


def _plain(batch: pa.Table) -> pa.Table:
    """Return a batch without lists."""
    columns = [
        lists_as_json(column) if pa.types.is_list(column.type) else column
        for column in batch.columns
    ]
    return pa.Table.from_arrays(columns, names=batch.column_names)


def _without_nul(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return text with a sign in place of NUL; only rejected rows can hold it."""
    if not pa.types.is_string(column.type):
        return column
    return pc.replace_substring(column, _NUL, _SHOWN_NUL)
