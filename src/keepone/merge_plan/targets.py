"""Which columns of an export can be written, under what name, and as what.

A describe file is the platform's own word; without one, the standard fields of Salesforce's Account
and custom fields that the export names by their API names. A mapping file goes before both.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from keepone.errors import InputError
from keepone.rules.salesforce import is_read_only, standard_field

# The field that nobody writes of a person account: it is made of first and last name.
NAME = "Name"


class Target(BaseModel):
    """One column that can be written. `length` is the most characters of a text.

    Values of `late` fields, which are unique or external ids, are written when the merges have
    freed them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str
    api_name: str
    type: str = "string"
    length: int | None = None
    late: bool = False


class Unwritten(BaseModel):
    """One column that the plan leaves alone, with the reason."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str
    why: str


@dataclass(frozen=True, slots=True)
class Names:
    """What describe and mapping files say. `described` is None where no describe file was given."""

    described: Mapping[str, Mapping[str, Any]] | None = None
    mapped: Mapping[str, str] = field(default_factory=dict)


_IN_HINT = "Get one with: sf sobject describe --sobject Account --json > account.json"


def read_names(describe: Path | None, mapping: Path | None) -> Names:
    """Read a describe file (JSON of the Account object) and a mapping file (CSV).

    The mapping has a line per column, `column,api_name`; a column without an API name is not
    written. Raises `InputError` for files that are something else.
    """
    return Names(
        None if describe is None else _described(describe),
        {} if mapping is None else _mapped(mapping),
    )


def find_targets(
    headers: Iterable[str], ids: frozenset[str], names: Names, *, salesforce: bool
) -> tuple[list[Target], list[Unwritten]]:
    """Part the columns of an export into those that can be written and those that cannot.

    `ids` are the columns of the record ids. Outside Salesforce every other column can be written
    under its own header, but for what a system keeps itself. Raises `InputError` where the mapping
    names a column that there is not, or two columns would be written to one field.
    """
    headers = list(headers)
    for header in names.mapped:
        if header not in headers:
            message = f"the mapping names a column that the export does not have: {header!r}"
            raise InputError(message, hint=f"The columns are: {', '.join(headers)}.")
    targets: dict[str, Target] = {}
    unwritten: list[Unwritten] = []
    # What the mapping says takes its field before columns that only look like it.
    for header in sorted(headers, key=lambda header: header not in names.mapped):
        if header in ids:
            continue
        found = _target(header, names, salesforce=salesforce)
        taken = isinstance(found, Target) and targets.get(found.api_name)
        if taken and header in names.mapped:
            message = f"the mapping writes {taken.column!r} and {header!r} to one field"
            raise InputError(message, hint="Leave the api_name of one of them empty.")
        if taken:
            unwritten.append(Unwritten(column=header, why=f"{taken.column!r} is written instead"))
        elif isinstance(found, Target):
            targets[found.api_name] = found
        else:
            unwritten.append(Unwritten(column=header, why=found))
    order = {header: place for place, header in enumerate(headers)}
    return (
        sorted(targets.values(), key=lambda target: order[target.column]),
        sorted(unwritten, key=lambda column: order[column.column]),
    )


def _target(  # noqa: PLR0911 - one return per reason
    header: str, names: Names, *, salesforce: bool
) -> Target | str:
    """Return how a column is written, or why it is not."""
    name = names.mapped.get(header)
    if name == "":
        return "the mapping leaves it out"
    if not salesforce:
        if name is None and is_read_only(header):
            return "the system keeps it itself"
        return Target(column=header, api_name=name or header)
    if name is None and is_read_only(header):
        return "Salesforce keeps it itself, or shows it for another field"
    standard = standard_field(name or header)
    if names.described is not None:
        told = names.described.get((name or header).casefold())
        if told is None and standard is not None:
            told = names.described.get(standard.api_name.casefold())
        return "the describe file has no field of that name" if told is None else _by(header, told)
    if standard is not None:
        return Target(
            column=header, api_name=standard.api_name, type=standard.type, length=standard.length
        )
    if name is not None or header.endswith("__c"):
        return Target(column=header, api_name=name or header)
    return "no standard field has that name; say with --mapping what its API name is"


def _by(header: str, told: Mapping[str, Any]) -> Target | str:
    """Return how the platform says that a field is written, or why it is not."""
    if not told.get("updateable"):
        return "the describe file says that it cannot be updated"
    return Target(
        column=header,
        api_name=told["name"],
        type=str(told.get("type", "string")),
        length=told.get("length") or None,
        late=bool(told.get("unique") or told.get("externalId")),
    )


def _described(path: Path) -> dict[str, Mapping[str, Any]]:
    """Return the fields of a describe file by API name, and by label where it has only one."""
    try:
        told = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        message = f"{path} cannot be read as a describe file: {error}"
        raise InputError(message, hint=_IN_HINT) from error
    # The command line tool wraps what the API answers.
    told = told.get("result", told) if isinstance(told, dict) else {}
    fields = told.get("fields") if isinstance(told, dict) else None
    if not isinstance(fields, list) or not all(
        isinstance(each, dict) and isinstance(each.get("name"), str) for each in fields
    ):
        message = f"{path} is no describe file: it has no list of fields"
        raise InputError(message, hint=_IN_HINT)
    if told.get("name", "Account") != "Account":
        message = f"{path} describes {told['name']}, not Account"
        raise InputError(message, hint=_IN_HINT)
    names = {each["name"].casefold(): each for each in fields}
    labels: dict[str, list[Mapping[str, Any]]] = {}
    for each in fields:
        labels.setdefault(str(each.get("label", "")).casefold(), []).append(each)
    told_once = {label: found[0] for label, found in labels.items() if len(found) == 1}
    return told_once | names


def _mapped(path: Path) -> dict[str, str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path} cannot be read as a mapping file: {error}"
        raise InputError(message, hint="It is a CSV with the columns column,api_name.") from error
    if not rows or {"column", "api_name"} - set(rows[0]):
        message = f"{path} is no mapping file"
        hint = "Its first line is column,api_name; then one line per column of the export."
        raise InputError(message, hint=hint)
    return {row["column"]: (row["api_name"] or "").strip() for row in rows}
