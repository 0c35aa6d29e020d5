"""A DuckDB file with every table of the run: typed, with keys and comments, and views for people.

What speaks of records and groups by their ids stands in the schema `main`; the tables of the
stages, which know records by row, in the schema `stages`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from keepone.counts import labels_of
from keepone.engine import quote
from keepone.errors import ExportError, KeeponeError
from keepone.exports.source import Source, speaks_to_people
from keepone.exports.story import story
from keepone.schema import TABLES
from keepone.table_schema import Column, TableSchema

# What DuckDB may hold, in bytes; with Python, Arrow and a row group it comes to twice as much.
_MEMORY = 224_000_000
# What DuckDB says of a disk that is full or refuses, as it writes, commits and closes.
_REFUSED = (duckdb.IOException, duckdb.TransactionException, duckdb.FatalException)
# Keys are checked with an index, half of what DuckDB may hold at the most; where that does not do
# they are not declared, though they hold all the same. Measured over ids of 12 to 120 characters, a
# row takes this many bytes, and so many for each byte of its key.
_INDEX_ROW, _INDEX_BYTE = 30, 1.6

_TYPES = {
    pa.string(): "VARCHAR",
    pa.bool_(): "BOOLEAN",
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.float64(): "DOUBLE",
}
_NULLS = {True: "", False: " NOT NULL"}

_EXPORT = TableSchema(
    "export",
    "one thing to know about this export",
    ("name",),
    (
        Column("name", pa.string(), "what is told"),
        Column("value", pa.string(), "what it is"),
    ),
)

_VIEWS = {
    "groups": (
        "one group of two records or more, what is worth most to decide first",
        """
CREATE VIEW groups AS
SELECT group_stats.*, members.record_ids
FROM group_stats
JOIN (
    SELECT group_id, list(record_id ORDER BY is_primary DESC, record_id) AS record_ids
    FROM review_ready
    GROUP BY group_id
) AS members USING (group_id)
WHERE group_stats.size > 1
ORDER BY group_stats.review_priority DESC, group_stats.group_id
""",
    ),
    "to_verify": (
        "one record that a person must look at, what is worth most to decide first",
        """
CREATE VIEW to_verify AS
SELECT group_stats.review_priority, group_stats.primary_name, review_ready.*
FROM review_ready
JOIN group_stats USING (group_id)
WHERE review_ready.disposition = {verify}
ORDER BY group_stats.review_priority DESC, review_ready.group_id, review_ready.record_id
""",
    ),
    "possible_matches": (
        "one match pair of records that ended in different groups, the likeliest first",
        """
CREATE VIEW possible_matches AS
SELECT
    a.record_id AS left_id,
    b.record_id AS right_id,
    CAST(found.probability AS DOUBLE) / 1000000 AS match_probability,
    CAST(found.weight AS DOUBLE) / 1000 AS match_weight,
    l.group_id AS left_group,
    r.group_id AS right_group
FROM stages.possible_matches AS found
JOIN stages.records AS a ON a."row" = found.l
JOIN stages.records AS b ON b."row" = found.r
JOIN review_ready AS l ON l.record_id = a.record_id
JOIN review_ready AS r ON r.record_id = b.record_id
ORDER BY found.weight DESC, left_id, right_id
""",
    ),
}
"""What each view holds, and its statement."""


def write_duckdb_file(path: Path, source: Source) -> int:
    """Write a new database with every table of the run; return the rows of review_ready.

    A selection leaves its records, their groups, and pairs among them; tables that tell of the file
    as a whole stay whole. DuckDB spills to the folder of `path`. Raises `ExportError` where the
    disk is full or refuses.
    """
    try:
        # What DuckDB holds of a table it gives back for good when the file is closed.
        for name in source.names():
            with _opened(path) as connection:
                _copy(connection, source, name)
        with _opened(path) as connection:
            _tell(connection, source)
    except _REFUSED as error:
        message = f"cannot write {path.name}: {str(error).partition(chr(10))[0]}"
        hint = "Free some space, or name another place with --out."
        raise ExportError(message, hint=hint) from error
    return source.rows("review_ready")


@contextmanager
def _opened(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give the database, which takes little memory, spills beside its file, and is closed."""
    with closing(duckdb.connect(str(path))) as connection:
        connection.execute("SET memory_limit = $memory", {"memory": f"{_MEMORY}B"})
        # Rows come one after the other, and each thread would hold a part of the table.
        connection.execute("SET threads = 1")
        connection.execute("SET temp_directory = $spill", {"spill": str(path.parent)})
        yield connection


