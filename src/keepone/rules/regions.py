"""Divisions of countries: names to codes, and which ZIP codes lie in a state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from keepone.rules.files import rule_csv
from keepone.rules.phrases import name_lengths


@dataclass(frozen=True, slots=True)
class Regions:
    """Look-ups over normalised text; codes are lower case, without their country.

    `by_country` maps a country's region names and codes to codes. `anywhere` maps a name that
    means one region only, in whatever country, to (country, code). `lengths` tells how many words
    the names that end with a word have, longest first. `zips` gives the state of the
    first three digits of a ZIP code.
    """

    by_country: Mapping[str, Mapping[str, str]]
    lengths: Mapping[str, tuple[int, ...]]
    anywhere: Mapping[str, tuple[str, str]]
    zips: Mapping[str, str]


def _zip_prefixes(ranges: str) -> list[str]:
    """Return the three-digit prefixes of ranges such as `300-319;398-399`."""
    bounds = (part.split("-") for part in ranges.split(";") if part)
    return [f"{prefix:03}" for low, high in bounds for prefix in range(int(low), int(high) + 1)]


@cache
def regions() -> Regions:
    """Return the shipped regions."""
    by_country: dict[str, dict[str, str]] = {}
    meanings: dict[str, set[tuple[str, str]]] = {}
    zips: dict[str, str] = {}
    for row in rule_csv("regions.csv"):
        country, code = row["country"], row["code"]
        known = by_country.setdefault(country, {})
        known[code] = code
        for name in filter(None, row["names"].split("|")):
            known.setdefault(name, code)
            meanings.setdefault(name, set()).add((country, code))
        zips |= dict.fromkeys(_zip_prefixes(row["zips"]), code)
    return Regions(
        by_country=MappingProxyType(
            {country: MappingProxyType(known) for country, known in by_country.items()}
        ),
        lengths=name_lengths(name for known in by_country.values() for name in known),
        anywhere=MappingProxyType(
            {name: next(iter(found)) for name, found in meanings.items() if len(found) == 1}
        ),
        zips=MappingProxyType(zips),
    )
