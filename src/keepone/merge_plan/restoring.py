"""Writes the way back of a plan: before-images, what to load in which order, and what is lost."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from keepone.errors import WorkspaceError
from keepone.files import write_text
from keepone.merge_plan.apex import write_undeletes
from keepone.merge_plan.before import Before, read_before, touched_records
from keepone.merge_plan.checking import verify_plan
from keepone.merge_plan.document import Plan
from keepone.merge_plan.guide import restoring_guide
from keepone.merge_plan.making import README, file_names, new_folder
from keepone.merge_plan.restoration import Restoration, way_back
from keepone.merge_plan.sheets import write_updates
from keepone.merge_plan.tables import Cell, Limits, write_machine_table
from keepone.merge_plan.targets import NAME
from keepone.merge_plan.wire import EMPTIES, Refusal, csv_text, read_value, says_yes
from keepone.readers.id_headers import header_key
from keepone.rules.salesforce import find_roles, standard_field

ROLLBACK = "rollback"
# Pointers that nobody can write: they follow the contact, or the relation is made anew.
_FOLLOW = frozenset({"user", "account_contact_relation"})
_CHILD_FIELDS = {"accountid": "AccountId", "account": "AccountId", "whatid": "WhatId"}


@dataclass(frozen=True, slots=True)
class Pack:
    """The way back of a plan, and the folder that it was written to."""

    plan: Plan
    restoration: Restoration
    folder: Path


def write_way_back(plan_folder: Path, limits: Limits) -> Pack:
    """Verify a plan and write its way back into its folder.

    Raises what `verify_plan` does, and `WorkspaceError` where it cannot be written or is there.
    """
    plan = verify_plan(plan_folder).plan
    before = read_before(plan_folder, plan)
    restoration = way_back(plan, before)
    out = plan_folder / ROLLBACK
    if out.exists():
        message = f"{out} is there already"
        raise WorkspaceError(message, hint="It was written before; delete it to have it anew.")
    with new_folder(out) as folder:
        _write(folder, plan, before, restoration, limits)
    return Pack(plan, restoration, out)


def _write(
    folder: Path, plan: Plan, before: Before, restoration: Restoration, limits: Limits
) -> None:
    rows = before.rows()
    followers = [pointer.record_id for pointer in restoration.accounts]
    touched = list(dict.fromkeys([*touched_records(plan), *followers]))
    images = ([record, *rows[record]] for record in touched)
    write_machine_table(
        folder, "before_images", ["keepone_record_id", *before.headers], images, limits
    )
    write_updates(
        folder,
        "1_masters",
        plan,
        ((update.record_id, update.values) for update in restoration.masters),
        limits,
    )
    if plan.salesforce:
        write_undeletes(folder, plan, restoration.undelete)
    for column, pointers in _by_column(restoration).items():
        name = account_field(plan, column)
        stem = "3_parents" if column == plan.parent_column else f"3_accounts_{_as_name(name)}"
        write_machine_table(folder, stem, [plan.id_header, name], pointers, limits)
    _write_children(folder, plan, restoration, limits)
    _write_inserts(folder, plan, before, restoration, limits)
    crosswalk = ([record, restoration.into.get(record), None] for record in restoration.undelete)
    write_machine_table(folder, "crosswalk", ["old_id", "master_id", "new_id"], crosswalk, limits)
    write_text(folder / README, restoring_guide(plan, restoration, file_names(folder)))


def _by_column(restoration: Restoration) -> Mapping[str, list[Sequence[Cell]]]:
    found: defaultdict[str, list[Sequence[Cell]]] = defaultdict(list)
    for pointer in restoration.accounts:
        found[pointer.column].append(
            [pointer.record_id, pointer.target or pointer.value or EMPTIES]
        )
    return found


def account_field(plan: Plan, column: str) -> str:
    """Return the field that a pointing column of the accounts is written to."""
    for target in plan.targets:
        if target.column == column:
            return target.api_name
    standard = standard_field(column)
    return column if standard is None or not plan.salesforce else standard.api_name


def _write_children(folder: Path, plan: Plan, restoration: Restoration, limits: Limits) -> None:
    """Write the map of all children that moved, and a file to load for each kind that can be."""
    header = ["child_id", "kind", "column", "account_before", "value_before", "account_after"]
    rows = (
        [each.child_id, each.kind, each.column, each.parent_id, each.value, each.master]
        for each in restoration.children
    )
    write_machine_table(folder, "reparent_map", header, rows, limits)
    kinds: defaultdict[tuple[str, str], list[Sequence[Cell]]] = defaultdict(list)
    for each in restoration.children:
        if each.kind not in _FOLLOW:
            kinds[each.kind, each.column].append([each.child_id, each.parent_id])
    for (kind, column), pointers in sorted(kinds.items()):
        field = _CHILD_FIELDS.get(header_key(column), column) if plan.salesforce else column
        stem = f"4_{_as_name(kind)}_{_as_name(field)}"
        write_machine_table(folder, stem, ["Id", field], pointers, limits)


def _write_inserts(
    folder: Path, plan: Plan, before: Before, restoration: Restoration, limits: Limits
) -> None:
    """Write what makes records again, as far as their fields take it.

    Where they point to a record that is gone as well, they are pointed there afterwards. The name
    of a person account is made of its parts.
    """
    gone = set(restoration.undelete)
    rows = before.rows()
    meant = {
        column: dict(zip(before.ids, targets, strict=True))
        for column, targets in before.meant().items()
    }

    person = find_roles(before.headers).get("person", "")

    def cells(record: str) -> Iterator[Cell]:
        values = dict(zip(before.headers, rows[record], strict=True))
        if plan.salesforce and says_yes(values.get(person)):
            values |= {target.column: None for target in plan.targets if target.api_name == NAME}
        for target in plan.targets:
            pointed = meant.get(target.column, {}).get(record)
            text = values.get(target.column) if pointed is None else pointed
            value = None if text is None or pointed in gone else read_value(target, text)
            yield None if value is None or isinstance(value, Refusal) else csv_text(value)

    header = ["old_id", *(target.api_name for target in plan.targets)]
    inserts = ([record, *cells(record)] for record in restoration.undelete)
    write_machine_table(folder, "5_insert_if_purged", header, inserts, limits)


def _as_name(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "field"
