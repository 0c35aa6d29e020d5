"""Street lines and house numbers row by row, spelt out.

Each function takes a column as a list (null is None) and returns one mapping of parts per row.
"""

from __future__ import annotations

import re
import unicodedata

from keepone.reference.field_values import Row, Values, folded
from keepone.rules.streets import streets

_RULES = streets()
_ONE = "[0-9]{1,6}(?:bis|ter|quater|[a-z]{0,2})"


def street_lines(values: Values) -> list[Row]:
    """Return `number`, `tokens` and `unit` of each cell."""
    return [parts_of(*line_of(words_of(text or ""), city=False)) for text in values]


def street_numbers(values: Values) -> list[Row]:
    """Return `value` of each cell."""
    rows = []
    for text in values:
        words = _joined(words_of(re.sub(r"\.0+ *\Z", "", text or "")))
        number = next((word for word in words if is_number(word)), None)
        rows.append({"value": (number.lstrip("0") or "0") if number else "".join(words) or None})
    return rows


def parts_of(number: str | None, words: list[str], units: list[str]) -> Row:
    """Return what a line says as a row."""
    return {"number": number, "tokens": words or None, "unit": " ".join(units) or None}


def words_of(text: str) -> list[str]:
    """Return folded words in which marks between numbers have become words."""
    dash = "[ \t\n]*[-\u2010-\u2015\u2212][ \t\n]*"
    ideographs = "\u4e00-\u9fff\u3041-\u30ff"
    for sign, spelt in zip("½¼¾⅓⅔", ("1/2", "1/4", "3/4", "1/3", "2/3"), strict=True):
        text = text.replace(sign, f" {spelt} ")
    if re.search(
        rf"[#@/°º]|[Nn][Oo]\.?[0-9]|[0-9] *[-\u2010-\u2015\u2212]|[{ideographs}\uff10-\uff19]", text
    ):
        text = unicodedata.normalize("NFKC", text)
        for pattern, replacement in (
            (r"#|\b[Nn] ?[°º]", " no "),
            (r"\b[Nn][Oo]\.?([0-9])", r" no \1"),
            (r"\b[Ss]/[Nn]\b", " "),
            ("@", " at "),
            (r"\b[Cc]/", " calle "),
            (rf"([{ideographs}])([0-9])", r"\1 \2"),
            (rf"([0-9])([{ideographs}])", r"\1 \2"),
            (rf"([0-9][A-Za-z]?){dash}([0-9])", r"\1 to \2"),
            (rf"([0-9][A-Za-z]?){dash}([0-9])", r"\1 to \2"),
            (rf"([0-9]){dash}([A-Za-z])\b", r"\1\2"),
            (r"\b([0-9]+[A-Za-z]?)/[Ff]\b", r" floor \1 "),
            (r"([0-9])/([A-Za-z])\b", r"\1\2"),
            (r"([0-9][A-Za-z]?)[ \t\n]*/[ \t\n]*([0-9])", r"\1 over \2"),
        ):
            text = re.sub(pattern, replacement, text, flags=re.ASCII)
    return folded(text).split()


def canonical(word: str) -> str:
    """Return the one form of a word of street names."""
    if word in _RULES.ambiguous:
        return _RULES.ambiguous[word][0]
    if word in _RULES.canonical:
        return _RULES.canonical[word]
    for ending, full in _RULES.endings.items():
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word.removesuffix(ending) + full
    return word


def _is_ordinal(word: str) -> bool:
    return re.fullmatch("[0-9]+(?:st|nd|rd|th)", word) is not None


def is_number(word: str) -> bool:
    """Tell whether `word` can be a house number."""
    return re.fullmatch(f"{_ONE}(?:[-/]{_ONE})*", word) is not None and not _is_ordinal(word)


def is_direction(word: str) -> bool:
    """Tell whether `word` is a point of the compass."""
    return canonical(word) in _RULES.directions


