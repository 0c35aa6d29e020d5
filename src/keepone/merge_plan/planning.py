"""Groups become steps: who is merged when, which value travels with which step, what is left out.

Groups are taken in order, and each is judged as the groups before it leave the export: a parent
that they merged away is where they took it. A group that would close a circle of parents at any of
its steps is left out, and the ones after it go on without it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from keepone.merge_plan.accounts import Accounts
from keepone.merge_plan.checks import GroupChecks
from keepone.merge_plan.document import MOST_DUPLICATES, Deletion, Group, LeftOut, Step
from keepone.merge_plan.groups import Junk, MergeGroup
from keepone.merge_plan.targets import NAME, Target
from keepone.merge_plan.wire import Refusal, apex_string, read_value, says_yes

# Characters of values in one step; a script holds 32,000, with all around them.
_MOST_CARRIED = 24_000


@dataclass(slots=True)
class Planned:
    """What came of the run's groups and junk."""

    groups: list[Group] = field(default_factory=list)
    deletions: list[Deletion] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


class Planner:
    """Plans the groups of one export, one after the other.

    With `travel`, values go with the merge that makes them due; else all are written afterwards, as
    where a CRM's merge takes none along.
    """

    def __init__(
        self,
        accounts: Accounts,
        children: pa.Table,
        targets: Sequence[Target],
        accepted: frozenset[str],
        *,
        travel: bool,
    ) -> None:
        self._accounts = accounts
        self._checks = GroupChecks(accounts, children)
        self._targets = {target.column: target for target in targets}
        self._accepted = accepted
        self._travel = travel
        self._pointers = {header: meant.to_pylist() for header, meant in accounts.pointers.items()}
        self._parent = accounts.roles.get("parent")
        self._hierarchy = _Hierarchy(accounts.ids, self._pointers.get(self._parent or "", []))
        self._persons = accounts.column(accounts.roles.get("person"))
        self._holders = {
            target.column: _holders(accounts, target.column) for target in targets if target.late
        }
        self._into: dict[str, str] = {}
        self._steps = 0
        self.planned = Planned()

    def add(self, group: MergeGroup) -> None:
        """Plan one group, or leave it out with the reasons."""
        if not all(record in self._accounts.place for record in group.members):
            # What is gone has been objected to; there is nothing more to look at.
            self._leave_out(group, dict(group.objections))
            return
        findings = self._checks.findings(group)
        for check in self._accepted:
            findings.pop(check, None)
        golden = self._golden(group, findings)
        steps, late = self._parted(group, golden)
        if not findings and not self._hierarchy.merge(group, steps, self._parent):
            findings["hierarchy_cycle"] = "merging it would make an account its own ancestor"
        if findings:
            self._leave_out(group, findings)
            return
        self._steps += len(steps)
        self._into |= dict.fromkeys(group.losers, group.master)
        self.planned.groups.append(
            Group(
                group_id=group.group_id,
                master=group.master,
                steps=steps,
                late=late,
                golden=golden,
                oldest=self._oldest(group),
            )
        )

    def delete(self, junk: Iterable[Junk], children: pa.Table, *, children_given: bool) -> None:
        """Plan the deletion of junk that nothing points to; the rest is left out."""
        pointed = set(children.column("parent_id").to_pylist())
        accounts = {parent for meant in self._pointers.values() for parent in meant}
        for record in junk:
            check = None
            if record.objections:
                check, why = record.objections[0]
            elif record.record_id in pointed:
                check, why = "has_children", "child records point to it and would go with it"
            elif record.record_id in accounts:
                check, why = "has_children", "other accounts point to it"
            elif not children_given:
                check, why = (
                    "children_unknown",
                    (
                        "no child export was given, so what would be deleted with it is not known;"
                        " make the plan with --children"
                    ),
                )
            if check is None:
                deletion = Deletion(record_id=record.record_id, reason=record.reason)
                self.planned.deletions.append(deletion)
            else:
                self.planned.left_out.append(
                    LeftOut(
                        check=check,
                        group_id=None,
                        records=[record.record_id],
                        reason=f"{record.reason}; {why}",
                    )
                )

    def _leave_out(self, group: MergeGroup, findings: Mapping[str, str]) -> None:
        records = list(group.members)
        self.planned.left_out += [
            LeftOut(check=check, group_id=group.group_id, records=records, reason=reason)
            for check, reason in findings.items()
        ]

    def _golden(self, group: MergeGroup, findings: dict[str, str]) -> dict[str, str | None]:
        """Return what the group's record says otherwise in the end; what is refused is found."""
        golden: dict[str, str | None] = {}
        row = self._accounts.place[group.master]
        for column, winner in group.winners.items():
            value = winner.value
            target = self._targets.get(column)
            if target is not None and target.api_name == NAME and self._is_person(row):
                continue  # made of first and last name
            if column in self._pointers and winner.source is not None:
                meant = self._pointers[column][self._accounts.place[winner.source]]
                own = self._pointers[column][row]
                if meant is not None:
                    value = self._now(meant)
                    if own is not None and self._now(own) == value:
                        continue
            if target is not None:
                self._judge(group, target, value, findings)
            golden[column] = value
        return golden

    def _judge(
        self, group: MergeGroup, target: Target, value: str | None, findings: dict[str, str]
    ) -> None:
        """Find a value that its field would refuse, now or on the way back."""
        own = self._accounts.cell(target.column, group.master)
        for text in (value, own):
            read = None if text is None else read_value(target, text)
            if isinstance(read, Refusal):
                findings["value_refused"] = f"the value {text!r} of {target.column!r} is {read.why}"
        if target.late and value is not None and self._is_taken(target.column, value, group):
            findings["unique_value_taken"] = (
                f"the value {value!r} of {target.column!r} has to be unique, and a record outside"
                " the group has it"
            )

    def _parted(
        self, group: MergeGroup, golden: Mapping[str, str | None]
    ) -> tuple[list[Step], dict[str, str | None]]:
        """Return the steps with what travels with each, and what is written afterwards.

        A value travels with the record that it comes from, so that each step leaves a sound record;
        texts that would make a step too long for a script do not travel.
        """
        losers = group.losers
        parts = [
            list(losers[at : at + MOST_DUPLICATES]) for at in range(0, len(losers), MOST_DUPLICATES)
        ]
        place = {record: at for at, part in enumerate(parts) for record in part}
        values: list[dict[str, str | None]] = [{} for _ in parts]
        room = [_MOST_CARRIED] * len(parts)
        late: dict[str, str | None] = {}
        for column, value in golden.items():
            target = self._targets.get(column)
            if target is None:
                continue
            at = place.get(group.winners[column].source or "", len(parts) - 1)
            length = len(apex_string(value or ""))
            if target.late or not self._travel or length > room[at]:
                late[column] = value
            else:
                values[at][column] = value
                room[at] -= length
        steps = [
            Step(number=self._steps + at, duplicates=part, values=carried)
            for at, (part, carried) in enumerate(zip(parts, values, strict=True), start=1)
        ]
        return steps, late

    def _is_person(self, row: int) -> bool:
        return says_yes(self._persons[row])

    def _is_taken(self, column: str, value: str, group: MergeGroup) -> bool:
        return not self._holders[column].get(value.casefold(), set()) <= set(group.members)

    def _now(self, record: str) -> str:
        """Return where a record is by now: itself, or the master that it was merged into."""
        while record in self._into:
            record = self._into[record]
        return record

    def _oldest(self, group: MergeGroup) -> str | None:
        """Return the record whose created date the master takes over; None if it is its own."""
        made = self._accounts.created
        dated = [
            (day, record != group.master, record)
            for record in group.members
            if (day := made[self._accounts.place[record]]) is not None
        ]
        oldest = min(dated)[2] if dated else group.master
        return None if oldest == group.master else oldest


