"""Telephone numbers in E.164.

The commonest ways of writing a number (international, and the national way of most countries) are
read from the numbering plans alone; phonenumbers reads the rest. Both come to the same result.
"""

from __future__ import annotations

import re

import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc

from keepone.kernels.cells import Strings, clean, strings, substitute
from keepone.rules.calling_codes import NumberingPlan, calling_codes

# phonenumbers reads some 35,000 numbers a second: this many take about ten seconds. Numbers past
# it keep their digits, and the result says how many did.
LIBRARY_LIMIT = 350_000

_FEWEST_DIGITS = 6
_MOST_DIGITS = 15  # E.164

_EXTENSION = (
    r"(?i)[ ,;.(\[]*(?:\bext(?:ension|n)?|\bx|#|\bdurchwahl|\bdw|\bposte|\bint|\binterno"
    r"|\banexo|\bramal)[ .:#]*[0-9]{1,6}[)\]]?[ .]*$"
)
_SPREADSHEET = r"^ *\+?[0-9]+\.0+ *$"
_PLAIN = r"^[ ()./\t\n\x{a0}-]*\+?[0-9 ()./\t\n\x{a0}-]*$"
_PARTS = re.compile(r"[;,|&\n/]|\b(?:or|and|oder|ou|und|y)\b")
_NO_DIGIT = re.compile(r"[^0-9]")
_LETTERS = re.compile(r"[^\W0-9_]+")
# One digit repeated, and runs that count up or down.
_MADE_UP = frozenset(
    [digit * length for digit in "0123456789" for length in range(_FEWEST_DIGITS, 16)]
    + [
        run[start:end]
        for run in ("01234567890", "9876543210")
        for start in range(len(run))
        for end in range(start + _FEWEST_DIGITS, len(run) + 1)
    ]
)
_NORTH_AMERICA = ("us", "ca")
_FEWEST_IN_LIST = 7
_SHARE = 0.8


def normalize_phone(values: Strings, countries: Strings) -> pa.Table:
    """Return `value`, `others` and `display`, one row per value.

    `value` is the first number of the cell in E.164 where it can be one in its country (alpha-2;
    null where nothing is known), else its digits if there are six or more; extensions are left
    off. Numbers nobody has (one digit repeated, 123456…) are null. `others` lists the cell's
    further numbers in the same form. Metadata `beyond_limit` counts the values left as digits
    because the library's share was used up; values are served in their order.
    """
    cells = substitute(strings(values), _SPREADSHEET, ((r"\.0+ *$", ""),))
    cells = _without_extensions(cells)
    places = _with_likely_country(cells, pc.utf8_lower(strings(countries)))
    columns = (
        cells,
        pc.replace_substring_regex(cells, "[^0-9]", ""),
        pc.match_substring_regex(cells, _PLAIN),
        pc.match_substring(cells, "+"),
        places,
    )
    reader = _Reader()
    found: list[str | None] = []
    others: list[list[str] | None] = []
    for text, digits, plain, plus, country in zip(
        *(column.to_pylist() for column in columns), strict=True
    ):
        value, further = None, None
        if text is not None:
            if plain and len(digits) < 2 * _FEWEST_IN_LIST:
                value = reader.plain(text, digits, plus, country)
            else:
                numbers = _numbers(reader, text, digits, country)
                value, further = (numbers[0], numbers[1:] or None) if numbers else (None, None)
        found.append(value)
        others.append(further)
    value = pa.array(found, pa.string())
    table = pa.table(
        {
            "value": value,
            "others": pa.array(others, pa.list_(pa.string())),
            "display": pc.coalesce(value, clean(cells)),
        }
    )
    return table.replace_schema_metadata({"beyond_limit": str(reader.beyond_limit)})


def _with_likely_country(cells: pa.Array, places: pa.Array) -> pa.Array:
    """Return `places` with `us` for null, if nearly all numbers there look North American.

    Else a file that names no country would not bring (312) 555-0123 and +1 312 555 0123 together.
    """
    unknown = pc.is_null(places)
    digits = pc.replace_substring_regex(cells.filter(unknown), "[^0-9]", "")
    long = pc.greater(pc.utf8_length(digits), _FEWEST_IN_LIST)
    shaped = pc.match_substring_regex(digits, "^1?[2-9][0-9]{2}[2-9][0-9]{6}$")
    count, fitting = pc.sum(long).as_py() or 0, pc.sum(shaped).as_py() or 0
    return pc.fill_null(places, "us") if count and fitting >= _SHARE * count else places


def _numbers(reader: _Reader, text: str, digits: str, country: str | None) -> list[str]:
    """Return the numbers of a cell: apart where two parts are each long enough to be one."""
    parts = [text]
    if len(digits) >= 2 * _FEWEST_IN_LIST:
        parts = [part for part in _PARTS.split(text) if _digit_count(part) >= _FEWEST_IN_LIST]
        parts = parts if len(parts) > 1 else [text]
    found = (reader.any(part, _NO_DIGIT.sub("", part), country) for part in parts)
    return list(dict.fromkeys(number for number in found if number))


def _digit_count(text: str) -> int:
    return len(_NO_DIGIT.sub("", text))


