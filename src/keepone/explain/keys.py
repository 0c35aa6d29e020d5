"""The blocking keys of two records that were not compared, and why none of them made the pair."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter

import duckdb
import pyarrow as pa
from rapidfuzz.distance import DamerauLevenshtein

from keepone.explain.explanation import Keys, SharedKey
from keepone.file_keys import FileKey, file_keys, largest_block, meets_near
from keepone.kernels.encoding import Longs
from keepone.run_tables import RunTables
from keepone.stages.block import MOST_NEAR, TINY_BLOCK

# Letters of the words that also meet those one letter apart.
_NEAR_LENGTHS = range(5, 31)

_KEYS = """
SELECT {kind} AS kind, keys.row, keys.key
FROM ({keys}) AS keys
WHERE keys.key <> ''
"""
"""One key of one record, with the kind of key it is."""

_HOLDERS = """
SELECT count(DISTINCT keys.row) AS records, count(*) AS times
FROM ({keys}) AS keys
WHERE keys.key IN $wanted
"""
"""How many records have one of these keys, and how often they do."""

_Found = dict[tuple[str, str], list[FileKey]]
"""The keys of one record, by key space and text, each with the kinds of key that give it."""


@dataclass(frozen=True, slots=True)
class _Meeting:
    """A key in which two records meet: of which kind it is, and the texts that make it.

    `alone` says whether to meet there is by itself a reason to compare.
    """

    kind: FileKey
    texts: tuple[str, ...]
    alone: bool


class KeyFinder:
    """Finds the blocking keys of records of a run, and counts who else has those they share."""

    def __init__(self, tables: RunTables, unequal: Longs) -> None:
        """Take the tables of the run and its representatives, in order."""
        self._tables = tables
        self._unequal = unequal
        self._columns = tables.columns("features")
        self._kinds = file_keys(tables.whole("fields"), self._columns)

    def keys(self, left: int, right: int) -> Keys:
        """Return the keys of two representatives; `left` and `right` may come in any order."""
        of_left, of_right = self._of(left, right)
        meetings = [*_same(of_left, of_right), *_near(of_left, of_right)]
        told = [key for key in map(self._told, meetings) if key is not None]
        return Keys(
            shared=tuple(sorted(told, key=attrgetter("block", "field", "key", "made_of"))),
            left=_others(of_left, of_right),
            right=_others(of_right, of_left),
        )

    def _of(self, left: int, right: int) -> tuple[_Found, _Found]:
        found: dict[int, _Found] = {left: defaultdict(list), right: defaultdict(list)}
        statements = [_KEYS.format(kind=at, keys=kind.sql) for at, kind in enumerate(self._kinds)]
        if statements:
            with closing(duckdb.connect(":memory:")) as connection:
                rows = self._tables.at("features", (left, right), self._columns)
                connection.register("compared", rows)
                lines = connection.sql(" UNION ALL ".join(statements)).fetchall()
            for at, row, key in sorted(set(lines)):
                found[row][self._kinds[at].space, key].append(self._kinds[at])
        return found[left], found[right]

    def _told(self, meeting: _Meeting) -> SharedKey | None:
        """Return what became of a key; None for like words that stand too often to be one."""
        near = len(meeting.texts) > 1
        kinds = [kind for kind in self._kinds if kind.space == meeting.kind.space and not near]
        keys = " UNION ALL ".join(kind.sql for kind in kinds or [meeting.kind])
        with closing(duckdb.connect(":memory:")) as connection:
            connection.register("compared", self._compared)
            query = connection.execute(_HOLDERS.format(keys=keys), {"wanted": meeting.texts})
            ((block, times),) = query.fetchall()
        if near and times > MOST_NEAR:
            return None
        return SharedKey(
            field=meeting.kind.field,
            made_of="words one letter apart" if near else meeting.kind.kind.made_of,
            key=" / ".join(meeting.texts),
            block=block,
            cap=self._cap,
            verdict=self._verdict(block, alone=meeting.alone),
            strong=meeting.kind.kind.strong and not near,
        )

    def _verdict(self, block: int, *, alone: bool) -> str:
        if not alone and block > TINY_BLOCK:
            return "support"
        if block > largest_block(len(self._unequal)):
            return "too_common"
        return "capped" if self._cap is not None and block > self._cap else "compared"

    @cached_property
    def _cap(self) -> int | None:
        """The size up to which a block makes pairs as it is; None where the run does not tell."""
        lines = self._tables.whole("blocking").to_pylist()
        return next((line.get("cap") for line in lines), None)

    @cached_property
    def _compared(self) -> pa.Table:
        """All unequal records, with what keys are made of."""
        wanted = {f"{kind.field}.{kind.kind.part}" for kind in self._kinds}
        wanted |= {f"{kind.field}.number" for kind in self._kinds}
        columns = ["row", *(name for name in self._columns if name in wanted)]
        return self._tables.whole("features", columns).take(pa.array(self._unequal))


def _same(left: _Found, right: _Found) -> Iterator[_Meeting]:
    """Give the keys that both records have."""
    for space, key in left.keys() & right.keys():
        sides = (left[space, key], right[space, key])
        alone = all(any(not kind.kind.support for kind in kinds) for kinds in sides)
        first = min((kind for kinds in sides for kind in kinds), key=attrgetter("bit"))
        yield _Meeting(first, (key,), alone)


def _near(left: _Found, right: _Found) -> Iterator[_Meeting]:
    """Give the words of the two that are one letter apart."""
    for (space, word), kinds in left.items():
        for (other_space, other), other_kinds in right.items():
            if space == other_space and _one_letter_apart(word, other):
                for kind in kinds:
                    if meets_near(kind.kind) and kind in other_kinds:
                        texts = (min(word, other), max(word, other))
                        yield _Meeting(kind, texts, not kind.kind.support)


def _one_letter_apart(word: str, other: str) -> bool:
    if len(word) not in _NEAR_LENGTHS or len(other) not in _NEAR_LENGTHS:
        return False
    return DamerauLevenshtein.distance(word, other, score_cutoff=1) == 1


def _others(own: _Found, other: _Found) -> dict[str, tuple[str, ...]]:
    """Return by field the keys that the other record does not have."""
    found: dict[str, list[str]] = defaultdict(list)
    for (space, key), kinds in own.items():
        if (space, key) not in other and key not in found[kinds[0].field]:
            found[kinds[0].field].append(key)
    return {field: tuple(keys) for field, keys in found.items() if keys}
