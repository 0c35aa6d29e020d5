"""One name field, several names: parentheses, lists and marks such as "dba" taken apart.

All texts here are lower-case ASCII with their punctuation, as `text.to_ascii` gives them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

from keepone.kernels.text import fold_ascii
from keepone.rules.aliases import alias_marks

_BRACKETS = re.compile(r"[(\[{]([^()\[\]{}]*)[)\]}]")
_BRACKET = re.compile(r"[()\[\]{}]")
_LIST = re.compile(r"(?<!&);")
_SLASH = re.compile(r"\s/+\s|\|")
_ITEM = re.compile(r"(?<![^\s,;])[(#]?([1-9][0-9]?)[.)]+(?=\s|[a-z])")
_MAY_LIST = re.compile(r"[;/|]|[0-9][.)]")
_HAS_WORD = re.compile("[a-z0-9]")


@dataclass(frozen=True, slots=True)
class Reading:
    """One name read: its tokens, whether a legal form marks it as a company's, or is all of it."""

    tokens: tuple[str, ...]
    is_company: bool
    is_form: bool


@dataclass(frozen=True, slots=True)
class Names:
    """The names that one field holds: the first, the further ones, and whether they are strangers.

    `strangers` are the first two listed names that cannot be one company.
    """

    main: str
    further: tuple[str, ...]
    strangers: tuple[str, str] | None


def split_names(text: str, read: Callable[[str], Reading]) -> Names:
    """Return the names in one field; `read` reads one name.

    The main name always has a letter or digit if the text has one. Text that marks nothing comes
    back as it is.
    """
    text, bracketed = _take_brackets(text, read)
    items = _items(text, read)
    names: list[str] = []
    for index, item in enumerate(items):
        names += _split_at_marks(item, is_further=index > 0)
    names = [name for name in names if _HAS_WORD.search(name)]
    if not names:
        return Names(text, (), None)
    return Names(names[0], (*names[1:], *bracketed), _strangers(items, read))


def is_initialism(short: Sequence[str], long: Sequence[str]) -> bool:
    """Return whether the one token of `short` is made of the first letters of `long`."""
    if len(short) != 1 or len(long) < 2 or not 2 <= len(short[0]) <= 8:
        return False
    skipped = alias_marks().skipped
    initials = "".join(word[0] for word in long)
    return short[0] in {initials, "".join(word[0] for word in long if word not in skipped)}


def _take_brackets(text: str, read: Callable[[str], Reading]) -> tuple[str, list[str]]:
    """Return the text without brackets that hold a note or a name, and those names.

    What else stands in brackets, a place mostly, stays part of the name.
    """
    names: list[str] = []
    if not _BRACKETS.search(text):
        return text, names
    outside = read(_BRACKETS.sub(" ", text)).tokens

    def replaced(found: re.Match[str]) -> str:
        inside = found[1].strip()
        if inside.isdigit():
            return found[0]  # it may count the items of a list
        folded = fold_ascii([inside])[0]
        mark = alias_marks().mark.match(inside)
        if folded in alias_marks().notes:
            return " "
        if mark and mark.end() < len(inside):
            names.extend([] if mark["contact"] else [inside[mark.end() :]])
            return " "
        reading = read(inside)
        is_other_name = (
            reading.is_company
            and len(reading.tokens) > 1
            and not alias_marks().describing.match(inside)
        )
        if (
            is_other_name
            or is_initialism(reading.tokens, outside)
            or is_initialism(outside, reading.tokens)
        ):
            names.append(inside)
            return " "
        return f" {inside} "

    without = _BRACKETS.sub(replaced, text)
    if not _HAS_WORD.search(without):
        return _BRACKET.sub(" ", text), []
    return without, names


def _items(text: str, read: Callable[[str], Reading]) -> list[str]:
    """Return the items of a numbered, semicolon or slash list; the text itself if it is none."""
    if not _MAY_LIST.search(text):
        return [text]
    starts = _numbered(text)
    if starts:
        ends = [*(start for start, _ in starts[1:]), len(text)]
        return [text[body:end] for (_, body), end in zip(starts, ends, strict=True)]
    items = _whole_names(_LIST.split(text), read)
    if len(items) > 1:
        return items
    items = _whole_names(_SLASH.split(text), read)
    if len(items) > 1:
        readings = [read(item) for item in items]
        if all(reading.is_company for reading in readings) or any(
            is_initialism(one.tokens, other.tokens) or is_initialism(other.tokens, one.tokens)
            for one, other in combinations(readings, 2)
        ):
            return items
    return [text]


def _whole_names(parts: list[str], read: Callable[[str], Reading]) -> list[str]:
    """Return the parts that hold words, a legal form that was cut off ("Co; Ltd") put back."""
    items: list[str] = []
    for part in parts:
        if items and read(part).is_form:
            items[-1] += part
        elif _HAS_WORD.search(part):
            items.append(part)
    return items


def _numbered(text: str) -> list[tuple[int, int]]:
    """Return where each item of "1) a 2) b" and its text begin; nothing unless counted from 1."""
    found = list(_ITEM.finditer(text))
    counted = [match for index, match in enumerate(found, 1) if int(match[1]) == index]
    if len(counted) < 2 or len(counted) < len(found) or _HAS_WORD.search(text[: found[0].start()]):
        return []
    return [match.span() for match in found]


def _split_at_marks(text: str, *, is_further: bool) -> list[str]:
    """Return the names in a text with marks between them, desks and persons to write to left out.

    A mark in front of the first name may be part of it; in front of a further one it never is.
    """
    names: list[str] = []
    start, wanted = 0, True
    for mark in alias_marks().mark.finditer(text):
        before = text[start : mark.start()]
        is_first = start == 0 and not _HAS_WORD.search(before)
        if is_first and not (is_further or mark["leading"] or mark["contact"]):
            continue
        if wanted:
            names.append(before)
        start = mark.end()
        # A desk that stands first is all that the field says.
        wanted = not mark["contact"] or is_first
    if wanted:
        names.append(text[start:])
    return names


def _strangers(items: list[str], read: Callable[[str], Reading]) -> tuple[str, str] | None:
    """Return two of the listed items that are full names of different companies."""
    if len(items) < 2:
        return None
    full = [
        (item, reading)
        for item in map(str.strip, items)
        if ((reading := read(item)).is_company or len(reading.tokens) > 1)
        and not alias_marks().mark.match(item)
    ]
    return next(
        (
            (one, other)
            for (one, first), (other, second) in combinations(full, 2)
            if not _may_be_one(first.tokens, second.tokens)
        ),
        None,
    )


def _may_be_one(first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    return (
        first[0] == second[0]
        or len(set(first) & set(second)) >= min(2, len(set(first)), len(set(second)))
        or is_initialism(first, second)
        or is_initialism(second, first)
    )
