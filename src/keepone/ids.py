"""What groups, records and columns are called where people meet them.

Inside, a group is the smallest row of its members. Outside, it is a short text that derives from
that record's key alone, so that the id stays while the group's first record stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import md5

import pyarrow as pa

from keepone.fields import columns_by_field
from keepone.golden_tables import GOLDEN_RECORDS
from keepone.schema import REVIEW_READY

FIELD_PREFIX = "field_"
SOURCE_FILE = "source_file"

_PREFIX = "g-"
_DIGITS = 16
# Fields that name a record, best first; a person in parts is named by the parts together.
_NAMES = (("name",), ("title",), ("person",), ("given_name", "family_name"))


def group_id(dataset: str, record_id: str) -> str:
    """Return the id of the group whose smallest key is (`dataset`, `record_id`).

    64 bits of the key's MD5 digest, which every SQL engine knows: among ten million groups two
    would share an id once in 400,000 exports, and `group_stats` refuses to go on if they do.
    """
    # The length keeps ("a", "bc") and ("ab", "c") apart.
    key = f"{len(dataset)}:{dataset}{record_id}".encode()
    return _PREFIX + md5(key, usedforsecurity=False).hexdigest()[:_DIGITS]


def group_id_sql(dataset: str, record_id: str) -> str:
    """Return the SQL expression of `group_id` over two SQL expressions."""
    key = f"length({dataset}) || ':' || {dataset} || {record_id}"
    return f"'{_PREFIX}' || substr(md5({key}), 1, {_DIGITS})"


def name_fields(fields: pa.Table) -> dict[str, tuple[str, ...]]:
    """Return the fields that together name a record, in order, each with its input columns.

    Empty when the file has no column that names its records.
    """
    columns = columns_by_field(fields)
    for names in _NAMES:
        found = {name: columns[name] for name in names if name in columns}
        if found:
            return found
    return {}


def input_names(headers: Sequence[str], fields: Iterable[str]) -> list[str]:
    """Return what review_ready calls each input column, beside the verdict and these fields.

    A column keeps its own header; where that is taken, letter case aside, `input_` stands before
    it. Headers that can keep their name do so before the others look for one.
    """
    taken = [column.name for column in REVIEW_READY.columns]
    taken += [FIELD_PREFIX + field for field in fields] + [SOURCE_FILE]
    used = {name.lower() for name in taken}
    names: dict[int, str] = {}
    for position, header in enumerate(headers):
        if header.lower() not in used:
            used.add(header.lower())
            names[position] = header
    for position, header in enumerate(headers):
        if position in names:
            continue
        name = f"input_{header}"
        while name.lower() in used:
            name = f"input_{name}"
        used.add(name.lower())
        names[position] = name
    return [names[position] for position in range(len(headers))]


def golden_names(headers: Sequence[str]) -> list[tuple[str, str, str, str]]:
    """Return what golden_records calls each column, and where it is from, its strategy, what lost.

    A column keeps its own header; where one of the four names is taken, letter case aside, `input_`
    stands before them.
    """
    used = {column.name for column in GOLDEN_RECORDS.columns}
    names = []
    for header in headers:
        name = header
        while used & {each.lower() for each in _golden_four(name)}:
            name = f"input_{name}"
        four = _golden_four(name)
        used.update(each.lower() for each in four)
        names.append(four)
    return names


def _golden_four(name: str) -> tuple[str, str, str, str]:
    return name, f"{name} from", f"{name} strategy", f"{name} beat"
