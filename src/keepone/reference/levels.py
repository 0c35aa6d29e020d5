"""The level of agreement that two records show in every compared field, one pair at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from keepone.fields import recognised_fields
from keepone.reference.comparison import Comparison, File, Row
from keepone.reference.list_levels import People, Streets, WordLists
from keepone.reference.value_levels import Codes, Dates, Forms, GivenNames, Names, Numbers, Strict
from keepone.rules.model_prior import model_rules
from keepone.schema import FREQUENCIES

_COMPARISONS: dict[str, type[Comparison]] = {
    "organisation": WordLists,
    "legal_form": Forms,
    "title": WordLists,
    "text": WordLists,
    "person": WordLists,
    "people": People,
    "given_name": GivenNames,
    "family_name": Names,
    "street": Streets,
    "address": Streets,
    "street_number": Strict,
    "city": Names,
    "region": Strict,
    "postal_code": Codes,
    "country": Strict,
    "phone": Codes,
    "email": Codes,
    "web": Strict,
    "identifier": Codes,
    "date": Dates,
    "number": Numbers,
    "category": Strict,
}


@dataclass(frozen=True, slots=True)
class ComparedField:
    """A field that pairs are compared on."""

    field: str
    type: str
    comparison: Comparison


def compared_fields(
    fields: pa.Table, features: pa.Table, distinct: pa.Table, frequencies: pa.Table | None = None
) -> list[ComparedField]:
    """Return every compared field, in order of columns.

    With `frequencies` (from a fit), how common a value is comes from there.
    """
    known = None
    if frequencies is not None:
        known = {
            (line["field"], line["part"], line["value"]): line["records"]
            for line in frequencies.to_pylist()
        }
    copies = Counter(distinct.column("representative").to_pylist())
    named = _names_and_types(fields, features)
    types = [type_ for _, type_ in named]
    town = next((name for name, type_ in named if type_ == "city"), None)
    # Where one field alone tells, copies are not known to be copies: each counts.
    if model_rules().telling(types) != 1:
        copies = Counter(copies.keys())
    rows = features.to_pylist()
    file = File(rows, sorted(copies), copies, known, _names(fields, rows), town)
    return [
        ComparedField(name, type_, _COMPARISONS[type_](file, name, type_)) for name, type_ in named
    ]


def _names_and_types(fields: pa.Table, features: pa.Table) -> list[tuple[str, str]]:
    """Return name and type of what is compared, in order of columns."""
    compared: list[tuple[str, str]] = []
    for field in recognised_fields(fields):
        if not field.compared or field.type not in _COMPARISONS:
            continue
        compared.append((field.name, field.type))
        if field.type == "organisation" and f"{field.name}.legal" in features.column_names:
            # The legal form is compared as a field of its own, next to the name.
            compared.append((f"{field.name}.legal", "legal_form"))
    return compared


def _names(fields: pa.Table, rows: list[Row]) -> list[str] | None:
    """Return the whole name of each record: what all fields say that name it, one after another.

    None where no field names an organisation.
    """
    compared = [field for field in recognised_fields(fields) if field.compared]
    if all(field.type != "organisation" for field in compared):
        return None
    parts = [
        f"{field.name}.{part}"
        for field in compared
        if field.type in model_rules().names
        for part in ("tokens", "people", "value")
    ]
    names = (["".join(row.get(part) or "") for part in parts] for row in rows)
    return ["\n".join(own) if any(own) else "" for own in names]


def term_frequencies(compared: Sequence[ComparedField]) -> pa.Table:
    """Return how many records carry each value that more than one carries: see FREQUENCIES."""
    found = sorted(
        (each.field, part, value, records)
        for each in compared
        for part, counts in each.comparison.counts.items()
        for value, records in counts.items()
        if records > 1
    )
    lines = [dict(zip(FREQUENCIES.arrow().names, line, strict=True)) for line in found]
    return pa.Table.from_pylist(lines, schema=FREQUENCIES.arrow())
