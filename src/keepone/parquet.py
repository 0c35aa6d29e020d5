"""How tables stand in Parquet files: row groups, encodings, types, and which version of it all.

Row groups are small, so that what is asked of one group or one record is read without the rest.
Text that repeats is written as a dictionary, text that does not is written plain; integers that do
not repeat, such as keys in their order, as differences. What repeats is seen in the first row
group, so that the same table gives the same bytes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from keepone.errors import RunError
from keepone.schema import SCHEMA_VERSION
from keepone.settings import MachineSettings
from keepone.shelf import blocks
from keepone.table_schema import TableSchema

VERSION_KEY = b"keepone.schema_version"

_GROUP_ROWS = 1 << 13
# Text in one row group; it is put together, and read back, in memory.
_GROUP_BYTES = 16 << 20
# A column repeats its values if at most this share of them are distinct.
_REPEATING = 0.5
# Rows are looked up by their key, and by these.
_SOUGHT = ("record_id",)
_OPEN_FOOTERS = 64
# Row groups that a lookup reads in one go.
_READ_TOGETHER = 8
_RERUN = "Run it again with the same inputs and --run-id; what stands is used, the rest is made."


@dataclass(frozen=True, slots=True)
class Layout:
    """What may be chosen of a file; it changes no value.

    `level` is that of zstd. With `narrow` types, columns have the types of the schema, and text of
    few values is a dictionary to readers that know one; else integers have 64 bits and text is
    text.
    """

    compression: str
    level: int
    narrow: bool

    @classmethod
    def of(cls, settings: MachineSettings) -> Layout:
        """Return the layout that the settings ask for."""
        return cls(settings.compression, settings.compression_level, settings.narrow_types)

    def stored(self, schema: TableSchema, table: pa.Table) -> pa.Schema:
        """Return the schema in which `table`, which conforms to `schema`, is written."""
        few = {column.name for column in schema.columns if column.few}
        declared = {column.name for column in schema.columns}
        fields = []
        for field in table.schema:
            kind = field.type
            if self.narrow and field.name in few:
                kind = pa.dictionary(pa.int32(), pa.string())
            elif not self.narrow and field.name in declared and pa.types.is_int32(kind):
                kind = pa.int64()
            fields.append(field.with_type(kind))
        return pa.schema(fields, metadata={VERSION_KEY: str(SCHEMA_VERSION)})


def write_parquet(
    path: Path,
    table: pa.Table,
    schema: TableSchema,
    layout: Layout,
    after_block: Callable[[], None] = lambda: None,
) -> None:
    """Write `table`, which conforms to `schema`, a row group at a time.

    Where row groups end depends on the text alone. `after_block` is called after each of them.
    """
    stored = layout.stored(schema, table)
    groups = _row_groups(table)
    first = next(groups)
    repeating = [name for name in table.column_names if _repeats(first.column(name))]
    counting = [
        name
        for name in table.column_names
        if pa.types.is_integer(table.schema.field(name).type) and name not in repeating
    ]
    with pq.ParquetWriter(
        path,
        stored,
        compression=layout.compression,
        compression_level=layout.level if layout.compression == "zstd" else None,
        use_dictionary=[_leaf(stored.field(name)) for name in repeating],
        column_encoding=dict.fromkeys(counting, "DELTA_BINARY_PACKED"),
        # Long texts make statistics dear, and nobody looks for a reason.
        write_statistics=[
            column.name for column in schema.columns if column.name in (*schema.key, *_SOUGHT)
        ],
        sorting_columns=pq.SortingColumn.from_ordering(
            stored, [(name, "ascending") for name in schema.key]
        ),
        write_page_checksum=True,
    ) as writer:
        while first is not None:
            # The chunks of a table would show in the bytes of its file.
            writer.write_table(_in_types(stored, first.combine_chunks()))
            after_block()
            first = next(groups, None)


def _in_types(schema: pa.Schema, table: pa.Table) -> pa.Table:
    """Return the table with the types of `schema`; columns that have them are passed on as such."""
    columns = [
        column if column.type == field.type else column.cast(field.type)
        for field, column in zip(schema, table.columns, strict=True)
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _row_groups(table: pa.Table) -> Iterator[pa.Table]:
    """Give the rows of each row group; of an empty table, one without rows."""
    for start in range(0, max(1, table.num_rows), _GROUP_ROWS):
        piece = table.slice(start, _GROUP_ROWS)
        yield from blocks(piece, _GROUP_BYTES) if piece.num_rows else (piece,)


def _repeats(column: pa.ChunkedArray) -> bool:
    """Whether a dictionary pays: half of the values at most are distinct, or there are none."""
    if pa.types.is_nested(column.type) or pa.types.is_dictionary(column.type):
        return True
    filled = len(column) - column.null_count
    return not filled or pc.count_distinct(column).as_py() <= _REPEATING * filled


def _leaf(field: pa.Field) -> str:
    """Return the path of the column's values in the file."""
    return f"{field.name}.list.element" if pa.types.is_list(field.type) else field.name


@contextmanager
def opened(path: Path) -> Iterator[pq.ParquetFile]:
    """Open a file of any version up to this one; its footer is read once while it stays the same.

    Raises `RunError` where it is missing, damaged, or of a newer release than this.
    """
    try:
        status = path.stat()
        footer = _footer(path, status.st_ino, status.st_size, status.st_mtime_ns)
        _check_version(path, footer)
        with pq.ParquetFile(path, metadata=footer, page_checksum_verification=True) as file:
            yield file
    except (OSError, pa.ArrowException) as error:
        raise damaged(path, error) from error