def _copy(connection: duckdb.DuckDBPyConnection, source: Source, name: str) -> None:
    """Copy one table of the run."""
    connection.execute("CREATE SCHEMA IF NOT EXISTS stages")
    schema = TABLES[name]
    keyed = _can_be_keyed(source, schema)
    _fill(connection, schema, source.schema(name), source.batches(name), keyed=keyed)


def _can_be_keyed(source: Source, schema: TableSchema) -> bool:
    """Whether the index of a table's key fits; its first rows tell how long keys are."""
    first = next(source.batches(schema.name, schema.key), None)
    if first is None:
        return True
    row: float = _INDEX_ROW + _INDEX_BYTE * first.nbytes / first.num_rows
    return source.rows(schema.name) * row <= _MEMORY / 2


def _tell(connection: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Make the table that says what run this is, and the views."""
    told = pa.table(list(zip(*story(source).items(), strict=True)), schema=_EXPORT.arrow())
    _fill(connection, _EXPORT, told.schema, [told], keyed=True, where="main")
    verify = _literal(labels_of(source.manifest)["Verify"])
    for name, (says, statement) in _VIEWS.items():
        connection.execute(statement.format(verify=verify))
        connection.execute(f"COMMENT ON VIEW {name} IS {_literal(says)}")


def _fill(
    connection: duckdb.DuckDBPyConnection,
    schema: TableSchema,
    stored: pa.Schema,
    batches: Iterable[pa.Table],
    *,
    keyed: bool,
    where: str | None = None,
) -> None:
    """Make one table, say what it and its columns are, and fill it; `keyed` declares its key."""
    place = where or ("main" if speaks_to_people(schema) else "stages")
    table = f"{place}.{quote(schema.name)}"
    lines = [f"{quote(field.name)} {_type(field.type)}{_NULLS[field.nullable]}" for field in stored]
    if keyed:
        lines.append(f"PRIMARY KEY ({', '.join(map(quote, schema.key))})")
    connection.execute("BEGIN")
    connection.execute(f"CREATE TABLE {table} ({', '.join(lines)})")
    connection.execute(f"COMMENT ON TABLE {table} IS {_literal(schema.grain)}")
    for column in schema.columns:
        if column.name in stored.names:  # an earlier release may not have had it
            connection.execute(
                f"COMMENT ON COLUMN {table}.{quote(column.name)} IS {_literal(column.says)}"
            )
    _insert(connection, table, stored, batches)
    connection.execute("COMMIT")


def _insert(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    stored: pa.Schema,
    batches: Iterable[pa.Table],
) -> None:
    """Fill a table by one statement that draws its rows as it goes.

    A statement per batch keeps every row group of the transaction in memory; one statement writes
    those that are full.
    """
    failed: list[BaseException] = []

    def drawn() -> Iterator[pa.RecordBatch]:
        try:
            for batch in batches:
                yield from batch.to_batches()
        except (KeeponeError, KeyboardInterrupt) as error:  # DuckDB makes it one of its own
            failed.append(error)
            raise

    connection.register("rows", pa.RecordBatchReader.from_batches(stored, drawn()))
    try:
        connection.execute(f"INSERT INTO {table} SELECT * FROM rows")
    except duckdb.Error as error:
        raise failed[0] if failed else error from None
    finally:
        connection.unregister("rows")


def _type(kind: pa.DataType) -> str:
    """Return what DuckDB calls a type of the schema."""
    if pa.types.is_list(kind):
        return f"{_type(kind.value_type)}[]"
    if pa.types.is_struct(kind):
        fields = (f"{quote(field.name)} {_type(field.type)}" for field in kind)
        return f"STRUCT({', '.join(fields)})"
    return _TYPES[kind]


def _literal(text: str) -> str:
    """Return text as SQL; comments and views take no bound values."""
    return "'" + text.replace("'", "''") + "'"
