"""Marks what of a value differs from another, word by word and then letter by letter."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rapidfuzz.distance import Indel

_PIECES = re.compile(r"\w+|\s+|[^\w\s]", re.UNICODE)
# Words that share less than this are marked whole: letters here and there would only flicker.
_LIKE = 0.6


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a value, and whether the other value has it too."""

    text: str
    differs: bool


def marked(value: str, other: str | None) -> list[Piece]:
    """Return `value` in pieces that are or are not in `other`; letter case alone is no difference.

    With nothing to compare it to, it is one piece that does not differ.
    """
    if not other or value.casefold() == other.casefold():
        return [Piece(value, differs=False)]
    ours, theirs = _PIECES.findall(value), _PIECES.findall(other)
    left = [piece.casefold() for piece in ours]
    right = [piece.casefold() for piece in theirs]
    found = [
        Piece("".join(ours[change.src_start : change.src_end]), differs=change.tag != "equal")
        for change in Indel.opcodes(left, right)
        if change.src_end > change.src_start
    ]
    return _joined(_by_letter(found, right))


def _by_letter(pieces: list[Piece], others: list[str]) -> list[Piece]:
    """Mark words that are spelled a little otherwise by their letters."""
    found: list[Piece] = []
    for piece in pieces:
        word = piece.text.casefold()
        like = max(others, key=lambda each: Indel.normalized_similarity(word, each), default="")
        if not piece.differs or Indel.normalized_similarity(word, like) < _LIKE:
            found.append(piece)
            continue
        if len(word) != len(piece.text):  # folding changed the length: positions would not fit
            found.append(piece)
            continue
        found += [
            Piece(piece.text[change.src_start : change.src_end], differs=change.tag != "equal")
            for change in Indel.opcodes(word, like)
            if change.src_end > change.src_start
        ]
    return found


def _joined(pieces: list[Piece]) -> list[Piece]:
    """Join neighbours of one kind."""
    found: list[Piece] = []
    for piece in pieces:
        if found and found[-1].differs == piece.differs:
            found[-1] = Piece(found[-1].text + piece.text, piece.differs)
        else:
            found.append(piece)
    return found
