"""What a one-line address ends with: postal code, region and country, in any order.

`27 Washington Oak Park IL 60302`, `… San Jose CA US 94568`, `… Quebec H4T 1W5 CA`,
`Hauptstr. 12, 10115 Berlin, Germany`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from keepone.kernels.street_words import RANGE, canonical_word, is_number
from keepone.rules.countries import countries
from keepone.rules.regions import regions
from keepone.rules.streets import streets

# Two words (or one) that are a postal code wherever they stand at the end.
_POSTAL_PAIRS = re.compile(
    r"[a-z]{1,2}[0-9][a-z0-9]? [0-9][a-z]{2}"  # GB
    r"|[a-z][0-9][a-z] [0-9][a-z][0-9]"  # CA
    r"|[ac-fhknprtv-y][0-9][0-9w] [0-9ac-fhknprtv-y]{4}"  # IE
)
_POSTAL_WORD = re.compile(
    r"[a-z]{1,2}[0-9][a-z0-9]?[0-9][a-z]{2}"  # GB
    r"|[a-z][0-9][a-z][0-9][a-z][0-9]"  # CA
    r"|[0-9]{4}[a-z]{2}"  # NL
)
_POSTAL_HYPHENED = re.compile(
    rf"[0-9]{{5}} {RANGE} [0-9]{{4}}"  # US
    rf"|[0-9]{{3}} {RANGE} [0-9]{{3,4}}"  # KR, JP
    rf"|[0-9]{{4}} {RANGE} [0-9]{{3}}"  # PT
    rf"|[0-9]{{5}} {RANGE} [0-9]{{3}}"  # BR
    rf"|[0-9]{{2}} {RANGE} [0-9]{{3}}"  # PL
)
# Only where the country is known, since a house number and a year look the same.
_POSTAL_SPACED = {
    "se": re.compile(r"[0-9]{3} [0-9]{2}"),
    "cz": re.compile(r"[0-9]{3} [0-9]{2}"),
    "sk": re.compile(r"[0-9]{3} [0-9]{2}"),
    "gr": re.compile(r"[0-9]{3} [0-9]{2}"),
    "nl": re.compile(r"[0-9]{4} [a-z]{2}"),
    "in": re.compile(r"[0-9]{3} [0-9]{3}"),
}
_POSTAL_SHORT = {"tw", "is", "fo"}

# Letters that some write before a code to say its country, beside its ISO code: D-81541.
_POSTAL_COUNTRY_LETTERS = frozenset({"d", "a", "f", "i", "b", "l", "s", "n", "h", "p", "fin"})


class Tail(NamedTuple):
    """The words before the tail, and what the tail says; null where it does not say."""

    rest: list[str]
    postal: str | None
    region: str | None
    country: str | None


def take_tail(tokens: list[str]) -> Tail:
    """Part the words of a folded address from its postal code, region and country."""
    end = len(tokens)
    if end > 2 and tokens[-1].isdigit() and _is_plain_state(tokens[-2], tokens[-1]):
        return Tail(tokens[:-2], tokens[-1], tokens[-2], None)
    postal = country = None
    if end > 3 and _is_spaced(" ".join(tokens[end - 2 :]), tokens[end - 3]):
        # NL 1689 AL: before the last two letters are taken for a country.
        end, postal = end - 2, tokens[end - 2] + tokens[end - 1]
    for _ in range(2):
        if country is None:
            end, country = _take_country(tokens, end, postal)
        if postal is None:
            end, postal = _take_postal(tokens, end, country)
    if country is None:
        end, country = _take_country(tokens, end, postal)
    end, region = _take_region(tokens, end, country, postal)
    rest = tokens[:end]
    if postal is None:
        rest, postal = _take_inner_postal(rest)
    if postal is not None and not postal.strip("0"):
        postal = None
    return Tail(rest, postal, region, country)


def _is_plain_state(word: str, digits: str) -> bool:
    """Tell whether `word` is a state and `digits` a ZIP code in it: what most addresses end with.

    False where the word also ends a longer name, which must be tried first.
    """
    return (
        len(digits) == 5
        and regions().zips.get(digits[:3]) == word
        and regions().lengths[word] == (1,)
        and countries().lengths.get(word, (1,)) == (1,)
    )


def _take_country(tokens: list[str], end: int, postal: str | None) -> tuple[int, str | None]:
    """Return where the words end without the country, and the country.

    Some say it twice, by name and by code: both go.
    """
    found = None
    while (named := _country_at(tokens, end, postal)) and found in (None, named[1]):
        start, code = named
        region = _region_at(tokens, end, code, postal) if found else None
        if region and region[0] < start:
            # South Australia: the country's name is part of the region's.
            break
        end, found = start, code
    return end, found


def _country_at(tokens: list[str], end: int, postal: str | None) -> tuple[int, str] | None:
    """Return where the country that ends the words begins, and its code."""
    rules = countries()
    last = tokens[end - 1]
    for length in rules.lengths.get(last, ()):
        if length >= end:
            continue
        code = rules.by_name.get(" ".join(tokens[end - length : end]))
        if code is not None and (length > 1 or _is_country_word(tokens, end, postal)):
            return end - length, code
    return None


def _is_country_word(tokens: list[str], end: int, postal: str | None) -> bool:
    """Tell whether the one word that names a country does so here.

    Some codes are words of streets too (st, se, pl): these count before a postal code, or where
    the address does not begin with its number as such street lines do.
    """
    word = tokens[end - 1]
    rules = streets()
    if word in rules.ambiguous or _is_state(tokens, end, word, postal):
        return False
    canonical = canonical_word(word)
    is_street_word = canonical in rules.types or canonical in rules.directions
    return not is_street_word or postal is not None or not is_number(tokens[0])


def _is_state(tokens: list[str], end: int, word: str, postal: str | None) -> bool:
    """Tell whether a word that also names a country means a state here.

    A ZIP code decides by the state it lies in; without one, a word behind a region of that country
    (Berlin DE) or behind a house number means the country.
    """
    states = regions().by_country["us"]
    state = states.get(word)
    if state is None:
        return False
    if postal is not None:
        return (
            postal.isdigit() and len(postal) in (5, 9) and regions().zips.get(postal[:3]) == state
        )
    country = countries().by_name[word]
    previous = tokens[end - 2] if end > 1 else ""
    return not (
        previous in regions().by_country.get(country, {})
        or previous[-1:].isdigit()
        or is_number(previous)
    )


def _take_postal(tokens: list[str], end: int, country: str | None) -> tuple[int, str | None]:
    """Return where the words end without the postal code, and the code without spaces."""
    length = _postal_length(tokens, end, country)
    if not length:
        return end, None
    code = "".join(word for word in tokens[end - length : end] if word != RANGE)
    start = end - length
    if code.isdigit() and start > 2 and tokens[start - 1] in _POSTAL_COUNTRY_LETTERS:
        start -= 1
    return start, code


def _postal_length(tokens: list[str], end: int, country: str | None) -> int:
    """Return how many words the postal code at the end takes; 0 if none stands there."""
    if end < 2:
        return 0
    last, before = tokens[end - 1], tokens[end - 2]
    if before == RANGE:
        return 3 if end > 3 and _POSTAL_HYPHENED.fullmatch(" ".join(tokens[end - 3 : end])) else 0
    pair = f"{before} {last}"
    if end > 2 and (_POSTAL_PAIRS.fullmatch(pair) or _is_spaced(pair, country or tokens[end - 3])):
        return 2
    if last.isdigit():
        return int(_is_numeric_postal(tokens, end, country))
    return int(_POSTAL_WORD.fullmatch(last) is not None)


def _is_numeric_postal(tokens: list[str], end: int, country: str | None) -> bool:
    """Tell whether the digits at the end are a postal code, not a house's or a road's number."""
    digits, before = len(tokens[end - 1]), tokens[end - 2]
    if country is None and before in countries().codes:
        return digits >= (3 if before in _POSTAL_SHORT else 4)
    if before in streets().routes:
        return False
    if country is None and digits == 4:
        # A lone number of four digits is rather the house's.
        return any(map(is_number, tokens[: end - 1]))
    return 4 <= digits <= 7 or digits == 9 or (digits == 3 and country in _POSTAL_SHORT)


def _is_spaced(pair: str, country: str) -> bool:
    """Tell whether two words are one postal code of `country`."""
    pattern = _POSTAL_SPACED.get(country)
    return pattern is not None and pattern.fullmatch(pair) is not None


def _take_region(
    tokens: list[str], end: int, country: str | None, postal: str | None
) -> tuple[int, str | None]:
    """Return where the words end without the region, and its code.

    A region's name that directly follows the street or its number is the city's too (New York,
    Berlin) and stays among the words.
    """
    found = _region_at(tokens, end, country, postal)
    if found is None:
        return end, None
    start, code = found
    previous = canonical_word(tokens[start - 1])
    is_city = previous in streets().types or previous[0].isdigit() or start == 1
    is_code = end - start == 1 and tokens[start] == code
    return (end if is_city and not is_code else start), code


def _region_at(
    tokens: list[str], end: int, country: str | None, postal: str | None
) -> tuple[int, str] | None:
    """Return where the region that ends the words begins, and its code."""
    rules = regions()
    for length in rules.lengths.get(tokens[end - 1], ()):
        if length >= end:
            continue
        name = " ".join(tokens[end - length : end])
        if country is not None:
            code = rules.by_country.get(country, {}).get(name)
        elif len(name) > 2:
            code = rules.anywhere.get(name, (None, None))[1] or rules.by_country["us"].get(name)
        else:
            code = _state_or_province(name, postal)
        if code is not None and not name.isdigit():
            return end - length, code
    return None


def _state_or_province(code: str, postal: str | None) -> str | None:
    """Return `code` if it is a state of the US that `postal` does not contradict, or a province."""
    if code in regions().by_country["us"]:
        lies_in = regions().zips.get(postal[:3]) if postal and postal.isdigit() else None
        return code if lies_in in (None, code) else None
    return regions().by_country["ca"].get(code)


def _take_inner_postal(tokens: list[str]) -> tuple[list[str], str | None]:
    """Return `tokens` without a postal code that stands before the city, and the code."""
    for position in range(2, len(tokens) - 1):
        word = tokens[position]
        after_house = is_number(tokens[position - 1])
        if word.isdigit() and (len(word) == 5 or (len(word) == 4 and after_house)):
            if canonical_word(tokens[position - 1]) in streets().directions:
                continue
            start = position - (tokens[position - 1] in _POSTAL_COUNTRY_LETTERS)
            return tokens[:start] + tokens[position + 1 :], word
    return tokens, None
