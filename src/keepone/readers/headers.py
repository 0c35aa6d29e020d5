"""Headers: where they stand, and names that are unique."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from keepone.errors import InputError

# A header stands among the first rows; below that, a row of one cell is a row of one cell.
_PREAMBLE = 20

# Mail and web addresses, phone numbers and the like: no name of a column.
_VALUE = re.compile(r"\S+@\S+\.\w+|https?://\S+|www\.\S+|[+(]?(?:\d[\s().+/-]*){7,}")
_SHOWN = 40
# Names that a note lists, and columns that a table may have: some exports have a thousand, and what
# has more is no table of records.
_LISTED = 10
_MOST_COLUMNS = 5_000


def header_row(rows: Sequence[Sequence[str | None]]) -> int | None:
    """Return the index of the row that holds the header, None if all are blank.

    It is the first that is not blank; but where a title stands over the table, the first row of
    three cells and more that looks like a header: none is blank, repeated, or begins with a digit.
    """
    first = next((index for index, row in enumerate(rows) if _filled(row)), None)
    if first is None or _filled(rows[first]) > 1:
        return first
    for index in range(first + 1, min(len(rows), first + _PREAMBLE)):
        if _filled(rows[index]) > 1:
            return index if _looks_like_header(rows[index]) else first
    return first


def unique_headers(cells: Sequence[str | None], label: str, notes: list[str]) -> tuple[str, ...]:
    """Return a name for each column: "Name", then "Name (2)"; "Column 5" where there is none.

    What had to be renamed is added to `notes`, and that a name looks like a value. Raises
    `InputError` if there are more than may be.
    """
    check_columns(len(cells), label)
    given = [(cell or "").strip() for cell in cells]
    taken = {name for name in given if name}
    counted = Counter(given)
    seen: set[str] = set()
    counts: Counter[str] = Counter()
    names: list[str] = []
    for position, header in enumerate(given, start=1):
        base = header or f"Column {position}"
        name, count = base, max(1, counts[base])
        while name in seen or (name != header and name in taken):
            count += 1
            name = f"{base} ({count})"
        counts[base] = count
        seen.add(name)
        names.append(name)
    repeated = sorted(header for header in taken if counted[header] > 1)
    if repeated:
        notes.append(
            f"{label}: column names stand more than once and were numbered: {_listed(repeated)}."
        )
    unnamed = [name for name, header in zip(names, given, strict=True) if not header]
    if unnamed:
        notes.append(f"{label}: columns without a name were called {_listed(unnamed)}.")
    value = next((header for header in given if _VALUE.fullmatch(header)), None)
    if value is not None:
        notes.append(
            f"{label}: the first row was taken for the header, but {_shortened(value)!r} looks like"
            " a value; if the file has no header, add one."
        )
    return tuple(names)


def check_columns(count: int, label: str) -> None:
    """Raise `InputError` if a table has more columns than may be."""
    if count > _MOST_COLUMNS:
        message = f"{label} has more than {_MOST_COLUMNS:,} columns"
        hint = "Export fewer columns; if it has not that many, check the delimiter and the quotes."
        raise InputError(message, hint=hint)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(_shortened(name) for name in names[:_LISTED])
    return shown if len(names) <= _LISTED else f"{shown} and {len(names) - _LISTED:,} more"


def _shortened(value: str) -> str:
    return value if len(value) <= _SHOWN else f"{value[: _SHOWN - 1]}…"


def _looks_like_header(row: Sequence[str | None]) -> bool:
    names = [(cell or "").strip() for cell in row]
    return (
        len(names) > 2
        and len(set(names)) == len(names)
        and not any(name == "" or name[0].isdigit() for name in names)
    )


def _filled(row: Sequence[str | None]) -> int:
    return sum(1 for cell in row if cell and cell.strip())
