"""Values as people see them, one at a time."""

from __future__ import annotations

import string
import unicodedata
from collections.abc import Callable

from keepone.reference.field_values import folded, without_spreadsheet_zero
from keepone.rules.countries import countries
from keepone.rules.regions import regions

_Shown = str | None


def shown(type_: str, cell: str | None, value: str | None, place: str | None) -> _Shown:
    """Return what people see of a cell; `value` is what was recognised in it, if anything.

    `place` is the country in whose light the cell is read.
    """
    return None if cell is None else _BY_TYPE.get(type_, _name)(cell, value, place)


def _tidied(cell: str, _value: _Shown, _place: _Shown) -> _Shown:
    return " ".join(cell.split()) or None


def _recognised(cell: str, value: _Shown, place: _Shown) -> _Shown:
    """Show what was recognised in the cell, else the cell."""
    return value or _tidied(cell, value, place)


def _name(cell: str, value: _Shown, place: _Shown) -> _Shown:
    """Show a name with its accents composed, and any gap or control character as a space."""
    gaps = {"Zs", "Zl", "Zp", "Cc"}
    composed = unicodedata.normalize("NFC", cell)
    letters = (" " if unicodedata.category(letter) in gaps else letter for letter in composed)
    return _tidied("".join(letters), value, place)


def _country(cell: str, value: _Shown, place: _Shown) -> _Shown:
    return value.upper() if value in countries().codes and value else _tidied(cell, value, place)


def _region(cell: str, value: _Shown, place: _Shown) -> _Shown:
    """Show the code of a region if it is of letters: nobody knows a department by its number."""
    if place is None:
        is_code = value is not None and regions().anywhere.get(folded(cell), ("", ""))[1] == value
    else:
        is_code = value in regions().by_country.get(place.lower(), {})
    return value.upper() if value and is_code and value.isalpha() else _tidied(cell, value, place)


def _postal_code(cell: str, value: _Shown, place: _Shown) -> _Shown:
    """Show a code with the zeros that it lost, else as it was written, in capitals."""
    cell = without_spreadsheet_zero(cell)
    digits = folded(cell).replace(" ", "").lstrip(string.ascii_lowercase)
    regained = value and value.isdigit() and value != digits
    text = value if regained else _tidied(cell, value, place)
    return text and text.upper()


def _identifier(cell: str, value: _Shown, place: _Shown) -> _Shown:
    return _tidied(without_spreadsheet_zero(cell), value, place)


_BY_TYPE: dict[str, Callable[[str, _Shown, _Shown], _Shown]] = {
    "organisation": _name,
    "phone": _recognised,
    "email": _recognised,
    "web": _recognised,
    "date": _recognised,
    "country": _country,
    "region": _region,
    "postal_code": _postal_code,
    "identifier": _identifier,
    **dict.fromkeys(("street", "street_number", "address", "city", "number", "category"), _tidied),
}
