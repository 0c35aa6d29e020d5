"""Normalize: every recognised value made comparable, once per distinct value.

Leaves `normalized`, the cleaned values that people see; `features`, what pairs are compared on;
`flags`, what was noticed about a record whatever it is compared with; and `distinct`, which
records are equal in everything that is compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keepone.engine import Engine, quote
from keepone.fields import Field, recognised_fields
from keepone.kernels.cells import strings, words
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
from keepone.rules.home_country import HINTS, home_country
from keepone.rules.own_words import OwnWords
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
# Types of names and other words. What a cell holds past `TEXT_COMPARED` characters is shown, not
# read: no name is as long, and each of its words would be a key.
_WORDY = frozenset(
    {"organisation", "title", "text", "person", "given_name", "family_name", "people"}
)
# Columns of a kernel's answer that are about the record, not compared.
_ASIDE = frozenset({"display", "flag", "detail", "others"})

# Hashes leave few records to be compared cell by cell. A record of a source that holds no company
# twice stands for itself alone: a second one that is equal to it may be of the same source.
_DISTINCT = """
WITH keyed AS (
    SELECT row, hash({columns}) AS key
    FROM features
    WHERE row NOT IN (SELECT row FROM origins)
), alike AS (
    SELECT f.*
    FROM features AS f
    JOIN keyed AS k ON k.row = f.row
    WHERE k.key IN (SELECT key FROM keyed GROUP BY key HAVING count(*) > 1)
), copies AS (
    SELECT f.row, g.representative
    FROM alike AS f
    JOIN (
        SELECT min(row) AS representative, {columns}
        FROM alike
        GROUP BY {columns}
    ) AS g ON {equal}
)
SELECT f.row, coalesce(c.representative, f.row) AS representative
FROM features AS f
LEFT JOIN copies AS c ON c.row = f.row
ORDER BY f.row
"""

_ALONE = "SELECT row, row AS representative FROM features ORDER BY row"


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


def _parts(
    columns: Sequence[str], inputs: pa.Table, read: Callable[[pa.ChunkedArray], pa.Table]
) -> pa.Table:
    """Return the parts of a field: each of its columns is read by itself, since files differ.

    How dates and numbers are written is judged column by column. A record has a value in one of the
    columns at most.
    """
    first, *others = (read(inputs.column(name)) for name in columns)
    for other in others:
        merged = [
            pc.coalesce(one, two) for one, two in zip(first.columns, other.columns, strict=True)
        ]
        first = pa.table(merged, names=first.column_names)
    return first


def _whole(columns: Sequence[str], inputs: pa.Table) -> pa.ChunkedArray:
    """Return the cells of a field as they came."""
    first, *others = (inputs.column(name) for name in columns)
    cells: pa.ChunkedArray = pc.coalesce(first, *others) if others else first
    return cells


def _read(type_: str, kernel: _Plain, column: pa.ChunkedArray) -> pa.Table:
    """Return the parts of the values of a column whose type is the same in all countries."""
    if type_ in _WORDY:
        column = pc.utf8_slice_codeunits(column, 0, TEXT_COMPARED)
    return _over_distinct(kernel, column)


def _is_read_whole(field: Field, inputs: pa.Table) -> bool:
    """Return whether no value of the field is cut, so that the kernel can say how it is shown."""
    return field.type not in _WORDY or not any(
        (pc.max(pc.utf8_length(inputs.column(name))).as_py() or 0) > TEXT_COMPARED
        for name in field.columns
    )


def _countries(
    countries: pa.Array, hints: Mapping[str, pa.Array], datasets: pa.Array, default: str
) -> pa.Array:
    """Return each record's country, or the default: the one set, else where its dataset is at home.

    `countries` are the records' own, `hints` their regions and postal codes in folded text.
    """
    if default != "auto":
        return pc.fill_null(countries, default.strip().lower())
    encoded = datasets.dictionary_encode()
    told = []
    for code in range(len(encoded.dictionary)):
        here = pc.equal(encoded.indices, code)
        counts = {kind: _tally(values.filter(here)) for kind, values in hints.items()}
        told.append(home_country(_tally(countries.filter(here)), counts))
    commonest = home_country(_tally(countries), {})
    defaults = pa.array([country or commonest for country in told], pa.string())
    return pc.coalesce(countries, defaults.take(encoded.indices))


def _hints(fields: Sequence[Field], inputs: pa.Table) -> dict[str, pa.Array]:
    """Return the folded values of the fields that may tell the country."""
    return {
        field.name: _over_distinct(_folded, _whole(field.columns, inputs)).column("value")
        for field in fields
        if field.name in HINTS
    }


def _folded(values: pa.Array) -> pa.Table:
    return pa.table({"value": words(strings(values))})


def _tally(values: pa.Array | pa.ChunkedArray) -> dict[str, int]:
    counted = pc.value_counts(values.drop_null())
    return dict(
        zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True)
    )


def normalize(
    engine: Engine,
    settings: NormalizeSettings,
    *,
    records: pa.Table,
    inputs: pa.Table,
    fields: pa.Table,
    origins: pa.Table,
) -> dict[str, pa.Table]:
    """Return `normalized`, `features`, `flags` and `distinct` of the records in `inputs`."""
    recognised = recognised_fields(fields)
    own = OwnWords.of(settings.abbreviations, settings.legal_forms)
    kernels: dict[str, _Plain] = {**_PLAIN, "organisation": partial(normalize_names, own=own)}
    parts = {
        field.name: _parts(field.columns, inputs, partial(_read, field.type, kernels[field.type]))
        for field in recognised
        if field.type in _PLAIN and (field.compared or field.type not in _ONLY_COMPARED)
    }
    country = next((field.name for field in recognised if field.type == "country"), None)
    own = parts[country].column("value") if country else pa.nulls(records.num_rows, pa.string())
    countries = _countries(
        own.combine_chunks() if country else own,
        _hints(recognised, inputs),
        records.column("dataset").combine_chunks(),
        settings.default_country,
    )
    for field in recognised:
        if field.type in _LOCAL:
            read = partial(_over_distinct_local, _LOCAL[field.type], countries=countries)
            parts[field.name] = _parts(field.columns, inputs, read)

    compared = {"row": records.column("row")} | {
        f"{field.name}.{part}": parts[field.name].column(part)
        for field in recognised
        if field.compared and field.name in parts
        for part in parts[field.name].column_names
        if part not in _ASIDE
    }
    features = pa.table(compared).combine_chunks()
    normalized = engine.shelf.keep(
        pa.schema([("row", pa.int32()), *((field.name, pa.string()) for field in recognised)]),
        _shown(engine.shelf, inputs, recognised, parts),
    )
    names = [quote(name) for name in features.column_names if name != "row"]
    with engine.scope(features=features, origins=origins) as scope:
        if names:
            equal = " AND ".join(f"f.{name} IS NOT DISTINCT FROM g.{name}" for name in names)
            distinct = scope.fetch(_DISTINCT.format(columns=", ".join(names), equal=equal))
        else:
            distinct = scope.fetch(_ALONE)
    return {
        "normalized": normalized,
        "features": features,
        "flags": _flags(records, parts.get("name"), normalized),
        "distinct": DISTINCT.conform(distinct),
    }


def _shown(
    shelf: Shelf, inputs: pa.Table, recognised: Sequence[Field], parts: Mapping[str, pa.Table]
) -> Iterator[pa.Table]:
    """Give `normalized` piece by piece: what the kernels show, and other values tidied up."""
    columns = dict.fromkeys(name for field in recognised for name in field.columns)
    whole = {field.name for field in recognised if _is_read_whole(field, inputs)}
    at = 0
    for piece in shelf.pieces(inputs.select(["row", *columns])):
        shown = {"row": piece.column("row")}
        for field in recognised:
            found = parts.get(field.name)
            if field.name in whole and found is not None and "display" in found.column_names:
                shown[field.name] = found.column("display").slice(at, piece.num_rows)
            else:
                shown[field.name] = display(_whole(field.columns, piece))
        at += piece.num_rows
        yield pa.table(shown)


def _flags(records: pa.Table, names: pa.Table | None, normalized: pa.Table) -> pa.Table:
    """Return what the main name of each record shows: placeholders, several companies, no name."""
    if names is None or "flag" not in names.column_names:
        return FLAGS.empty()
    rows = records.column("row")
    flag = names.column("flag")
    missing = pc.and_(pc.is_null(flag), pc.is_null(normalized.column("name")))
    table = pa.table(
        {
            "row": rows,
            "flag": pc.if_else(missing, "no_name", flag),
            "detail": pc.fill_null(names.column("detail"), ""),
        }
    )
    return table.filter(pc.is_valid(table.column("flag"))).cast(FLAGS.arrow()).combine_chunks()
