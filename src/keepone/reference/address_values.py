"""One-line addresses row by row, spelt out.

The function takes a column as a list (null is None) and returns one mapping of parts per row.
"""

from __future__ import annotations

import re

from keepone.reference.field_values import Row, Values
from keepone.reference.street_values import (
    canonical,
    is_direction,
    is_number,
    is_type,
    line_of,
    parts_of,
    words_of,
)
from keepone.rules.countries import countries
from keepone.rules.regions import regions
from keepone.rules.streets import streets

_POSTAL_LETTERS = frozenset({"d", "a", "f", "i", "b", "l", "s", "n", "h", "p", "fin"})


def addresses(values: Values) -> list[Row]:
    """Return `number`, `tokens`, `unit`, `postal`, `region` and `country` of each cell."""
    rows = []
    for text in values:
        words, tail = _tail(words_of(text or ""))
        rows.append(parts_of(*line_of(words, city=True)) | tail)
    return rows


def _tail(words: list[str]) -> tuple[list[str], Row]:
    """Return the words before postal code, region and country at the end, and those."""
    postal: str | None = None
    if len(words) > 3 and _is_spaced(words[-3], " ".join(words[-2:])):
        words, postal = words[:-2], "".join(words[-2:])
    words, country = _without_country(words, postal)
    if postal is None:
        words, postal = _without_postal(words, country)
    if country is None:
        words, country = _without_country(words, postal)
    if postal is None:
        words, postal = _without_postal(words, country)
    if country is None:
        words, country = _without_country(words, postal)
    words, region = _without_region(words, country, postal)
    if postal is None:
        words, postal = _without_inner_postal(words)
    if postal is not None and not postal.strip("0"):
        postal = None
    return words, {"postal": postal, "region": region, "country": country}


def _without_country(words: list[str], postal: str | None) -> tuple[list[str], str | None]:
    found: str | None = None
    while True:
        for length in range(min(8, len(words) - 1), 0, -1):
            code = countries().by_name.get(" ".join(words[-length:]))
            if code and (length > 1 or _is_country_word(words, postal)):
                break
        else:
            return words, found
        within_region = found and _region_length(words, code, postal) > length
        if found not in (None, code) or within_region:
            return words, found
        words, found = words[:-length], code


def _is_country_word(words: list[str], postal: str | None) -> bool:
    if words[-1] in streets().ambiguous or _is_state(words, postal):
        return False
    is_street_word = is_type(words[-1]) or is_direction(words[-1])
    return not is_street_word or postal is not None or not is_number(words[0])


def _is_state(words: list[str], postal: str | None) -> bool:
    state = regions().by_country["us"].get(words[-1])
    if state is None:
        return False
    if postal is not None:
        return re.fullmatch("[0-9]{5}|[0-9]{9}", postal) is not None and (
            regions().zips.get(postal[:3]) == state
        )
    country = countries().by_name[words[-1]]
    previous = words[-2] if len(words) > 1 else ""
    in_country = previous in regions().by_country.get(country, {})
    return not (in_country or re.search(r"[0-9]\Z", previous) or is_number(previous))


def _without_postal(words: list[str], country: str | None) -> tuple[list[str], str | None]:
    length = _postal_length(words, country)
    if length == 0:
        return words, None
    rest, code = words[:-length], "".join(word for word in words[-length:] if word != "to")
    if code.isdigit() and len(rest) > 2 and rest[-1] in _POSTAL_LETTERS:
        rest = rest[:-1]
    return rest, code


def _postal_length(words: list[str], country: str | None) -> int:
    if len(words) < 2:
        return 0
    *_, before, last = words
    hyphened = (
        "[0-9]{5} to [0-9]{3,4}|[0-9]{3} to [0-9]{3,4}|[0-9]{4} to [0-9]{3}|[0-9]{2} to [0-9]{3}"
    )
    if before == "to":
        return 3 if len(words) > 3 and re.fullmatch(hyphened, " ".join(words[-3:])) else 0
    pairs = (
        "[a-z]{1,2}[0-9][a-z0-9]? [0-9][a-z]{2}|[a-z][0-9][a-z] [0-9][a-z][0-9]"
        "|[ac-fhknprtv-y][0-9][0-9w] [0-9ac-fhknprtv-y]{4}"
    )
    if len(words) > 2:
        pair = f"{before} {last}"
        if re.fullmatch(pairs, pair) or _is_spaced(country or words[-3], pair):
            return 2
    if not last.isdigit():
        single = (
            "[a-z]{1,2}[0-9][a-z0-9]?[0-9][a-z]{2}|[a-z][0-9][a-z][0-9][a-z][0-9]|[0-9]{4}[a-z]{2}"
        )
        return 1 if re.fullmatch(single, last) else 0
    return 1 if _is_numeric_postal(words, country) else 0


def _is_spaced(place: str, pair: str) -> bool:
    """Tell whether two words are one postal code of a country that writes it so."""
    shapes = dict.fromkeys(("se", "cz", "sk", "gr"), "[0-9]{3} [0-9]{2}")
    shapes |= {"nl": "[0-9]{4} [a-z]{2}", "in": "[0-9]{3} [0-9]{3}"}
    return place in shapes and re.fullmatch(shapes[place], pair) is not None


def _is_numeric_postal(words: list[str], country: str | None) -> bool:
    digits, before = len(words[-1]), words[-2]
    short = ("tw", "is", "fo")
    if country is None and before in countries().codes:
        return digits > 3 or (digits == 3 and before in short)
    if before in streets().routes:
        return False
    if country is None and digits == 4:
        return any(map(is_number, words[:-1]))
    return digits in (4, 5, 6, 7, 9) or (digits == 3 and country in short)


def _without_region(
    words: list[str], country: str | None, postal: str | None
) -> tuple[list[str], str | None]:
    length = _region_length(words, country, postal)
    if length == 0:
        return words, None
    name = " ".join(words[-length:])
    code = _region_code(name, country, postal)
    previous = canonical(words[-length - 1])
    city = previous in streets().types or previous[0].isdigit() or length == len(words) - 1
    return (words if city and name != code else words[:-length]), code


def _region_length(words: list[str], country: str | None, postal: str | None) -> int:
    """Return how many words the region at the end takes; 0 if none stands there."""
    for length in range(min(8, len(words) - 1), 0, -1):
        name = " ".join(words[-length:])
        if not name.isdigit() and _region_code(name, country, postal):
            return length
    return 0


def _region_code(name: str, country: str | None, postal: str | None) -> str | None:
    states, provinces = regions().by_country["us"], regions().by_country["ca"]
    if country is not None:
        return regions().by_country.get(country, {}).get(name)
    if len(name) > 2:
        return regions().anywhere[name][1] if name in regions().anywhere else states.get(name)
    if name in states:
        lies_in = regions().zips.get(postal[:3]) if postal and postal.isdigit() else None
        return name if lies_in in (None, name) else None
    return provinces.get(name)


def _without_inner_postal(words: list[str]) -> tuple[list[str], str | None]:
    for i in range(2, len(words) - 1):
        before = words[i - 1]
        five = re.fullmatch("[0-9]{5}", words[i]) is not None
        four = re.fullmatch("[0-9]{4}", words[i]) is not None and is_number(before)
        if (five or four) and not is_direction(before):
            start = i - 1 if before in _POSTAL_LETTERS else i
            return words[:start] + words[i + 1 :], words[i]
    return words, None
