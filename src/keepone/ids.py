"""What groups and records are called where people meet them: group ids, names.

Inside, a group is the smallest row of its members. Outside, it is a short text that derives from
that record's key alone, so that the id stays while the group's first record stays.
"""

from __future__ import annotations

from hashlib import md5

import pyarrow as pa

from keepone.fields import columns_by_field

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
