"""Normalize, value by value: each field by the row-by-row twin of its kernel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import pyarrow as pa

from keepone.fields import recognised_fields
from keepone.reference.address_values import addresses
from keepone.reference.date_values import dates
from keepone.reference.field_values import Row, Values, emails, folded, phones, webs
from keepone.reference.identifier_values import categories, identifiers, numbers
from keepone.reference.names import normalize_name
from keepone.reference.people import (
    family_value,
    given_value,
    people_list,
    person_tokens,
    title_tokens,
)
from keepone.reference.place_values import cities, country_codes, postal_codes, region_codes
from keepone.reference.shown_values import shown
from keepone.reference.street_values import street_lines, street_numbers
from keepone.rules.column_compared import TEXT_COMPARED
from keepone.rules.home_country import HINTS, home_country
from keepone.rules.own_words import NO_WORDS, OwnWords
from keepone.schema import DISTINCT, FLAGS
from keepone.settings import NormalizeSettings


def _organisations(values: Values, own: OwnWords = NO_WORDS) -> list[Row]:
    names = [normalize_name(value, own) for value in values]
    return [
        {
            "tokens": name.tokens or None,
            "legal": name.legal,
            "aliases": name.aliases or None,
            "flag": name.flag,
            "detail": name.detail,
        }
        for name in names
    ]


def _each(part: str, read: Callable[[str | None], Any]) -> Callable[[Values], list[Row]]:
    """Return the reader of a column whose values are read one by one into one part."""
    return lambda values: [{part: read(value) or None} for value in values]


# Field type to what it is compared on, and how a column of distinct values is read.
_PLAIN: dict[str, tuple[tuple[str, ...], Callable[[Values], list[Row]]]] = {
    "organisation": (("tokens", "legal", "aliases"), _organisations),
    "title": (("tokens",), _each("tokens", title_tokens)),
    "text": (("tokens",), _each("tokens", title_tokens)),
    "person": (("tokens",), _each("tokens", person_tokens)),
    "given_name": (("value",), _each("value", given_value)),
    "family_name": (("value",), _each("value", family_value)),
    "people": (("people",), _each("people", people_list)),
    "street": (("number", "tokens", "unit"), street_lines),
    "street_number": (("value",), street_numbers),
    "address": (("number", "tokens", "unit", "postal", "region", "country"), addresses),
    "city": (("value",), cities),
    "country": (("value",), country_codes),
    "email": (("value", "domain"), emails),
    "web": (("value", "name"), webs),
    "date": (("value",), dates),
    "number": (("value",), numbers),
    "identifier": (("value", "valid"), identifiers),
    "category": (("value",), categories),
}
_LOCAL: dict[str, tuple[tuple[str, ...], Callable[[Values, Values], list[Row]]]] = {
    "phone": (("value",), phones),
    "postal_code": (("value", "short"), postal_codes),
    "region": (("value",), region_codes),
}
_LISTS = frozenset({"tokens", "aliases", "people"})
# Types of which no more than so many characters are read.
_CUT = frozenset({"organisation", "title", "text", "person", "given_name", "family_name", "people"})


def normalize(
    engine: object,  # noqa: ARG001 - plain Python needs no engine
    settings: NormalizeSettings,
    *,
    records: pa.Table,
    inputs: pa.Table,
    fields: pa.Table,
    origins: pa.Table,
) -> dict[str, pa.Table]:
    """Return `normalized`, `features`, `flags` and `distinct`, as the stage promises."""
    recognised = recognised_fields(fields)
    cells = {
        field.name: [inputs.column(column).to_pylist() for column in field.columns]
        for field in recognised
    }
    own = OwnWords.of(settings.abbreviations, settings.legal_forms)
    readers = {type_: reader for type_, (_, reader) in _PLAIN.items()}
    readers["organisation"] = partial(_organisations, own=own)
    read: dict[str, list[Row]] = {
        field.name: _merged(
            cells[field.name],
            [
                _read_each(readers[field.type], _cut(field.type, column))
                for column in cells[field.name]
            ],
        )
        for field in recognised
        if field.type in _PLAIN
    }
    country = next((field.name for field in recognised if field.type == "country"), None)
    found = [row.get("value") for row in read[country]] if country else [None] * records.num_rows
    hints = {
        field.name: [folded(cell or "") for cell in _first(cells[field.name])]
        for field in recognised
        if field.name in HINTS
    }
    datasets = records.column("dataset").to_pylist()
    places = _places(found, hints, datasets, settings.default_country)
    for field in recognised:
        if field.type in _LOCAL:
            reader = _LOCAL[field.type][1]
            columns = [_read_pairs(reader, column, places) for column in cells[field.name]]
            read[field.name] = _merged(cells[field.name], columns)

    rows = records.column("row")
    visible = {
        field.name: pa.array(
            [
                shown(field.type, cell, parts.get("value"), place)
                for cell, parts, place in zip(
                    _first(cells[field.name]),
                    read.get(field.name, [{}] * len(places)),
                    places,
                    strict=True,
                )
            ],
            pa.string(),
        )
        for field in recognised
    }
    compared: dict[str, pa.Array] = {}
    for field in recognised:
        parts_of_type = {**_PLAIN, **_LOCAL}.get(field.type, ((), None))[0]
        for part in parts_of_type if field.compared else ():
            values = [row.get(part) for row in read[field.name]]
            kind = pa.list_(pa.string()) if part in _LISTS else pa.string()
            compared[f"{field.name}.{part}"] = pa.array(values, kind)
    features = pa.table({"row": rows, **compared})
    return {
        "normalized": pa.table({"row": rows, **visible}),
        "features": features,
        "flags": _flags(read.get("name"), visible.get("name")),
        "distinct": _distinct(features, set(origins.column("row").to_pylist())),
    }


def _cut(type_: str, column: Values) -> Values:
    """Return the characters of each cell that are read; the others are only shown."""
    if type_ not in _CUT:
        return column
    return [cell if cell is None else cell[:TEXT_COMPARED] for cell in column]


def _read_each(reader: Callable[[Values], list[Row]], column: Values) -> list[Row]:
    """Read the distinct values of a column, since what is usual in it is judged over those."""
    distinct = [value for value in dict.fromkeys(column) if value is not None]
    known = dict(zip(distinct, reader(distinct), strict=True))
    return [{} if value is None else known[value] for value in column]


def _read_pairs(
    reader: Callable[[Values, Values], list[Row]], column: Values, places: Values
) -> list[Row]:
    """Do the same for values that are read in the light of a country."""
    pairs = list(zip(column, places, strict=True))
    distinct = [pair for pair in dict.fromkeys(pairs) if pair[0] is not None]
    known = dict(
        zip(
            distinct,
            reader([cell for cell, _ in distinct], [at for _, at in distinct]),
            strict=True,
        )
    )
    return [known.get(pair, {}) for pair in pairs]


def _first(columns: Sequence[Values]) -> list[str | None]:
    """Return each record's cell in the first column where it has one."""
    return [
        next((cell for cell in cells if cell is not None), None)
        for cells in zip(*columns, strict=True)
    ]


