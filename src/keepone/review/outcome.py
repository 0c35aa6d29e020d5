"""What is to become of a group in the next run, by what was decided of it.

Decisions are resolved as a run resolves them. What they leave open, such as with which part a
record goes that no decision names, follows the links of this run; the next run judges it anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from keepone.decisions import Decision, RecordKey, Resolution, resolve
from keepone.review.desk import OpenRun
from keepone.review.group_shapes import NAMELESS, GroupRef, Outcome, Override, Part, RecordRef
from keepone.review.prepared import at

_NAMED = 6


@dataclass(frozen=True, slots=True)
class Judged:
    """The decisions that bear on a group, and what they come to; records go by row."""

    decisions: tuple[Decision, ...]
    resolution: Resolution
    row_of: Mapping[RecordKey, int]


def judged(opened: OpenRun, position: int) -> Judged | None:
    """Return what was decided of a group, and of groups that those decisions tie it to.

    None where nothing is in force.
    """
    standing = opened.standing
    found: dict[str, Decision] = {}
    seen, waiting = {position}, [position]
    while waiting:
        for decision in standing.about(waiting.pop()):
            found[decision.id] = decision
            tied = {int(opened.prepared.group_at[row]) for row in standing.rows(decision)} - seen
            seen |= tied
            waiting += sorted(tied)
    if not found:
        return None
    decisions = tuple(sorted(found.values(), key=lambda each: each.position))
    rows = standing.located(key for each in decisions for key in each.records)
    lines = at(opened.prepared.records, list(rows.values()), ["dataset", "record_id"])
    own = {
        key: RecordKey(line["dataset"], line["record_id"])
        for key, line in zip(rows, lines, strict=True)
    }
    resolution = resolve(decisions, own)
    return Judged(decisions, resolution, rows | {own[key]: row for key, row in rows.items()})


def outcome(opened: OpenRun, position: int, decided: Judged) -> Outcome:
    """Return what becomes of the group at a position."""
    sets = _parts(opened, position, decided)
    members = set(opened.prepared.rows_of(position).tolist())
    here = [rows for rows in sets if not members.isdisjoint(rows)]
    here.sort(key=lambda rows: (-len(members & set(rows)), rows[0]))
    return Outcome(
        parts=[_part(opened, position, rows, decided) for rows in here],
        overrides=_overrides(opened, position, members, decided),
    )


class _Parts:
    """Sets of rows that are joined while nothing that was decided keeps them apart."""

    def __init__(self, rows: Iterable[int]) -> None:
        self._above = {row: row for row in rows}
        self._apart: dict[int, set[int]] = {}

    def root(self, row: int) -> int:
        above = self._above
        while above[row] != row:
            above[row] = row = above[above[row]]
        return row

    def keep_apart(self, number: int, rows: Iterable[int]) -> None:
        for row in rows:
            self._apart.setdefault(self.root(row), set()).add(number)

    def join(self, one: int, other: int) -> None:
        """Join the sets of two rows, unless they are to be apart."""
        left, right = self.root(one), self.root(other)
        ours, theirs = self._apart.get(left, set()), self._apart.get(right, set())
        if left == right or ours & theirs:
            return
        first, second = min(left, right), max(left, right)
        self._above[second] = first
        if ours or theirs:
            self._apart[first] = ours | theirs

    def sets(self) -> list[list[int]]:
        found: dict[int, list[int]] = {}
        for row in sorted(self._above):
            found.setdefault(self.root(row), []).append(row)
        return list(found.values())


def _parts(opened: OpenRun, position: int, decided: Judged) -> list[list[int]]:
    """Return the sets of rows that will be one company, of all groups that decisions tie."""
    prepared = opened.prepared
    groups = {position} | {int(prepared.group_at[row]) for row in decided.row_of.values()}
    rows = {group: prepared.rows_of(group).tolist() for group in sorted(groups)}
    parts = _Parts(row for members in rows.values() for row in members)
    stands = dict(decided.row_of)
    for together in decided.resolution.together:
        held = [decided.row_of[key] for key in together if key in decided.row_of]
        # Its first record stands for all of them, also where this run does not have that one.
        if held:
            stands[together[0]] = held[0]
        for row in held[1:]:
            parts.join(held[0], row)
    for number, keys in enumerate(decided.resolution.apart):
        parts.keep_apart(number, [stands[key] for key in keys if key in stands])
    for members in rows.values():
        # Who no decision names goes with whom it is linked to best, else with the primary's part.
        for left, right in opened.pages.linked(members):
            parts.join(left, right)
        first = opened.pages.primary(members)
        for row in members:
            parts.join(first, row)
    return parts.sets()


def _part(opened: OpenRun, position: int, rows: Sequence[int], decided: Judged) -> Part:
    prepared = opened.prepared
    members = [row for row in rows if prepared.group_at[row] == position]
    others = [row for row in rows if prepared.group_at[row] != position]
    groups = sorted({int(prepared.group_at[row]) for row in others})
    primary, is_new = _primary(opened, position, rows, decided)
    return Part(
        name=_name(rows, decided),
        members=len(members),
        records=record_refs(opened, members[:_NAMED]),
        primary=None if primary is None else record_refs(opened, [primary])[0],
        new_primary=is_new,
        joined=len(others),
        joins=group_refs(opened, groups[:_NAMED]),
    )


def _primary(
    opened: OpenRun, position: int, rows: Sequence[int], decided: Judged
) -> tuple[int | None, bool]:
    """Return the record of a part that is to be kept, and whether that is another than today."""
    today = opened.pages.primary(opened.prepared.rows_of(position).tolist())
    named = [
        (each.by.position, decided.row_of[each.record])
        for each in decided.resolution.overrides
        if each.kind == "primary" and decided.row_of.get(each.record) in set(rows)
    ]
    if named:
        chosen = max(named)[1]
        return chosen, chosen != today
    return (today, False) if today in rows else (None, False)


def _name(rows: Sequence[int], decided: Judged) -> str | None:
    """Return what the newest decision calls the part that holds these rows."""
    there = set(rows)
    for decision in reversed(decided.decisions):
        for name, part in zip(decision.names, decision.parts, strict=False):
            if name and any(decided.row_of.get(key) in there for key in part):
                return name
    return None


def _overrides(
    opened: OpenRun, position: int, members: set[int], decided: Judged
) -> list[Override]:
    """Return what changes of records and of golden values; of two decisions the newer holds."""
    newest: dict[tuple[str, str], Override] = {}
    for each in sorted(decided.resolution.overrides, key=lambda one: one.by.position):
        row = decided.row_of.get(each.record)
        if row not in members or each.kind == "primary" or each.value is None:
            continue
        (record,) = record_refs(opened, [row])
        if each.kind == "disposition":
            about, then = ("disposition", record.record_id), opened.labels[each.value.lower()]
            now: str | None = opened.pages.disposition(row)
        else:
            # A value is of the company, whichever of its records it was decided on.
            about, then = ("", each.field or ""), each.value
            now = opened.pages.golden_value(position, about[1])
        what = about[0] or f"golden {about[1]}"
        newest[about] = Override(what=what, record=record, now=now, then=then)
    return [each for each in newest.values() if each.now != each.then]


def record_refs(opened: OpenRun, rows: Sequence[int]) -> list[RecordRef]:
    """Return what records are called, by row."""
    ids = at(opened.prepared.records, rows, ["record_id"])
    names = opened.pages.names(rows)
    return [
        RecordRef(record_id=line["record_id"], name=name)
        for line, name in zip(ids, names, strict=True)
    ]


def group_refs(opened: OpenRun, positions: Sequence[int]) -> list[GroupRef]:
    """Return what groups are called, by position."""
    lines = at(opened.prepared.groups, positions, ["group_id", "primary_name"])
    return [
        GroupRef(group_id=line["group_id"], name=line["primary_name"] or NAMELESS) for line in lines
    ]
