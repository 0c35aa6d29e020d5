"""What companies are called on the web: a label of their own, and the ending it stands under."""

from __future__ import annotations

import unicodedata

from keepone.generate.columns import Ints, Texts, texts
from keepone.generate.streams import Stream

_DROPPED = dict.fromkeys(map(ord, " .,'&/()-#+"))
_SPECIAL = {ord("ß"): "ss", ord("ø"): "o", ord("æ"): "ae", ord("ł"): "l"}


def plain(text: str) -> str:
    """Return `text` with its letters in ASCII, accents dropped."""
    if text.isascii():
        return text
    folded = unicodedata.normalize("NFKD", text.translate(_SPECIAL))
    return folded.encode("ascii", "ignore").decode("ascii")


def squashed(text: str) -> str:
    """Return the letters and digits of `text` in lower case, without a gap."""
    return plain(text).lower().translate(_DROPPED)


def labels(names: Texts, stems: Texts, places: Texts, holders: Ints, stream: Stream) -> Texts:
    """Return a label for each row of `holders`, '' for all others; no two labels are the same.

    A label is the name in one word, its first part, either with hyphens, or its initials and the
    place; where that is taken the place is added, then a number.
    """
    result = texts([""]).repeat(len(names))
    taken: set[str] = set()
    draws = stream.below(20, len(holders)).tolist()
    for row, draw in zip(holders.tolist(), draws, strict=True):
        label = base = _label(names[row], stems[row], places[row], draw)
        turn = 1
        while label in taken:
            label = f"{base}{squashed(places[row])}{turn if turn > 1 else ''}"
            turn += 1
        taken.add(label)
        result[row] = label
    return result


def _label(name: str, stem: str, place: str, draw: int) -> str:
    if draw < 12:
        label = squashed(name)
    elif draw < 15:
        label = squashed(stem)
    elif draw < 18 or name.count(" ") < 2:
        label = "-".join(filter(None, map(squashed, name.split())))
    else:
        label = squashed("".join(word[0] for word in name.split())) + squashed(place)
    # DNS allows 63 characters; nobody types more than half of that.
    return label[:30].strip("-") if len(label) > 2 else label + squashed(place)
