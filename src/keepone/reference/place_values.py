"""Cities, regions, postal codes and countries row by row, spelt out.

Each function takes a column as a list (null is None) and returns one mapping of parts per row.
"""

from __future__ import annotations

import re

from keepone.reference.field_values import Row, Values, folded, without_spreadsheet_zero
from keepone.rules.countries import countries
from keepone.rules.regions import regions


def cities(values: Values) -> list[Row]:
    """Return `value` of each cell."""
    spelt = {"st": "saint", "ste": "sainte", "ft": "fort", "mt": "mount", "pt": "port"}
    points = {"n": "north", "s": "south", "e": "east", "w": "west"}
    kinds = "city|town|township|village|municipality|ciudad|ville|stadt"
    rows = []
    for text in values:
        words = [spelt.get(word, word) for word in folded(text or "").split()]
        if len(words) > 1:
            words[0] = points.get(words[0], words[0])
        rows.append(
            {"value": re.sub(rf"\A(?:{kinds}) (?:of|de|von) ", "", " ".join(words)) or None}
        )
    return rows


def country_codes(values: Values) -> list[Row]:
    """Return `value` of each cell."""
    known = countries().by_cell
    names = [folded(text or "") for text in values]
    return [
        {"value": known.get(name) or known.get(name.removeprefix("the ")) or name or None}
        for name in names
    ]


def region_codes(values: Values, places: Values) -> list[Row]:
    """Return `value` of each cell."""
    return [
        {"value": _region(folded(text or ""), place and place.lower())}
        for text, place in zip(values, places, strict=True)
    ]


def _region(name: str, place: str | None) -> str | None:
    if place is None:
        return regions().anywhere.get(name, (None, name))[1] or None
    before = "state|province|provincia|estado|land|region|regione|kanton|canton|county|departamento"
    after = "prefecture|province|provincia|state|region|county|ken|fu|oblast|voivodeship"
    bare = re.sub(rf"\A(?:{before})(?: of| de| di| d)? (?=.)|(?<=.) (?:{after})\Z", "", name)
    known = regions().by_country.get(place, {})
    spellings = (name, name.removeprefix(place + " "), bare, name.replace(" ", ""))
    return next((known[spelling] for spelling in spellings if spelling in known), name) or None


def postal_codes(values: Values, places: Values) -> list[Row]:
    """Return `value` and `short` of each cell."""
    return [
        _postal(without_spreadsheet_zero(text or ""), place and place.lower())
        for text, place in zip(values, places, strict=True)
    ]


def _postal(text: str, place: str | None) -> Row:
    code = folded(text).replace(" ", "")
    letters = (
        "ad|at|a|be|b|ch|cz|de|d|dk|ee|es|e|fin|fi|fr|f|gr|hr|hu|h|it|i|li|lt|lu|lv|l|md|mc|nl|no|n"
        "|pl|pt|p|ro|se|si|sk|s"
    )
    code = re.sub(rf"\A(?:{letters})([0-9]{{4,6}}(?:[a-z]{{2}})?)\Z", r"\1", code)
    length = countries().postal_digits.get(place or "")
    if length and re.fullmatch("[0-9]{3,8}", code):
        if place == "us" and len(code) in (7, 8):
            code = code.zfill(9)
        elif len(code) >= length - 2:
            code = code.zfill(length)
    if code.isalpha() or not code.strip("0") or code in ("9" * 5, "9" * 9):
        return {"value": None, "short": None}
    return {"value": code, "short": _short_postal(code, place)}


def _short_postal(code: str, place: str | None) -> str | None:
    longer = {
        "us": "([0-9]{5})[0-9]{4}",
        "pr": "([0-9]{5})[0-9]{4}",
        "gb": "([a-z]{1,2}[0-9][a-z0-9]?)[0-9][a-z]{2}",
        "ca": "([a-z][0-9][a-z])[0-9][a-z][0-9]",
        "nl": "([0-9]{4})[a-z]{2}",
        "ie": "([a-z][0-9][0-9w])[a-z0-9]{4}",
        "br": "([0-9]{5})[0-9]{3}",
        "pt": "([0-9]{4})[0-9]{3}",
    }
    for country in [place] if place else ["gb", "ca"]:
        match = re.fullmatch(longer.get(country, "(?!)"), code)
        if match:
            return match[1]
    return None
