"""Which relationship, type or status speaks for keeping a record: the rank table, typed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from keepone.errors import SettingsError
from keepone.rules.files import rule_yaml

# In a table from the settings, the rank of values that it does not list.
OTHERS = "*"


@dataclass(frozen=True, slots=True)
class RankTable:
    """Ranks by folded value; 1 speaks most for a record.

    `fields` are the fields to look for, first to last; `others` is the rank of values that are not
    listed, and of empty ones.
    """

    fields: tuple[str, ...]
    ranks: Mapping[str, int]
    others: int

    def rank(self, value: str | None) -> int:
        """Return the rank of a value as it came."""
        return self.ranks.get(_fold(value or ""), self.others)


def rank_table(own: Mapping[str, int]) -> RankTable:
    """Return the shipped table, or one made of `own` values with the shipped fields.

    In `own`, the value `*` ranks all values that are not listed; they come last without it. Raises
    `SettingsError` where two values are the same after folding and differ in rank.
    """
    shipped = rule_yaml("relationship_ranks.yaml")
    fields = tuple(str(field) for field in shipped["fields"])
    if not own:
        ranks = {
            _fold(value): int(rank) for rank, values in shipped["ranks"].items() for value in values
        }
        return RankTable(fields, ranks, int(shipped["others"]))
    ranks = {}
    for value, rank in own.items():
        if value != OTHERS and ranks.setdefault(_fold(value), rank) != rank:
            message = f"survivorship.rank_table: {value!r} is there twice with different ranks"
            raise SettingsError(message)
    return RankTable(fields, ranks, own.get(OTHERS, max(ranks.values(), default=0) + 1))


def _fold(value: str) -> str:
    return re.sub(r"[\W_]+", " ", value.casefold()).strip()
