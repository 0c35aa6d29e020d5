"""Writes a generated export and its truth, in the format that the file's name asks for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from keepone.errors import UserError, WorkspaceError

_SHEET_ROWS = 1_048_576
"""Rows that a sheet of a workbook can hold."""


def write_accounts(accounts: pa.Table, out: Path) -> None:
    """Write `accounts` to `out` as CSV, Parquet, JSON Lines or XLSX, by its suffix.

    Raises `UserError` for another suffix, and for what XLSX cannot hold or cannot be written here;
    `WorkspaceError` where the file cannot be written.
    """
    writer = _WRITERS.get(out.suffix.lower())
    if writer is None:
        message = f"{out}: no format is known for the suffix {out.suffix!r}"
        raise UserError(message, hint=f"use one of {', '.join(_WRITERS)}")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        writer(accounts, out)
    except OSError as error:
        message = f"{out}: cannot be written ({error.strerror or error})"
        raise WorkspaceError(message) from error


def _write_csv(table: pa.Table, out: Path) -> None:
    pyarrow.csv.write_csv(table, out)


def _write_parquet(table: pa.Table, out: Path) -> None:
    pyarrow.parquet.write_table(table, out, compression="zstd")


def _write_jsonl(table: pa.Table, out: Path) -> None:
    with out.open("w", encoding="utf-8") as lines:
        for batch in table.to_batches(max_chunksize=50_000):
            lines.writelines(
                json.dumps(row, ensure_ascii=False) + "\n" for row in batch.to_pylist()
            )


def _write_xlsx(table: pa.Table, out: Path) -> None:
    try:
        import xlsxwriter  # noqa: PLC0415 - the one format whose writer is not always installed
    except ImportError as error:
        message = f"{out}: writing XLSX needs the package xlsxwriter, which is not installed"
        raise UserError(message, hint="pip install xlsxwriter, or write .csv") from error
    if table.num_rows >= _SHEET_ROWS:
        message = f"{out}: a sheet holds {_SHEET_ROWS - 1:,} records, not {table.num_rows:,}"
        raise UserError(message, hint="write .csv or .parquet")
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as workbook:
        sheet = workbook.add_worksheet("Accounts")
        sheet.write_row(0, 0, table.column_names)
        number = 0
        for batch in table.to_batches(max_chunksize=50_000):
            columns = [column.to_pylist() for column in batch.columns]
            for row in zip(*columns, strict=True):
                number += 1
                for position, value in enumerate(row):
                    if value is not None:
                        sheet.write_string(number, position, value)


_WRITERS: dict[str, Callable[[pa.Table, Path], None]] = {
    ".csv": _write_csv,
    ".parquet": _write_parquet,
    ".jsonl": _write_jsonl,
    ".xlsx": _write_xlsx,
}
