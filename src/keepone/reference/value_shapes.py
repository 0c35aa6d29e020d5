"""What one value looks like, shape by shape."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from anyascii import anyascii

from keepone.rules.column_evidence import LONG, WIDTH
from keepone.rules.columns import column_rules


def plain(value: str) -> str:
    """Return a value as lower-case ASCII with single spaces, cut to `WIDTH` characters."""
    cut = value[:WIDTH]
    text = (cut if cut.isascii() else anyascii(cut)).lower()
    return re.sub("[ \t\r\n\x0b\x0c]+", " ", text).strip(" ")


def words_of(lower: str) -> str:
    """Return the letters and digits of plain text, words parted by one space."""
    return re.sub("[^a-z0-9]+", " ", re.sub("['.`]", "", lower)).strip(" ")


def is_blank(words: str) -> bool:
    """Return whether the words say that there is nothing."""
    return not words or words in column_rules().words["blank_words"]


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(column_rules().patterns[name])


def _looks(name: str, lower: str) -> bool:
    return _pattern(name).fullmatch(lower) is not None


def _has_digit(text: str) -> bool:
    return any(character in "0123456789" for character in text)


def _one_of(list_name: str, lower: str) -> bool:
    return any(word in column_rules().words[list_name] for word in words_of(lower).split())


def _is_email(lower: str) -> bool:
    return _looks("email", lower)


def _is_web(lower: str) -> bool:
    return _looks("web", lower) and not _is_email(lower)


def _is_phone(lower: str) -> bool:
    parted = any(character not in "0123456789" for character in lower)
    other = _looks("not_phone", lower) or _looks("date", lower)
    return _looks("phone", lower) and parted and not other


def _is_code(lower: str) -> bool:
    coded = _looks("code", lower) and _has_digit(lower)
    return coded and not _is_email(lower) and not _is_web(lower)


def _is_given(lower: str) -> bool:
    names = column_rules().words["given_names"]
    words = words_of(lower).split()
    after_comma = re.match("[^ ,]+, ?([a-z]+)", lower)
    return bool(words and words[0] in names) or bool(after_comma and after_comma[1] in names)


def _has_street_word(words: str) -> bool:
    endings = "|".join(column_rules().street_endings)
    later = words.split()[1:]
    return any(word in column_rules().words["street_words"] for word in later) or bool(
        re.search(f"[a-z]{{3}}(?:{endings})(?: |$)", words)
    )


def _is_reach(lower: str) -> bool:
    return _is_email(lower) or _is_web(lower) or _is_phone(lower)


def _is_street(lower: str) -> bool:
    words = words_of(lower)
    named = _has_street_word(words) or _one_of("street_words", lower)
    box = _looks("box", lower) or (_one_of("box_words", lower) and _has_digit(words))
    line = named and _has_digit(words) and len(words.split()) >= 2
    return (box or line) and not _is_reach(lower) and not _looks("date", lower)


def _has_number(lower: str) -> bool:
    ends = _looks("number_first", lower) or _looks("number_last", lower)
    return ends and len(words_of(lower).split()) >= 2


def _is_numbered(lower: str) -> bool:
    return _has_number(lower) and not _is_street(lower) and not _is_reach(lower)


def _is_street_name(lower: str) -> bool:
    words = words_of(lower)
    return _has_street_word(words) and not _has_digit(words)


def _is_address(lower: str) -> bool:
    words = words_of(lower).split()
    if len(words) < 5 or not _has_digit("".join(words)) or _is_reach(lower):
        return False
    commas = _looks("commas", lower)
    placed = _looks("postal_last", lower) or commas or words[-1] in column_rules().place_ends
    return placed and (_is_street(lower) or _has_number(lower) or commas)


def _plain_pattern(name: str) -> Callable[[str], bool]:
    return lambda lower: _looks(name, lower)


def _word_list(name: str) -> Callable[[str], bool]:
    return lambda lower: _one_of(name, lower)


SHAPES: dict[str, Callable[[str], bool]] = {
    "country": lambda lower: words_of(lower) in column_rules().countries,
    "region": lambda lower: words_of(lower) in column_rules().regions,
    "city_word": lambda lower: words_of(lower) in column_rules().cities,
    "boolean": lambda lower: words_of(lower) in column_rules().words["boolean_words"],
    "relationship_words": _word_list("relationship_words"),
    "status_words": _word_list("status_words"),
    "company": _word_list("company_words"),
    "title_word": _word_list("title_words"),
    "given": _is_given,
    **{
        name: _plain_pattern(name)
        for name in (
            "date", "year", "serial_date", "phone_bare", "nanp", "number", "integer", "digits_4_6",
            "clock", "postal", "words", "person", "people",
        )
    },
    "email": _is_email,
    "web": _is_web,
    "phone": _is_phone,
    "postal_loose": lambda lower: _looks("postal_loose", lower) and _has_digit(lower),
    "code": _is_code,
    "letter": lambda lower: re.search("[a-z]{2}", lower) is not None,
    "street": _is_street,
    "numbered": _is_numbered,
    "street_name": _is_street_name,
    "address": _is_address,
    "single": lambda lower: len(words_of(lower).split()) == 1,
    "long": lambda lower: len(lower) >= LONG,
}  # fmt: skip
"""Every shape with the test of one value in lower-case ASCII."""
