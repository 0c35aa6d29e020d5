"""Legal forms: every spelling with its class, and where in a name it is recognised."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from typing import Any

from keepone.errors import SettingsError
from keepone.rules.files import rule_yaml
from keepone.rules.name_words import NameWords, name_words
from keepone.rules.own_words import ABBREVIATIONS, NO_WORDS, OwnWords

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LegalForms:
    """What `legal_forms.yaml` says. A phrase is the words of a spelling as names have them.

    `suffix`, `prefix` and `middle` give a phrase's class (null: a tail such as "in liquidation",
    which goes without a class). `kept_suffix` and `kept_prefix` tell the class and stay in the
    name. `native` gives for a spelling in another script, NFKC and case-folded, the Latin one that
    stands for it.
    """

    suffix: Mapping[Phrase, str | None]
    prefix: Mapping[Phrase, str]
    middle: Mapping[Phrase, str]
    kept_suffix: Mapping[Phrase, str]
    kept_prefix: Mapping[Phrase, str]
    generic: frozenset[str]
    native: Mapping[str, str]


def _phrases(spellings: Iterable[str], words: NameWords) -> Iterator[Phrase]:
    """Yield each spelling's words, alternatives multiplied out, as they are met in a name."""
    dropped = words.articles | words.joiners
    for spelling in spellings:
        for choice in product(*(part.split("|") for part in spelling.split())):
            phrase = words.spell(choice)
            yield (*(word for word in phrase[:-1] if word not in dropped), phrase[-1])


def _initials(letters: Iterable[str]) -> Iterator[str]:
    for word in letters:
        yield word
        yield word if " " in word else " ".join(word)


def _add(table: dict[Phrase, Any], phrases: Iterable[Phrase], name: str | None) -> None:
    for phrase in phrases:
        if table.setdefault(phrase, name) != name:
            message = f"legal_forms.yaml: {' '.join(phrase)!r} is {table[phrase]} and {name}"
            raise ValueError(message)


@lru_cache(maxsize=8)
def legal_forms(own: OwnWords = NO_WORDS) -> LegalForms:
    """Return the legal forms, with what a user adds.

    Raises `ValueError` where a shipped spelling belongs to two classes, `SettingsError` where added
    abbreviations make it do so.
    """
    try:
        shipped = _shipped(name_words(own))
    except ValueError as error:
        if not own.abbreviations:
            raise
        message = f"{ABBREVIATIONS}: two legal forms become one ({error})"
        raise SettingsError(message, hint="Leave out the words that legal forms hold.") from error
    added = {
        phrase: name for text, name in own.forms() for phrase in _phrases([text], name_words(own))
    }
    return replace(
        shipped,
        suffix={**shipped.suffix, **added},
        middle={phrase: added.get(phrase, name) for phrase, name in shipped.middle.items()},
    )


def _shipped(words: NameWords) -> LegalForms:
    data = rule_yaml("legal_forms.yaml")
    suffix: dict[Phrase, str | None] = {}
    prefix: dict[Phrase, str] = {}
    kept_suffix: dict[Phrase, str] = {}
    kept_prefix: dict[Phrase, str] = {}
    native: dict[str, str] = {}
    for name, form in data["classes"].items():
        kept = form.get("kept", False)
        spellings = [*_initials(form.get("initials", ())), *form.get("suffix", ())]
        marker = [form["marker"]] if "marker" in form else []
        _add(kept_suffix if kept else suffix, _phrases(spellings, words), name)
        _add(
            kept_prefix if kept else prefix,
            _phrases([*form.get("prefix", ()), *marker], words),
            name,
        )
        for spelling in form.get("native", ()):
            native[unicodedata.normalize("NFKC", spelling).casefold()] = form["marker"]
    middle: dict[Phrase, str] = {}
    for phrase in _phrases(data["middle"], words):
        found = suffix.get(phrase)
        if found is None:
            message = f"legal_forms.yaml: middle {' '.join(phrase)!r} is in no class"
            raise ValueError(message)
        middle[phrase] = found
    _add(suffix, _phrases(data["tails"], words), None)
    return LegalForms(
        suffix=suffix,
        prefix=prefix,
        middle=middle,
        kept_suffix=kept_suffix,
        kept_prefix=kept_prefix,
        generic=frozenset(name for name, form in data["classes"].items() if form.get("generic")),
        native=native,
    )
