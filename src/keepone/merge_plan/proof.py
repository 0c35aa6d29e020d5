"""Proofs: the plan is replayed, and so is the way back, and what comes of it is compared."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from keepone.merge_plan.before import Before, touched_records
from keepone.merge_plan.document import Plan
from keepone.merge_plan.restoration import Restoration, way_back
from keepone.merge_plan.simulator import IllegalError, Org


@dataclass(slots=True)
class Proof:
    """What replaying showed; the plan holds where there are no `findings`, one sentence each."""

    merges: int = 0
    merged: int = 0
    deleted: int = 0
    children: int = 0
    accounts: int = 0
    findings: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def prove(plan: Plan, before: Before) -> Proof:
    """Replay a plan and, where that holds, its way back, which has to give back every field."""
    proof, org = prove_plan(plan, before)
    if proof.holds:
        proof.findings += prove_restoration(org, way_back(plan, before), before)
    return proof


def prove_plan(plan: Plan, before: Before) -> tuple[Proof, Org]:
    """Replay a plan on the export as it was, and compare what comes of it with what it promises.

    It holds where every step is legal, each group ends as its golden record, each record to be
    merged or deleted is so once, nothing else changes but pointers to what was merged, and every
    child points to where its account went.
    """
    proof = Proof()
    org = _org(plan, before)
    _replay(plan, org, proof)
    if proof.holds:
        _compare(plan, before, org, proof)
    return proof, org


def prove_restoration(org: Org, restoration: Restoration, before: Before) -> list[str]:
    """Carry out the way back on an org that a plan left; return what is not as it was before."""
    try:
        for update in restoration.masters:
            org.update(update.record_id, update.values)
        for record in restoration.undelete:
            org.undelete(record)
        for pointer in restoration.accounts:
            org.point(pointer.record_id, pointer.column, pointer.value, pointer.target)
        for child in restoration.children:
            org.give_child(child.number, child.parent_id)
    except IllegalError as error:
        return [f"the way back: {error}"]
    was = before.rows()
    findings = [
        f"the way back: {record} is not as it was"
        for record, row in org.cells.items()
        if row != was[record] or record not in org.live
    ]
    if org.child_parents != before.children.column("parent_id").to_pylist():
        findings.append("the way back: not all children are where they were")
    return findings


def _org(plan: Plan, before: Before) -> Org:
    return Org(
        before,
        writable=[target.column for target in plan.targets],
        unique=[target.column for target in plan.targets if target.late],
        parent=plan.parent_column,
    )


def _replay(plan: Plan, org: Org, proof: Proof) -> None:
    where = "the plan"
    try:
        for group, step in plan.steps():
            where = f"step {step.number} (group {group.group_id})"
            org.merge(group.master, step.duplicates, step.values)
            proof.merges += 1
        for group in plan.groups:
            if group.late:
                where = f"update of {group.master}"
                org.update(group.master, group.late)
        for deletion in plan.deletions:
            where = f"deletion of {deletion.record_id}"
            org.delete(deletion.record_id)
    except IllegalError as error:
        proof.findings.append(f"{where}: {error}")
    proof.merged, proof.deleted = len(org.merged), len(org.deleted)


def _compare(plan: Plan, before: Before, org: Org, proof: Proof) -> None:
    counts = Counter(touched_records(plan))
    proof.findings += [
        f"{record} stands twice in the plan" for record, n in counts.items() if n > 1
    ]
    into = {record: group.master for group in plan.groups for record in group.losers}
    if org.merged != into:
        proof.findings.append("not the records that the plan names were merged")
    if org.deleted != {deletion.record_id for deletion in plan.deletions}:
        proof.findings.append("not the records that the plan names were deleted")
    if len(org.live) + len(org.merged) + len(org.deleted) != len(before.ids):
        proof.findings.append("a record was lost")
    _compare_cells(plan, before, org, into, proof)
    for number, (was, now) in enumerate(
        zip(before.children.column("parent_id").to_pylist(), org.child_parents, strict=True)
    ):
        if now != into.get(was, was):
            child = before.children.column("child_id")[number].as_py()
            proof.findings.append(f"the child {child} is not where its account went")
        proof.children += now != was


def _compare_cells(
    plan: Plan, before: Before, org: Org, into: dict[str, str], proof: Proof
) -> None:
    """Compare every live record with what it was and, for masters, with its golden record."""
    writable = {target.column for target in plan.targets}
    golden = {
        group.master: {
            column: value for column, value in group.golden.items() if column in writable
        }
        for group in plan.groups
    }
    meant = before.meant()
    for number, (record, row) in enumerate(before.rows().items()):
        if record not in org.live:
            continue
        wanted = golden.get(record, {})
        for place, column in enumerate(before.headers):
            value = wanted.get(column, row[place])
            pointed = value if column in wanted else None
            if column in meant and column not in wanted:
                pointed = meant[column][number]
            if column in meant and pointed in into:
                value = into[pointed]
                proof.accounts += 1
            if org.cells[record][place] != value:
                proof.findings.append(f"{record}: {column!r} does not end as its golden value")
