"""Tables that are in memory already, and Parquet files: typed columns that become text."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from keepone.errors import InputError
from keepone.readers.cells import cell_text, text_column, utf8_column
from keepone.readers.gather import Gathered
from keepone.readers.headers import unique_headers
from keepone.readers.notes import fallback_note
from keepone.readers.source import Sheet
from keepone.settings import IngestSettings
from keepone.shelf import BLOCK_BYTES, MEMORY, Shelf

_BATCH_ROWS = 65_536
# Parquet pages are read in pieces of this size, not a column of a row group at once.
_BUFFER = 1 << 20


def is_frame(value: object) -> bool:
    """Whether `value` is a table in memory: Arrow, pandas, Polars, or of Arrow's protocol."""
    return hasattr(value, "__arrow_c_stream__") or _is_pandas(value)


def frame_table(frame: Any) -> pa.Table:
    """Return a table in memory as Arrow, every cell as text; column names may repeat."""
    if _is_pandas(frame):
        # Column by column, since pandas lets names repeat and a column mix types.
        names = [str(name) for name in frame.columns]
        columns = [_pandas_column(frame.iloc[:, index]) for index in range(len(names))]
        return pa.table(columns, names=names)
    table = pa.table(frame)
    columns = [utf8_column(text_column(column))[0] for column in table.columns]
    return pa.table(columns, names=[str(name) for name in table.column_names])


def table_digest(table: pa.Table) -> tuple[str, int]:
    """Return the SHA-256 and the size in bytes of a text table, whatever its chunks."""
    sink = _Digest()
    schema = pa.schema([pa.field(name, pa.string()) for name in table.column_names])
    with pa.ipc.new_stream(pa.PythonFile(sink, "w"), schema) as stream:
        for part in _slices(table):
            # No cell is the empty string, so that it can stand for null.
            columns = [pc.fill_null(column, "").combine_chunks() for column in part.columns]
            stream.write_table(pa.table(columns, schema=schema))
    return sink.sha256.hexdigest(), sink.size


class _Digest(io.RawIOBase):
    """A file that keeps nothing of what is written but its digest and size."""

    def __init__(self) -> None:
        super().__init__()
        self.sha256 = hashlib.sha256()
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.sha256.update(data)
        self.size += len(data)
        return len(data)


def read_table(
    table: pa.Table,
    label: str,
    settings: IngestSettings,
    notes: list[str],
    shelf: Shelf = MEMORY,
) -> Sheet:
    """Read a text table; rows are counted from 1. Raises `InputError` if it has no column."""
    header = _headers(table.column_names, label, notes)
    return _gather(_slices(table), Gathered(label, header, settings.max_cell, shelf))


def read_parquet(
    path: Path,
    label: str,
    settings: IngestSettings,
    notes: list[str],
    shelf: Shelf = MEMORY,
) -> Sheet:
    """Read a Parquet file; rows are counted from 1.

    Raises `InputError` if it is damaged, cut short or has no column.
    """
    try:
        with pq.ParquetFile(path, buffer_size=_BUFFER) as file:
            header = _headers(file.schema_arrow.names, label, notes)
            gathered = Gathered(label, header, settings.max_cell, shelf)
            texts = _Texts()
            sheet = _gather(map(texts.of, file.iter_batches(_batch_rows(file.metadata))), gathered)
            rows = file.metadata.num_rows
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise _damaged(label) from error
    if sheet.rows_read != rows:
        raise _damaged(label)
    if texts.fallback_cells:
        notes.append(fallback_note(label, texts.fallback_cells, "cell"))
    return sheet


@dataclass(slots=True)
class _Texts:
    """Batches of a Parquet file as text; `fallback_cells` counts the cells that are not UTF-8."""

    fallback_cells: int = 0

    def of(self, batch: pa.RecordBatch) -> pa.Table:
        columns = []
        for column in batch.columns:
            text, cells = utf8_column(text_column(pa.chunked_array([column])))
            self.fallback_cells += cells
            columns.append(text)
        return pa.table(columns, names=batch.schema.names)


def _damaged(label: str) -> InputError:
    message = f"{label} is no whole Parquet file: it is damaged or was cut short"
    return InputError(message, hint="Write or copy the file again.")


def _batch_rows(metadata: pq.FileMetaData) -> int:
    """Return how many rows of a Parquet file to read at a time: few where they are long."""
    groups = (metadata.row_group(index) for index in range(metadata.num_row_groups))
    size = sum(group.total_byte_size for group in groups)
    fitting: int = BLOCK_BYTES * metadata.num_rows // max(1, size)
    return max(64, min(_BATCH_ROWS, fitting))


def _slices(table: pa.Table) -> Iterator[pa.Table]:
    for start in range(0, table.num_rows, _BATCH_ROWS):
        yield table.slice(start, _BATCH_ROWS)


def _headers(names: list[str], label: str, notes: list[str]) -> tuple[str, ...]:
    if not names:
        message = f"{label} has no columns"
        raise InputError(message, hint="Give a table with a column for the name, at the least.")
    return unique_headers(names, label, notes)


def _gather(tables: Iterable[pa.Table], gathered: Gathered) -> Sheet:
    at = 0
    for table in tables:
        gathered.count(table.num_rows)
        gathered.add(table, pa.array(np.arange(at + 1, at + 1 + table.num_rows)))
        at += table.num_rows
    return gathered.sheet()


def _is_pandas(value: object) -> bool:
    return type(value).__module__.split(".")[0] == "pandas" and hasattr(value, "iloc")


def _pandas_column(series: Any) -> pa.ChunkedArray:
    try:
        values = pa.Array.from_pandas(series)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        values = pa.array([_scalar_text(value) for value in series], pa.string())
    return text_column(
        values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])
    )


def _scalar_text(value: Any) -> str | None:
    # pandas.NA can be told by its type alone: it refuses to be compared.
    return None if type(value).__name__ == "NAType" else cell_text(value)
