"""What the user says of columns, held to the headers: map, types, ignore and link of `profile`."""

from __future__ import annotations

import difflib
from collections.abc import Container, Iterable, Mapping, Sequence
from itertools import combinations

from keepone.errors import InputError, SettingsError
from keepone.ids import SOURCE_FILE
from keepone.rules.column_evidence import ColumnEvidence
from keepone.rules.column_types import Typing
from keepone.rules.columns import column_rules, fold_header, slug
from keepone.rules.field_types import TYPES

META_FIELDS = (
    "created_date",
    "modified_date",
    "relationship",
    "owner",
    "parent",
    "source",
    "status",
)
"""Field names of columns about the record; the first columns found take them."""

_NAMED_TYPES = ("identifier", "category", "number", "text")


def mappable_fields() -> dict[str, str]:
    """Return every field name that a mapping may use, with its type; `ignore` beside them."""
    canonical = column_rules().canonical
    return (
        {field: kind for kind, field in canonical.items()}
        | {kind: kind for kind in canonical}
        | {"birth_date": "date"}
        | {kind: kind for kind in _NAMED_TYPES}
        | dict.fromkeys(META_FIELDS, "meta")
        | {"ignore": "ignored"}
    )


def resolve_mapping(
    mapping: Mapping[str, Sequence[str]],
    ignore: Iterable[str],
    link: str | None,
    columns: Sequence[ColumnEvidence],
) -> dict[str, tuple[str | None, Typing]]:
    """Return the field name and typing of each column that the settings speak of.

    A field may be given several columns if no two of them stand in one dataset.
    """
    resolved: dict[str, tuple[str | None, Typing]] = {}
    wanted = [
        (field, header, "profile.map")
        for field, headers in sorted(mapping.items())
        for header in headers
    ]
    wanted += [("ignore", header, "profile.ignore") for header in ignore]
    for field, header, setting in wanted:
        kind = _type_of_field(field)
        column = _find_column(header, columns, setting)
        if column.column in resolved:
            message = f"{setting}: the column {column.header!r} is named twice"
            raise SettingsError(message, hint="Give each column one field.")
        if kind == "ignored":
            resolved[column.column] = (None, Typing("ignored", f"ignored by {setting}", 3))
        else:
            name = column_rules().canonical.get(field, field)
            resolved[column.column] = (name, Typing(kind, f"mapped to {field} by --map", 3))
    if (linked := link_column(link, columns)) is not None:
        if linked.column in resolved:
            message = f"profile.link: the column {linked.header!r} is mapped or ignored as well"
            raise SettingsError(message, hint="What names the source is never compared anyway.")
        if linked.is_record_id:
            message = f"profile.link: the column {linked.header!r} holds the record ids"
            raise SettingsError(message, hint="Name the column that says where a record is from.")
        why = f"names the source of a record, {linked.distinct:,} in all (--link)"
        resolved[linked.column] = (None, Typing("ignored", why, 3))
    _check_apart(resolved, {column.column: column for column in columns})
    return resolved


def resolve_types(
    types: Mapping[str, str], columns: Sequence[ColumnEvidence], mapped: Container[str]
) -> dict[str, Typing]:
    """Return the typing of each column whose type the settings give; `mapped` have one already."""
    typed: dict[str, Typing] = {}
    for header, kind in sorted(types.items()):
        _check_type(header, kind)
        column = _find_column(header, columns, "profile.types")
        if column.column in typed or column.column in mapped:
            message = f"profile.types: the column {column.header!r} is named twice"
            hint = "Give each column one type, or one field with --map."
            raise SettingsError(message, hint=hint)
        typed[column.column] = Typing(kind, f"typed {kind} by profile.types", 3)
    return typed


def _check_type(header: str, kind: str) -> None:
    allowed = [name for name in TYPES if name != "record_id"]
    if kind == "record_id":
        message = f"profile.types: {header!r} cannot be made the record id"
        raise SettingsError(message, hint=f"Use --set ingest.id_column={header!r}.")
    if kind not in allowed:
        message = f"profile.types: there is no type {kind!r}"
        close = difflib.get_close_matches(kind, allowed, n=1)
        meant = f"Did you mean {close[0]}? " if close else ""
        raise SettingsError(message, hint=f"{meant}Types: {', '.join(allowed)}.")


def link_column(link: str | None, columns: Sequence[ColumnEvidence]) -> ColumnEvidence | None:
    """Return the column that `profile.link` names; None if there is none, or it is the file's name.

    Raises `InputError` where no column has that header.
    """
    if link is None or (link == SOURCE_FILE and all(link != each.header for each in columns)):
        return None
    return _find_column(link, columns, "profile.link")


def _check_apart(
    resolved: Mapping[str, tuple[str | None, Typing]], evidence: Mapping[str, ColumnEvidence]
) -> None:
    """Raise `SettingsError` where two columns of one dataset are mapped to one field."""
    mapped = sorted((field, column) for column, (field, _) in resolved.items() if field is not None)
    for (field, one), (other_field, other) in combinations(mapped, 2):
        shared = evidence[one].datasets & evidence[other].datasets
        if field == other_field and shared:
            dataset = min(shared)
            where = f" of {dataset}" if dataset else ""
            message = (
                f"profile.map: the columns {evidence[one].header!r} and {evidence[other].header!r}"
                f"{where} are both mapped to the field {field!r}"
            )
            hint = (
                "A field takes one column of each file."
                f" For the second, add a word of your own: {field}_2=COLUMN."
            )
            raise SettingsError(message, hint=hint)


def _type_of_field(field: str) -> str:
    """Return the type of a mapped field: `phone`, or `phone_` and a word of the user's own."""
    known = mappable_fields()
    if field in known:
        return known[field]
    starts = [name for name in known if field.startswith(f"{name}_") and name != "ignore"]
    if not starts or slug(field) != field:
        message = f"profile.map: there is no field {field!r}"
        close = difflib.get_close_matches(field, known, n=1)
        meant = f"Did you mean {close[0]}? " if close else ""
        raise SettingsError(message, hint=f"{meant}Fields: {', '.join(sorted(known))}.")
    return known[max(starts, key=len)]


def _find_column(header: str, columns: Sequence[ColumnEvidence], setting: str) -> ColumnEvidence:
    """Return the column with that header; case and punctuation may differ if only one fits."""
    exact = [column for column in columns if column.header == header]
    folded = [column for column in columns if fold_header(column.header) == fold_header(header)]
    if exact or len(folded) == 1:
        return (exact or folded)[0]
    message = f"{setting}: no column is headed {header!r}"
    by_fold = {fold_header(column.header): column.header for column in columns}
    close = difflib.get_close_matches(fold_header(header), by_fold, n=1)
    meant = f"Did you mean {by_fold[close[0]]!r}? " if close else ""
    raise InputError(message, hint=f"{meant}Columns seen: {_seen(columns)}.")


def _seen(columns: Sequence[ColumnEvidence]) -> str:
    """Return all headers, for several datasets under the name of each."""
    names = sorted({dataset for column in columns for dataset in column.datasets})
    if len(names) < 2:
        return ", ".join(repr(column.header) for column in columns)
    return "; ".join(
        f"{name}: "
        + ", ".join(repr(column.header) for column in columns if name in column.datasets)
        for name in names
    )
