"""What a page asks to be decided, as entries of the log."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from keepone.decisions import Decision, RecordKey
from keepone.errors import DecisionError, RunError
from keepone.review.desk import OpenRun
from keepone.review.prepared import at

Text = Annotated[str, Field(max_length=2000)]
RecordId = Annotated[str, Field(min_length=1, max_length=1000)]

_MOST_RECORDS = 10_000
_OF_ALL = ("same", "different", "disposition", "note")


class Asked(BaseModel):
    """One decision on records of a run, as docs/decisions.md describes the kinds.

    `parts` are sets of record ids. With `everyone`, it is about all records of the group, shown or
    not: same, different, disposition and note alone can be. With `group_id` and `version`, both as
    the page showed them, it is refused if somebody has decided on the group since.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Literal[
        "same", "different", "split", "move", "primary", "value", "disposition", "note", "blacklist"
    ]
    parts: Annotated[list[list[RecordId]], Field(max_length=_MOST_RECORDS)] = []
    everyone: bool = False
    names: Annotated[list[Text], Field(max_length=_MOST_RECORDS)] = []
    field: Text | None = None
    value: Text | None = None
    why: Text = ""
    group_id: Annotated[str, Field(max_length=200)] | None = None
    version: Annotated[int, Field(ge=0, le=2**53)] | None = None


class GroupState(BaseModel):
    """How one group stands after a decision; `position` is the log's."""

    group_id: str
    open: bool
    decided: bool
    version: int


class Done(BaseModel):
    """What was written, and the groups that it changed."""

    decision_id: str
    kind: str
    says: str
    position: int
    groups: list[GroupState]


def decision_of(opened: OpenRun, asked: Asked, author: str) -> Decision:
    """Return the decision that is asked for; raises `DecisionError` where it does not hold."""
    parts = _everyone(opened, asked) if asked.everyone else _parts(opened, asked)
    if sum(map(len, parts)) > _MOST_RECORDS:
        message = f"a decision names more than {_MOST_RECORDS:,} records"
        raise DecisionError(message, hint="Decide in parts.")
    return Decision(
        asked.kind,
        author,
        parts,
        asked.why,
        tuple(asked.names),
        asked.field,
        asked.value,
        seen=seen_by(opened, asked),
        version=asked.version,
    )


def seen_by(opened: OpenRun, asked: Asked) -> tuple[str, ...]:
    """Return what the page showed that speaks against taking records for one."""
    if asked.kind not in {"same", "split", "move"} or asked.group_id is None:
        return ()
    position = opened.prepared.position(asked.group_id)
    if position is None:
        return ()
    (line,) = at(opened.prepared.groups, [position], ["flags", "min_score"])
    low = line["min_score"] is not None and line["min_score"] < opened.manifest.thresholds["auto"]
    return tuple(
        name
        for name, seen in (("ids_differ", "ids_conflict" in line["flags"]), ("low_score", low))
        if seen
    )


def write(opened: OpenRun, asked: Asked, author: str) -> Done:
    """Write a decision; it is on the disk when this returns.

    Raises `ChangedError` where somebody has decided on the group since it was shown.
    """
    decision = decision_of(opened, asked, author)
    group: list[RecordKey] = []
    if asked.group_id is not None:
        position = opened.prepared.position(asked.group_id)
        if position is None:
            message = f"the run {opened.run.run_id} has no group {asked.group_id}"
            raise RunError(message, hint="Search for one of its records.")
        group = keys_of_group(opened, position)
    written = opened.log.append(decision, shown=asked.version, group=group)
    return done(opened, written)


def done(opened: OpenRun, written: Decision) -> Done:
    """Return what a new entry did to the run's groups."""
    change = opened.standing.update()
    return Done(
        decision_id=written.id,
        kind=written.kind,
        says=says(written),
        position=written.position,
        groups=[state(opened, group) for group in sorted(change.groups)],
    )


def state(opened: OpenRun, group: int) -> GroupState:
    """Return how a group stands."""
    standing = opened.standing
    return GroupState(
        group_id=opened.prepared.groups.column("group_id")[group].as_py(),
        open=standing.is_open(group),
        decided=standing.is_decided(group),
        version=standing.version(group),
    )


def keys_of_group(opened: OpenRun, position: int) -> list[RecordKey]:
    """Return the keys of a group's records."""
    rows = opened.prepared.rows_of(position)
    lines = at(opened.prepared.records, rows, ["record_id", "dataset"])
    return [RecordKey.of(line["record_id"], line["dataset"]) for line in lines]


def _parts(opened: OpenRun, asked: Asked) -> tuple[tuple[RecordKey, ...], ...]:
    keys = _keys(opened, [each for part in asked.parts for each in part])
    return tuple(tuple(keys[each] for each in part) for part in asked.parts)


def _everyone(opened: OpenRun, asked: Asked) -> tuple[tuple[RecordKey, ...], ...]:
    position = opened.prepared.position(asked.group_id) if asked.group_id else None
    if position is None or asked.parts or asked.kind not in _OF_ALL:
        message = "a decision on a whole group names the group and no records"
        raise DecisionError(message, hint=f"It can be {', '.join(_OF_ALL)}.")
    keys = keys_of_group(opened, position)
    return tuple((key,) for key in keys) if asked.kind == "different" else (tuple(keys),)


def _keys(opened: OpenRun, ids: list[str]) -> dict[str, RecordKey]:
    rows = opened.prepared.rows(dict.fromkeys(ids))
    if missing := [each for each in ids if each not in rows]:
        message = f"the run {opened.run.run_id} has no record {missing[0]!r}"
        raise RunError(message, hint="Load the page again.")
    lines = at(opened.prepared.records, list(rows.values()), ["record_id", "dataset"])
    return {
        each: RecordKey.of(line["record_id"], line["dataset"])
        for each, line in zip(rows, lines, strict=True)
    }


def says(decision: Decision) -> str:
    """Return what a decision says, in a few words."""
    records = sum(1 for _ in decision.records)
    several = "1 record" if records == 1 else f"{records:,} records"
    parts = decision.parts
    named = " and ".join(f"“{name}”" for name in decision.names if name)
    told = {
        "same": f"{several} are the same",
        "different": f"{several} are not the same",
        "split": f"split into {len(parts)} parts{': ' if named else ''}{named}",
        "move": f"{len(parts[0]) if parts else 0} moved"
        f"{' to another group' if len(parts) > 1 and parts[1] else ' out'}",
        "primary": "another primary",
        "value": f"{decision.field}: “{decision.value}”",
        "disposition": f"{several}: {decision.value}",
        "note": f"note: {decision.value}",
        "blacklist": f"“{decision.value}” is no name",
        "undo": "taken back",
        "redo": "done again",
        "forget": "forgotten",
    }
    return told.get(decision.kind, decision.kind)
