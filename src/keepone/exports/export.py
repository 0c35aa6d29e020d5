"""One call for every format: what was ordered is checked, written, and told of."""
# ruff: noqa: PLC0415 - what a format needs is loaded when it is asked for

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from keepone.errors import ExportError
from keepone.exports.crosswalk import CROSSWALK, crosswalk
from keepone.exports.csv_file import write_csv
from keepone.exports.selection import Selection
from keepone.exports.source import Source, opened_source
from keepone.exports.target import written
from keepone.runs import Run

REVIEW_READY = "review_ready"
SQL = "sql"

# Formats by what a file's name ends with.
_SUFFIXES = {
    ".csv": "csv",
    ".xlsx": "xlsx",
    ".parquet": "parquet",
    ".duckdb": "duckdb",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
}
_OF_ONE_TABLE = ("csv", "parquet", "json")
_AS_TEXT = ("csv", "crosswalk")


@dataclass(frozen=True, slots=True)
class Order:
    """An export that is wanted: `format`, one of `FORMATS`, to `out`, a file or a database's URL.

    `table` is what formats of one table hold. `raw` leaves cells of CSV files as they are, also
    those that a spreadsheet takes for formulas. `force` replaces a file that is there. `schema` is
    where the tables stand in a database.
    """

    out: str
    format: str
    table: str = REVIEW_READY
    selection: Selection = field(default_factory=Selection)
    raw: bool = False
    force: bool = False
    schema: str = "keepone"


@dataclass(frozen=True, slots=True)
class Exported:
    """An export that was written: where, how many rows of which table, how large, and how long.

    `bytes` is None for a database. `notes` say what a person should know, such as what had no room.
    """

    out: str
    format: str
    table: str
    rows: int
    bytes: int | None
    seconds: float
    notes: tuple[str, ...] = ()


Writer = Callable[[Path, Source, Order], tuple[int, list[str]]]
"""Writes a file and gives how many rows it has, and notes."""


def _csv(path: Path, source: Source, order: Order) -> tuple[int, list[str]]:
    batches = source.batches(order.table)
    return write_csv(path, source.schema(order.table), batches, raw=order.raw), []


def _crosswalk(path: Path, source: Source, order: Order) -> tuple[int, list[str]]:
    return write_csv(path, CROSSWALK.arrow(), crosswalk(source), raw=order.raw), []


def _parquet(path: Path, source: Source, order: Order) -> tuple[int, list[str]]:
    from keepone.exports.parquet_file import write_parquet_file

    batches = source.batches(order.table)
    return write_parquet_file(path, source.schema(order.table), batches), []


def _json(path: Path, source: Source, order: Order) -> tuple[int, list[str]]:
    from keepone.exports.json_lines import write_json_lines

    return write_json_lines(path, source.batches(order.table)), []


def _xlsx(path: Path, source: Source, _order: Order) -> tuple[int, list[str]]:
    from keepone.exports.workbook import write_workbook

    return write_workbook(path, source)


def _duckdb(path: Path, source: Source, _order: Order) -> tuple[int, list[str]]:
    from keepone.exports.duckdb_file import write_duckdb_file

    return write_duckdb_file(path, source), []


_WRITERS: dict[str, Writer] = {
    "csv": _csv,
    "xlsx": _xlsx,
    "parquet": _parquet,
    "duckdb": _duckdb,
    "json": _json,
    "crosswalk": _crosswalk,
}

FORMATS = ("csv", "xlsx", "parquet", "duckdb", "json", SQL, "crosswalk")


def format_of(out: str) -> str:
    """Return the format that the name of a file, or a URL, stands for; `ExportError` for none."""
    if "://" in out:
        return SQL
    suffix = Path(out).suffix.lower()
    if suffix not in _SUFFIXES:
        message = f"cannot tell the format of {out}"
        raise ExportError(message, hint=f"Say it with --format: {', '.join(FORMATS)}.")
    return _SUFFIXES[suffix]


def export_run(run: Run, order: Order) -> Exported:
    """Write an export of a finished run; it appears whole or not at all.

    Raises `ExportError` for what cannot be exported or written, and `RunError` for a run that is
    not finished or damaged.
    """
    _check(order)
    started = time.perf_counter()
    with opened_source(run, order.selection) as source:
        _check_table(source, order)
        if order.format == SQL:
            from keepone.exports.connection import database_url
            from keepone.exports.database import write_database

            made = write_database(database_url(order.out), source, schema=order.schema)
            where, rows, size = made.where, made.rows, None
            notes: list[str] = []
        else:
            path = Path(order.out)
            with written(path, run, force=order.force) as new:
                rows, notes = _WRITERS[order.format](new, source, order)
            where, size = str(path), path.stat().st_size
    table = CROSSWALK.name if order.format == CROSSWALK.name else order.table
    seconds = round(time.perf_counter() - started, 3)
    return Exported(where, order.format, table, rows, size, seconds, tuple(notes))


def _check(order: Order) -> None:
    if order.format not in FORMATS:
        message = f"there is no format {order.format!r}"
        raise ExportError(message, hint=f"There are {', '.join(FORMATS)}.")
    if (order.format == SQL) != ("://" in order.out):
        message = f"cannot write {order.format} to {order.out}"
        hint = "--format sql takes the URL of a database, and every other format a file."
        raise ExportError(message, hint=hint)
    if order.raw and order.format not in _AS_TEXT:
        message = f"--raw says nothing to {order.format}, which needs no escapes"
        raise ExportError(message, hint="Leave it out; text stays as it is.")
    if order.table != REVIEW_READY and order.format not in _OF_ONE_TABLE:
        message = f"--table says nothing to {order.format}, which has tables of its own"
        raise ExportError(message, hint=f"It is for {', '.join(_OF_ONE_TABLE)}.")
    if not order.schema.isidentifier():
        message = f"{order.schema!r} is no name for a schema"
        raise ExportError(message, hint="Use letters, digits and underscores.")


def _check_table(source: Source, order: Order) -> None:
    if order.table not in source.names():
        message = f"the run {source.manifest.run_id} has no table {order.table!r}"
        raise ExportError(message, hint=f"It has {', '.join(source.names())}.")
