"""The words of one organisation's name: text folded, words made canonical, legal forms found.

Slow and plain on purpose. Uses the rule data and nothing of the kernels.
"""

from __future__ import annotations

import html
import re
import unicodedata

from anyascii import anyascii

from keepone.rules.legal_forms import Phrase, legal_forms
from keepone.rules.name_words import name_words
from keepone.rules.own_words import NO_WORDS, OwnWords

LETTERS = "abcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789"


def composed(text: str) -> str:
    """Return NFKC and folded case, HTML entities read, trade mark signs gone."""
    if "&" in text and ";" in text:
        text = html.unescape(text)
    if text.isascii():
        return text.lower()
    text = "".join(character for character in text if character not in "™®©℠ー")
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def latin(text: str) -> str:
    """Return composed text in lower-case ASCII, punctuation kept."""
    return "".join(c if c.isascii() else anyascii(c) for c in text).lower()


def folded(text: str) -> str:
    """Return lower-case ASCII as words of a-z and 0-9 with single spaces between."""
    text = text.replace("'", "").replace("`", "")
    # A letter that an encoding lost.
    text = re.sub(r"(?<=[a-z])\?+(?=[a-z])", "", text)
    text = text.replace("&", " and ").replace("+", " plus ").replace("@", " at ")
    text = re.sub(
        r"(?<![a-z0-9])[a-z](?:[./][a-z])+(?![a-z0-9])",
        lambda initials: re.sub(r"[./]", "", initials[0]),
        text,
    )
    words = "".join(c if c in LETTERS + DIGITS else " " for c in text).split()
    return " ".join(re.sub("^0+(?=[0-9])", "", word) for word in words)


def with_latin_forms(text: str) -> str:
    """Return composed text with each legal form in another script replaced by its Latin marker."""
    native = legal_forms().native
    at, out = 0, ""
    forms = sorted(native, key=lambda form: (-len(form), form))
    while at < len(text):
        form = next((f for f in forms if text.startswith(f, at) and _stands_alone(text, at, f)), "")
        out += f" {native[form]} " if form else text[at]
        at += len(form) or 1
    return out


def _stands_alone(text: str, at: int, form: str) -> bool:
    if any(
        "\u0e00" <= c <= "\u0e7f" or "\u3040" <= c <= "\u9fff" or "\uac00" <= c <= "\ud7af"
        for c in form
    ):
        return True
    before, after = text[:at][-1:], text[at + len(form) :][:1]
    return not re.match(r"\w", before) and not re.match(r"\w", after)


def parsed(name: str, own: OwnWords = NO_WORDS) -> tuple[list[str], str | None]:
    """Return tokens and legal class of one folded name; `own` are words added to the rules."""
    tokens = name.split()
    legal: str | None = None
    before: list[str] | None = None
    while tokens and tokens != before:
        before = tokens
        tokens = without_fillers(name_words(own).spell(tokens))
        tokens, form = without_forms(tokens, own)
        legal = stronger(legal, form)
        tokens = with_letters_joined(with_numbers(with_phrases(tokens, own)))
    return tokens, stronger(legal, kept_form(tokens, own))


def without_fillers(tokens: list[str]) -> list[str]:
    """Return tokens without articles, and without joiners between two others."""
    words = name_words()
    kept: list[str] = []
    for index, token in enumerate(tokens):
        joins = token in words.joiners and kept and index + 1 < len(tokens)
        if token not in words.articles and not joins:
            kept.append(token)
    return kept or tokens


def without_forms(tokens: list[str], own: OwnWords) -> tuple[list[str], str | None]:
    """Return tokens without their legal forms, one token at least, and the class."""
    forms = legal_forms(own)
    legal: str | None = None
    length = longest(tokens, list(forms.prefix))
    if 0 < length < len(tokens):
        legal = forms.prefix[tuple(tokens[:length])]
        tokens = tokens[length:]
    found = True
    while found:
        found = False
        for start in range(1, len(tokens)):
            if tuple(tokens[start:]) in forms.suffix:
                legal = stronger(legal, forms.suffix[tuple(tokens[start:])])
                tokens = tokens[:start]
                found = True
                break
    at = 1
    while at < len(tokens):
        length = longest(tokens[at:], list(forms.middle))
        if length:
            legal = stronger(legal, forms.middle[tuple(tokens[at : at + length])])
            tokens = tokens[:at] + tokens[at + length :]
        else:
            at += 1
    return tokens, legal


def longest(tokens: list[str], phrases: list[Phrase]) -> int:
    """Return the length of the longest of the phrases that the tokens begin with."""
    return max((len(p) for p in phrases if tuple(tokens[: len(p)]) == p), default=0)


def stronger(first: str | None, second: str | None) -> str | None:
    """Return the class that says more."""
    if first is None or (first in legal_forms().generic and second is not None):
        return second
    return first


def kept_form(tokens: list[str], own: OwnWords) -> str | None:
    """Return the class told by words that stay in the name."""
    forms = legal_forms(own)
    for start in range(1, len(tokens)):
        if tuple(tokens[start:]) in forms.kept_suffix:
            return forms.kept_suffix[tuple(tokens[start:])]
    length = longest(tokens, list(forms.kept_prefix))
    return forms.kept_prefix[tuple(tokens[:length])] if 0 < length < len(tokens) else None


def with_phrases(tokens: list[str], own: OwnWords) -> list[str]:
    """Return tokens with phrases that are one word made one."""
    phrases = name_words(own).phrases
    out: list[str] = []
    at = 0
    while at < len(tokens):
        length = longest(tokens[at:], list(phrases))
        out.append(phrases[tuple(tokens[at : at + length])] if length else tokens[at])
        at += length or 1
    return out


def with_numbers(tokens: list[str]) -> list[str]:
    """Return tokens with number words, Roman numerals and "st" read by what stands beside them."""
    words = name_words()
    out: list[str] = []
    for index, word in enumerate(tokens):
        previous = out[-1] if out else ""
        follows_tens = index > 0 and tokens[index - 1] in words.tens
        if follows_tens and re.fullmatch("[1-9]|1st|2nd|3rd|[4-9]th", word):
            out[-1] = str(int(previous) + int(word[0])) + word[1:]
        elif word == "st":
            is_last = index + 1 == len(tokens)
            street = previous and (is_last or previous[0] in DIGITS or previous in words.streets)
            out.append("street" if street else "saint")
        elif previous and word in words.romans:
            out.append(words.romans[word])
        elif previous in words.series and word in words.single_romans:
            out.append(words.single_romans[word])
        elif word in words.tens:
            out.append(words.tens[word])
        else:
            out.append(word)
    return out


def with_letters_joined(tokens: list[str]) -> list[str]:
    """Return tokens with runs of single letters made one."""
    out: list[str] = []
    was_letter = False
    for token in tokens:
        is_letter = token in list(LETTERS)
        if is_letter and was_letter:
            out[-1] += token
        else:
            out.append(token)
        was_letter = is_letter
    return out
