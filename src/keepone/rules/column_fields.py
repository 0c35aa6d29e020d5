"""Turns typed columns into fields: the user's mapping, their names, and what is compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from keepone.errors import InputError
from keepone.rules.column_compared import leave_out
from keepone.rules.column_evidence import ColumnEvidence, Overlap
from keepone.rules.column_mapping import resolve_mapping, resolve_types
from keepone.rules.column_names import name_columns
from keepone.rules.column_neighbours import settle_neighbours
from keepone.rules.column_types import Typing, type_column

EvidenceOf = Callable[[Sequence[str]], ColumnEvidence]
"""Measures several columns of different datasets as the one field that they are."""

OverlapOf = Callable[[Sequence[str], Sequence[str]], Overlap]
"""Measures how two fields overlap, each of them given by its columns."""


@dataclass(frozen=True, slots=True)
class FieldChoice:
    """What one input column became: one row of the fields table."""

    column: str
    field: str | None
    type: str
    compared: bool
    why: str


def choose_fields(
    columns: Sequence[ColumnEvidence],
    mapping: Mapping[str, Sequence[str]],
    ignore: Iterable[str],
    evidence_of: EvidenceOf,
    overlap_of: OverlapOf,
    *,
    types: Mapping[str, str],
    link: str | None,
) -> list[FieldChoice]:
    """Return one choice per column, in the columns' order.

    A column is typed by what it and its datasets hold; whether a field is compared is decided on
    all its columns together. `mapping` gives field names their headers and overrides what was
    recognised, `ignore` lists headers to leave out, `types` gives headers their types, `link` is
    the header of the records' sources. Raises `SettingsError` for a field or type that does not
    exist, a header claimed twice or two of one dataset for one field, `InputError` for a header
    that is not there, and when nothing can be compared.
    """
    evidence = {column.column: column for column in columns}
    mapped = resolve_mapping(mapping, ignore, link, columns)
    typed = resolve_types(types, columns, mapped)
    said = mapped.keys() | typed.keys()
    typings = {name: type_column(column) for name, column in evidence.items() if name not in said}
    for dataset in sorted({name for column in columns for name in column.datasets}):
        here = {name: each for name, each in typings.items() if dataset in evidence[name].datasets}
        settle_neighbours(here, evidence)
        typings |= here
    typings |= typed | {name: typing for name, (_, typing) in mapped.items()}
    typings = {name: typings[name] for name in evidence}
    fields = name_columns(typings, evidence, {name: field for name, (field, _) in mapped.items()})
    left_out = _left_out(typings, fields, evidence, evidence_of, overlap_of)
    together = {name: names for names in _together(typings, fields) for name in names}
    choices = [
        FieldChoice(
            name,
            fields.get(name),
            typing.type,
            name not in left_out,
            _why(
                typing,
                [evidence[other].header for other in together[name] if other != name],
                left_out.get(name, ""),
            ),
        )
        for name, typing in typings.items()
    ]
    if not any(choice.compared for choice in choices):
        raise _nothing_to_compare(columns, choices)
    return choices


def _left_out(
    typings: Mapping[str, Typing],
    fields: Mapping[str, str],
    evidence: Mapping[str, ColumnEvidence],
    evidence_of: EvidenceOf,
    overlap_of: OverlapOf,
) -> dict[str, str]:
    """Return the columns that are not compared with the reason, decided field by field.

    The first column of a field speaks for all of them.
    """
    columns = {names[0]: names for names in _together(typings, fields)}
    left_out = leave_out(
        {first: _surest([typings[each] for each in names]) for first, names in columns.items()},
        {first: fields[first] for first in columns if first in fields},
        {
            first: evidence[first] if len(names) == 1 else evidence_of(names)
            for first, names in columns.items()
        },
        lambda one, other: overlap_of(columns[one], columns[other]),
    )
    return {each: why for first, why in left_out.items() for each in columns[first]}


def _together(columns: Iterable[str], fields: Mapping[str, str]) -> list[list[str]]:
    """Return the columns of each field, and each column without one by itself, in order."""
    found: dict[tuple[str, str], list[str]] = {}
    for name in columns:
        field = fields.get(name, "")
        found.setdefault((field, "" if field else name), []).append(name)
    return list(found.values())


def _surest(typings: Sequence[Typing]) -> Typing:
    """Return the typing of a field from those of its columns: the surest, minor if all are."""
    surest = max(typings, key=lambda typing: typing.strength)
    return replace(surest, minor=all(typing.minor for typing in typings))


def _why(typing: Typing, others: Sequence[str], left_out: str) -> str:
    joined = f"one field with {' and '.join(map(repr, others))}" if others else ""
    apart = f"not compared: {left_out}" if left_out else ""
    return "; ".join(filter(None, (typing.why, joined, apart)))


def _nothing_to_compare(
    columns: Sequence[ColumnEvidence], choices: Sequence[FieldChoice]
) -> InputError:
    seen = "; ".join(
        f"{column.header!r} ({choice.type}: {choice.why})"
        for column, choice in zip(columns, choices, strict=True)
    )
    return InputError(
        f"no column can be compared. Columns seen: {seen or 'none'}.",
        hint="Say which column is what with --map FIELD=COLUMN, for example --map name=COLUMN.",
    )
