"""Values as a CRM takes them: text of an export read as its field's type, and written again.

Text that is not what the field holds is refused, never guessed at: a date that could be April or
March is worth a look by a person.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TypeAlias

import pyarrow as pa

from keepone.kernels.salesforce_ids import eighteen
from keepone.merge_plan.targets import Target

Value: TypeAlias = str | bool | int | Decimal | date | datetime

# What empties a field in the Bulk API; a blank cell leaves it alone.
EMPTIES = "#N/A"

# Whole numbers, and the most that they may be.
_WHOLE = {"int": 2**31 - 1, "long": 2**63 - 1}
_NUMBERS = frozenset({"currency", "double", "percent", *_WHOLE})
_AMOUNT = re.compile(r"[A-Z]{3} ?|[$€£¥] ?")
_NUMBER = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?")
_TRUE = frozenset({"true", "1", "yes", "y", "on"})
_FALSE = frozenset({"false", "0", "no", "n", "off"})
_REFERENCE = re.compile(r"[0-9A-Za-z]{15}([0-9A-Za-z]{3})?")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a text cannot be written to a field, in words that go after "is"."""

    why: str


def read_value(target: Target, text: str) -> Value | Refusal:  # noqa: PLR0911 - a line a type
    """Return the value that a text of the export stands for."""
    if text == EMPTIES:
        return Refusal("what empties a field in the Bulk API")
    if target.type in _NUMBERS:
        return _number(target, text)
    if target.type == "boolean":
        no = text.strip().lower() in _FALSE
        return says_yes(text) if no or says_yes(text) else Refusal("neither true nor false")
    if target.type in {"date", "datetime"}:
        moment = _moment(text)
        if moment is None:
            return Refusal("no date of the form 2020-01-31 or 2020-01-31T12:00:00Z")
        return moment.date() if target.type == "date" else moment
    if target.type == "reference" and not _is_record_id(text):
        return Refusal("no record id")
    if target.length is not None and len(text) > target.length:
        return Refusal(f"longer than the {target.length} characters that the field holds")
    return text


def says_yes(text: str | None) -> bool:
    """Whether a cell of an export says yes."""
    return text is not None and text.strip().lower() in _TRUE


def csv_text(value: Value) -> str:
    """Return a value as Data Loader and the Bulk API take it in CSV."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03d}+0000"
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}T00:00:00.000+0000"
    return str(value)


def json_value(value: Value) -> str | bool | int | float:
    """Return a value as a SOAP request has it; numbers with a point stay exact as text."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03d}Z"
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def apex_literal(value: Value) -> str:
    """Return a value as a literal of Apex."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        parts = (value.year, value.month, value.day, value.hour, value.minute, value.second)
        return f"Datetime.newInstanceGmt({', '.join(map(str, parts))})"
    if isinstance(value, date):
        return f"Date.newInstance({value.year}, {value.month}, {value.day})"
    if isinstance(value, Decimal):
        return f"Decimal.valueOf('{value}')"
    if isinstance(value, int):
        return str(value) if abs(value) <= _WHOLE["int"] else f"{value}L"
    return apex_string(value)


_ESCAPES = {
    "\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f",
}  # fmt: skip


def apex_string(text: str) -> str:
    """Return a text as a string literal of Apex, ASCII throughout: no editor changes it."""
    return "'" + "".join(_escaped(character) for character in text) + "'"


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if " " <= character <= "~":
        return character
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex().upper()}" for at in range(0, len(units), 2))


def _number(target: Target, text: str) -> int | Decimal | Refusal:
    plain = _AMOUNT.sub("", text.strip(), count=1).removesuffix("%").strip()
    if not _NUMBER.fullmatch(plain):
        return Refusal("no number")
    number = Decimal(plain.replace(",", ""))
    if target.type not in _WHOLE:
        return number
    if number != int(number):
        return Refusal("no whole number")
    most = _WHOLE[target.type]
    return int(number) if abs(number) <= most else Refusal(f"more than the field holds, {most:,}")


def _is_record_id(text: str) -> bool:
    """Whether the platform takes a text for a record id: 18 characters hold a checksum."""
    if not _REFERENCE.fullmatch(text):
        return False
    return bool(eighteen(pa.array([text]))[1][0].as_py())


def _moment(text: str) -> datetime | None:
    """Return the moment in UTC; a text without a time zone is taken to be in UTC."""
    plain = re.sub(r"([+-]\d{2})(\d{2})$", r"\1:\2", text.strip())
    if not re.match(r"\d{4}-\d{2}-\d{2}", plain):
        return None
    try:
        found = datetime.fromisoformat(plain)
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
