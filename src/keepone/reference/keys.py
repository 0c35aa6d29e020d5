"""The keys of one record, and words one letter apart."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import pyarrow as pa
from rapidfuzz.distance import DamerauLevenshtein

from keepone.fields import recognised_fields

# Bits of candidates.keys; fields past the last share it.
BITS = 31


def _whole(value: str) -> list[str]:
    return [value]


def _each(values: list[str]) -> list[str]:
    return values


def _glued(words: list[str]) -> list[str]:
    return ["".join(words)]


def _glued_each(names: list[str]) -> list[str]:
    return [name.replace(" ", "") for name in names]


def _words_of_each(names: list[str]) -> list[str]:
    return [word for name in names for word in name.split(" ")]


def _last_seven(value: str) -> list[str]:
    return [value[-7:]] if len(value) >= 7 else []


def _prefix(value: str) -> list[str]:
    return [value[:4]] if len(value) > 4 else []


def _numbered(words: list[str]) -> list[str]:
    """Return the first word of a street; `Key.of` puts the house number before it."""
    return words[:1]


@dataclass(frozen=True, slots=True)
class _Kind:
    """One way to make keys of a part; kinds of one space meet each other.

    `near`: its words also meet those one letter apart. `strong`: its blocks are never only capped.
    `support`: its keys make pairs only in tiny blocks, or crossed with others.
    """

    part: str
    space: str
    keys: Callable[[Any], Iterable[str]]
    strong: bool = False
    near: bool = False
    support: bool = False


_WORDS = _Kind("tokens", "word", _each)
_NEAR_WORDS = _Kind("tokens", "word", _each, near=True)
_NAME = _Kind("tokens", "glued", _glued, strong=True)
_STRONG_VALUE = _Kind("value", "value", _whole, strong=True)
_NEAR_VALUE = _Kind("value", "value", _whole, near=True)
_SUPPORT = _Kind("value", "value", _whole, support=True)
_BEGINNING = _Kind("value", "prefix", _prefix, support=True)
_STREET = (
    _Kind("tokens", "street", _numbered),
    _Kind("number", "value", _whole, support=True),
)
_STREET_WORDS = _Kind("tokens", "word", _each, support=True)

_KINDS: dict[str, tuple[_Kind, ...]] = {
    "organisation": (
        _NEAR_WORDS,
        _NAME,
        _Kind("aliases", "word", _words_of_each),
        _Kind("aliases", "glued", _glued_each, strong=True),
    ),
    "title": (_WORDS, _NAME),
    "text": (_WORDS,),
    "person": (_NEAR_WORDS,),
    "people": (_Kind("people", "people", _each, near=True),),
    "given_name": (_NEAR_VALUE, _BEGINNING),
    "family_name": (_NEAR_VALUE, _BEGINNING),
    "street": _STREET,
    "address": (*_STREET, _STREET_WORDS),
    "street_number": (_SUPPORT,),
    "city": (_Kind("value", "value", _whole, near=True, support=True), _BEGINNING),
    "region": (_SUPPORT,),
    "postal_code": (_SUPPORT, _Kind("short", "value", _whole, support=True)),
    "country": (_SUPPORT,),
    "phone": (_Kind("value", "value", _last_seven, strong=True),),
    "email": (_STRONG_VALUE, _Kind("domain", "web", _whole)),
    "web": (_Kind("value", "web", _whole, strong=True), _Kind("name", "glued", _whole)),
    "identifier": (_STRONG_VALUE,),
    "date": (_Kind("value", "value", _whole),),
    "number": (_SUPPORT,),
    "category": (_SUPPORT,),
}
_SHARED_SPACES = ("glued", "web")


@dataclass(frozen=True, slots=True)
class Key:
    """A kind of key of one field of the file."""

    field: str
    kind: _Kind
    bit: int

    @property
    def space(self) -> str:
        """Return the name of its key space: of the field alone, or one that fields share."""
        space = self.kind.space
        return space if space in _SHARED_SPACES else f"{space}:{self.field}"

    def of(self, row: dict[str, Any]) -> list[str]:
        """Return the keys of a record."""
        value = row[f"{self.field}.{self.kind.part}"]
        found = self.kind.keys(value) if value else []
        if self.kind.keys is _numbered:
            number = row[f"{self.field}.number"]
            found = [f"{number} {word}" for word in found] if number is not None else []
        return [key for key in found if key]


def keys_of(fields: pa.Table, features: pa.Table) -> list[Key]:
    """Return the kinds of key that the compared fields allow, in order of fields."""
    keys: list[Key] = []
    names: list[str] = []
    for field in recognised_fields(fields):
        for kind in _KINDS.get(field.type, ()) if field.compared else ():
            if f"{field.name}.{kind.part}" in features.column_names:
                names += [] if field.name in names else [field.name]
                keys.append(Key(field.name, kind, 1 << min(names.index(field.name), BITS - 1)))
    return keys


def near_words(words: list[str], most: int) -> dict[str, list[tuple[str, str]]]:
    """Return, per word of 5 to 30 letters, the ordered pairs it makes with words one edit away.

    The two of a pair stand at most `most` times in `words` together.
    """
    near: dict[str, list[tuple[str, str]]] = defaultdict(list)
    times = Counter(word for word in words if 5 <= len(word) <= 30)
    for one, other in combinations(sorted(times), 2):
        few = times[one] + times[other] <= most
        if few and DamerauLevenshtein.distance(one, other, score_cutoff=1) == 1:
            near[one].append((one, other))
            near[other].append((one, other))
    return near
