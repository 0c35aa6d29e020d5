"""Reads the stocks: the words, places and forms that exports are made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from keepone.generate.columns import Floats, Ints, Texts, texts


@dataclass(frozen=True, slots=True)
class Country:
    """One country: how its phones, postal codes, domains and its own name are written."""

    code: str
    language: str
    weight: float
    calling: str
    trunk: str
    digits: int
    postal: str
    endings: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cities:
    """All cities, as columns; those of one country stand together."""

    country: Ints
    name: Texts
    region: Texts
    region_name: Texts
    postal: Texts
    phones: tuple[tuple[str, ...], ...]
    weight: Floats

    def of(self, country: int) -> slice:
        """Return the positions of the cities of the country at that position."""
        low, high = np.searchsorted(self.country, [country, country + 1])
        return slice(int(low), int(high))


@dataclass(frozen=True, slots=True)
class LegalForms:
    """All legal forms, as columns."""

    country: Ints
    weight: Floats
    spellings: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Trade:
    """One trade, with the ways to say it, the most usual first."""

    industry: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pattern:
    """How the first part of a name is made; `alone` is the share that stands without a trade."""

    text: str
    weight: float
    alone: float


@cache
def _lines(stock: str) -> tuple[str, ...]:
    text = files("keepone.generate").joinpath("stocks", stock).read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if not line.startswith("#"))


def _cells(stock: str) -> list[list[str]]:
    return [line.split("|") for line in _lines(stock)]


@cache
def countries() -> tuple[Country, ...]:
    """Return the countries, the most frequent first."""
    return tuple(
        Country(
            code=code,
            language=language,
            weight=float(weight),
            calling=calling,
            trunk=trunk,
            digits=int(digits),
            postal=postal,
            endings=tuple(endings.split()),
            names=tuple(names.split(";")),
        )
        for code, language, weight, calling, trunk, digits, postal, endings, names in _cells(
            "countries.txt"
        )
    )


@cache
def _country_positions() -> dict[str, int]:
    return {country.code: position for position, country in enumerate(countries())}


@cache
def cities() -> Cities:
    """Return the cities in the order of their countries."""
    position = _country_positions()
    cells = [["US", *row] for row in _cells("us_cities.txt")] + _cells("world_cities.txt")
    cells.sort(key=lambda row: position[row[0]])
    names = {(country, code): name for country, code, name in _cells("regions.txt")}
    return Cities(
        country=np.array([position[row[0]] for row in cells]),
        name=texts(row[1] for row in cells),
        region=texts(row[2] for row in cells),
        region_name=texts(names.get((row[0], row[2]), row[2]) for row in cells),
        postal=texts(row[3] for row in cells),
        phones=tuple(tuple(row[4].split()) for row in cells),
        weight=np.array([float(row[5]) for row in cells]),
    )


@cache
def legal_forms() -> LegalForms:
    """Return the legal forms in the order of their countries."""
    position = _country_positions()
    cells = sorted(_cells("legal_forms.txt"), key=lambda row: position[row[0]])
    return LegalForms(
        country=np.array([position[row[0]] for row in cells]),
        weight=np.array([float(row[2]) for row in cells]),
        spellings=tuple(tuple(row[3].split(";")) for row in cells),
    )


@cache
def trades(language: str) -> tuple[Trade, ...]:
    """Return the trades of a language, the most frequent first."""
    return tuple(
        Trade(industry, tuple(names.split(";")))
        for spoken, industry, names in _cells("trades.txt")
        if spoken == language
    )


@cache
def patterns(language: str, profile: str) -> tuple[Pattern, ...]:
    """Return the patterns of a name's first part, with their weights in a profile."""
    column = {"crm": 1, "dense": 2}[profile]
    return tuple(
        Pattern(row[4], float(row[column]), float(row[3]) / 100)
        for row in _cells("patterns.txt")
        if row[0] == language
    )


@cache
def arrangements(language: str) -> dict[str, float]:
    """Return the ways in which first part and trade stand together, with their weights."""
    cells = _cells("arrangements.txt")
    return {pattern: float(weight) for spoken, weight, pattern in cells if spoken == language}


@cache
def words(stock: str, kind: str) -> Texts:
    """Return the words of one kind in `words`, `syllables` or `streets`, most frequent first."""
    for line in _lines(f"{stock}.txt"):
        label, _, rest = line.partition(" ")
        if label == kind:
            return texts(word.replace("_", " ") for word in rest.split())
    raise KeyError(kind)


@cache
def street_line(language: str) -> str:
    """Return the pattern of a street line, {n} for the house number and {s} for the street."""
    return " ".join(words("streets", f"{language}:line"))


@cache
def short_forms(place: str) -> dict[str, tuple[str, ...]]:
    """Return the short forms of words in names, streets, cities or at a street word's ending."""
    return {
        long: tuple(short.split(";"))
        for where, long, short in _cells("short_forms.txt")
        if where == place
    }


@cache
def phrases(kind: str) -> tuple[str, ...]:
    """Return the phrases of one kind."""
    return tuple(phrase for label, phrase in _cells("phrases.txt") if label == kind)
