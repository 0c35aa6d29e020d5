"""The way back as data: what is written, taken out of the recycle bin and pointed back, in order.

Masters get their values back first, so that unique values are free again; then the merged and
deleted records return; then accounts get their parents back, from the top of each hierarchy down,
so that no circle closes on the way; then children their accounts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from keepone.merge_plan.before import Before, touched_records
from keepone.merge_plan.document import Plan


@dataclass(frozen=True, slots=True)
class MasterUpdate:
    """What a master gets back, by column; None where the field was empty."""

    record_id: str
    values: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class AccountPointer:
    """Where an account pointed to: the text of the export, and the record that it means.

    `target` is None for nothing, and for an account that the export does not have.
    """

    record_id: str
    column: str
    value: str | None
    target: str | None


@dataclass(frozen=True, slots=True)
class ChildPointer:
    """Where a child pointed to, and where the merge took it; `number` is its row in the images."""

    number: int
    child_id: str
    kind: str
    column: str
    value: str
    parent_id: str
    master: str


@dataclass(frozen=True, slots=True)
class Restoration:
    """The way back of one plan. `undelete` has merged and deleted records, `into` the masters."""

    masters: tuple[MasterUpdate, ...]
    undelete: tuple[str, ...]
    accounts: tuple[AccountPointer, ...]
    children: tuple[ChildPointer, ...]
    into: Mapping[str, str]


def way_back(plan: Plan, before: Before) -> Restoration:
    """Return what gives back the export as it was before the plan."""
    into = {record: group.master for group in plan.groups for record in group.losers}
    gone = [record for record in touched_records(plan) if record in into]
    gone += [deletion.record_id for deletion in plan.deletions]
    return Restoration(
        tuple(_masters(plan, before)),
        tuple(gone),
        tuple(_accounts(plan, before, into)),
        tuple(
            ChildPointer(
                number, row["child_id"], row["kind"], row["column"], row["value"],
                row["parent_id"], into[row["parent_id"]],
            )
            for number, row in enumerate(before.children.to_pylist())
            if row["parent_id"] in into
        ),
        into,
    )  # fmt: skip


def _masters(plan: Plan, before: Before) -> list[MasterUpdate]:
    place = {header: at for at, header in enumerate(before.headers)}
    written = {target.column for target in plan.targets} - set(before.pointers)
    rows = before.rows()
    found = []
    for group in plan.groups:
        row = rows[group.master]
        values = {column: row[place[column]] for column in group.golden if column in written}
        if values:
            found.append(MasterUpdate(group.master, values))
    return found


def _accounts(plan: Plan, before: Before, into: Mapping[str, str]) -> list[AccountPointer]:
    """Return the pointers that merges moved or wrote, those higher in the hierarchy first."""
    writable = {target.column for target in plan.targets}
    written = {
        (group.master, column)
        for group in plan.groups
        for column in group.golden
        if column in writable
    }
    rows, meant = before.rows(), before.meant()
    depth = _depths(dict(zip(before.ids, meant.get(plan.parent_column or "", []), strict=False)))
    place = {header: at for at, header in enumerate(before.headers)}
    found = []
    for column, targets in meant.items():
        for record, target in zip(before.ids, targets, strict=True):
            if target in into or (record, column) in written:
                value = rows[record][place[column]]
                found.append(AccountPointer(record, column, value, target))
    return sorted(found, key=lambda pointer: depth.get(pointer.record_id, 0))


def _depths(parents: Mapping[str, str | None]) -> dict[str, int]:
    """Return how many ancestors each record has; those of a circle count from where it is met."""
    depth: dict[str, int] = {}
    for record in parents:
        path: list[str] = []
        above: str | None = record
        walked: set[str] = set()
        while above is not None and above not in depth and above not in walked:
            path.append(above)
            walked.add(above)
            above = parents.get(above)
        base = depth.get(above, 0) if above is not None else -1
        for place, each in enumerate(reversed(path), start=1):
            depth[each] = base + place
    return depth
