"""Decides from a header and from its values what type a column is.

The header proposes and the values confirm: a type is taken only where enough values bear it out
(`CONFIRMS`). Without a telling header, or when the values contradict it, the values decide alone
(`VALUE_RULES`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from keepone.rules.column_evidence import ColumnEvidence
from keepone.rules.column_values import CONFIRMS, LOOKS, VALUE_RULES, is_key, name_kind
from keepone.rules.columns import HeaderMatch, HeaderRule, column_rules, match_header

MAIN_NAMES = ("organisation", "title", "person", "people", "family_name")
"""Types that say whom or what a record is about."""


@dataclass(frozen=True, slots=True)
class Typing:
    """A column's type with its ground.

    `strength` ranks the ground: 3 the user's word, 2 the whole header, 1 part of it, 0 the values.
    `field` is the canonical name a header asks for, `minor` that the column takes none.
    """

    type: str
    why: str
    strength: int = 0
    field: str | None = None
    minor: bool = False
    generic: bool = False


def type_column(column: ColumnEvidence) -> Typing:
    """Return the type of one column by itself, before the others are looked at."""
    if column.is_record_id:
        return Typing("record_id", "holds the record id")
    if column.filled == 0:
        return Typing("ignored", "empty")
    match = match_header(column.header)
    found = _by_header(column, match) if match else None
    if found is None:
        found = _by_values(column)
        if match:
            said = f"header says {_said(match.rule)}, but the values do not: "
            found = replace(found, why=said + found.why)
    if column.constant and found.type in ("category", "text", "number", "title", "identifier"):
        return Typing("ignored", f"every value is the same; {found.why}")
    return found


def _said(rule: HeaderRule) -> str:
    return rule.field or rule.types[0].replace("_", " ")


def _by_values(column: ColumnEvidence) -> Typing:
    for rule in VALUE_RULES:
        if rule.holds(column):
            return Typing(rule.type, f"values {rule.shows}")
    return Typing("ignored", "empty")


def _by_header(column: ColumnEvidence, match: HeaderMatch) -> Typing | None:
    """Return the first of the header's types that the values confirm, or None."""
    rule = match.rule
    strength = 2 if match.strength == "whole" else 1
    for kind in _proposed(column, rule):
        if not _confirmed(kind, column, rule):
            continue
        if "identifier" in rule.types and is_key(column) and not rule.registry:
            return Typing("ignored", f"header says {match.phrase}; no value repeats: a key")
        return Typing(
            kind,
            f"header says {match.phrase}{_agreement(kind, column)}",
            strength,
            rule.field if kind == rule.types[0] else None,
            minor=rule.minor or (kind == "organisation" and rule.types[0] in ("people", "person")),
            generic=rule.kind,
        )
    return None


def _agreement(kind: str, column: ColumnEvidence) -> str:
    """Return how many values bear the type out, in words; nothing for `meta`."""
    if kind not in LOOKS:
        return ""
    told, shapes = LOOKS[kind]
    return f"; {min(column.share(*shapes), 1000) // 10} % of the values {told}"


def _proposed(column: ColumnEvidence, rule: HeaderRule) -> tuple[str, ...]:
    """Return the header's types in the order in which the values are asked."""
    if rule.kind:
        kind = name_kind(column)
        return (kind, *(other for other in rule.types if other != kind))
    if "category" in rule.types and column.repeats and rule.types[0] in ("organisation", "title"):
        return ("category", *rule.types)
    if set(rule.types) == {"address", "street"}:
        return ("address", "street")
    if rule.types[0] == "people" and column.share("people") < 200:
        named = not rule.minor and column.share("person") >= 700 and column.share("company") <= 200
        first = "person" if named else name_kind(column)
        others = tuple(kind for kind in rule.types if kind != "people")
        return (first, *others) if first in others else others
    return rule.types


def _confirmed(kind: str, column: ColumnEvidence, rule: HeaderRule) -> bool:
    if kind == "meta":
        if rule.date:
            return column.share("date", "serial_date", "year") >= 500
        return rule.words is None or column.share(rule.words) >= 200
    if kind == "number" and column.share("year") >= 500:
        return True
    if kind == "country" and column.share("letter") >= 800 and column.repeats:
        return column.share("boolean", "street", "email", "web") <= 200
    return CONFIRMS[kind].met(column)


def canonical_field(typing: Typing) -> str | None:
    """Return the field name that the best column of this typing takes, if any."""
    if typing.field is not None:
        return typing.field
    return None if typing.type == "meta" else column_rules().canonical.get(typing.type)