def is_type(word: str) -> bool:
    """Tell whether `word` is a kind of street."""
    return canonical(word) in _RULES.types


def _names_street(words: list[str]) -> bool:
    """Tell whether the first of `words` numbers a street: 65 st."""
    return len(words) > 1 and canonical(words[1]) in _RULES.numbered


def _joined(words: list[str]) -> list[str]:
    """Return the words with ranges, slashes, repeats and letters joined to their numbers."""
    done: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if is_number(word):
            ended = False
            while len(rest) > 1 and rest[0] in ("to", "over") and re.fullmatch(_ONE, rest[1]):
                mark = rest.pop(0)
                if mark == "to" and _names_street(rest):
                    ended = True
                    break
                word += ("-" if mark == "to" else "/") + rest.pop(0)
            if rest and not ended:
                word += _suffix(word, rest, first=not done)
        done.append(word)
    return done


def _suffix(number: str, rest: list[str], *, first: bool) -> str:
    """Take and return the word after a number that belongs to it, or nothing."""
    follower, last = rest[0], len(rest) == 1
    if follower == "th":
        return rest.pop(0)
    if follower in _RULES.repeats and not (last and follower in _RULES.canonical):
        return rest.pop(0)
    if re.fullmatch("[a-z]", follower) and number[-1].isdigit() and not is_direction(follower):
        if last and not first:
            return rest.pop(0)
        if first and not last and not is_type(rest[1]):
            return rest.pop(0)
    return ""


def line_of(words: list[str], *, city: bool) -> tuple[str | None, list[str], list[str]]:
    """Return house number, words of the street, units."""
    words = _joined(words)
    words, box = _without_box(words)
    words, units = _without_units(words)
    number, unit, words, leads = _without_number(words, city=city)
    if unit:
        units.append(unit)
    if not city:
        words = _without_crossing(words, numbered=number is not None)
    name = _street_name(words, leads=leads, city=city)
    if box and number is None:
        number, name = box, ["pobox", *name]
    elif box:
        units.append("pobox" + box)
    return (number.lstrip("0") or "0") if number else None, name, units


def _without_box(words: list[str]) -> tuple[list[str], str | None]:
    for start in range(len(words)):
        for length in (3, 2, 1):
            if tuple(words[start : start + length]) in _RULES.po_boxes:
                after = words[start + length :]
                if after and after[0] in _RULES.number_marks:
                    after = after[1:]
                if after and re.search("[0-9]", after[0]):
                    return words[:start] + after[1:], after[0]
    return words, None


def _without_units(words: list[str]) -> tuple[list[str], list[str]]:
    kept: list[str] = []
    units: list[str] = []
    leads = bool(words) and is_number(words[0]) and not _is_floor(words, 0)
    position = 0
    while position < len(words):
        word = words[position]
        marks = word in _RULES.units or (word in _RULES.number_marks and position > 0 and leads)
        value = position + 1
        skips = marks and word not in _RULES.buildings
        if skips and value < len(words) and words[value] in _RULES.number_marks:
            value += 1
        if marks and value < len(words) and _names_unit(words, value):
            parts = re.split("[-/]", words[value], maxsplit=1)
            alone = not any(is_number(w) for i, w in enumerate(words) if i != value)
            if len(parts) == 2 and value + 1 < len(words) and alone:
                units.append(parts[0])
                kept.append(parts[1])
            else:
                units.append(words[value])
            position = value + 1
        elif _is_floor(words, position):
            following = words[position + 1 : position + 2]
            units.append(re.sub("[^0-9]", "", canonical(word)))
            position += 2 if following and following[0] in _RULES.floors else 1
        else:
            kept.append(word)
            position += 1
    return kept, units


def _names_unit(words: list[str], position: int) -> bool:
    word = words[position]
    unit = "[a-z]{0,2}[0-9]+[a-z]{0,2}(?:[-/][0-9]+[a-z]?)*|[a-z]"
    if not re.fullmatch(unit, word) or _is_ordinal(word):
        return False
    if words[position - 1] in _RULES.buildings and len(word) > 2:
        return False
    return position == len(words) - 1 or not is_direction(word)