def _without_extensions(cells: pa.Array) -> pa.Array:
    """Return `cells` without the extension at the end; the digit before an `x` stays."""
    return substitute(
        cells,
        r"(?i)[a-z#].*[0-9]",
        ((r"(?i)([0-9])[ ]*x[ .:]*[0-9]{1,6}[)\]]?[ .]*$", r"\1"), (_EXTENSION, "")),
    )


class _Reader:
    """Reads single numbers; counts what it leaves unread once the library's share is used up."""

    def __init__(self) -> None:
        self._plans = calling_codes()
        self._left = LIBRARY_LIMIT
        self.beyond_limit = 0

    def plain(self, text: str, digits: str, plus: bool, country: str | None) -> str | None:  # noqa: FBT001
        """Return a number written with digits and separators only."""
        if len(digits) < _FEWEST_DIGITS:
            return None
        number = self._international(digits) if plus else self._national(digits, country)
        if number is None:
            return self.any(text, digits, country)
        return None if self._is_made_up(number) else number

    def any(self, text: str, digits: str, country: str | None) -> str | None:
        """Return a number however written."""
        if self._left:
            self._left -= 1
            number = _by_library(text, digits, country)
        else:
            self.beyond_limit += 1
            number = None
        if number is None:
            number = digits if _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS else None
        return None if number is None or self._is_made_up(number) else number

    def _plan_of(self, digits: str) -> NumberingPlan | None:
        """Return the numbering plan whose calling code the digits begin with."""
        by_code = self._plans.by_code
        return by_code.get(digits[:1]) or by_code.get(digits[:2]) or by_code.get(digits[:3])

    def _is_made_up(self, number: str) -> bool:
        """Tell whether the national part is a number that people type to fill a box."""
        if number[0] == "+":
            plan = self._plan_of(number[1:])
            return plan is not None and number[1 + len(plan.code) :] in _MADE_UP
        return number in _MADE_UP or (number[0] == "1" and number[1:] in _MADE_UP)

    def _international(self, digits: str) -> str | None:
        """Return digits that begin with a calling code in E.164 if the plan alone tells how."""
        plan = self._plan_of(digits)
        if plan is None or plan.code == "7":
            return None
        national = digits[len(plan.code) :]
        if plan.code == "1":
            return "+" + digits if len(national) == 10 and national[0] >= "2" else None
        if (
            plan.plain == "no"
            or len(national) not in plan.lengths
            or len(national) < _FEWEST_DIGITS
        ):
            return None
        # A 0 here is a trunk prefix left in by mistake, or part of the number, as in Italy.
        return None if national[0] in "01" else "+" + digits

    def _national(self, digits: str, country: str | None) -> str | None:
        """Return digits as dialled within `country` in E.164 if the plan alone tells how."""
        plan = self._plans.by_country.get(country) if country else None
        if plan is None:
            return None
        if plan.country in _NORTH_AMERICA:
            national = digits[1:] if len(digits) == 11 and digits[0] == "1" else digits
            return "+1" + national if len(national) == 10 and national[0] >= "2" else None
        if plan.trunk not in ("", "0") or plan.plain == "no" or plan.international.match(digits):
            return None
        if digits[0] == "0":
            national = digits[1:]
            # Two zeros begin no number of the country, whatever the plan says of its length.
            dialled = plan.trunk == "0" and national[0] != "0"
        else:
            national = digits
            dialled = plan.plain == "yes" and national[0] != "1"
            dialled = dialled and not national.startswith(plan.code)
        fits = len(national) in plan.lengths and len(national) >= _FEWEST_DIGITS
        return f"+{plan.code}{national}" if dialled and fits else None


def _by_library(text: str, digits: str, country: str | None) -> str | None:
    """Return the number in E.164 if it is long enough to be one, trying the country, then none."""
    text = " ".join(text.split())
    if len(digits) >= 10:
        # Enough for a number: letters beside it are words, not keys of a telephone.
        text = _LETTERS.sub(" ", text)
    number = _without_trunk(_parsed(text, country.upper() if country else None))
    if number is not None and phonenumbers.is_possible_number(number):
        national = phonenumbers.national_significant_number(number)
        if len(national) >= _FEWEST_DIGITS and not (
            number.country_code == 1 and (len(national) < 10 or national[0] in "01")
        ):
            return f"+{number.country_code}{national}"
    if "+" not in text and 11 <= len(digits) <= _MOST_DIGITS:
        # Spreadsheets drop the plus sign.
        number = _parsed("+" + digits.lstrip("0"), None)
        if number is not None and phonenumbers.is_valid_number(number):
            return f"+{number.country_code}{phonenumbers.national_significant_number(number)}"
    return None


def _without_trunk(number: phonenumbers.PhoneNumber | None) -> phonenumbers.PhoneNumber | None:
    """Return a number without the trunk prefixes that what was dialled before them hid."""
    while number is not None:
        national = phonenumbers.national_significant_number(number)
        again = _parsed(f"+{number.country_code}{national}", None) if national[:1] == "0" else None
        if again is None or phonenumbers.national_significant_number(again) == national:
            break
        number = again
    return number


def _parsed(text: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
