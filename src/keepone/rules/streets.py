"""Words of street lines: kinds of street, directions, units, and what stands before a number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from keepone.rules.files import rule_yaml


@dataclass(frozen=True, slots=True)
class Streets:
    """Look-ups over normalised words.

    `canonical` brings abbreviations of types, directions, ordinals and other words to one form;
    `types` and `directions` hold canonical words; `numbered` and `prefixes` are types. `ambiguous`
    gives (type, word before a name). `po_boxes` are phrases as tuples of words, `box_words` what
    they begin with; `unit_words` is all that can say which flat.
    """

    canonical: Mapping[str, str]
    types: frozenset[str]
    directions: frozenset[str]
    numbered: frozenset[str]
    prefixes: frozenset[str]
    ambiguous: Mapping[str, tuple[str, str]]
    endings: Mapping[str, str]
    leading: Mapping[str, str]
    units: frozenset[str]
    unit_words: frozenset[str]
    box_words: frozenset[str]
    buildings: frozenset[str]
    floors: frozenset[str]
    number_marks: frozenset[str]
    repeats: frozenset[str]
    po_boxes: frozenset[tuple[str, ...]]
    crossings: frozenset[str]
    fillers: frozenset[str]
    routes: frozenset[str]
    route_roads: frozenset[str]
    cardinals: Mapping[str, str]


@cache
def streets() -> Streets:
    """Return the shipped street words."""
    data = rule_yaml("streets.yaml")
    canonical: dict[str, str] = dict(data["ordinals"])
    for kind in ("words", "directions", "types"):
        for word, spellings in data[kind].items():
            canonical |= dict.fromkeys(spellings, word)
    return Streets(
        canonical=MappingProxyType(canonical),
        types=frozenset(data["types"]),
        directions=frozenset(data["directions"]),
        numbered=frozenset(data["numbered"]),
        prefixes=frozenset(data["prefixes"]),
        ambiguous=MappingProxyType(
            {word: (as_type, before) for word, (as_type, before) in data["ambiguous"].items()}
        ),
        endings=MappingProxyType(data["endings"]),
        leading=MappingProxyType(data["leading"]),
        units=frozenset(data["units"]),
        unit_words=frozenset(data["units"] + data["floors"] + data["number_marks"]),
        box_words=frozenset(phrase.split()[0] for phrase in data["po_boxes"]),
        buildings=frozenset(data["buildings"]),
        floors=frozenset(data["floors"]),
        number_marks=frozenset(data["number_marks"]),
        repeats=frozenset(data["repeats"]),
        po_boxes=frozenset(tuple(phrase.split()) for phrase in data["po_boxes"]),
        crossings=frozenset(data["crossings"]),
        fillers=frozenset(data["fillers"]),
        routes=frozenset(data["routes"]),
        route_roads=frozenset(data["route_roads"]),
        cardinals=MappingProxyType(
            {word: str(number) for word, number in data["cardinals"].items()}
        ),
    )
