"""Dates row by row, spelt out.

The function takes a column as a list (null is None) and returns one mapping of parts per row.
"""

from __future__ import annotations

import datetime as dt
import re

from keepone.reference.field_values import Row, Values, ascii_text

_MONTHS = (
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


def dates(values: Values) -> list[Row]:
    """Return `value` of each cell."""
    days = [_day(text or "") for text in values]
    distinct = {day for day in days if day}
    numeric = [
        match
        for day in distinct
        if (
            match := re.fullmatch(
                "([0-9]{1,2})([-/. ])([0-9]{1,2})[-/. ](?:[0-9]{4}|[0-9]{2})", day
            )
        )
    ]
    surplus = sum((int(m[1]) > 12) - (int(m[3]) > 12) for m in numeric)
    separators = sum((m[2] in ".-") - (m[2] == "/") for m in numeric)
    day_first = surplus > 0 or (surplus == 0 and separators > 0)
    return [{"value": _date(day, day_first=day_first) if day else None} for day in days]


def _day(text: str) -> str:
    """Return the cell without the time of day, in lower case."""
    text = re.sub(r"\A(.*[0-9])(?:[T ]+|, *| at )[0-9]{1,2}:[0-9]{2}.*\Z", r"\1", text)
    text = re.sub(r"\A([0-9]{5,8})\.[0-9]+\Z", r"\1", text)
    return re.sub("[A-Z]", lambda letter: letter[0].lower(), " ".join(text.split()))


def _date(day: str, *, day_first: bool) -> str | None:
    digits = re.fullmatch("(?:1[5-9]|20)[0-9]{6}", day)
    if digits:
        day = f"{day[:4]}-{day[4:6]}-{day[6:]}"
    numbers = re.split("[-/. ]", day)
    shape = tuple(len(number) if re.fullmatch("[0-9]+", number) else 0 for number in numbers)
    if len(shape) == 3 and 0 not in shape:
        if shape[0] == 4 and max(shape[1:]) <= 2:
            return _calendar(*map(int, numbers))
        if max(shape[:2]) <= 2 and shape[2] in (2, 4):
            first, second, year = int(numbers[0]), int(numbers[1]), _full_year(numbers[2])
            month = second if day_first else first
            other = first if day_first else second
            return _calendar(year, month, other) if month <= 12 else _calendar(year, other, month)
    if shape == (5,):
        serial = int(day)
        epoch = dt.date(1899, 12, 30)
        return str(epoch + dt.timedelta(serial)) if 10_000 <= serial < 80_000 else None
    if len(shape) == 2 and shape[0] == 4 and shape[1] in (1, 2) and " " not in day:
        iso = _calendar(int(numbers[0]), int(numbers[1]), 1)
        return iso[:7] if iso else None
    if shape == (4,) and (1500 <= int(day) <= 2099):
        return day
    return _named_date(ascii_text(day))


def _named_date(text: str) -> str | None:
    year = "(?P<year>[0-9]{4}|[0-9]{2})"
    day = "(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?"
    name = "(?P<name>[a-z]{3,})"
    parts = re.fullmatch(
        rf"(?:[a-z]+,? )?{day}[-. ]*(?:of |de )?{name}[-., ]*(?:de )?{year}", text
    ) or re.fullmatch(rf"(?:[a-z]+,? )??{name}[-. ]+{day}[-., ]+{year}", text)
    if parts is None:
        return None
    for opening in (parts["name"][:4], parts["name"][:3]):
        for number, openings in enumerate(_MONTHS, start=1):
            if opening in openings.split():
                return _calendar(_full_year(parts["year"]), number, int(parts["day"]))
    return None


def _full_year(digits: str) -> int:
    return int(digits) if len(digits) == 4 else int(digits) + (1900 if int(digits) >= 69 else 2000)


def _calendar(year: int, month: int, day: int) -> str | None:
    try:
        return dt.date(year, month, day).isoformat()
    except ValueError:
        return None