class _Hierarchy:
    """Who is whose parent while groups are merged, among the accounts of the export."""

    def __init__(self, ids: pa.Array, parents: Sequence[str | None]) -> None:
        self._parent: dict[str, str] = {}
        self._children: defaultdict[str, set[str]] = defaultdict(set)
        for record, parent in zip(ids.to_pylist(), parents or [None] * len(ids), strict=True):
            self._set(record, parent)

    def merge(self, group: MergeGroup, steps: Iterable[Step], column: str | None) -> bool:
        """Merge a group; False, with nothing changed, where a step would close a circle."""
        undo: list[Callable[[], None]] = []
        for step in steps:
            for record in step.duplicates:
                children = sorted(self._children.get(record, ()))
                undo += [self._moved(child, group.master) for child in children]
                undo.append(self._moved(record, None))
            if column is not None and column in step.values:
                undo.append(self._moved(group.master, step.values[column]))
            if self._circles(group.master):
                for back in reversed(undo):
                    back()
                return False
        return True

    def _moved(self, record: str, parent: str | None) -> Callable[[], None]:
        """Give a record another parent; what is returned takes that back."""
        before = self._parent.get(record)
        self._set(record, parent)
        return lambda: self._set(record, before)

    def _set(self, record: str, parent: str | None) -> None:
        before = self._parent.pop(record, None)
        if before is not None:
            self._children[before].discard(record)
        if parent is not None:
            self._parent[record] = parent
            self._children[parent].add(record)

    def _circles(self, record: str) -> bool:
        """Whether a record is its own ancestor; circles that were there before are not its own."""
        seen: set[str] = set()
        above = self._parent.get(record)
        while above is not None and above not in seen:
            if above == record:
                return True
            seen.add(above)
            above = self._parent.get(above)
        return False


def _holders(accounts: Accounts, column: str) -> Mapping[str, set[str]]:
    """Return the records that have each value of a column; letter case does not tell them apart."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for record, value in zip(accounts.ids.to_pylist(), accounts.column(column), strict=True):
        if value is not None:
            found[value.casefold()].add(record)
    return found
