"""Text made comparable: one alphabet, one case, one way to write punctuation.

Everything here takes any Unicode text and never raises. `fold` gives words of a-z and 0-9 with
single spaces between; folding what is folded changes nothing.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from anyascii import anyascii

_SILENT = "™®©℠ー"  # trade marks, and the sign that lengthens a vowel in kana


class _Transliteration(dict[int, str]):
    """Fills itself with the ASCII spelling of each character that is met."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        ascii_text = character if character.isascii() else anyascii(character).lower()
        self[code] = ascii_text
        return ascii_text


_TO_ASCII = _Transliteration()
_SILENCE = dict.fromkeys(map(ord, _SILENT))
_SPACES = {code: " " for code in range(128) if not chr(code).isalnum()}
_INITIALS_GAP = re.compile(r"[./](?<=[^a-z0-9][a-z][./])(?=[a-z](?![a-z0-9]))")
# A question mark inside a word stands for a letter that an encoding lost.
_LOST_LETTERS = re.compile(r"(?<=[a-z])\?+(?=[a-z])")
_LEADING_ZEROS = re.compile(r"([ \n])0+(?=[0-9])")
# All that `display` may have to change, and more: white space and controls other than single spaces
# inside, and characters that may not be in NFC. To look for it costs a tenth of changing it.
_UNTIDY = r"[\x00-\x1f\x7f-\x{a0}\x{300}-\x{10ffff}]|  |^ | $"
_WIDE_GAP = re.compile("  +")


def compose(text: str) -> str:
    """Return the text in NFKC and folded case, without trade mark signs."""
    composed = unicodedata.normalize("NFKC", text.translate(_SILENCE)).casefold()
    # Folding case can leave a letter and its accent apart.
    return unicodedata.normalize("NFKC", composed)


def transliterate(text: str) -> str:
    """Return composed text in lower-case ASCII, punctuation kept."""
    return text.translate(_TO_ASCII).lower()


def unescape(text: str) -> str:
    """Return the text with HTML entities ("&amp;") as the characters they stand for."""
    return html.unescape(text) if "&" in text and ";" in text else text


def to_ascii(text: str) -> str:
    """Return the text in lower-case ASCII, punctuation kept."""
    return text.lower() if text.isascii() else transliterate(compose(text))


def fold_ascii(texts: Iterable[str]) -> list[str]:
    """Return each lower-case ASCII text as words of a-z and 0-9 with single spaces between.

    Apostrophes vanish, "&", "+" and "@" are spelt out, dotted or slashed initials close up
    ("a.b.c." is abc, "a/s" is as), leading zeros go, all else is a space. A question mark within a
    word is a letter that was lost, and vanishes. The texts are joined by newlines and folded in one
    pass, since a call per text would cost ten times as much.
    """
    joined = "".join("\n " + text.replace("\n", " ") for text in texts)
    joined = joined.replace("'", "").replace("`", "")
    joined = joined.replace("&", " and ").replace("+", " plus ").replace("@", " at ")
    joined = _LOST_LETTERS.sub("", joined) if "?" in joined else joined
    joined = _INITIALS_GAP.sub("", joined)
    joined = joined.translate(_FOLD_TABLE)
    joined = _LEADING_ZEROS.sub(r"\1", joined)
    joined = _WIDE_GAP.sub(" ", joined)
    joined = joined.replace(" \n", "\n").replace("\n ", "\n")
    return joined.rstrip(" ").split("\n")[1:]


_FOLD_TABLE = str.maketrans({**{chr(code): " " for code in _SPACES}, "\n": "\n"})


def fold(text: str) -> str:
    """Return the text as words of a-z and 0-9 with single spaces between; "" if it has none."""
    return fold_ascii([prose_to_ascii(text)])[0]


def texts_of(values: pa.Array | pa.ChunkedArray) -> list[str]:
    """Return the strings of a column, null as the empty string."""
    texts: list[str] = pc.fill_null(values.cast(pa.string()), "").to_pylist()
    return texts


def prose_to_ascii(text: str) -> str:
    """Return a name or other prose in lower-case ASCII, punctuation kept, HTML entities read."""
    return to_ascii(unescape(text))


def to_ascii_all(texts: list[str], each: Callable[[str], str] = prose_to_ascii) -> list[str]:
    """Return each text in lower-case ASCII; `each` does so for a text that holds more."""
    return [text.lower() if text.isascii() and "&" not in text else each(text) for text in texts]


def fold_all(texts: list[str]) -> list[str]:
    """Return `fold` of each text."""
    return fold_ascii(to_ascii_all(texts))


def display(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return each value cleaned for people: NFC, single spaces, trimmed; null if empty."""
    text = combined(values.cast(pa.string()))
    untidy = pc.fill_null(pc.match_substring_regex(text, _UNTIDY), fill_value=False)
    if pc.any(untidy).as_py():
        tidied = pc.replace_substring_regex(
            pc.utf8_normalize(text.filter(untidy), form="NFC"),
            pattern=r"[\s\p{Z}\p{Cc}]+",
            replacement=" ",
        )
        text = pc.replace_with_mask(text, untidy, pc.utf8_trim_whitespace(tidied))
    return pc.if_else(pc.equal(text, ""), None, text)


def combined(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return a column as one array."""
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


def string_lists(lengths: Sequence[int] | npt.NDArray[np.int32], flat: Sequence[str]) -> pa.Array:
    """Return a list<string> column of rows with `lengths` items each, null where there is none."""
    counts = np.asarray(lengths, dtype=np.int32)
    offsets = np.zeros(len(counts) + 1, dtype=np.int32)
    np.cumsum(counts, out=offsets[1:])
    return pa.ListArray.from_arrays(
        pa.array(offsets), pa.array(flat, pa.string()), mask=pa.array(counts == 0)
    )


def words_column(folded: Iterable[str]) -> pa.Array:
    """Return folded texts as a list<string> column of their words, null where there is none."""
    flat: list[str] = []
    lengths: list[int] = []
    for text in folded:
        words = text.split()
        flat += words
        lengths.append(len(words))
    return string_lists(lengths, flat)


def text_column(texts: Iterable[str]) -> pa.Array:
    """Return texts as a string column, null where a text is empty."""
    return pa.array([text or None for text in texts], pa.string())