@lru_cache(maxsize=_OPEN_FOOTERS)
def _footer(path: Path, _inode: int, _size: int, _modified: int) -> pq.FileMetaData:
    return pq.read_metadata(path)


def forget_footers() -> None:
    """Let every file's footer be read again, as in a process of its own."""
    _footer.cache_clear()


def _check_version(path: Path, footer: pq.FileMetaData) -> None:
    version = int((footer.metadata or {}).get(VERSION_KEY, b"1"))
    if version > SCHEMA_VERSION:
        message = (
            f"{path} has schema version {version}, and this release knows up to {SCHEMA_VERSION}"
        )
        raise RunError(message, hint="Open it with the release that wrote it, or a newer one.")


def damaged(path: Path, error: Exception) -> RunError:
    """Return the error that says that a run's file cannot be read."""
    return RunError(f"cannot read {path}: {error}", hint=f"Delete it. {_RERUN}")


def declared(schema: TableSchema, table: pa.Table) -> pa.Table:
    """Return a table as its schema has it, whatever narrower or wider types its file has."""
    types = {column.name: column.type for column in schema.columns}
    fields = [field.with_type(types.get(field.name, field.type)) for field in table.schema]
    return _in_types(pa.schema(fields), table)


def row_groups(path: Path, schema: TableSchema) -> Iterator[pa.Table]:
    """Give the row groups of a file, one after the other; a file without rows has one of none."""
    with opened(path) as file:
        yield declared(schema, file.schema_arrow.empty_table())
        for index in range(file.num_row_groups):
            yield declared(schema, file.read_row_group(index))


def read_parquet(path: Path, schema: TableSchema, columns: Sequence[str] | None = None) -> pa.Table:
    """Return a file's table, or some of its columns."""
    with opened(path) as file:
        return declared(schema, file.read(columns=None if columns is None else list(columns)))


class Lookup:
    """Finds rows of one table without reading the row groups that do not hold them."""

    def __init__(self, path: Path, schema: TableSchema) -> None:
        self._path = path
        self._schema = schema

    def at(self, positions: Sequence[int], columns: Sequence[str]) -> pa.Table:
        """Return the rows at these positions, which rise, in that order."""
        wanted = np.asarray(positions, dtype=np.int64)
        with opened(self._path) as file:
            sizes = [file.metadata.row_group(at).num_rows for at in range(file.num_row_groups)]
            ends = np.cumsum(sizes)
            owners = np.searchsorted(ends, wanted, side="right")
            found = [file.schema_arrow.empty_table().select(columns)]
            for together in _few_at_a_time(np.unique(owners).tolist()):
                read = np.array([sizes[owner] for owner in together])
                # Where a row group begins in its file, and where among those that were read.
                begins = ends[together] - read
                moved = np.cumsum(read) - read - begins
                mine = np.isin(owners, together)
                inside = wanted[mine] + moved[np.searchsorted(together, owners[mine])]
                rows = file.read_row_groups(together, columns=list(columns))
                found.append(rows.take(pa.array(inside)))
            return self._joined(found)

    def where(
        self, column: str, values: Iterable[Any], columns: Sequence[str] | None = None
    ) -> pa.Table:
        """Return the rows whose `column`, of the table's key, has one of `values`."""
        wanted = sorted(set(values))
        with opened(self._path) as file:
            names = file.schema_arrow.names if columns is None else list(columns)
            read = dict.fromkeys((*names, column))
            found = [file.schema_arrow.empty_table().select(names)]
            for together in _few_at_a_time(_that_may_hold(wanted, _bounds(file.metadata, column))):
                rows = file.read_row_groups(together, columns=[*read])
                sought = pa.array(wanted, rows.column(column).type)
                chosen = pc.indices_nonzero(pc.is_in(rows.column(column), sought))
                found.append(rows.select(names).take(chosen))
            return self._joined(found)

    def _joined(self, pieces: Sequence[pa.Table]) -> pa.Table:
        return declared(self._schema, pa.concat_tables(pieces))


def _few_at_a_time(groups: Sequence[int]) -> Iterator[Sequence[int]]:
    """Give a few row groups at a time: columns are read side by side, and in little memory."""
    for start in range(0, len(groups), _READ_TOGETHER):
        yield groups[start : start + _READ_TOGETHER]


def _that_may_hold(wanted: Sequence[Any], bounds: Iterable[tuple[Any, Any]]) -> list[int]:
    """Return the row groups within whose bounds there is one of the values, which rise."""
    return [
        index
        for index, (least, most) in enumerate(bounds)
        if least is None
        or ((at := bisect_left(wanted, least)) < len(wanted) and wanted[at] <= most)
    ]


def _bounds(footer: pq.FileMetaData, column: str) -> Iterator[tuple[Any, Any]]:
    """Give the least and the greatest value of each row group; None where the file tells none."""
    place = footer.schema.names.index(column)
    for index in range(footer.num_row_groups):
        statistics = footer.row_group(index).column(place).statistics
        told = statistics is not None and statistics.has_min_max
        yield (statistics.min, statistics.max) if told else (None, None)
