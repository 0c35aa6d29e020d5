"""Names of organisations, one field at a time: the specification that the kernel is held to.

Slow and plain on purpose. Uses the rule data and nothing of the kernels.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import combinations

from keepone.reference.name_words import (
    composed,
    folded,
    latin,
    parsed,
    stronger,
    with_latin_forms,
)
from keepone.rules.aliases import alias_marks
from keepone.rules.legal_forms import legal_forms
from keepone.rules.own_words import NO_WORDS, OwnWords
from keepone.rules.placeholders import placeholders


@dataclass
class ReferenceName:
    """One organisation name, read."""

    tokens: list[str] = field(default_factory=list)
    legal: str | None = None
    aliases: list[str] = field(default_factory=list)
    flag: str | None = None
    detail: str | None = None


def is_company(name: str, own: OwnWords) -> bool:
    """Return whether a name's legal form marks it as a company's for certain."""
    forms = legal_forms(own)
    legal = parsed(folded(name), own)[1]
    kept = {*forms.kept_suffix.values(), *forms.kept_prefix.values()}
    return legal is not None and legal not in forms.generic and legal not in kept


def tokens_of(name: str, own: OwnWords) -> list[str]:
    """Return the tokens of a name that is not folded yet."""
    return parsed(folded(name), own)[0]


def is_initialism(short: list[str], long: list[str]) -> bool:
    """Return whether one token is made of the first letters of several."""
    if len(short) != 1 or len(long) < 2 or not 2 <= len(short[0]) <= 8:
        return False
    told = [word for word in long if word not in alias_marks().skipped]
    return short[0] in ("".join(w[0] for w in long), "".join(w[0] for w in told))


def either_initialism(one: list[str], other: list[str]) -> bool:
    """Return whether one of two names is the other's initialism."""
    return is_initialism(one, other) or is_initialism(other, one)


def has_word(text: str) -> bool:
    """Return whether a text has a letter or digit."""
    return re.search("[a-z0-9]", text) is not None


def without_brackets(text: str, own: OwnWords) -> tuple[str, list[str]]:
    """Return the text without the brackets that hold notes or names, and those names."""
    marks = alias_marks()
    bracket = r"([(\[{][^()\[\]{}]*[)\]}])"
    outside = tokens_of(re.sub(bracket, " ", text), own)
    rest = ""
    names: list[str] = []
    for index, part in enumerate(re.split(bracket, text)):
        inside = part[1:-1].strip()
        mark = marks.mark.match(inside)
        if index % 2 == 0 or inside.isdigit():
            rest += part
        elif folded(inside) in marks.notes:
            rest += " "
        elif mark and mark.end() < len(inside):
            names += [] if mark["contact"] else [inside[mark.end() :]]
            rest += " "
        elif (
            is_company(inside, own)
            and len(tokens_of(inside, own)) > 1
            and not marks.describing.match(inside)
        ) or either_initialism(tokens_of(inside, own), outside):
            names.append(inside)
            rest += " "
        else:
            rest += f" {inside} "
    return (rest, names) if has_word(rest) else (re.sub(r"[()\[\]{}]", " ", text), [])


def list_items(text: str, own: OwnWords) -> list[str]:
    """Return the items of a numbered, semicolon or slash list; the text itself if it is none."""
    numbers = list(re.finditer(r"(?<![^\s,;])[(#]?([1-9][0-9]?)[.)]+(?=\s|[a-z])", text))
    counts_up = [int(number[1]) for number in numbers] == list(range(1, len(numbers) + 1))
    if len(numbers) > 1 and counts_up and not has_word(text[: numbers[0].start()]):
        ends = [number.start() for number in numbers[1:]] + [len(text)]
        return [text[number.end() : end] for number, end in zip(numbers, ends, strict=True)]
    items = whole_names(re.split(r"(?<!&);", text), own)
    if len(items) > 1:
        return items
    items = whole_names(re.split(r"\s/+\s|\|", text), own)
    pairs = combinations([tokens_of(item, own) for item in items], 2)
    if len(items) > 1 and (
        all(is_company(item, own) for item in items)
        or any(either_initialism(*pair) for pair in pairs)
    ):
        return items
    return [text]


def whole_names(parts: list[str], own: OwnWords) -> list[str]:
    """Return the parts that hold words; a mere legal form belongs to the part before it."""
    items: list[str] = []
    for part in parts:
        if items and tuple(tokens_of(part, own)) in legal_forms(own).suffix:
            items[-1] += part
        elif has_word(part):
            items.append(part)
    return items


def marked_names(text: str, *, further: bool) -> list[str]:
    """Return the names before and behind marks, without those of desks and persons to write to."""
    names: list[str] = []
    start, wanted = 0, True
    for mark in alias_marks().mark.finditer(text):
        before = text[start : mark.start()]
        stands_first = start == 0 and not has_word(before)
        if stands_first and not further and not mark["leading"] and not mark["contact"]:
            continue
        names += [before] if wanted else []
        start = mark.end()
        wanted = stands_first or not mark["contact"]
    names += [text[start:]] if wanted else []
    return [name for name in names if has_word(name)]


def strangers(items: list[str], own: OwnWords) -> str | None:
    """Return the first two listed items that are full names of different companies."""
    full = [
        item.strip()
        for item in items
        if (is_company(item, own) or len(tokens_of(item, own)) > 1)
        and not alias_marks().mark.match(item.strip())
    ]
    for one, other in combinations(full, 2):
        first, second = tokens_of(one, own), tokens_of(other, own)
        shared = len(set(first) & set(second))
        if not (
            first[0] == second[0]
            or shared >= min(2, len(set(first)), len(set(second)))
            or either_initialism(first, second)
        ):
            return f"{one} / {other}"
    return None


def normalize_name(value: str | None, own: OwnWords = NO_WORDS) -> ReferenceName:
    """Read one organisation name as `kernels.names.normalize_names` must."""
    text = latin(with_latin_forms(composed(value or "")))
    name = ReferenceName()
    if not folded(text):
        shown = re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", value or "").strip()
        if shown:
            name.flag, name.detail = "placeholder_name", shown
        return name
    if placeholders().is_placeholder(folded(text)):
        name.flag, name.detail = "placeholder_name", folded(text)
    further: list[str] = []
    before: str | None = None
    while text != before:
        before = text
        text, bracketed = without_brackets(text, own)
        items = list_items(text, own) if has_word(text) else [text]
        different = strangers(items, own) if len(items) > 1 else None
        if different and name.flag is None:
            name.flag, name.detail = "several_companies", different
        names = [
            found
            for index, item in enumerate(items)
            for found in marked_names(item, further=index > 0)
        ] or [text]
        further += names[1:] + bracketed
        main = folded(names[0])
        if not placeholders().is_placeholder(main):
            main, note = placeholders().without_note(main)
            if note and name.flag is None:
                name.flag, name.detail = "placeholder_name", note
        name.tokens, legal = parsed(main, own)
        name.legal = stronger(name.legal, legal)
        text = " ".join(name.tokens)
    spelt = [" ".join(tokens_of(found, own)) for found in further]
    name.aliases = [alias for alias in dict.fromkeys(spelt) if alias and alias != text]
    return name
