"""Reads `columns.yaml`: what headers say, and the words and patterns that show a type."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from anyascii import anyascii

from keepone.errors import InternalError
from keepone.rules.countries import countries
from keepone.rules.files import rule_yaml
from keepone.rules.regions import regions

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_DIGITS = re.compile(r"(?<=[a-z])(?=[0-9])|(?<=[0-9])(?=[a-z])")
_WORD = re.compile(r"[a-z0-9]+")
_WORD_LISTS = (
    "relationship_words",
    "status_words",
    "blank_words",
    "boolean_words",
    "company_words",
    "title_words",
    "street_words",
    "box_words",
    "given_names",
)
# Regions whose code is also a compass point, which end street lines.
_COMPASS = frozenset({"n", "s", "e", "w", "ne", "nw", "se", "sw"})


@dataclass(frozen=True, slots=True)
class HeaderRule:
    """What one kind of header stands for.

    `types` are tried in order against the values. `kind` asks the values whether the column names
    organisations, persons or works. `minor` columns never take their type's canonical name.
    `words` names a word list that the values must draw from for `meta`; `date` asks that they be
    dates. `registry` marks official identifiers, which stay identifiers even if none repeats.
    """

    types: tuple[str, ...]
    field: str | None = None
    minor: bool = False
    kind: bool = False
    registry: bool = False
    date: bool = False
    words: str | None = None


@dataclass(frozen=True, slots=True)
class HeaderMatch:
    """A header's rule, the phrase that matched, and whether it was the whole header."""

    rule: HeaderRule
    phrase: str
    strength: Literal["whole", "part"]


@dataclass(frozen=True, slots=True)
class ColumnRules:
    """The parsed rule file; words and phrases are lower-case ASCII."""

    canonical: Mapping[str, str]
    qualifiers: frozenset[str]
    headers: Mapping[str, HeaderRule]
    synonyms: Mapping[str, str]
    patterns: Mapping[str, str]
    words: Mapping[str, frozenset[str]]
    street_endings: tuple[str, ...]
    regions: frozenset[str]
    countries: frozenset[str]
    cities: frozenset[str]

    @property
    def place_ends(self) -> frozenset[str]:
        """Region and country words that may close a one-line address."""
        return (self.regions | self.countries) - _COMPASS


def fold_header(header: str) -> str:
    """Return `header` as lower-case ASCII words parted by one space.

    Camel case, digits and punctuation part words, leading zeros go (`ORT01` is `ort 1`), and so
    does the `__c` of custom Salesforce fields.
    """
    text = anyascii(header.strip())
    for suffix in ("__c", "__pc"):
        text = text.removesuffix(suffix)
    text = _CAMEL.sub(" ", text).lower().replace("'s ", " ")
    words = _WORD.findall(_DIGITS.sub(" ", text))
    return " ".join(word.lstrip("0") or word if word.isdigit() else word for word in words)


def slug(header: str) -> str:
    """Return the header's words joined by underscores; empty if it has no letter or digit."""
    return fold_header(header).replace(" ", "_")


def meaning(header: str) -> str:
    """Return what columns of different files have in common that are one field, as text.

    That is the first of the `synonyms` whose whole header it is, else its slug.
    """
    match = match_header(header)
    same = (
        column_rules().synonyms.get(match.phrase) if match and match.strength == "whole" else None
    )
    return same or slug(header)


def match_header(header: str) -> HeaderMatch | None:
    """Return what the header says, or None.

    The whole header comes first, then without qualifiers and numbers around it (`Billing City`,
    `Phone 2`), then the longest known phrase at its end, then at its beginning.
    """
    rules = column_rules()
    words = fold_header(header).split()
    trimmed = list(words)
    while trimmed:
        if (rule := rules.headers.get(" ".join(trimmed))) is not None:
            return HeaderMatch(rule, " ".join(trimmed), "whole")
        if not _qualifies(trimmed[0], rules):
            break
        trimmed = trimmed[1:]
    trimmed = list(trimmed)
    while trimmed and _qualifies(trimmed[-1], rules):
        trimmed = trimmed[:-1]
        if (rule := rules.headers.get(" ".join(trimmed))) is not None:
            return HeaderMatch(rule, " ".join(trimmed), "whole")
    ends = [words[start:] for start in range(1, len(words))]
    beginnings = [words[:end] for end in range(len(words) - 1, 0, -1)]
    for part in (*ends, *beginnings):
        if (rule := rules.headers.get(" ".join(part))) is not None:
            return HeaderMatch(rule, " ".join(part), "part")
    return None


def _qualifies(word: str, rules: ColumnRules) -> bool:
    return word in rules.qualifiers or word.isdigit()


@cache
def column_rules() -> ColumnRules:
    """Return the rules as they ship; `InternalError` where two entries claim one phrase."""
    data = rule_yaml("columns.yaml")
    return ColumnRules(
        canonical=dict(data["canonical"]),
        qualifiers=frozenset(data["qualifiers"].split()),
        headers=_headers(data["headers"]),
        synonyms={
            fold_header(phrase): fold_header(phrases[0])
            for phrases in data["synonyms"]
            for phrase in phrases
        },
        patterns=dict(data["patterns"]),
        words={name: frozenset(data[name].split()) for name in _WORD_LISTS},
        street_endings=tuple(sorted(set(data["street_endings"].split()))),
        regions=_regions(data["region_code_countries"].split()),
        countries=frozenset(countries().by_name),
        cities=_phrases(data["cities"]),
    )


def _headers(entries: list[dict[str, Any]]) -> dict[str, HeaderRule]:
    rules: dict[str, HeaderRule] = {}
    for entry in entries:
        phrases = {fold_header(phrase) for phrase in entry["any"]}
        options = {key: value for key, value in entry.items() if key not in ("any", "types")}
        rule = HeaderRule(types=tuple(entry["types"]), **options)
        if taken := phrases & rules.keys():
            message = f"columns.yaml: two entries claim the header {min(taken)!r}"
            raise InternalError(message)
        rules.update(dict.fromkeys(sorted(phrases), rule))
    return rules


def _regions(by_code: list[str]) -> frozenset[str]:
    """Return the names of all regions, and the codes of those in the countries `by_code`."""
    return frozenset(
        spelling
        for country, known in regions().by_country.items()
        for spelling, code in known.items()
        if country in by_code or spelling != code
    )


def _phrases(text: str) -> frozenset[str]:
    return frozenset(" ".join(part.lower().split()) for part in text.split("|") if part.strip())
