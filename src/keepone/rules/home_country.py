"""Where the records of a file are at home: the country that values without one are read in.

Most files say it in a column of countries. Where none is filled, states and provinces tell it, or
postal codes whose shape is that of one country alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from keepone.rules.regions import regions

HINTS = ("region", "postal_code")
"""The fields that may tell a country, the more telling one first."""

_CLEAR = 800
"""Thousandths of the values that must be of the country."""

_TELLING = 50
"""Thousandths of the postal codes that must have the shape that no other country's have."""

# The shape of all a country's codes, and of those that tell it from others.
_POSTAL_SHAPES = {
    "us": (r"[0-9]{3,5}(?: 0)?|[0-9]{5} [0-9]{4}", r"[0-9]{5} [0-9]{4}"),
    **{
        country: (shape, shape)
        for country, shape in {
            "gb": r"[a-z]{1,2}[0-9][0-9a-z]? ?[0-9][a-z]{2}",
            "ca": r"[abceghj-nprstvxy][0-9][a-z] ?[0-9][a-z][0-9]",
            "nl": r"[1-9][0-9]{3} ?[a-z]{2}",
            "ie": r"[a-z][0-9][0-9w] ?[0-9a-z]{4}",
            "br": r"[0-9]{5} [0-9]{3}",
            "pt": r"[0-9]{4} [0-9]{3}",
            "pl": r"[0-9]{2} [0-9]{3}",
        }.items()
    },
}


def home_country(
    countries: Mapping[str, int], hints: Mapping[str, Mapping[str, int]]
) -> str | None:
    """Return the code of the country where most records are, None where nothing tells it.

    `countries` counts the records by their own country, as normalised; `hints` counts the folded
    values of the fields in `HINTS`. Among equally common countries the first by code is taken.
    """
    if countries:
        return min(countries, key=lambda country: (-countries[country], country))
    return _by_regions(hints.get("region", {})) or _by_postal_codes(hints.get("postal_code", {}))


def _by_regions(values: Mapping[str, int]) -> str | None:
    """Return the country that most values are regions of, well ahead of any other.

    Two letters are a region in several countries: CA by itself tells none.
    """
    held = {
        country: sum(count for value, count in values.items() if value in known)
        for country, known in regions().by_country.items()
    }
    best, *others = sorted(held, key=lambda country: (-held[country], country))
    clear = values and held[best] * 1000 >= sum(values.values()) * _CLEAR
    return best if clear and all(held[other] * 4 <= held[best] * 3 for other in others) else None


def _by_postal_codes(values: Mapping[str, int]) -> str | None:
    """Return the country whose codes alone have the shape of these."""
    total = sum(values.values())
    for country, (shape, telling) in _POSTAL_SHAPES.items():
        if (
            total
            and _share(values, shape) >= total * _CLEAR
            and _share(values, telling) >= total * _TELLING
        ):
            return country
    return None


def _share(values: Mapping[str, int], shape: str) -> int:
    return 1000 * sum(count for value, count in values.items() if re.fullmatch(shape, value))
