"""Cells: every value as text, and the rows whose cells cannot be kept."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keepone.readers.encodings import text_of
from keepone.readers.source import RAW_LENGTH, Reject

# Above this a float does not hold every integer, so its digits are not the number that was meant.
_EXACT_INTEGERS = 2.0**53
# What Arrow raises for values that Python has none of: years past 9999, unknown time zones, bytes
# that are no text.
_NOT_PYTHONS = (ArithmeticError, LookupError, ValueError)


def cell_text(value: Any) -> str | None:  # noqa: C901, PLR0911 - one line per kind of value
    """Return a Python value as text; None for nothing, NaN and the empty string.

    5551234567.0 is "5551234567", a date ISO, a datetime at midnight its date, true "true"; lists
    and objects are JSON.
    """
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating):
        return _number_text(float(value))
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() else None
    if isinstance(value, datetime):
        # Also NaT, whose fields are all NaN.
        if value != value:  # noqa: PLR0124
            return None
        midnight = value.time() == time() and value.tzinfo is None
        return (value.date() if midnight else value).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace") or None
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=cell_text)
    if is_dataclass(value) and not isinstance(value, type):
        return json.dumps(asdict(value), ensure_ascii=False, default=cell_text)
    return str(value)


def _number_text(value: float) -> str | None:
    if math.isnan(value):
        return None
    if value.is_integer() and abs(value) <= _EXACT_INTEGERS:
        return str(int(value))
    return format(Decimal(repr(value)), "f") if math.isfinite(value) else str(value)


def text_column(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return an Arrow column as text, by the rules of `cell_text`.

    Of times that no calendar has, it is the number that stands there.
    """
    kind = values.type
    if pa.types.is_dictionary(kind):
        return text_column(values.cast(kind.value_type))
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        text = values.cast(pa.string())
        return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return values.cast(pa.string())
    if pa.types.is_date(kind) and _in_calendar(values):
        return values.cast(pa.string())
    if pa.types.is_floating(kind) and _all_integers(values):
        return values.cast(pa.int64()).cast(pa.string())
    if pa.types.is_timestamp(kind):
        zone = kind.tz if kind.tz is None or _is_zone(kind.tz) else "UTC"
        unit = "us" if kind.unit == "ns" else kind.unit
        values = values.cast(pa.timestamp(unit, zone), safe=False)
    return pa.chunked_array(
        [pa.array(map(cell_text, _python_values(chunk)), pa.string()) for chunk in values.chunks],
        pa.string(),
    )


def _in_calendar(days: pa.ChunkedArray) -> bool:
    limits = pa.scalar(date.min, days.type), pa.scalar(date.max, days.type)
    least, greatest = pc.min_max(days).values()
    return not least.is_valid or bool(
        pc.and_(pc.greater_equal(least, limits[0]), pc.less_equal(greatest, limits[1])).as_py()
    )


def _is_zone(name: str) -> bool:
    try:
        pa.scalar(0, pa.timestamp("s", name)).as_py()
    except _NOT_PYTHONS:
        return False
    return True


def utf8_column(text: pa.ChunkedArray) -> tuple[pa.ChunkedArray, int]:
    """Return text that is UTF-8 in every cell, and how many cells were not.

    Those are read as Windows-1252, as lines of text files are.
    """
    try:
        text.validate(full=True)
    except pa.ArrowInvalid:
        cells = text.cast(pa.binary()).to_pylist()
        found = [None if cell is None else text_of(cell) for cell in cells]
        count = sum(
            cell is not None and each != cell.decode("utf-8", "replace")
            for cell, each in zip(cells, found, strict=True)
        )
        return pa.chunked_array([pa.array(found, pa.string())]), count
    return text, 0


def _python_values(values: pa.Array) -> list[Any]:
    """Return values as Python's own; where it has none such, as `_python_value` says."""
    try:
        return values.to_pylist()  # type: ignore[no-any-return]
    except _NOT_PYTHONS:
        return [_python_value(value) for value in values]


def _python_value(value: pa.Scalar) -> Any:
    try:
        return value.as_py()
    except _NOT_PYTHONS:
        if pa.types.is_struct(value.type):
            return {key: _python_value(each) for key, each in value.items()}
        if isinstance(value, pa.ListScalar | pa.LargeListScalar | pa.FixedSizeListScalar):
            return [_python_value(each) for each in value.values]
        if pa.types.is_string(value.type) or pa.types.is_large_string(value.type):
            return text_of(value.as_buffer().to_pybytes())
        # A time: what stands there is a number.
        return str(value.value)


