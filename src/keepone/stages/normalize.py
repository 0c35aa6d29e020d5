"""Normalize: every recognised value made comparable, once per distinct value.

Leaves `normalized`, the cleaned values that people see; `features`, what pairs are compared on;
`flags`, what was noticed about a record whatever it is compared with; and `distinct`, which
records are equal in everything that is compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keepone.engine import Engine, quote
from keepone.kernels.dates import normalize_date
from keepone.kernels.identifiers import normalize_category, normalize_identifier, normalize_number
from keepone.kernels.mail import normalize_email
from keepone.kernels.names import (
    normalize_family,
    normalize_given,
    normalize_names,
    normalize_people,
    normalize_person,
    normalize_title,
)
from keepone.kernels.phones import normalize_phone
from keepone.kernels.places import (
    normalize_city,
    normalize_country,
    normalize_postal,
    normalize_region,
)
from keepone.kernels.streets import normalize_address, normalize_street, normalize_street_number
from keepone.kernels.text import display
from keepone.kernels.web import normalize_web
from keepone.rules.column_compared import TEXT_COMPARED
from keepone.schema import DISTINCT, FLAGS
from keepone.settings import NormalizeSettings
from keepone.shelf import Shelf

_Plain = Callable[[pa.Array], pa.Table]
_Local = Callable[[pa.Array, pa.Array], pa.Table]

# Field type to kernel: distinct values in; one row each out, a column per part, and `display`.
_PLAIN: dict[str, _Plain] = {
    "organisation": normalize_names,
    "title": normalize_title,
    "text": normalize_title,
    "person": normalize_person,
    "given_name": normalize_given,
    "family_name": normalize_family,
    "people": normalize_people,
    "street": normalize_street,
    "street_number": normalize_street_number,
    "address": normalize_address,
    "city": normalize_city,
    "country": normalize_country,
    "email": normalize_email,
    "web": normalize_web,
    "date": normalize_date,
    "number": normalize_number,
    "identifier": normalize_identifier,
    "category": normalize_category,
}
# The same, for types whose values mean different things in different countries.
_LOCAL: dict[str, _Local] = {
    "phone": normalize_phone,
    "postal_code": normalize_postal,
    "region": normalize_region,
}
# Types whose kernels say nothing but what is compared: elsewhere such values only pass through.
_ONLY_COMPARED = frozenset({"title", "text"})
# Columns of a kernel's answer that are about the record, not compared.
_ASIDE = frozenset({"display", "flag", "detail", "others"})

_DISTINCT = """
SELECT f.row, g.representative
FROM features AS f
JOIN (
    SELECT min(row) AS representative, {columns}
    FROM features
    GROUP BY {columns}
) AS g ON {equal}
ORDER BY f.row
"""

_ALONE = "SELECT row, row AS representative FROM features ORDER BY row"


@dataclass(frozen=True, slots=True)
class _Field:
    """A recognised field of the file."""

    field: str
    type: str
    compared: bool
    parts: pa.Table


def _encoded(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """Return a column, which may be mapped, as its distinct values and who has which."""
    encoded = column.dictionary_encode().unify_dictionaries().combine_chunks()
    assert isinstance(encoded, pa.DictionaryArray)
    return encoded


def _over_distinct(kernel: _Plain, column: pa.ChunkedArray) -> pa.Table:
    """Run the kernel on the distinct values of `column` and spread its answer over the rows."""
    encoded = _encoded(column)
    return kernel(encoded.dictionary).take(encoded.indices)


def _over_distinct_local(kernel: _Local, column: pa.ChunkedArray, countries: pa.Array) -> pa.Table:
    """Do the same for values that are read in the light of a country."""
    values, places = _encoded(column), countries.dictionary_encode()
    value_codes = pc.fill_null(values.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    place_codes = pc.fill_null(places.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    width = len(places.dictionary) + 1
    unique, inverse = np.unique(value_codes * width + place_codes + 1, return_inverse=True)
    value_of, place_of = np.divmod(unique, width)
    answer = kernel(
        values.dictionary.take(pa.array(value_of, mask=value_of < 0)),
        places.dictionary.take(pa.array(place_of - 1, mask=place_of == 0)),
    )
    return answer.take(pa.array(inverse))


def _countries(fields: list[_Field], rows: int, default: str) -> pa.Array:
    """Return each record's country, or the default: the one set, else the file's commonest."""
    found = next((field for field in fields if field.type == "country"), None)
    values = found.parts.column("value").combine_chunks() if found else pa.nulls(rows, pa.string())
    if default == "auto":
        counted = pc.value_counts(values.drop_null())
        ranked = sorted(
            zip(
                counted.field("counts").to_pylist(),
                counted.field("values").to_pylist(),
                strict=True,
            ),
            key=lambda pair: (-pair[0], pair[1]),
        )
        default = ranked[0][1] if ranked else ""
    known = default.strip().lower()
    return pc.fill_null(values, known) if known else values


def normalize(
    engine: Engine,
    settings: NormalizeSettings,
    *,
    records: pa.Table,
    inputs: pa.Table,
    fields: pa.Table,
) -> dict[str, pa.Table]:
    """Return `normalized`, `features`, `flags` and `distinct` of the records in `inputs`."""
    recognised = [row for row in fields.to_pylist() if row["field"] is not None]
    done: dict[str, _Field] = {}
    for row in recognised:
        kernel = _PLAIN.get(row["type"])
        if kernel is not None and (row["compared"] or row["type"] not in _ONLY_COMPARED):
            column = inputs.column(row["column"])
            if row["type"] == "text":
                column = pc.utf8_slice_codeunits(column, 0, TEXT_COMPARED)
            parts = _over_distinct(kernel, column)
            done[row["field"]] = _Field(row["field"], row["type"], row["compared"], parts)
    countries = _countries(list(done.values()), records.num_rows, settings.default_country)
    for row in recognised:
        local = _LOCAL.get(row["type"])
        if local is not None:
            parts = _over_distinct_local(local, inputs.column(row["column"]), countries)
            done[row["field"]] = _Field(row["field"], row["type"], row["compared"], parts)

    compared = {"row": records.column("row")} | {
        f"{field.field}.{part}": field.parts.column(part)
        for field in (done[row["field"]] for row in recognised if row["field"] in done)
        if field.compared
        for part in field.parts.column_names
        if part not in _ASIDE
    }
    features = pa.table(compared).combine_chunks()
    normalized = engine.shelf.keep(
        pa.schema([("row", pa.int32()), *((row["field"], pa.string()) for row in recognised)]),
        _shown(engine.shelf, inputs, recognised, done),
    )
    names = [quote(name) for name in features.column_names if name != "row"]
    with engine.scope(features=features) as scope:
        if names:
            equal = " AND ".join(f"f.{name} IS NOT DISTINCT FROM g.{name}" for name in names)
            found = scope.fetch(_DISTINCT.format(columns=", ".join(names), equal=equal))
        else:
            found = scope.fetch(_ALONE)
    return {
        "normalized": normalized,
        "features": features,
        "flags": _flags(
            records, [done[row["field"]] for row in recognised if row["field"] in done]
        ),
        "distinct": DISTINCT.conform(found),
    }


def _shown(
    shelf: Shelf, inputs: pa.Table, recognised: list[dict[str, Any]], done: dict[str, _Field]
) -> Iterator[pa.Table]:
    """Give `normalized` piece by piece: what the kernels show, and other values tidied up."""
    at = 0
    for piece in shelf.pieces(inputs.select(["row", *(row["column"] for row in recognised)])):
        shown = {"row": piece.column("row")}
        for row in recognised:
            field = done.get(row["field"])
            if field is not None and "display" in field.parts.column_names:
                shown[row["field"]] = field.parts.column("display").slice(at, piece.num_rows)
            else:
                shown[row["field"]] = display(piece.column(row["column"]))
        at += piece.num_rows
        yield pa.table(shown)


def _flags(records: pa.Table, fields: list[_Field]) -> pa.Table:
    """Return what the main name of each record shows: placeholders, several companies, no name."""
    main = next((field for field in fields if field.field == "name"), None)
    if main is None or "flag" not in main.parts.column_names:
        return FLAGS.empty()
    rows = records.column("row")
    flag = main.parts.column("flag")
    missing = pc.and_(pc.is_null(flag), pc.is_null(main.parts.column("display")))
    table = pa.table(
        {
            "row": rows,
            "flag": pc.if_else(missing, "no_name", flag),
            "detail": pc.fill_null(main.parts.column("detail"), ""),
        }
    )
    return table.filter(pc.is_valid(table.column("flag"))).cast(FLAGS.arrow()).combine_chunks()
