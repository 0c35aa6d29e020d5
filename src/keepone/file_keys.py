"""The kinds of key that the compared fields of a file allow, as queries over its features."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import pyarrow as pa

from keepone.engine import quote
from keepone.fields import recognised_fields
from keepone.rules.blocking_keys import KEY_KINDS, KeyKind

# Keys that more than this share of the records carry say nothing, alone or crossed.
_MOST_SHARE = 0.2
# In a short file that share is a handful; blocks up to this size are always worth a thought.
_LEAST_LARGEST = 1_000
# Bits of candidates.keys; fields past the last share it.
KEY_BITS = 31
_SHARED_SPACES = frozenset({"glued", "web"})
_NEAR_TYPES = frozenset({"organisation", "person", "given_name", "family_name", "people", "city"})
_NEAR_PARTS = frozenset({"tokens", "value", "people"})

_ATOMS_OF_KIND = """
SELECT k.row, hash({space}, k.key) AS atom, {bits}::INTEGER AS bits, {solo} AS solo
FROM ({keys}) AS k
WHERE k.key IS NOT NULL AND k.key <> ''
"""


@dataclass(frozen=True, slots=True)
class FileKey:
    """A kind of key in this file: its field, its bit, and its query with names filled in."""

    kind: KeyKind
    field: str
    bit: int
    sql: str

    @property
    def space(self) -> str:
        """The name of its key space: of the field alone, or one that fields share."""
        shared = self.kind.space in _SHARED_SPACES
        return self.kind.space if shared else f"{self.kind.space}:{self.field}"

    def atoms(self) -> str:
        """Return the query of its keys, hashed."""
        return _ATOMS_OF_KIND.format(
            space=sql_text(self.space), bits=1 << self.bit, solo=self.solo, keys=self.sql
        )

    @property
    def solo(self) -> str:
        """Whether to share it is by itself a reason to compare, in SQL."""
        return "false" if self.kind.support else "true"


def meets_near(kind: KeyKind) -> bool:
    """Return whether keys of a kind are words that also meet those one letter apart."""
    is_word = kind.space in {"word", "value", "people"}
    return kind.type in _NEAR_TYPES and kind.part in _NEAR_PARTS and is_word


def largest_block(records: int) -> int:
    """Return how many of so many unequal records a key may have to be one, alone or crossed."""
    return max(int(records * _MOST_SHARE), _LEAST_LARGEST)


def sql_text(value: str) -> str:
    """Return the text as a literal."""
    return "'" + value.replace("'", "''") + "'"


def file_keys(fields: pa.Table, columns: Collection[str]) -> list[FileKey]:
    """Return the kinds of key that a file's compared fields allow, in order of fields.

    `columns` are those that its features have.
    """
    keys: list[FileKey] = []
    names: list[str] = []
    for field in recognised_fields(fields):
        if not field.compared:
            continue
        for kind in KEY_KINDS:
            column = f"{field.name}.{kind.part}"
            if kind.type != field.type or column not in columns:
                continue
            if field.name not in names:
                names.append(field.name)
            bit = min(names.index(field.name), KEY_BITS - 1)
            sql = kind.sql.format(column=quote(column), number=quote(f"{field.name}.number"))
            keys.append(FileKey(kind, field.name, bit, sql))
    return keys
