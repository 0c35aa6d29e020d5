"""How golden records take their values: strategies, and which one each column of a file has.

Columns of one address go together: they are one `Unit` of several parts, and all parts of its
golden address are taken from one record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import pyarrow as pa

from keepone.errors import SettingsError
from keepone.fields import columns_by_field
from keepone.rules.columns import fold_header
from keepone.rules.field_types import TYPES
from keepone.rules.files import rule_yaml
from keepone.settings import GoldenSettings, Strategy

STRATEGIES: Mapping[Strategy, str] = {
    "primary": "the primary's value; where it has none, that of the record surest to be the same",
    "most_complete": "the value of the record that fills most columns",
    "most_frequent": "the value that most records have",
    "most_recent": "the value of the record with the latest `golden.date_column`",
    "oldest": "the value of the record with the earliest `golden.date_column`",
    "longest": "the longest value",
    "shortest": "the shortest value",
    "highest": "the highest number or latest date",
    "lowest": "the lowest number or earliest date",
    "source_priority": "the value of the record whose source comes first in `golden.sources`",
    "union": "all values of a list, each once, joined with `golden.separator`",
    "any_true": "a value that says yes, if any record has one",
    "never": "what the primary has, also where that is nothing",
}
"""Each strategy, in words. Where it leaves several, the primary's stands, then the surest's."""

# What judges a value by itself has nothing to say about an address of several parts.
_OF_ADDRESSES: frozenset[Strategy] = frozenset(
    {
        "primary", "most_complete", "most_frequent", "most_recent", "oldest", "source_priority",
        "never",
    }
)  # fmt: skip
# Fields by whose date records are the latest or the earliest, where no column is named.
_LATEST, _EARLIEST = ("modified_date", "created_date"), ("created_date", "modified_date")
_SOURCE = "source"


@dataclass(frozen=True, slots=True)
class Part:
    """A field, or a column that is none: `column` is the first of its columns of `inputs`.

    A record has a value in at most one of `columns`. `telling` parts can show that two addresses
    are the same.
    """

    column: str
    columns: tuple[str, ...]
    header: str
    field: str | None
    type: str
    telling: bool = False


@dataclass(frozen=True, slots=True)
class Unit:
    """What takes its values together: one part, or the parts of an address."""

    parts: tuple[Part, ...]
    strategy: Strategy
    is_address: bool


@dataclass(frozen=True, slots=True)
class _Rules:
    fields: Mapping[str, Strategy]
    headers: Mapping[str, Strategy]
    types: Mapping[str, Strategy]
    address_types: frozenset[str]
    address_headers: frozenset[str]
    telling: frozenset[str]
    blocks: frozenset[str]
    true: frozenset[str]


@cache
def _rules() -> _Rules:
    data = rule_yaml("golden.yaml")
    address = data["address"]
    return _Rules(
        fields=data["fields"],
        headers={
            header: strategy for strategy, headers in data["headers"].items() for header in headers
        },
        types=data["types"],
        address_types=frozenset(address["types"]),
        address_headers=frozenset(address["headers"]),
        telling=frozenset(address["telling"]),
        blocks=frozenset(address["blocks"]),
        true=frozenset(data["true"]),
    )


def true_words() -> frozenset[str]:
    """Return what says yes, as words of lower-case ASCII."""
    return _rules().true


def shipped_strategies() -> tuple[Mapping[str, Strategy], ...]:
    """Return the strategies that ship: by header, by field, by type; the first that says wins."""
    rules = _rules()
    return rules.headers, rules.fields, rules.types


def golden_parts(fields: pa.Table) -> list[Part]:
    """Return what golden records have values of, in the order of the input's columns.

    These are the fields, and the columns without one; the record id and columns that are empty
    throughout are left out.
    """
    rules = _rules()
    together = columns_by_field(fields)
    parts = []
    for row in fields.to_pylist():
        columns = together.get(row["field"], (row["column"],))
        if row["type"] == "record_id" or row["column"] != columns[0]:
            continue
        telling = row["type"] in rules.telling
        parts.append(
            Part(row["column"], columns, row["header"], row["field"], row["type"], telling)
        )
    return parts


def golden_units(settings: GoldenSettings, fields: pa.Table) -> tuple[Unit, ...]:
    """Return what is chosen together and how, in the order of the input's columns.

    Raises `SettingsError` for a strategy of a column or type that there is not, for two of one
    address, and for one that an address cannot have.
    """
    unknown = [kind for kind in settings.defaults if kind not in TYPES]
    if unknown:
        message = f"golden.defaults: there is no type {unknown[0]!r}"
        raise SettingsError(message, hint=f"The types are {', '.join(TYPES)}.")
    parts = golden_parts(fields)
    named = _named(settings, parts, fields)
    units = [
        Unit((part,), named.get(part.column) or _default(part, settings), is_address=False)
        for part in parts
    ]
    for together in _addresses(parts):
        units = _joined(units, together, named)
    return tuple(units)


def date_part(settings: GoldenSettings, fields: pa.Table, *, latest: bool) -> Part:
    """Return the part by whose date records are the latest, or the earliest.

    Raises `SettingsError` where there is none.
    """
    parts = golden_parts(fields)
    if settings.date_column is not None:
        return parts[_find("golden.date_column", settings.date_column, parts)]
    for field in _LATEST if latest else _EARLIEST:
        for part in parts:
            if part.field == field:
                return part
    message = f"golden: no column tells which record is the {'latest' if latest else 'oldest'}"
    raise SettingsError(message, hint="Name one with golden.date_column, or choose otherwise.")


def source_part(settings: GoldenSettings, fields: pa.Table) -> Part | None:
    """Return the part that names each record's source; None where that is its file.

    Raises `SettingsError` for a column that is not there, and without sources to choose by.
    """
    if not settings.sources:
        message = "golden: source_priority needs to know which source comes first"
        raise SettingsError(message, hint="List them in golden.sources, the best first.")
    parts = golden_parts(fields)
    if settings.source_column is not None:
        return parts[_find("golden.source_column", settings.source_column, parts)]
    return next((part for part in parts if part.field == _SOURCE), None)


def _named(
    settings: GoldenSettings, parts: Sequence[Part], fields: pa.Table
) -> dict[str, Strategy]:
    """Return the strategies that the settings name, by column."""
    ids = {
        name
        for row in fields.to_pylist()
        if row["type"] == "record_id"
        for name in (row["header"], row["field"])
    }
    named: dict[str, Strategy] = {}
    for name, strategy in settings.strategies.items():
        where = "golden.strategies"
        if name in ids:
            message = f"{where}: {name!r} holds the record ids, which are never touched"
            raise SettingsError(message, hint="Leave it out.")
        part = parts[_find(where, name, parts)]
        if named.setdefault(part.column, strategy) != strategy:
            message = f"{where}: {part.header!r} has two strategies, by header and by field name"
            raise SettingsError(message, hint="Keep one of the two.")
    return named


def _find(where: str, name: str, parts: Sequence[Part]) -> int:
    """Return the place of the part whose header, or else whose field name, is `name`."""
    for names in ([part.header for part in parts], [part.field for part in parts]):
        if name in names:
            return names.index(name)
    message = f"{where}: no column is called {name!r}"
    headers = ", ".join(repr(part.header) for part in parts)
    raise SettingsError(message, hint=f"The columns are {headers}.")


def _default(part: Part, settings: GoldenSettings) -> Strategy:
    rules = _rules()
    by_header = rules.headers.get(fold_header(part.header))
    by_field = rules.fields.get(part.field or "")
    return by_header or by_field or settings.defaults.get(part.type) or rules.types[part.type]


def _addresses(parts: Sequence[Part]) -> list[list[Part]]:
    """Return the parts of each address.

    Which address a column belongs to is said by a word of its header, such as Billing. What no such
    word tells belongs to the only other address, if that lacks it.
    """
    rules = _rules()
    found: dict[str, list[Part]] = {}
    for part in parts:
        words = fold_header(part.header).split()
        geocode = " ".join(word for word in words if word not in rules.blocks)
        if part.type in rules.address_types or (
            part.type in ("number", "meta") and geocode in rules.address_headers
        ):
            numbered = words[:2] if words[:1] == ["address"] and _is_numbered(words) else []
            block = " ".join([*numbered, *(word for word in words if word in rules.blocks)])
            found.setdefault(block, []).append(part)
    if len(found) == 2 and "" in found:
        loose, (other,) = found.pop(""), found.values()
        if {part.type for part in loose} & {part.type for part in other}:
            found[""] = loose
        else:
            other.extend(loose)
    return [together for together in found.values() if len(together) > 1]


def _is_numbered(words: Sequence[str]) -> bool:
    """Return whether a header says which of several addresses, as `Address 2: City` does.

    `Address 2` alone is the second line of one.
    """
    return len(words) > 2 and words[1].isdigit()


def _joined(
    units: Sequence[Unit], together: Sequence[Part], named: Mapping[str, Strategy]
) -> list[Unit]:
    """Return the units with those of one address made one, in the place of the first."""
    chosen = {named[part.column]: part.header for part in together if part.column in named}
    if len(chosen) > 1:
        headers = " and ".join(repr(header) for header in chosen.values())
        message = f"golden.strategies: {headers} are parts of one address, with two strategies"
        raise SettingsError(message, hint="Give one; the parts of an address stay together.")
    columns = {part.column for part in together}
    ours = [unit for unit in units if unit.parts[0].column in columns]
    strategy = next(iter(chosen), ours[0].strategy)
    if strategy not in _OF_ADDRESSES:
        listed = ", ".join(sorted(_OF_ADDRESSES))
        message = f"golden: an address cannot be {strategy!r}: {ours[0].parts[0].header!r}"
        raise SettingsError(message, hint=f"Choose one of {listed}.")
    parts = tuple(part for unit in ours for part in unit.parts)
    joined = Unit(parts, strategy, is_address=True)
    return [
        joined if unit is ours[0] else unit for unit in units if unit is ours[0] or unit not in ours
    ]
