"""The words of one organisation's name: canonical tokens, and the class of its legal form."""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby

from keepone.kernels.phrases import Phrases
from keepone.rules.legal_forms import LegalForms, legal_forms
from keepone.rules.name_words import NameWords, name_words
from keepone.rules.own_words import NO_WORDS, OwnWords

_ASCII_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")


class OrganisationParser:
    """Reads the folded name of one organisation.

    `context` holds the words whose meaning hangs on their neighbours; `endings`, `fronts` and
    `insides` the words by which legal forms at the end, in front and in the middle are met first.
    A name whose canonical words are not in `context` is done once its suffixes are off, if then it
    begins with none of `fronts` and holds none of `insides`: callers with many names use that.
    """

    def __init__(self, words: NameWords, forms: LegalForms) -> None:
        self._words = words
        self._forms = forms
        self.canonical = dict(words.canonical)
        self._suffixes = Phrases(forms.suffix, backward=True)
        self._prefixes = Phrases(forms.prefix)
        self._middles = Phrases(forms.middle)
        self.endings = self._suffixes.first_words
        self.fronts = self._prefixes.first_words
        self.insides = self._middles.first_words
        self._phrases = Phrases(words.phrases)
        self._kept_suffixes = Phrases(forms.kept_suffix, backward=True)
        self._kept_prefixes = Phrases(forms.kept_prefix)
        self.kept_words = self._kept_suffixes.first_words | self._kept_prefixes.first_words
        self.generic = forms.generic
        self.kept = frozenset(forms.kept_suffix.values()) | frozenset(forms.kept_prefix.values())
        self._dropped = words.articles | words.joiners
        self._numbers = frozenset({*words.tens, *words.romans, *words.single_romans, "st"})
        self.context = self._dropped | self._numbers | self._phrases.first_words | _ASCII_LETTERS

    def parse(self, folded: str) -> tuple[list[str], str | None]:
        """Return the tokens and the legal class of a folded name.

        The tokens are a fixed point: parsed again they give themselves. Each round leaves them,
        makes them fewer, or turns one into a canonical word, so the rounds come to an end.
        """
        tokens = folded.split()
        if not tokens:
            return tokens, None
        legal: str | None = None
        while True:
            before = tokens
            tokens = self._drop(self._words.spell(tokens))
            tokens, form = self._strip(tokens)
            legal = self.stronger(legal, form)
            stripped = tokens
            if not self.context.isdisjoint(tokens):
                tokens = self._join_phrases(tokens)
                tokens = self._read_numbers(tokens)
                tokens = _join_letters(tokens)
            if tokens == before or (tokens == stripped and self._is_settled(tokens)):
                break
        return tokens, self.with_kept(legal, tokens)

    def _is_settled(self, tokens: list[str]) -> bool:
        """Return whether canonical tokens that mean what they say hold no further legal form."""
        return (
            tokens[0] not in self.fronts
            and self.insides.isdisjoint(tokens)
            and (tokens[-1] not in self.endings or not self._suffixes.at_end(tokens)[0])
        )

    def is_form(self, tokens: list[str]) -> bool:
        """Return whether the tokens are a legal form and nothing else."""
        return tuple(tokens) in self._forms.suffix

    def stronger(self, first: str | None, second: str | None) -> str | None:
        """Return the class that says more; the first of two that say the same."""
        if first is None or (first in self.generic and second is not None):
            return second
        return first

    def with_kept(self, legal: str | None, tokens: list[str]) -> str | None:
        """Return the class, or the one that a word of the name tells if that says more."""
        if self.kept_words.isdisjoint(tokens):
            return legal
        length, form = self._kept_suffixes.at_end(tokens)
        if not length:
            length, form = self._kept_prefixes.at_start(tokens)
        return self.stronger(legal, form if length < len(tokens) else None)

    def strip_suffixes(self, tokens: list[str]) -> tuple[list[str], str | None]:
        """Return the tokens without the forms at their end, one token at least, and the class."""
        legal: str | None = None
        while tokens[-1] in self.endings:
            length, form = self._suffixes.at_end(tokens)
            if not length:
                break
            tokens = tokens[:-length]
            legal = self.stronger(legal, form)
        return tokens, legal

    def _strip(self, tokens: list[str]) -> tuple[list[str], str | None]:
        """Return the tokens without any legal form, one token at least, and the class.

        A prefix says more than a suffix: "JSC Acme Corporation" is a joint stock company that
        calls itself a corporation.
        """
        legal: str | None = None
        if tokens[0] in self.fronts:
            length, form = self._prefixes.at_start(tokens)
            if 0 < length < len(tokens):
                tokens, legal = tokens[length:], form
        tokens, form = self.strip_suffixes(tokens)
        legal = self.stronger(legal, form)
        start = len(tokens) if self.insides.isdisjoint(tokens) else 1
        while start < len(tokens):
            length, form = self._middles.at_start(tokens, start)
            if length:
                tokens = tokens[:start] + tokens[start + length :]
                legal = self.stronger(legal, form)
            else:
                start += 1
        return tokens, legal

    def _drop(self, tokens: list[str]) -> list[str]:
        """Return the tokens without articles, and without joiners between two others."""
        if self._dropped.isdisjoint(tokens):
            return tokens
        kept: list[str] = []
        last = len(tokens) - 1
        for index, token in enumerate(tokens):
            if token in self._words.articles:
                continue
            if token in self._words.joiners and kept and index < last:
                continue
            kept.append(token)
        return kept or tokens

    def _join_phrases(self, tokens: list[str]) -> list[str]:
        """Return the tokens with each phrase that is one word ("health care") made one."""
        if self._phrases.first_words.isdisjoint(tokens):
            return tokens
        joined: list[str] = []
        index = 0
        while index < len(tokens):
            length, word = self._phrases.at_start(tokens, index)
            joined.append(word if word is not None else tokens[index])
            index += length or 1
        return joined

    def _read_numbers(self, tokens: list[str]) -> list[str]:
        """Return the tokens with "forty four" as 44, "fund ii" as fund 2 and "st" spelt out."""
        if self._numbers.isdisjoint(tokens):
            return tokens
        read: list[str] = []
        for index, word in enumerate(tokens):
            before = read[-1] if read else ""
            if word in _UNITS and read and tokens[index - 1] in self._words.tens:
                read[-1] = f"{int(before) + int(word[0])}{word[1:]}"
            elif word == "st":
                read.append(self._saint_or_street(before, is_last=index == len(tokens) - 1))
            elif before and word in self._words.romans:
                read.append(self._words.romans[word])
            elif before in self._words.series and word in self._words.single_romans:
                read.append(self._words.single_romans[word])
            else:
                read.append(self._words.tens.get(word, word))
        return read

    def _saint_or_street(self, before: str, *, is_last: bool) -> str:
        if before and (is_last or before[0].isdigit() or before in self._words.streets):
            return "street"
        return "saint"


_UNITS = frozenset([*"123456789", "1st", "2nd", "3rd", *(f"{unit}th" for unit in "456789")])


def _are_letters(one: str, other: str) -> bool:
    return len(one) == 1 == len(other) and one.isalpha() and other.isalpha()


def _join_letters(tokens: list[str]) -> list[str]:
    """Return the tokens with each run of single letters made one: "j p morgan" is jp morgan."""
    if not any(map(_are_letters, tokens, tokens[1:])):
        return tokens
    joined: list[str] = []
    for single, words in groupby(tokens, _ASCII_LETTERS.__contains__):
        run = list(words)
        joined += ["".join(run)] if single else run
    return joined


@lru_cache(maxsize=8)
def organisation_parser(own: OwnWords = NO_WORDS) -> OrganisationParser:
    """Return the parser of the shipped rules, with what a user adds."""
    return OrganisationParser(name_words(own), legal_forms(own))
