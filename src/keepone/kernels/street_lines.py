"""The grammar of a street line: house number, street and unit, in the orders of many countries.

Numbers may lead (27 Washington St) or follow (Hauptstr. 12a); units may follow (# 5, Apt B), lead
(Unit 3, 45 High St) or share a slash with the number (3/45 High St, Lindenweg 4/12).
"""

from __future__ import annotations

import re

from keepone.kernels.street_words import (
    NUMBER,
    ORDINAL,
    RANGE,
    SLASH,
    canonical_word,
    is_floor_word,
    is_number,
    ordinal,
    without_zeros,
)
from keepone.rules.streets import streets

_UNIT = re.compile(r"[a-z]{0,2}[0-9]+[a-z]{0,2}(?:[-/][0-9]+[a-z]?)*|[a-z]")
_FRACTION = re.compile(r"[1-7]/[2-8]")

# House number, words of the street's name, unit: null or empty where the line does not say.
Line = tuple[str | None, list[str], str | None]


def parse_line(tokens: list[str], *, one_line: bool) -> Line:
    """Take a folded line apart; `one_line` means that a city may follow the street."""
    tokens = join_numbers(tokens)
    tokens, box = _take_box(tokens)
    tokens, units = _take_units(tokens)
    number, unit, tokens, leads = _take_number(tokens, one_line=one_line)
    if unit:
        units.append(unit)
    if not one_line:
        tokens = _cut_crossing(tokens, cut=number is not None)
    words = _words(tokens, number_leads=leads, one_line=one_line)
    if box and number is None:
        number, words = box, ["pobox", *words]
    elif box:
        units.append("pobox" + box)
    return number and without_zeros(number), words, " ".join(units) or None


def join_numbers(tokens: list[str]) -> list[str]:
    """Return `tokens` with ranges, slashes, repeats and single letters joined to their numbers."""
    joined: list[str] = []
    position = 0
    while position < len(tokens):
        word = tokens[position]
        if is_number(word):
            word, position = _extended_number(tokens, position, after_words=bool(joined))
        joined.append(word)
        position += 1
    return joined


def _extended_number(tokens: list[str], start: int, *, after_words: bool) -> tuple[str, int]:
    """Return the number that begins at `start` with what belongs to it, and its last position."""
    number, last = tokens[start], start
    while (
        last + 2 < len(tokens)
        and tokens[last + 1] in (RANGE, SLASH)
        and NUMBER.fullmatch(tokens[last + 2])
    ):
        if tokens[last + 1] == RANGE and _names_numbered_street(tokens, last + 2):
            # 9415 - 202 Street: the hyphen parts the house number from a numbered street.
            return number, last + 1
        number += ("-" if tokens[last + 1] == RANGE else "/") + tokens[last + 2]
        last += 2
    follower = tokens[last + 1] if last + 1 < len(tokens) else ""
    at_end = last + 2 >= len(tokens)
    if follower == "th":
        return number + follower, last + 1
    if follower in streets().repeats and not (at_end and follower in streets().canonical):
        return number + follower, last + 1
    lettered = len(follower) == 1 and follower.isalpha() and number[-1].isdigit()
    if lettered and canonical_word(follower) not in streets().directions:
        leads_name = not at_end and canonical_word(tokens[last + 2]) in streets().types
        if after_words if at_end else not (after_words or leads_name):
            return number + follower, last + 1
    return number, last


def _names_numbered_street(tokens: list[str], position: int) -> bool:
    """Tell whether the number at `position` is a street's: 202 in `202 street`."""
    following = position + 1
    return following < len(tokens) and canonical_word(tokens[following]) in streets().numbered


def _take_box(tokens: list[str]) -> tuple[list[str], str | None]:
    """Return `tokens` without a post office box, and the box's number."""
    rules = streets()
    if rules.box_words.isdisjoint(tokens):
        return tokens, None
    for start in range(len(tokens)):
        for length in (3, 2, 1):
            if tuple(tokens[start : start + length]) not in rules.po_boxes:
                continue
            value = start + length
            if value < len(tokens) and tokens[value] in rules.number_marks:
                value += 1
            if value < len(tokens) and any(letter.isdigit() for letter in tokens[value]):
                return tokens[:start] + tokens[value + 1 :], tokens[value]
    return tokens, None


def _take_units(tokens: list[str]) -> tuple[list[str], list[str]]:
    """Return `tokens` without units and floors, and those in order."""
    rules = streets()
    if rules.unit_words.isdisjoint(tokens) and not any(map(is_floor_word, tokens)):
        return tokens, []
    kept: list[str] = []
    units: list[str] = []
    position = 0
    number_leads = bool(tokens) and is_number(tokens[0]) and not _is_floor(tokens, 0)
    while position < len(tokens):
        word = tokens[position]
        # After a leading house number, "no" and "#" say which flat, not which house.
        marks_unit = word in rules.units or (
            word in rules.number_marks and position > 0 and number_leads
        )
        value = position + 1
        if (
            marks_unit
            and value < len(tokens)
            and tokens[value] in rules.number_marks
            and word not in rules.buildings
        ):
            value += 1
        if marks_unit and value < len(tokens) and is_unit(tokens, value):
            unit, house = _unit_and_house(tokens, value)
            units.append(unit)
            kept.extend(house)
            position = value + 1
        elif _is_floor(tokens, position):
            units.append(canonical_word(word).rstrip("sthndrf"))
            position += 1 if word.endswith("f") else 2
        else:
            kept.append(word)
            position += 1
    return kept, units