def _is_floor(words: list[str], position: int) -> bool:
    word, after = words[position], words[position + 1 :]
    if after and after[0] in _RULES.floors:
        then_number = len(after) > 1 and is_number(after[1])
        bare = word.isdigit() and position > 0 and not then_number
        return bare or _is_ordinal(canonical(word))
    others = words[:position] + after
    return re.fullmatch("[0-9]{1,2}f", word) is not None and any(map(is_number, others))


def _without_number(
    words: list[str], *, city: bool
) -> tuple[str | None, str | None, list[str], bool]:
    """Return house number, unit joined by a slash, other words, whether the number leads."""
    for i in range(len(words) - 1):
        if words[i] in _RULES.number_marks and is_number(words[i + 1]):
            return words[i + 1], None, words[:i] + words[i + 2 :], i == 0
    named = words[1:2] in (["de"], ["di"], ["of"]) or (len(words) == 2 and _names_street(words))
    if words and is_number(words[0]) and not named:
        return *_leading(words[0], words[1:]), True
    houses = [i for i in range(1, len(words)) if _is_house(words, i)]
    if houses:
        i = houses[0] if city else houses[-1]
        number, _, unit = words[i].partition("/")
        return number, unit or None, words[:i] + words[i + 1 :], False
    if len(words) > 1 and words[0] in _RULES.cardinals and not is_type(words[1]):
        return _RULES.cardinals[words[0]], None, words[1:], True
    return None, None, words, False


def _leading(number: str, rest: list[str]) -> tuple[str, str | None, list[str]]:
    """Return a leading house number, the unit before its slash, and the words behind it."""
    if "/" in number and rest:
        unit, _, number = number.partition("/")
        return number, unit, rest
    if rest and re.fullmatch("[1-7]/[2-8]", rest[0]):
        return f"{number} {rest[0]}", None, rest[1:]
    return number, None, rest


def _is_house(words: list[str], i: int) -> bool:
    return (
        is_number(words[i])
        and not _is_route(words, i)
        and not (i == 1 and is_type(words[0]))
        and not all(is_direction(word) for word in words[:i])
        and not _names_street(words[i:])
    )


def _is_route(words: list[str], i: int) -> bool:
    road = i > 1 and words[i - 1] in _RULES.route_roads
    return words[i - 2 if road else i - 1] in _RULES.routes


def _without_crossing(words: list[str], *, numbered: bool) -> list[str]:
    while len(words) > 1 and words[0] in _RULES.crossings | _RULES.fillers:
        words = words[1:]
    for i in range(1, len(words)):
        if numbered and words[i] in _RULES.crossings:
            return words[:i]
    return words


def _street_name(words: list[str], *, leads: bool, city: bool) -> list[str]:
    name: list[str] = []
    if not leads and len(words) > 1 and not is_type(words[1]) and words[0] in _RULES.leading:
        words = [_RULES.leading[words[0]], *words[1:]]
    for i, word in enumerate(words):
        if word in _RULES.ambiguous and i + 1 < len(words):
            following = canonical(words[i + 1])
            plain = following.isalpha() and not is_type(words[i + 1])
            plain = plain and following not in _RULES.directions
            openers = _RULES.directions | (_RULES.prefixes if city else _RULES.types)
            if plain and (not name or name[-1] in openers):
                name.append(_RULES.ambiguous[word][1])
                continue
        if re.fullmatch("[0-9]{1,3}", word) and _names_street(words[i:]):
            teens = int(word) % 100 in (11, 12, 13)
            ending = "th" if teens else {"1": "st", "2": "nd", "3": "rd"}.get(word[-1], "th")
            name.append(f"{int(word)}{ending}")
        else:
            name.append(canonical(word))
    return name