def _all_integers(values: pa.ChunkedArray) -> bool:
    wide = values.cast(pa.float64())
    exact = pc.and_(pc.equal(pc.trunc(wide), wide), pc.less_equal(pc.abs(wide), _EXACT_INTEGERS))
    return pc.all(exact, min_count=0).as_py() is True


def row_text(cells: Iterable[str | None], delimiter: str = ",") -> str:
    """Return a row as one line of delimited text, cut to what a reject may hold."""
    line = io.StringIO()
    csv.writer(line, delimiter=delimiter, lineterminator="").writerow(
        (cell or "")[:RAW_LENGTH] for cell in cells
    )
    return line.getvalue()[:RAW_LENGTH]


def split_faulty(
    cells: pa.Table, source_rows: pa.Array, *, max_cell: int, damage: bool = False
) -> tuple[pa.Table, pa.Array, list[Reject]]:
    """Part the rows that can be kept from those that cannot.

    Rejects, the first that holds: `empty_row` (white space in every cell), `nul_byte`,
    `cell_too_long` (more than `max_cell` characters in a cell), and with `damage`, where U+FFFD
    marks what could not be decoded, `bad_encoding`.
    """
    faults = np.zeros(cells.num_rows, dtype=bool)
    found: dict[int, tuple[str, str | None]] = {}

    def mark(mask: pa.ChunkedArray, code: str, column: str | None) -> None:
        positions = np.flatnonzero(mask.to_numpy())
        faults[positions] = True
        for position in positions.tolist():
            found.setdefault(position, (code, column))

    blank = _blank_rows(cells)
    if blank is not None:
        mark(blank, "empty_row", None)
    for name in cells.column_names:
        column = cells.column(name)
        if _holds_nul(column):
            mark(pc.fill_null(pc.match_substring(column, "\0"), fill_value=False), "nul_byte", name)
    for name in cells.column_names:
        column = cells.column(name)
        longest = pc.max(pc.binary_length(column)).as_py() or 0
        if longest > max_cell:
            too_long = pc.greater(pc.utf8_length(column), max_cell)
            mark(pc.fill_null(too_long, fill_value=False), "cell_too_long", name)
        if damage:
            damaged = pc.match_substring(column, "\N{REPLACEMENT CHARACTER}")
            mark(pc.fill_null(damaged, fill_value=False), "bad_encoding", name)
    if not found:
        return cells, source_rows, []
    positions = sorted(found)
    rows = cells.take(pa.array(positions)).to_pylist()
    numbers = source_rows.take(pa.array(positions)).to_pylist()
    rejects = [
        _reject(number, *found[position], tuple(row.values()), max_cell)
        for position, number, row in zip(positions, numbers, rows, strict=True)
    ]
    keep = pa.array(~faults)
    return cells.filter(keep), source_rows.filter(keep), rejects


def _reject(
    number: int, code: str, column: str | None, row: Sequence[str | None], max_cell: int
) -> Reject:
    message = {
        "empty_row": "every cell of the row is blank; nothing is lost",
        "nul_byte": f"the cell under {column} holds a NUL byte, which no text has;"
        " export the row again or remove the byte",
        "cell_too_long": f"the cell under {column} holds more than {max_cell:,} characters;"
        " shorten it, or raise the setting ingest.max_cell",
        "bad_encoding": f"the cell under {column} holds bytes that the file's encoding does not"
        " have; export it again as UTF-8, or change the setting ingest.encoding",
    }[code]
    return Reject(number, code, message, row_text(row), column)


def _blank_rows(cells: pa.Table) -> pa.ChunkedArray | None:
    blank: pa.ChunkedArray | None = None
    for column in cells.columns:
        empty = pc.fill_null(pc.equal(pc.utf8_trim_whitespace(column), ""), fill_value=True)
        blank = empty if blank is None else pc.and_(blank, empty)
        if not pc.any(blank).as_py():
            return None
    return blank


def _holds_nul(column: pa.ChunkedArray) -> bool:
    """Whether any byte of the column's text may be NUL; looks at the bytes, not at the cells."""
    for chunk in column.chunks:
        data = chunk.buffers()[2]
        if data is not None and data.size and not np.frombuffer(data, np.uint8).all():
            return True
    return False