def is_unit(tokens: list[str], position: int) -> bool:
    """Tell whether the word there can name a flat: 5, 5b, b12; a single letter if no direction."""
    word = tokens[position]
    if not _UNIT.fullmatch(word) or ORDINAL.fullmatch(word):
        return False
    if tokens[position - 1] in streets().buildings and len(word) > 2:
        return False
    return position + 1 == len(tokens) or canonical_word(word) not in streets().directions


def _unit_and_house(tokens: list[str], position: int) -> tuple[str, list[str]]:
    """Return the unit, and the house number that shares its word if the line has no other."""
    parts = re.split("[-/]", tokens[position], maxsplit=1)
    others = tokens[:position] + tokens[position + 1 :]
    if len(parts) == 2 and position + 1 < len(tokens) and not any(map(is_number, others)):
        return parts[0], [parts[1]]
    return tokens[position], []


def _is_floor(tokens: list[str], position: int) -> bool:
    """Tell whether a floor stands there: 3rd floor, 2 OG, or 11F beside a house number."""
    rules = streets()
    word = tokens[position]
    following = tokens[position + 1] if position + 1 < len(tokens) else ""
    if following in rules.floors:
        numbered_after = position + 2 < len(tokens) and is_number(tokens[position + 2])
        bare = word.isdigit() and position > 0 and not numbered_after
        return bare or ORDINAL.fullmatch(canonical_word(word)) is not None
    if not is_floor_word(word):
        return False
    return any(is_number(other) for i, other in enumerate(tokens) if i != position)


def _take_number(
    tokens: list[str], *, one_line: bool
) -> tuple[str | None, str | None, list[str], bool]:
    """Return house number, unit that a slash joins to it, the other words, whether it leads."""
    rules = streets()
    for position in range(len(tokens) - 1):
        if tokens[position] in rules.number_marks and is_number(tokens[position + 1]):
            rest = tokens[:position] + tokens[position + 2 :]
            return tokens[position + 1], None, rest, position == 0
    if tokens and _leads(tokens):
        return _leading_number(tokens)
    others = range(1, len(tokens))
    houses = [position for position in others if _is_house(tokens, position)]
    if not houses:
        spelled = rules.cardinals.get(tokens[0]) if len(tokens) > 1 else None
        if spelled and canonical_word(tokens[1]) not in rules.types:
            return spelled, None, tokens[1:], True
        return None, None, tokens, False
    position = houses[0] if one_line else houses[-1]
    number, _, unit = tokens[position].partition("/")
    return number, unit or None, tokens[:position] + tokens[position + 1 :], False


def _leads(tokens: list[str]) -> bool:
    """Tell whether the first word is a house number: not in 9 de Julio, nor in 65 Street alone."""
    if not is_number(tokens[0]) or tokens[1:2] in (["de"], ["di"], ["of"]):
        return False
    return len(tokens) != 2 or not _names_numbered_street(tokens, 0)


def _leading_number(tokens: list[str]) -> tuple[str, str | None, list[str], bool]:
    """Return what `_take_number` returns for a line that begins with its house number."""
    number, rest = tokens[0], tokens[1:]
    if "/" in number and rest:
        unit, _, number = number.partition("/")
        return number, unit, rest, True
    if rest and _FRACTION.fullmatch(rest[0]):
        return f"{number} {rest[0]}", None, rest[1:], True
    return number, None, rest, True


def _is_house(tokens: list[str], position: int) -> bool:
    """Tell whether the word there is a house number behind its street, not the street's own."""
    rules = streets()
    before = tokens[position - 1]
    return (
        is_number(tokens[position])
        and not _is_route(tokens, position)
        and not (position == 1 and canonical_word(before) in rules.types)
        and not all(canonical_word(word) in rules.directions for word in tokens[:position])
        and not _names_numbered_street(tokens, position)
    )


def _is_route(tokens: list[str], position: int) -> bool:
    """Tell whether the number there is a road's: highway 61, county road 41."""
    rules = streets()
    before = tokens[position - 1]
    if before in rules.route_roads and position > 1:
        before = tokens[position - 2]
    return before in rules.routes


def _cut_crossing(tokens: list[str], *, cut: bool) -> list[str]:
    """Return `tokens` without words that only say where on the street; the house number does."""
    rules = streets()
    start = 0
    while start < len(tokens) - 1 and tokens[start] in rules.crossings | rules.fillers:
        start += 1
    tokens = tokens[start:]
    crossing = next((i for i, word in enumerate(tokens) if i and word in rules.crossings), None)
    return tokens[:crossing] if cut and crossing else tokens


def _words(tokens: list[str], *, number_leads: bool, one_line: bool) -> list[str]:
    """Return the street name's words, each in its one form."""
    rules = streets()
    words: list[str] = []
    if not number_leads and len(tokens) > 1 and canonical_word(tokens[1]) not in rules.types:
        tokens = [rules.leading.get(tokens[0], tokens[0]), *tokens[1:]]
    for position, word in enumerate(tokens):
        before = words[-1] if words else None
        if word in rules.ambiguous and _before_name(tokens, position, before, one_line=one_line):
            words.append(rules.ambiguous[word][1])
        elif word.isdigit() and len(word) < 4 and _names_numbered_street(tokens, position):
            words.append(ordinal(word))
        else:
            words.append(canonical_word(word))
    return words


def _before_name(tokens: list[str], position: int, before: str | None, *, one_line: bool) -> bool:
    """Tell whether the ambiguous word there stands before a name (St Andrews), not after one."""
    rules = streets()
    if position + 1 == len(tokens):
        return False
    name = canonical_word(tokens[position + 1])
    if not name.isalpha() or name in rules.types or name in rules.directions:
        return False
    # A city may follow the street in one line: Park St Chicago is no Saint Chicago.
    openers = rules.prefixes if one_line else rules.types
    return before is None or before in rules.directions or before in openers
