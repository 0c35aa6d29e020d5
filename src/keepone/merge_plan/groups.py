"""What a plan is made from: groups with their golden values, and records to delete.

This is all that the plan knows of a run's verdict; `run_groups` reads it from a run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Winner:
    """A golden value that is not the master's own: the text as it came, None for none.

    `source` is the record that it comes from; None where it is put together from several.
    """

    value: str | None
    source: str | None


@dataclass(frozen=True, slots=True)
class MergeGroup:
    """One group to merge: the record that stays, and those that go into it, in order.

    `winners` has the columns in which the golden record differs from the master, by header.
    `objections` says why the group cannot be merged as it is, beside what the export shows: by
    check, in words.
    """

    group_id: str
    master: str
    losers: tuple[str, ...]
    winners: Mapping[str, Winner]
    objections: tuple[tuple[str, str], ...] = ()

    @property
    def members(self) -> tuple[str, ...]:
        """All its records, the master first."""
        return (self.master, *self.losers)


@dataclass(frozen=True, slots=True)
class Junk:
    """One record that the run wants deleted, with its reason.

    `objections` says why it cannot be as it is, beside what the export shows: by check, in words.
    """

    record_id: str
    reason: str
    objections: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What a run decided, as far as a plan carries it out; `groups` are of two records and more."""

    groups: tuple[MergeGroup, ...]
    junk: tuple[Junk, ...]

    def objecting(self, check: str, reasons: Mapping[str, str]) -> Verdicts:
        """Return the verdicts with an objection wherever there are `reasons` against a record."""
        groups = []
        for group in self.groups:
            first = next((record for record in group.members if record in reasons), None)
            if first is not None:
                objection = (check, f"{first} {reasons[first]}")
                group = replace(group, objections=(*group.objections, objection))  # noqa: PLW2901
            groups.append(group)
        junk = (
            replace(each, objections=(*each.objections, (check, reasons[each.record_id])))
            if each.record_id in reasons
            else each
            for each in self.junk
        )
        return Verdicts(tuple(groups), tuple(junk))
