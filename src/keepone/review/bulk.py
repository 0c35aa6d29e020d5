"""One decision on every group of a list: counted first, then written whole or not at all."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from keepone.decisions import Decision, RecordKey
from keepone.errors import ChangedError, DecisionError
from keepone.review import deciding
from keepone.review.deciding import Text
from keepone.review.desk import OpenRun
from keepone.review.listing import ListQuery

# More are decided by settings, not one by one.
MOST_GROUPS = 10_000


class BulkAsked(BaseModel):
    """The same decision on all groups of a list; `groups` is how many the person was told of."""

    model_config = ConfigDict(extra="forbid")

    query: ListQuery
    kind: Literal["same", "different", "disposition"]
    value: Text | None = None
    why: Text = ""
    groups: Annotated[int, Field(ge=1, le=MOST_GROUPS)]


class BulkDone(BaseModel):
    """How many decisions were written, and between which positions of the log."""

    decisions: int
    first: int
    last: int


class BulkBack(BaseModel):
    """The entries to take back: one's own, between two positions."""

    model_config = ConfigDict(extra="forbid")

    first: Annotated[int, Field(ge=1, le=2**53)]
    last: Annotated[int, Field(ge=1, le=2**53)]


def write(opened: OpenRun, asked: BulkAsked, author: str) -> BulkDone:
    """Write the decisions, all or none.

    Raises `ChangedError` where the list no longer holds as many groups as the person was told of,
    `DecisionError` where nothing in it can be decided so.
    """
    overlay = opened.standing.overlay
    positions = opened.listing.positions(asked.query, overlay)
    if len(positions) != asked.groups:
        message = f"the list now has {len(positions):,} groups, and {asked.groups:,} were shown"
        raise ChangedError(message, hint="Look at the list again, then decide.")
    decisions = []
    for position in positions.tolist():
        keys = deciding.keys_of_group(opened, position)
        if asked.kind == "disposition":
            parts: tuple[tuple[RecordKey, ...], ...] = (tuple(keys),)
        elif len(keys) < 2:
            continue
        else:
            parts = (tuple(keys),) if asked.kind == "same" else tuple((key,) for key in keys)
        decisions.append(Decision(asked.kind, author, parts, asked.why, value=asked.value))
    if not decisions:
        message = "no group of the list has two records"
        raise DecisionError(message, hint="Filter by size, or decide on dispositions.")
    written = opened.log.extend(decisions)
    opened.standing.update()
    return BulkDone(decisions=len(written), first=written[0].position, last=written[-1].position)


def take_back(opened: OpenRun, asked: BulkBack, author: str) -> BulkDone:
    """Take back what the author decided between two positions, all or nothing."""
    standing = opened.standing
    standing.update()
    mine = [
        each
        for each in standing.in_force()
        if each.author == author and asked.first <= each.position <= asked.last
    ]
    if not mine:
        message = "there is nothing of yours to take back there"
        raise DecisionError(message, hint="It may have been taken back already.")
    undos = [Decision("undo", author, undoes=each.id) for each in mine]
    written = opened.log.extend(undos)
    standing.update()
    return BulkDone(decisions=len(written), first=written[0].position, last=written[-1].position)
