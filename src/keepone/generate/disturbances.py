"""What happens to a text when people type, shorten and pass it on: one function for each.

Each takes a text and 63 random bits and gives the changed text, or the text as it is where the
change cannot be made. The bits are used up from below: each choice takes its remainder.
"""

from __future__ import annotations

from keepone.generate import stocks
from keepone.generate.columns import Change
from keepone.generate.domains import plain

_NEIGHBOURS = {
    "q": "wa", "w": "qes", "e": "wrd", "r": "etf", "t": "ryg", "y": "tuh", "u": "yij", "i": "uok",
    "o": "ipl", "p": "ol", "a": "qsz", "s": "adwx", "d": "sfec", "f": "dgrv", "g": "fhtb",
    "h": "gjyn", "j": "hkum", "k": "jli", "l": "kop", "z": "xas", "x": "zcs", "c": "xvd",
    "v": "cbf", "b": "vng", "n": "bmh", "m": "nj",
}  # fmt: skip
"""Keys beside each other on a QWERTY keyboard."""

_GERMAN = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"}
)


def _letters(text: str) -> list[int]:
    """Return where a slip may happen: at letters, but not at the first character."""
    return [spot for spot, sign in enumerate(text) if spot and sign.isalpha()]


def keyboard_slip(text: str, draw: int) -> str:
    """Hit the key beside the right one."""
    spots = [spot for spot in _letters(text) if text[spot].lower() in _NEIGHBOURS]
    if not spots:
        return text
    draw, choice = divmod(draw, len(spots))
    spot = spots[choice]
    keys = _NEIGHBOURS[text[spot].lower()]
    key = keys[draw % len(keys)]
    return text[:spot] + (key.upper() if text[spot].isupper() else key) + text[spot + 1 :]


def transposed(text: str, draw: int) -> str:
    """Swap two neighbouring letters that differ."""
    spots = [
        spot
        for spot in _letters(text)
        if text[spot - 1].isalpha() and text[spot - 1] != text[spot] and spot > 1
    ]
    if not spots:
        return text
    spot = spots[draw % len(spots)]
    return text[: spot - 1] + text[spot] + text[spot - 1] + text[spot + 1 :]


def dropped_letter(text: str, draw: int) -> str:
    """Leave a letter out."""
    spots = _letters(text)
    if len(spots) < 3:
        return text
    spot = spots[draw % len(spots)]
    return text[:spot] + text[spot + 1 :]


def doubled_letter(text: str, draw: int) -> str:
    """Type a letter twice."""
    spots = _letters(text)
    if not spots:
        return text
    spot = spots[draw % len(spots)]
    return text[: spot + 1] + text[spot].lower() + text[spot + 1 :]


_SLIPS: tuple[Change, ...] = (keyboard_slip, transposed, dropped_letter, doubled_letter)


def typo(text: str, draw: int) -> str:
    """Make one slip of one of the four kinds; texts of fewer than five letters keep as they are."""
    if len(_letters(text)) < 4:
        return text
    draw, choice = divmod(draw, len(_SLIPS))
    return _SLIPS[choice](text, draw)


def mistyped_digits(text: str, draw: int) -> str:
    """Change one digit in the second half of a number."""
    spots = [spot for spot, sign in enumerate(text) if sign.isdecimal()]
    if not spots:
        return text
    spot = spots[len(spots) // 2 + draw % (len(spots) - len(spots) // 2)]
    digit = (int(text[spot]) + 1 + draw // 11 % 9) % 10
    return f"{text[:spot]}{digit}{text[spot + 1 :]}"


def _shortened(text: str, draw: int, place: str) -> str:
    forms = stocks.short_forms(place)
    words = text.split(" ")
    for spot, word in enumerate(words):
        bare = word.rstrip(",")
        if bare in forms:
            shorts = forms[bare]
            words[spot] = shorts[draw % len(shorts)] + word[len(bare) :]
    return " ".join(words)


def abbreviated(text: str, draw: int) -> str:
    """Write the words of a name that have a usual short form in it: Svcs, Mfg, Intl."""
    return _shortened(text, draw, "name")


def short_street(text: str, draw: int) -> str:
    """Write a street line in short: St, N, Hauptstr."""
    for ending, shorts in stocks.short_forms("ending").items():
        if ending in text:
            return text.replace(ending, shorts[draw % len(shorts)])
    return _shortened(text, draw, "street")


def short_city(text: str, draw: int) -> str:
    """Write a city's name another way: Ft. Worth, Saint Paul."""
    return _shortened(text, draw, "city")


def dropped_word(text: str, _draw: int) -> str:
    """Leave out the article, or the last word of three or more."""
    words = text.split(" ")
    if words[0] == "The":
        return " ".join(words[1:])
    if len(words) < 3:
        return text
    del words[-1]
    if words[-1] in {"&", "of", "and"}:
        del words[-1]
    return " ".join(words) if len(words) > 1 else text


def added_word(text: str, draw: int) -> str:
    """Add a word that says little: Group, The, Enterprises."""
    phrases = stocks.phrases("added")
    return phrases[draw % len(phrases)].format(x=text)


def reordered(text: str, draw: int) -> str:
    """Put the first word last, with or without a comma."""
    first, _, rest = text.partition(" ")
    if not rest or rest.startswith("&"):
        return text
    return f"{rest}, {first}" if draw % 2 else f"{rest} {first}"


def glued(text: str, draw: int) -> str:
    """Write two neighbouring words as one."""
    words = text.split(" ")
    spots = [
        spot
        for spot in range(len(words) - 1)
        if words[spot].isalpha() and words[spot + 1].isalpha()
    ]
    if not spots:
        return text
    spot = spots[draw % len(spots)]
    return " ".join([*words[:spot], words[spot] + words[spot + 1], *words[spot + 2 :]])


def parted(text: str, draw: int) -> str:
    """Write a long word as two."""
    words = text.split(" ")
    spots = [spot for spot, word in enumerate(words) if len(word) > 6 and word.isalpha()]
    if not spots:
        return text
    draw, choice = divmod(draw, len(spots))
    word = words[spots[choice]]
    cut = 3 + draw % (len(word) - 5)
    words[spots[choice]] = f"{word[:cut]} {word[cut:]}"
    return " ".join(words)


def initialism(text: str, _draw: int) -> str:
    """Write the first letters of three or more words."""
    words = [word for word in text.split(" ") if word[:1].isalpha() and word not in {"The", "of"}]
    return "".join(word[0] for word in words).upper() if len(words) > 2 else text


def respelled_and(text: str, _draw: int) -> str:
    """Write & for and, or and for &."""
    return text.replace(" and ", " & ") if " and " in text else text.replace(" & ", " and ")


def unpunctuated(text: str, _draw: int) -> str:
    """Leave out apostrophes, dots, commas; put a space for a hyphen."""
    return text.replace("'", "").replace(".", "").replace(",", "").replace("-", " ")


def unaccented(text: str, draw: int) -> str:
    """Write in ASCII; German umlauts mostly as two letters."""
    return plain(text.translate(_GERMAN) if draw % 3 else text)


def respaced(text: str, draw: int) -> str:
    """Put a space before, behind, or twice between two words."""
    return (f" {text}", f"{text} ", text.replace(" ", "  ", 1))[draw % 3]


def upper(text: str, _draw: int) -> str:
    """Write in capitals."""
    return text.upper()


def lower(text: str, _draw: int) -> str:
    """Write in small letters."""
    return text.lower()


def capitalised(text: str, _draw: int) -> str:
    """Give each word a capital, as machines do: Llc, Miller'S."""
    return text.title()