def _merged(columns: Sequence[Values], read: Sequence[list[Row]]) -> list[Row]:
    """Return what was read in the first column where a record has a cell."""
    merged = []
    for at in range(len(columns[0])):
        filled = [index for index, cells in enumerate(columns) if cells[at] is not None]
        merged.append(read[filled[0]][at] if filled else {})
    return merged


def _places(
    found: Values, hints: Mapping[str, Values], datasets: Sequence[str], default: str
) -> list[str | None]:
    """Return each record's country, or the default: the one set, else where its dataset is."""
    homes: dict[str, str | None] = {}
    commonest = home_country(Counter(place for place in found if place is not None), {})
    for dataset in set(datasets):
        here = [at for at, name in enumerate(datasets) if name == dataset]
        homes[dataset] = commonest
        told = home_country(
            Counter(place for at in here if (place := found[at]) is not None),
            {
                kind: Counter(cell for at in here if (cell := cells[at]))
                for kind, cells in hints.items()
            },
        )
        if default != "auto":
            homes[dataset] = default.strip().lower()
        elif told is not None:
            homes[dataset] = told
    return [
        place if place is not None else homes[dataset]
        for place, dataset in zip(found, datasets, strict=True)
    ]


def _distinct(features: pa.Table, linked: set[int]) -> pa.Table:
    """Return for each record the first with the same features; without features, itself.

    A record of a source that holds no company twice stands for itself, and for no other.
    """
    first: dict[str, int] = {}
    lines = []
    for line in features.to_pylist():
        row = line.pop("row")
        same = first.setdefault(repr(line), row) if line and row not in linked else row
        lines.append({"row": row, "representative": same})
    return pa.Table.from_pylist(lines, schema=DISTINCT.arrow())


def _flags(names: list[Row] | None, visible: pa.Array | None) -> pa.Table:
    """Return what the main name of each record shows."""
    lines = []
    for row, name in enumerate(names or []):
        flag = name.get("flag")
        if flag is None and visible is not None and visible[row].as_py() is None:
            flag = "no_name"
        if flag is not None:
            lines.append({"row": row, "flag": flag, "detail": name.get("detail") or ""})
    return pa.Table.from_pylist(lines, schema=FLAGS.arrow())
