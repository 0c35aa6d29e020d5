"""Names of people and titles of works, one value at a time: what the kernels are held to.

Slow and plain on purpose. Uses the rule data and nothing of the kernels.
"""

from __future__ import annotations

import re

from keepone.reference.name_words import composed, folded, latin
from keepone.rules.name_words import name_words


def plain(value: str | None) -> str:
    """Return the value in lower-case ASCII, punctuation kept."""
    return latin(composed(value or ""))


def title_tokens(value: str | None) -> list[str]:
    """Return the words of a title, articles left out unless nothing else is there."""
    words = folded(plain(value)).split()
    return [word for word in words if word not in name_words().articles] or words


def given_value(value: str | None) -> str | None:
    """Return a given name without titles in front."""
    return " ".join(without_titles(folded(plain(value)).split())) or None


def family_value(value: str | None) -> str | None:
    """Return a family name without suffixes behind."""
    return " ".join(without_suffixes(folded(plain(value)).split())) or None


def person_tokens(value: str | None) -> list[str]:
    """Return the words of a person's name, given names first, titles and suffixes left out."""
    return ordered(plain(value))


def people_list(value: str | None) -> list[str]:
    """Return "family g" for each person of a list."""
    text = re.sub(r"(?:,\s*)?\b(?:et\.?\s+al\b\.?|and\s+others\b)", " ", plain(value))
    commas = [part.strip() for part in text.split(",")]
    if ";" in text:
        parts = [person for part in text.split(";") for person in split_at_and(part)]
    elif take_turns([folded(part.replace(".", " ")).split() for part in commas]):
        pairs = zip(commas[::2], commas[1::2], strict=True)
        parts = [f"{family}, {given}" for family, given in pairs]
    else:
        parts = [person for part in commas for person in split_at_and(f" {part}")]
    people = [ordered(part) for part in parts]
    return [
        f"{person[-1]} {person[0][0]}" if len(person) > 1 else person[0]
        for person in people
        if person
    ]


def split_at_and(text: str) -> list[str]:
    """Return the parts between words and signs that mean and."""
    return re.split(r"\s(?:and|und|et|y|og|och)\s(?!al\b)|&", text)


def take_turns(parts: list[list[str]]) -> bool:
    """Return whether the words between commas take turns as family and given names."""
    if len(parts) % 2 == 1:
        return False
    families, givens = parts[::2], parts[1::2]
    if all(given and max(map(len, given)) == 1 for given in givens):
        return all(families)
    return len(parts) == 2 and len(families[0]) == 1 and len(givens[0]) in (1, 2)


def ordered(text: str) -> list[str]:
    """Return one person's words, given names first, titles and suffixes left out."""
    before, _, after = text.partition(",")
    first, second = folded(before).split(), folded(after).split()
    if first and second:
        core = without_suffixes(second)
        if core[-1] not in name_words().person_suffixes and not is_ordinal(core[0]):
            first = second + first
    else:
        first = first + second
    return without_suffixes(without_titles(first))


def is_ordinal(word: str) -> bool:
    """Return whether a word is an ordinal in digits."""
    return re.fullmatch("[0-9]+(st|nd|rd|th)", word) is not None


def without_titles(words: list[str]) -> list[str]:
    """Return the words without titles in front, one word at least."""
    while len(words) > 1 and words[0] in name_words().person_titles:
        words = words[1:]
    return words


def without_suffixes(words: list[str]) -> list[str]:
    """Return the words without suffixes behind, and ordinals before those, one word at least."""
    whole = len(words)
    while len(words) > 1 and (
        words[-1] in name_words().person_suffixes or (len(words) < whole and is_ordinal(words[-1]))
    ):
        words = words[:-1]
    return words
