"""What tells that two companies belong together and are not one: `relations.yaml`, typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import pyarrow as pa

from keepone.readers.id_headers import header_key
from keepone.rules.countries import countries
from keepone.rules.files import rule_yaml
from keepone.rules.name_words import name_words

PARENT, SUBSIDIARY, BRANCH, SAME_BRAND = "parent", "subsidiary", "branch", "same brand"
KINDS: tuple[str, ...] = (PARENT, SUBSIDIARY, BRANCH, SAME_BRAND)
"""What one record can be to another; of several kinds that words tell, the first."""

SEEN_FROM_OTHER: Mapping[str, str] = MappingProxyType({
    PARENT: SUBSIDIARY, SUBSIDIARY: PARENT, BRANCH: BRANCH, SAME_BRAND: SAME_BRAND,
})  # fmt: skip

PARENT_ID, NAME, PLACE, BRAND = "parent id", "name", "place", "brand"
BASES: tuple[str, ...] = (PARENT_ID, NAME, PLACE, BRAND)
"""What relations are known by, the surest first."""

# Shorter ones mean too much else: mali, chad, togo, iran beside codes such as de and it.
_SHORTEST_COUNTRY = 5


@dataclass(frozen=True, slots=True)
class RelationWord:
    """What a company is to the one whose name lacks the word.

    A `unit` is a company or department by itself even where it has the other's phone and street.
    """

    kind: str
    unit: bool


@cache
def relation_words() -> Mapping[str, RelationWord]:
    """Return the words as names are compared on them: in their canonical spelling."""
    data = rule_yaml("relations.yaml")
    spelling = name_words().canonical
    words = {
        name: RelationWord(SUBSIDIARY, unit=False)
        for name in countries().by_name
        if " " not in name and len(name) >= _SHORTEST_COUNTRY
    }
    for table in ("forms", "units"):
        for kind, listed in data[table].items():
            for word in listed:
                words[spelling.get(word, word)] = RelationWord(kind, unit=table == "units")
    return MappingProxyType(words)


def parent_columns(fields: pa.Table) -> list[tuple[str, str]]:
    """Return the input columns that name a record's parent, each with its header, in order."""
    known = frozenset(map(header_key, rule_yaml("relations.yaml")["parent_headers"]))
    rows: Iterable[Mapping[str, str]] = fields.select(["column", "header", "type"]).to_pylist()
    return [
        (row["column"], row["header"])
        for row in rows
        if row["type"] != "record_id" and header_key(row["header"]) in known
    ]
