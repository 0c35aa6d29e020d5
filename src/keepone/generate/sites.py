"""Where companies are: street, city and postal code, and the phone numbers of such places."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from keepone.generate import names, stocks
from keepone.generate.columns import Ints, Texts, texts
from keepone.generate.streams import Stream, Streams

_LETTERS = texts("ABEGHJLNPRSTWXYZ")
"""Letters that the postal codes of Canada, Britain and the Netherlands all allow."""

_DIGITS = texts("0123456789")


@dataclass(frozen=True, slots=True)
class Sites:
    """One row per site; streets are in their long form, units bare ('' for none)."""

    city: Ints
    street: Texts
    unit: Texts
    postal: Texts


def home_cities(countries: Ints, stream: Stream) -> Ints:
    """Return a city of each company's country, large ones more often."""
    stock = stocks.cities()
    result = np.zeros(len(countries), dtype=np.int64)
    for country in range(len(stocks.countries())):
        rows = np.flatnonzero(countries == country)
        own = stock.of(country)
        result[rows] = own.start + stream.pick(stock.weight[own], len(rows))
    return result


@cache
def distinct_cities(country: int) -> Ints:
    """Return the cities of a country, one of each name."""
    own = stocks.cities().of(country)
    _, first = np.unique(stocks.cities().name[own].astype(str), return_index=True)
    rows: Ints = own.start + np.sort(first)
    return rows


def sites(countries: Ints, cities: Ints, streams: Streams, label: str) -> Sites:
    """Return a site for each company in its city."""
    size = len(countries)
    street, unit, postal = (np.full(size, "", dtype=object) for _ in range(3))
    postal[:] = stocks.cities().postal[cities]
    for number, country in enumerate(stocks.countries()):
        rows = np.flatnonzero(countries == number)
        stream = streams(f"{label} {country.code}")
        street[rows] = _streets(country.language, len(rows), stream)
        if country.language == "en":
            doors = texts(map(str, range(1, 1000)))[stream.rank(999, len(rows))]
            unit[rows] = np.where(stream.hits(0.25, len(rows)), doors, "")
        postal[rows] = postal[rows] + _filled(country.postal, len(rows), stream)
    return Sites(cities, street, unit, postal)


def numbers(cities: Ints, stream: Stream) -> tuple[Texts, Texts]:
    """Return a phone number of each city: area code, and subscriber number."""
    stock = stocks.cities()
    areas, subscribers = [], []
    choice, digits = stream.raw(len(cities)).tolist(), stream.uniform(len(cities)).tolist()
    lengths = [stocks.countries()[country].digits for country in stock.country.tolist()]
    for city, which, part in zip(cities.tolist(), choice, digits, strict=True):
        prefixes = stock.phones[city]
        area, _, lead = prefixes[which % len(prefixes)].partition("-")
        rest = lengths[city] - len(area) - len(lead)
        # No plan lets a subscriber number begin with 0 or 1, and some not with 8 or 9.
        low, high = (0, 10**rest) if lead else (2 * 10 ** (rest - 1), 8 * 10 ** (rest - 1))
        areas.append(area)
        subscribers.append(f"{lead}{low + int(part * (high - low)):0{rest}d}")
    return texts(areas), texts(subscribers)


def _filled(pattern: str, size: int, stream: Stream) -> Texts:
    """Return texts like `pattern`: a digit for each 0, one but zero for 1, a letter for A."""
    result = np.full(size, "", dtype=object)
    for sign in pattern:
        if sign == "0":
            result = result + _DIGITS[stream.below(10, size)]
        elif sign == "1":
            result = result + _DIGITS[1 + stream.below(9, size)]
        elif sign == "A":
            result = result + _LETTERS[stream.below(len(_LETTERS), size)]
        else:
            result = result + sign
    return result


def _streets(language: str, size: int, stream: Stream) -> Texts:
    # Three of four numbers stay below 1,000; the longest have four digits.
    digits = np.array([2, 3, 3, 4])[stream.below(4, size)] if language == "en" else 2
    house = (1 + stream.below(10**digits - 1, size)).astype(str).astype(object)
    if language == "en":
        listed = stocks.words("streets", "en:names")
        name = listed[stream.rank(len(listed), size)]
        name = np.where(stream.hits(0.35, size), names.surnames("en", size, stream), name)
        ordinals = stocks.words("streets", "en:ordinals")
        name = np.where(stream.hits(0.12, size), ordinals[stream.below(len(ordinals), size)], name)
        kinds = stocks.words("streets", "en:kinds")
        sides = stocks.words("streets", "en:sides") + " "
        side = np.where(stream.hits(0.25, size), sides[stream.rank(len(sides), size)], "")
        street = side + name + " " + kinds[stream.below(len(kinds), size)]
    else:
        listed = stocks.words("streets", f"{language}:names")
        street = listed[stream.below(len(listed), size)]
    line = stocks.street_line(language)
    return texts(line.format(n=n, s=s) for n, s in zip(house, street, strict=True))
