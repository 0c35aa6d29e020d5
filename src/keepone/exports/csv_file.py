"""CSV: a table of the run, or the crosswalk, as text; and the reader that gives the values back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from os import PathLike
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv

from keepone.errors import InputError
from keepone.exports.formulas import escaped, escaped_text, unescaped, unescaped_text


def write_csv(path: Path, schema: pa.Schema, batches: Iterable[pa.Table], *, raw: bool) -> int:
    """Write rows as UTF-8 with a header; return how many. Text stands in quotes, null does not.

    Cells that a spreadsheet would take for formulas are escaped, unless they are wanted `raw`.
    Lists are JSON.
    """
    names = schema.names if raw else [escaped_text(name) for name in schema.names]
    fields = [
        pa.field(name, pa.string() if pa.types.is_list(field.type) else field.type)
        for name, field in zip(names, schema, strict=True)
    ]
    rows = 0
    with pacsv.CSVWriter(path, pa.schema(fields)) as writer:
        for batch in batches:
            columns = [_as_cells(column, raw=raw) for column in batch.columns]
            writer.write_table(pa.Table.from_arrays(columns, schema=pa.schema(fields)))
            rows += batch.num_rows
    return rows


def _as_cells(column: pa.ChunkedArray, *, raw: bool) -> pa.ChunkedArray:
    if pa.types.is_list(column.type):
        column = lists_as_json(column)
    return column if raw or not pa.types.is_string(column.type) else escaped(column)


def lists_as_json(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return lists as JSON text, for what knows no lists."""
    texts = [
        None if values is None else json.dumps(values, ensure_ascii=False)
        for values in column.to_pylist()
    ]
    return pa.chunked_array([pa.array(texts, pa.string())])


def read_export(path: str | PathLike[str]) -> pa.Table:
    """Return a CSV file that was exported without `raw`, with every value as the run has it.

    All columns are text; an empty cell without quotes is null. Raises `InputError` where the file
    cannot be read.
    """
    try:
        with Path(path).open("rb") as file:
            names = pacsv.open_csv(file, parse_options=_PARSE).schema.names
        table = pacsv.read_csv(
            Path(path),
            parse_options=_PARSE,
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                null_values=[""],
            ),
        )
    except (OSError, pa.ArrowException) as error:
        # What Arrow says of a line quotes it.
        why = (error.strerror or "").lower() if isinstance(error, OSError) else ""
        message = f"cannot read {path}: {why or 'it is no whole CSV'}"
        raise InputError(message, hint="Name a file that `keepone export` wrote.") from error
    columns = [unescaped(column) for column in table.columns]
    return pa.Table.from_arrays(columns, names=[unescaped_text(name) for name in names])


_PARSE = pacsv.ParseOptions(newlines_in_values=True)
