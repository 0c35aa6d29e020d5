"""Words of names that a user adds to the shipped rules: abbreviations, and legal forms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from anyascii import anyascii

from keepone.errors import SettingsError

Table = tuple[tuple[str, tuple[str, ...]], ...]

ABBREVIATIONS, LEGAL_FORMS = "normalize.abbreviations", "normalize.legal_forms"

_INITIALS = re.compile(r"(?<![a-z0-9])[a-z](?:[./][a-z])+(?![a-z0-9])")
_GAPS = re.compile("[^a-z0-9]+")
_DIGIT = re.compile("[0-9]")


@dataclass(frozen=True, slots=True)
class OwnWords:
    """What is added, folded as names are, in the order of the alphabet.

    `abbreviations` gives a word its other spellings, `legal_forms` a class of legal forms its
    spellings at the end of a name. What is added goes before what ships.
    """

    abbreviations: Table = ()
    legal_forms: Table = ()

    @classmethod
    def of(
        cls,
        abbreviations: Mapping[str, Sequence[str]],
        legal_forms: Mapping[str, Sequence[str]],
    ) -> OwnWords:
        """Return the additions of the settings.

        Raises `SettingsError` for what has no letter, for a spelling that is given two meanings,
        and for an abbreviation of more than one word or with digits, which are read as numbers.
        """
        words = _folded(abbreviations, ABBREVIATIONS)
        for text in (each for word, spellings in words for each in (word, *spellings)):
            if " " in text or _DIGIT.search(text):
                message = f"{ABBREVIATIONS}: {text!r} is not one word of letters"
                hint = "An abbreviation is one word, and so is what it stands for."
                raise SettingsError(message, hint=hint)
        spelt = {word for word, spellings in words if spellings}
        for word, spellings in words:
            for text in spellings:
                if text in spelt:
                    message = f"{ABBREVIATIONS}: {text!r} stands for {word!r} and has spellings too"
                    raise SettingsError(message, hint=f"Write them all under {word!r}.")
        classes = _folded(legal_forms, LEGAL_FORMS)
        return cls(words, tuple((name.replace(" ", "_"), each) for name, each in classes))

    def canonical(self, shipped: Mapping[str, str]) -> dict[str, str]:
        """Return spelling to word: the shipped table with the abbreviations; no value is a key.

        Raises `SettingsError` where an abbreviation would stand for itself in the end.
        """
        own = {text: word for word, spellings in self.abbreviations for text in spellings}
        given = {**shipped, **own}
        return {text: _end(text, given) for text in given} if own else dict(shipped)

    def forms(self) -> Iterator[tuple[str, str]]:
        """Yield each spelling of a legal form with its class."""
        for name, spellings in self.legal_forms:
            for text in spellings:
                yield text, name


NO_WORDS = OwnWords()


def fold(text: str) -> str:
    """Return words as names have them: small letters and digits of ASCII, initials joined."""
    ascii_text = anyascii(text).lower().replace("'", "").replace("`", "").replace("&", " and ")
    joined = _INITIALS.sub(lambda found: re.sub("[./]", "", found[0]), ascii_text)
    return _GAPS.sub(" ", joined).strip(" ")


def _folded(table: Mapping[str, Sequence[str]], setting: str) -> Table:
    """Return the folded table by word; a spelling that folds to its word is left out."""
    found: dict[str, set[str]] = {}
    meant: dict[str, str] = {}
    for written, spellings in table.items():
        word = _letters(written, setting)
        found.setdefault(word, set())
        for text in _each_folded(spellings, setting):
            if meant.setdefault(text, word) != word:
                message = f"{setting}: {text!r} stands for {meant[text]!r} and for {word!r}"
                raise SettingsError(message, hint="Keep one of the two.")
            if text != word or setting == LEGAL_FORMS:
                found[word].add(text)
    return tuple((word, tuple(sorted(found[word]))) for word in sorted(found))


def _each_folded(spellings: Iterable[str], setting: str) -> Iterator[str]:
    return (_letters(text, setting) for text in spellings)


def _letters(text: str, setting: str) -> str:
    folded = fold(text)
    if not folded:
        message = f"{setting}: {text!r} has no letter or digit"
        raise SettingsError(message, hint="Write it as it stands in names.")
    return folded


def _end(text: str, given: Mapping[str, str]) -> str:
    """Return the word that a spelling leads to, over other spellings."""
    seen = {text}
    while (following := given.get(text)) is not None:
        if following in seen:
            message = f"{ABBREVIATIONS}: {text!r} and {following!r} stand for each other"
            hint = f"The shipped rules write {text!r} as {following!r}, or the other way round."
            raise SettingsError(message, hint=hint)
        seen.add(following)
        text = following
    return text
