"""Names of organisations, works and people, whole columns of distinct values at a time.

Every function takes a column of any Unicode text, gives one row per value, and never raises.
Most organisation names hold nothing that needs care, so they go through one tight loop; the rest
(brackets, lists, marks, articles, initials, numerals, forms in front) are read one by one. Both
ways give the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from keepone.kernels.aliases import Reading, split_names
from keepone.kernels.organisation import OrganisationParser, organisation_parser
from keepone.kernels.people import (
    normalize_family,
    normalize_given,
    normalize_people,
    normalize_person,
)
from keepone.kernels.text import (
    compose,
    display,
    fold_all,
    fold_ascii,
    string_lists,
    texts_of,
    to_ascii_all,
    transliterate,
    unescape,
    words_column,
)
from keepone.rules.aliases import alias_marks
from keepone.rules.legal_forms import legal_forms
from keepone.rules.name_words import name_words
from keepone.rules.own_words import NO_WORDS, OwnWords
from keepone.rules.placeholders import placeholders

__all__ = [
    "normalize_family",
    "normalize_given",
    "normalize_names",
    "normalize_people",
    "normalize_person",
    "normalize_title",
]

PLACEHOLDER_NAME = "placeholder_name"
SEVERAL_COMPANIES = "several_companies"


@dataclass(frozen=True, slots=True)
class _Name:
    """What one field says: tokens of its first name, legal class, further names, flag, detail."""

    tokens: list[str]
    legal: str | None
    aliases: list[str]
    flag: str | None
    detail: str | None


class _Native:
    """Puts the Latin marker of a legal form where the form stands in another script."""

    def __init__(self) -> None:
        self._markers = legal_forms().native
        longest_first = sorted(self._markers, key=lambda form: (-len(form), form))
        self._forms = re.compile("|".join(_bounded(form) for form in longest_first))

    def to_ascii(self, text: str) -> str:
        """Return a name in lower-case ASCII, punctuation kept, its legal form in Latin."""
        text = unescape(text)
        if text.isascii():
            return text.lower()
        composed = compose(text)
        if _NOT_LATIN.search(composed):
            composed = self._forms.sub(lambda form: f" {self._markers[form[0]]} ", composed)
        return transliterate(composed)


def _bounded(form: str) -> str:
    """Return the expression for a form: whole words, but anywhere in scripts without spaces."""
    escaped = re.escape(form)
    return escaped if _UNSPACED.search(form) else rf"(?<!\w){escaped}(?!\w)"


_NOT_LATIN = re.compile("[\u0370-\u1dff\u2e80-\uffff]")
_UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u9fff\uac00-\ud7af]")


class _NameReader:
    """Reads single names in full; also says which names need that."""

    def __init__(self, parser: OrganisationParser) -> None:
        self._parser = parser
        # What stands in brackets comes again and again: places, branches, legal forms.
        self._reading = lru_cache(maxsize=65_536)(self._read_one)
        marks = alias_marks()
        self.wary = (
            marks.first_words
            | placeholders().words
            | {note.split()[0] for note in placeholders().notes}
        )
        self.marked = r"[;|()\[\]{}]|[\s\x0b\x1c-\x1f]/|[0-9][.)]|" + "|".join(
            map(re.escape, marks.slashed)
        )
        self.shaped = f"^(?:{placeholders().shape.pattern})$"

    def read(self, text: str, folded: str) -> _Name:
        """Read a name given in lower-case ASCII with its punctuation, and folded."""
        flag = PLACEHOLDER_NAME if placeholders().is_placeholder(folded) else None
        detail = folded if flag else None
        legal: str | None = None
        further: list[str] = []
        while True:
            names = split_names(text, self._reading)
            if names.strangers and flag is None:
                flag, detail = SEVERAL_COMPANIES, " / ".join(names.strangers)
            further += names.further
            folded = _fold_one(names.main)
            if not placeholders().is_placeholder(folded):
                folded, note = placeholders().without_note(folded)
                if note and flag is None:
                    flag, detail = PLACEHOLDER_NAME, note
            tokens, form = self._parser.parse(folded)
            legal = self._parser.stronger(legal, form)
            text = " ".join(tokens)
            if self.wary.isdisjoint(tokens) or text == names.main:
                break
        spelt = [" ".join(self._reading(name).tokens) for name in further]
        aliases = [name for name in dict.fromkeys(spelt) if name and name != text]
        return _Name(tokens, legal, aliases, flag, detail)

    def read_unmarked(self, text: str, folded: str) -> _Name:
        """Read a name as `read` does, one in which only words may be marks."""
        tokens, legal = self._parser.parse(folded)
        if self._is_marked(folded, folded.split()) or self._is_marked(" ".join(tokens), tokens):
            return self.read(text, folded)
        return _Name(tokens, legal, [], None, None)

    def _is_marked(self, folded: str, words: list[str]) -> bool:
        """Return whether a folded name holds a mark, a note or a placeholder word."""
        return not self.wary.isdisjoint(words) and (
            not placeholders().words.isdisjoint(words)
            or alias_marks().mark.search(folded) is not None
            or any(note in folded for note in placeholders().notes)
        )

    def _read_one(self, text: str) -> Reading:
        tokens, legal = self._parser.parse(_fold_one(text))
        certain = legal is not None and legal not in self._parser.generic | self._parser.kept
        return Reading(tuple(tokens), certain, self._parser.is_form(tokens))

    def needs_text(self, ascii_texts: list[str], folded: list[str]) -> npt.NDArray[np.bool_]:
        """Return which names may be more, or less, than the words they fold to."""
        text, words = pa.array(ascii_texts, pa.string()), pa.array(folded, pa.string())
        names = pa.array(sorted(placeholders().names), pa.string())
        solid = pc.replace_substring(words, " ", "")
        return np.asarray(
            pc.or_(
                pc.or_(pc.match_substring_regex(text, self.marked), pc.is_in(words, names)),
                pc.match_substring_regex(solid, self.shaped),
            )
        )


def _fold_one(text: str) -> str:
    return fold_ascii([text])[0]


@lru_cache(maxsize=8)
def _reader(own: OwnWords) -> _NameReader:
    return _NameReader(organisation_parser(own))


@cache
def _native() -> _Native:
    return _Native()


def normalize_names(values: pa.Array | pa.ChunkedArray, own: OwnWords = NO_WORDS) -> pa.Table:
    """Normalise names of organisations; one row per value, which should be distinct.

    `own` are words that a user adds to the rules.

    Columns: `tokens` list<string>, the words of the name in order, canonical, without articles and
    legal form, null only where the value has no letter or digit; `legal`, class of the legal form;
    `aliases` list<string>, further names, each its tokens joined by a space; `display`, the name
    cleaned for people; `flag`, null, placeholder_name or several_companies; `detail`, what was
    seen. Normalising joined tokens gives the same tokens.
    """
    shown = display(values)
    texts = texts_of(values)
    ascii_texts = to_ascii_all(texts, _native().to_ascii)
    folded = fold_ascii(ascii_texts)
    parser, reader = organisation_parser(own), _reader(own)
    careful = reader.needs_text(ascii_texts, folded)

    spell, strip, with_kept = parser.canonical.get, parser.strip_suffixes, parser.with_kept
    endings, fronts, insides = parser.endings, parser.fronts, parser.insides
    kept_words, context = parser.kept_words, parser.context | reader.wary
    flat: list[str] = []
    lengths: list[int] = []
    legal: list[str | None] = []
    found: dict[int, _Name] = {}
    for row, (text, needs_text) in enumerate(zip(folded, careful.tolist(), strict=True)):
        form: str | None = None
        tokens = [spell(word, word) for word in text.split()]
        if needs_text:
            name = found[row] = reader.read(ascii_texts[row], text)
            tokens, form = name.tokens, name.legal
        elif tokens:
            simple = context.isdisjoint(tokens)
            if simple and tokens[-1] in endings:
                tokens, form = strip(tokens)
            if simple and tokens[0] not in fronts and insides.isdisjoint(tokens):
                if not kept_words.isdisjoint(tokens):
                    form = with_kept(form, tokens)
            else:
                name = reader.read_unmarked(ascii_texts[row], text)
                tokens, form = name.tokens, name.legal
                if name.flag or name.aliases:
                    found[row] = name
        flat += tokens
        lengths.append(len(tokens))
        legal.append(form)
    aliases, flags, details = _rare_columns(found, folded, shown)
    return pa.table(
        {
            "tokens": string_lists(lengths, flat),
            "legal": pa.array(legal, pa.string()),
            "aliases": aliases,
            "display": shown,
            "flag": flags,
            "detail": details,
        }
    )


def _rare_columns(
    found: dict[int, _Name], folded: list[str], shown: pa.Array
) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Return the aliases, flag and detail columns from the few rows that have any."""
    rows = len(folded)
    lengths = np.zeros(rows, np.int32)
    flat: list[str] = []
    flags: list[str | None] = [None] * rows
    details: list[str | None] = [None] * rows
    for row, name in found.items():
        lengths[row] = len(name.aliases)
        flat += name.aliases
        flags[row], details[row] = name.flag, name.detail
    for row, text in enumerate(folded):
        if not text and shown[row].is_valid:
            flags[row], details[row] = PLACEHOLDER_NAME, shown[row].as_py()
    return (
        string_lists(lengths, flat),
        pa.array(flags, pa.string()),
        pa.array(details, pa.string()),
    )


def normalize_title(values: pa.Array | pa.ChunkedArray) -> pa.Table:
    """Normalise titles of works and other long names: `tokens` list<string>, articles left out."""
    articles = name_words().articles
    folded = (
        " ".join([word for word in text.split() if word not in articles]) or text
        for text in fold_all(texts_of(values))
    )
    return pa.table({"tokens": words_column(folded)})
