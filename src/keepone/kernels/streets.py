"""Street lines, house numbers and one-line addresses as comparable parts."""

from __future__ import annotations

from unicodedata import normalize

import pyarrow as pa
import pyarrow.compute as pc

from keepone.kernels.address_tails import take_tail
from keepone.kernels.cells import Strings, clean, strings, substitute, words
from keepone.kernels.street_lines import is_unit, join_numbers, parse_line
from keepone.kernels.street_words import RANGE, SLASH, CanonicalWords, is_number, without_zeros
from keepone.kernels.text import string_lists
from keepone.rules.streets import streets

# Hyphens, dashes, minus; Chinese characters, kana; digits of full width.
_DASHES = "-\u2010-\u2015\u2212"
_IDEOGRAPHS = "\u4e00-\u9fff\u3041-\u30ff"
_MARKED = rf"[#@/°º½¼¾⅓⅔]|[Nn][Oo]\.?[0-9]|[0-9] *[{_DASHES}]|[{_IDEOGRAPHS}" + "\uff10-\uff19]"
_FRACTIONS = (("½", " 1/2 "), ("¼", " 1/4 "), ("¾", " 3/4 "), ("⅓", " 1/3 "), ("⅔", " 2/3 "))
_DASH = rf"[ \t\n]*[{_DASHES}][ \t\n]*"
_MARKS = (
    (r"#|\b[Nn] ?[°º]", " no "),
    (r"\b[Nn][Oo]\.?([0-9])", r" no \1"),
    (r"\b[Ss]/[Nn]\b", " "),
    ("@", " at "),
    (r"\b[Cc]/", " calle "),
    # Characters that are written without spaces between words and numbers.
    (rf"([{_IDEOGRAPHS}])([0-9])", r"\1 \2"),
    (rf"([0-9])([{_IDEOGRAPHS}])", r"\1 \2"),
    # Twice, since the digit between two marks ends one match and begins the next.
    (rf"([0-9][A-Za-z]?){_DASH}([0-9])", rf"\1 {RANGE} \2"),
    (rf"([0-9][A-Za-z]?){_DASH}([0-9])", rf"\1 {RANGE} \2"),
    (rf"([0-9]){_DASH}([A-Za-z])\b", r"\1\2"),
    (r"\b([0-9]+[A-Za-z]?)/[Ff]\b", r" floor \1 "),
    (r"([0-9])/([A-Za-z])\b", r"\1\2"),
    (r"([0-9][A-Za-z]?)[ \t\n]*/[ \t\n]*([0-9])", rf"\1 {SLASH} \2"),
)


def _marked(values: pa.Array) -> pa.Array:
    """Return folded text in which the marks that folding would lose have become words."""
    touched = pc.fill_null(pc.match_substring_regex(values, _MARKED), fill_value=False)
    if pc.any(touched).as_py():
        changed = substitute(values.filter(touched), "[½¼¾⅓⅔]", _FRACTIONS)
        changed = pa.array(
            # Arrow's own takes code points that stand for nothing for letters.
            [normalize("NFKC", text) for text in changed.to_pylist()],
            pa.string(),
        )
        for pattern, replacement in _MARKS:
            changed = pc.replace_substring_regex(changed, pattern, replacement)
        values = pc.replace_with_mask(values, touched, changed)
    return words(values)


def normalize_street(values: Strings) -> pa.Table:
    """Return `number`, `tokens`, `unit` and `display`, one row per value; null where absent."""
    lines = _Lines(one_line=False)
    for text in _marked(strings(values)).to_pylist():
        lines.add(text.split(" ") if text else [])
    return pa.table(lines.columns() | {"display": clean(values)})


def normalize_street_number(values: Strings) -> pa.Table:
    """Return `value` (12, 12a or 12-14, without leading zeros) and `display`."""
    found: list[str | None] = []
    for text in _marked(substitute(strings(values), r"\.0+ *$", ((r"\.0+ *$", ""),))).to_pylist():
        tokens = join_numbers(text.split(" ")) if text else []
        number = next((token for token in tokens if is_number(token)), None)
        found.append(without_zeros(number) if number else "".join(tokens) or None)
    return pa.table({"value": pa.array(found, pa.string()), "display": clean(values)})


def normalize_address(values: Strings) -> pa.Table:
    """Return `number`, `tokens`, `unit`, `postal`, `region`, `country` and `display`.

    The tokens are the words of street and city; region and country are codes, recognised at the
    end only.
    """
    lines = _Lines(one_line=True)
    codes: tuple[list[str | None], list[str | None], list[str | None]] = ([], [], [])
    for text in _marked(strings(values)).to_pylist():
        rest, *tail = take_tail(text.split(" ")) if text else ([], None, None, None)
        lines.add(rest)
        for column, code in zip(codes, tail, strict=True):
            column.append(code)
    postal, region, country = (pa.array(column, pa.string()) for column in codes)
    tails = {"postal": postal, "region": region, "country": country}
    return pa.table(lines.columns() | tails | {"display": clean(values)})


class _Lines:
    """Parses lines into columns, word after word in one list: rows of their own would cost more."""

    def __init__(self, *, one_line: bool) -> None:
        rules = streets()
        self._one_line = one_line
        self._openers = rules.directions | (rules.prefixes if one_line else rules.types)
        self._unit_marks = rules.units - rules.floors
        self._inner, self._last = CanonicalWords(), CanonicalWords(last=True)
        self._numbers: list[str | None] = []
        self._units: list[str | None] = []
        self._words: list[str] = []
        self._lengths: list[int] = []

    def add(self, tokens: list[str]) -> None:
        """Append the line that the folded tokens are."""
        number, unit, words = None, None, None
        if len(tokens) > 3 and tokens[-2] in self._unit_marks and is_unit(tokens, len(tokens) - 1):
            unit = tokens[-1]
            words = self._plain(tokens[:-2])
        elif len(tokens) > 1:
            words = self._plain(tokens)
        if words:
            number = tokens[0]
        elif tokens:
            number, words, unit = parse_line(tokens, one_line=self._one_line)
        self._numbers.append(number)
        self._units.append(unit)
        self._words += words or ()
        self._lengths.append(len(words or ()))

    def _plain(self, tokens: list[str]) -> list[str] | None:
        """Return the words of a line that is a bare number and plain words, as most are.

        None where a word needs the grammar, which would say the same of all others.
        """
        first = tokens[0]
        if not first.isdigit() or first[0] == "0" or len(first) > 6:
            return None
        inner = self._inner
        words = [inner[word] for word in tokens[1:-1]]
        words.append(self._last[tokens[-1]])
        if "" in words:
            for position in range(1, len(words)):
                # Behind a plain word, St is the street.
                ambiguous = streets().ambiguous.get(tokens[position + 1])
                if not words[position] and ambiguous and words[position - 1] not in self._openers:
                    words[position] = ambiguous[0]
            if "" in words:
                return None
        return None if len(words) == 1 and words[0] in streets().numbered else words

    def columns(self) -> dict[str, pa.Array]:
        """Return the parts of all lines."""
        return {
            "number": pa.array(self._numbers, pa.string()),
            "tokens": string_lists(self._lengths, self._words),
            "unit": pa.array(self._units, pa.string()),
        }
