"""Turns typed columns into fields: the user's mapping, unique names, and what is compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from keepone.errors import InputError
from keepone.rules.column_compared import OverlapOf, leave_out
from keepone.rules.column_evidence import ColumnEvidence
from keepone.rules.column_mapping import META_FIELDS, resolve_mapping
from keepone.rules.column_neighbours import settle_neighbours
from keepone.rules.column_types import MAIN_NAMES, Typing, canonical_field, type_column
from keepone.rules.columns import column_rules, slug


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
    mapping: Mapping[str, str],
    ignore: Iterable[str],
    overlap_of: OverlapOf,
) -> list[FieldChoice]:
    """Return one choice per column, in the columns' order.

    `mapping` gives field names their header and overrides what was recognised, `ignore` lists
    headers to leave out. Raises `SettingsError` for a field that does not exist or a header claimed
    twice, `InputError` for a header that is not there, and when nothing can be compared.
    """
    evidence = {column.column: column for column in columns}
    mapped = resolve_mapping(mapping, ignore, columns)
    typings = {name: type_column(column) for name, column in evidence.items() if name not in mapped}
    settle_neighbours(typings, evidence)
    typings |= {name: typing for name, (_, typing) in mapped.items()}
    typings = {name: typings[name] for name in evidence}
    fields = _name_fields(typings, evidence, {name: field for name, (field, _) in mapped.items()})
    left_out = leave_out(typings, fields, evidence, overlap_of)
    choices = [
        FieldChoice(
            name,
            fields.get(name),
            typing.type,
            name not in left_out,
            f"{typing.why}; not compared: {left_out[name]}" if left_out.get(name) else typing.why,
        )
        for name, typing in typings.items()
    ]
    if not any(choice.compared for choice in choices):
        raise _nothing_to_compare(columns, choices)
    return choices


def _name_fields(
    typings: Mapping[str, Typing],
    evidence: Mapping[str, ColumnEvidence],
    given: Mapping[str, str | None],
) -> dict[str, str]:
    """Return a unique field name for each column that is neither the record id nor ignored."""
    fields = {name: field for name, field in given.items() if field is not None}
    taken = set(fields.values())
    open_columns = [
        name
        for name, typing in typings.items()
        if typing.type not in ("ignored", "record_id") and name not in fields
    ]
    headed = any(_is_name(typing) and typing.strength > 0 for typing in typings.values())
    no_name = not any(_is_name(typing) for typing in typings.values())

    def rank(name: str) -> tuple[int, int, int]:
        typing, seen = typings[name], evidence[name]
        return (-typing.strength, -seen.filled, -seen.distinct)

    for name in sorted(open_columns, key=rank):
        typing = typings[name]
        field = canonical_field(typing)
        if typing.type in MAIN_NAMES:
            # What only its values make a name is not the record's name beside one that says so.
            stands = no_name or (not typing.minor and (typing.strength > 0 or not headed))
        else:
            stands = not typing.minor
        if field is not None and stands and field not in taken:
            fields[name] = field
            taken.add(field)
    reserved = {*column_rules().canonical.values(), *META_FIELDS, "birth_date"}
    for name in open_columns:
        if name in fields:
            continue
        base = slug(evidence[name].header) or name
        field, number = base, 2
        while field in taken or field in reserved:
            field, number = f"{base}_{number}", number + 1
        fields[name] = field
        taken.add(field)
    return fields


def _is_name(typing: Typing) -> bool:
    return typing.type in MAIN_NAMES and not typing.minor


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
