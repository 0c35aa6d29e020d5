"""Dates in ISO form, from the ways that exports write them.

Whether 03/04/2020 is the third of April or the fourth of March is decided once for a column, by
what its other values can be.
"""

from __future__ import annotations

import datetime as dt
import re

import pyarrow as pa
import pyarrow.compute as pc

from keepone.kernels.cells import Strings, clean, strings, substitute
from keepone.kernels.text import to_ascii

_TIME = r"^(.*[0-9])(?:[T ]+|, *| at )[0-9]{1,2}:[0-9]{2}.*$"
_MIDNIGHT = r"^([0-9]{5,8})\.[0-9]+$"

_ISO = re.compile(r"([0-9]{4})[-/. ]([0-9]{1,2})[-/. ]([0-9]{1,2})")
_COMPACT = re.compile(r"(1[5-9][0-9]{2}|20[0-9]{2})([0-9]{2})([0-9]{2})")
_NUMERIC = re.compile(r"([0-9]{1,2})([-/. ])([0-9]{1,2})[-/. ]([0-9]{4}|[0-9]{2})")
_SERIAL = re.compile(r"[0-9]{5}")
_YEAR_MONTH = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})")
_YEAR = re.compile(r"1[5-9][0-9]{2}|20[0-9]{2}")
_YEAR_DIGITS = "([0-9]{4}|[0-9]{2})"
_DAY_MONTH = re.compile(
    "(?:[a-z]+,? )?([0-9]{1,2})(?:st|nd|rd|th)?[-. ]*(?:of |de )?([a-z]{3,})[-., ]*(?:de )?"
    + _YEAR_DIGITS
)
_MONTH_DAY = re.compile(
    "(?:[a-z]+,? )??([a-z]{3,})[-. ]+([0-9]{1,2})(?:st|nd|rd|th)?[-., ]+" + _YEAR_DIGITS
)

# First letters that tell a month in English, German, French, Spanish, Italian, Portuguese, Dutch.
_MONTH_OPENINGS = (
    "jan ene gen",
    "feb fev",
    "mar mrz maer mrt maar",
    "apr abr avr",
    "may mai mag maj mei",
    "jun juin giu",
    "jul juil lug",
    "aug ago aou",
    "sep set",
    "oct okt out ott",
    "nov",
    "dec dez dic des",
)
_MONTHS = {
    opening: month
    for month, openings in enumerate(_MONTH_OPENINGS, start=1)
    for opening in openings.split()
}

# Day 1 of the 1900 system, moved by the leap day that spreadsheets count in 1900 by mistake.
_SERIAL_EPOCH = dt.date(1899, 12, 30)
_SERIALS = range(10_000, 80_000)  # 1927 to 2119
_PIVOT = 69  # two-digit years from here on are of the 1900s, as in POSIX


def normalize_date(values: Strings) -> pa.Table:
    """Return `value` (2020-03-04; 2020-03 or 2020 where that is all) and `display`.

    Times of day are dropped. What is no day of the calendar is null.
    """
    days = substitute(
        strings(values), r":[0-9]{2}|\.[0-9]+ *$", ((_TIME, r"\1"), (_MIDNIGHT, r"\1"))
    )
    days = pc.ascii_lower(clean(days))
    if days.null_count == len(days):
        found = pa.nulls(len(days), pa.string())
    else:
        distinct = days.dictionary_encode()
        texts = distinct.dictionary.to_pylist()
        day_first = _is_day_first(texts)
        read = pa.array([_read(text, day_first=day_first) for text in texts], pa.string())
        found = read.take(distinct.indices)
    return pa.table({"value": found, "display": pc.coalesce(found, clean(values))})


def _is_day_first(texts: list[str]) -> bool:
    """Tell whether numbers mean day, month, year: what the column's impossible months say.

    Where nothing says it, dots and hyphens mean day first, slashes the month.
    """
    days_first = months_first = dotted = slashed = 0
    for text in texts:
        numbers = _NUMERIC.fullmatch(text)
        if numbers is None:
            continue
        days_first += int(numbers[1]) > 12
        months_first += int(numbers[3]) > 12
        dotted += numbers[2] in ".-"
        slashed += numbers[2] == "/"
    if days_first != months_first:
        return days_first > months_first
    return dotted > slashed


def _read(text: str, *, day_first: bool) -> str | None:
    """Return one date in ISO form, null if it is none."""
    if numbers := _ISO.fullmatch(text) or _COMPACT.fullmatch(text):
        return _iso(int(numbers[1]), int(numbers[2]), int(numbers[3]))
    if numbers := _NUMERIC.fullmatch(text):
        first, second, year = int(numbers[1]), int(numbers[3]), _year(numbers[4])
        day, month = (first, second) if day_first else (second, first)
        # A value that cannot be in the column's order was written in the other.
        return _iso(year, month, day) if month <= 12 else _iso(year, day, month)
    if _SERIAL.fullmatch(text):
        serial = int(text)
        return str(_SERIAL_EPOCH + dt.timedelta(days=serial)) if serial in _SERIALS else None
    if numbers := _YEAR_MONTH.fullmatch(text):
        iso = _iso(int(numbers[1]), int(numbers[2]), 1)
        return iso and iso[:7]
    return text if _YEAR.fullmatch(text) else _read_named(to_ascii(text))


def _read_named(text: str) -> str | None:
    """Return a date whose month is a word in ISO form."""
    if parts := _DAY_MONTH.fullmatch(text):
        day, name, year = parts[1], parts[2], parts[3]
    elif parts := _MONTH_DAY.fullmatch(text):
        name, day, year = parts[1], parts[2], parts[3]
    else:
        return None
    month = _MONTHS.get(name[:4]) or _MONTHS.get(name[:3])
    return _iso(_year(year), month, int(day)) if month else None


def _year(digits: str) -> int:
    """Return a year of four digits for one of two or four."""
    year = int(digits)
    if len(digits) == 4:
        return year
    return year + (1900 if year >= _PIVOT else 2000)


def _iso(year: int, month: int, day: int) -> str | None:
    try:
        return dt.date(year, month, day).isoformat()
    except ValueError:
        return None
