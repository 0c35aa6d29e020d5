"""Names of people: one person's words, given and family names, and lists of authors."""

from __future__ import annotations

import re

import pyarrow as pa

from keepone.kernels.text import (
    fold,
    fold_all,
    fold_ascii,
    string_lists,
    text_column,
    texts_of,
    to_ascii_all,
    words_column,
)
from keepone.rules.name_words import name_words

_ORDINAL = re.compile("[0-9]+(?:st|nd|rd|th)")
_AND = re.compile(r"\s(?:and|und|et|y|og|och)\s(?!al\b)|&")
_OTHERS = re.compile(r"(?:,\s*)?\b(?:et\.?\s+al\b\.?|and\s+others\b)")


def normalize_person(values: pa.Array | pa.ChunkedArray) -> pa.Table:
    """Normalise full names of persons: `tokens` list<string>, given names first.

    Titles in front (Mr, Sir, Dr) and suffixes behind (Jr, PhD, 1st baronet) are left out, unless
    nothing else is there. "Family, Given" is put in the order of speech.
    """
    return pa.table({"tokens": words_column(" ".join(_person(text)) for text in _ascii(values))})


def normalize_given(values: pa.Array | pa.ChunkedArray) -> pa.Table:
    """Normalise given names: `value`, words joined by a space, titles left out."""
    values_of = (" ".join(_without_titles(text.split())) for text in fold_all(texts_of(values)))
    return pa.table({"value": text_column(values_of)})


def normalize_family(values: pa.Array | pa.ChunkedArray) -> pa.Table:
    """Normalise family names: `value`, words joined by a space, suffixes such as Jr left out."""
    values_of = (" ".join(_without_suffixes(text.split())) for text in fold_all(texts_of(values)))
    return pa.table({"value": text_column(values_of)})


def normalize_people(values: pa.Array | pa.ChunkedArray) -> pa.Table:
    """Normalise lists of people: `people` list<string>, each "family g", in the order given.

    Reads "A. Author, B. Author and C. Author", "Author, A.; Author, B." and "Author, A., Author,
    B."; "et al." is left out.
    """
    flat: list[str] = []
    lengths: list[int] = []
    for text in _ascii(values):
        people = [person for part in _persons(text) if (person := _family_and_initial(part))]
        flat += people
        lengths.append(len(people))
    return pa.table({"people": string_lists(lengths, flat)})


def _ascii(values: pa.Array | pa.ChunkedArray) -> list[str]:
    return to_ascii_all(texts_of(values))


def _person(text: str) -> list[str]:
    """Return the words of one person's name, given names first."""
    family, comma, given = text.partition(",")
    words, behind = fold(family).split(), fold(given).split()
    if comma and words and behind:
        rest = _without_suffixes(behind)
        is_suffix = rest[-1] in name_words().person_suffixes or _ORDINAL.fullmatch(rest[0])
        words = words if is_suffix else [*behind, *words]
    else:
        words += behind
    return _without_suffixes(_without_titles(words))


def _without_titles(words: list[str]) -> list[str]:
    """Return the words without titles in front, one word at least."""
    start = 0
    while start < len(words) - 1 and words[start] in name_words().person_titles:
        start += 1
    return words[start:]


def _without_suffixes(words: list[str]) -> list[str]:
    """Return the words without suffixes behind, and ordinals that count them, one word at least."""
    end = len(words)
    while end > 1 and (
        words[end - 1] in name_words().person_suffixes
        or (end < len(words) and _ORDINAL.fullmatch(words[end - 1]))
    ):
        end -= 1
    return words[:end]


def _persons(text: str) -> list[str]:
    """Return the persons of a list, each "given family" or "family, given"."""
    text = _OTHERS.sub(" ", text)
    if ";" in text:
        return [person for part in text.split(";") for person in _AND.split(part)]
    parts = [part.strip() for part in text.split(",")]
    if _are_turned(parts):
        return [f"{parts[at]}, {parts[at + 1]}" for at in range(0, len(parts), 2)]
    return [person for part in parts for person in _AND.split(f" {part}")]


def _are_turned(parts: list[str]) -> bool:
    """Return whether parts between commas take turns as family and given names.

    So they do where every second part is only initials, or where there are but two parts and the
    first is a single word.
    """
    if len(parts) % 2:
        return False
    words = [fold_ascii([part.replace(".", " ")])[0].split() for part in parts]
    if all(given and all(len(word) == 1 for word in given) for given in words[1::2]):
        return all(len(family) > 0 for family in words[::2])
    return len(parts) == 2 and len(words[0]) == 1 and 1 <= len(words[1]) <= 2


def _family_and_initial(text: str) -> str:
    """Return "family g" for one person, "family" if there is one word, "" for none."""
    words = _person(text)
    if not words:
        return ""
    return f"{words[-1]} {words[0][0]}" if len(words) > 1 else words[0]
