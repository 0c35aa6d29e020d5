"""The words of names: canonical spellings, phrases, numbers, and the parts of people's names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from keepone.rules.files import rule_yaml
from keepone.rules.own_words import NO_WORDS, OwnWords


@dataclass(frozen=True, slots=True)
class NameWords:
    """What `name_words.yaml` says, each table keyed by the word as it is met.

    `canonical` is closed: no value is a key. Words of `phrases` are canonical already.
    """

    canonical: Mapping[str, str]
    phrases: Mapping[tuple[str, ...], str]
    articles: frozenset[str]
    joiners: frozenset[str]
    streets: frozenset[str]
    tens: Mapping[str, str]
    romans: Mapping[str, str]
    single_romans: Mapping[str, str]
    series: frozenset[str]
    person_titles: frozenset[str]
    person_suffixes: frozenset[str]

    def spell(self, words: Iterable[str]) -> list[str]:
        """Return the words in their canonical spelling, in order."""
        return [self.canonical.get(word, word) for word in words]


def _by_spelling(table: Mapping[str, list[str]]) -> dict[str, str]:
    return {spelling: word for word, spellings in table.items() for spelling in spellings}


@lru_cache(maxsize=8)
def name_words(own: OwnWords = NO_WORDS) -> NameWords:
    """Return the word tables, with what a user adds.

    Raises `ValueError` where a canonical word of the shipped rules has another spelling,
    `SettingsError` where an added one comes back to itself.
    """
    data = rule_yaml("name_words.yaml")
    canonical: dict[str, str] = {}
    for table in ("spellings", "units", "ordinals"):
        canonical |= _by_spelling(data[table])
    if loops := sorted(set(canonical) & set(canonical.values())):
        message = f"name_words.yaml: canonical words with another spelling: {', '.join(loops)}"
        raise ValueError(message)
    canonical = own.canonical(canonical)
    phrases = {
        tuple(canonical.get(part, part) for part in phrase.split()): canonical.get(word, word)
        for phrase, word in _by_spelling(data["phrases"]).items()
    }
    return NameWords(
        canonical=canonical,
        phrases=phrases,
        articles=frozenset(data["articles"]),
        joiners=frozenset(data["joiners"]),
        streets=frozenset(data["streets"]),
        tens=_by_spelling(data["tens"]),
        romans={roman: number for number, roman in data["romans"].items()},
        single_romans=data["single_romans"],
        series=frozenset(data["series"]),
        person_titles=frozenset(data["person"]["titles"]),
        person_suffixes=frozenset(data["person"]["suffixes"]),
    )
