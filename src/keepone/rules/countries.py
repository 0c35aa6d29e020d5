"""Countries: codes, names in many languages, and the length of their numeric postal codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from keepone.rules.files import rule_csv
from keepone.rules.phrases import name_lengths


@dataclass(frozen=True, slots=True)
class Countries:
    """Look-ups over normalised text; country codes are lower-case ISO 3166-1 alpha-2.

    `by_name` holds every name, alpha-2 and alpha-3 code; `lengths` tells how many words the names
    that end with a word have, longest first. `by_cell` holds what may be a whole cell of a country
    column: those, and signs of cars (D, A), which within an address would be any letter.
    `postal_digits` tells how many digits a purely numeric postal code has where it may begin
    with 0.
    """

    by_name: Mapping[str, str]
    by_cell: Mapping[str, str]
    lengths: Mapping[str, tuple[int, ...]]
    codes: frozenset[str]
    postal_digits: Mapping[str, int]


@cache
def countries() -> Countries:
    """Return the shipped countries."""
    rows = rule_csv("countries.csv")
    names = {name: row["alpha2"] for row in rows for name in row["names"].split("|") if name}
    codes = {row[kind]: row["alpha2"] for kind in ("alpha3", "alpha2") for row in rows}
    by_name = codes | names
    signs = {row["sign"]: row["alpha2"] for row in rows if row["sign"]}
    return Countries(
        by_name=MappingProxyType(by_name),
        by_cell=MappingProxyType(signs | by_name),
        lengths=name_lengths(by_name),
        codes=frozenset(row["alpha2"] for row in rows),
        postal_digits=MappingProxyType(
            {row["alpha2"]: int(row["postal_digits"]) for row in rows if row["postal_digits"]}
        ),
    )
