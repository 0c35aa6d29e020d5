"""The log of decisions as people read it: who, when, what, why, where, and what came of it."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from keepone.decisions import Decision
from keepone.review.deciding import says, told
from keepone.review.desk import OpenRun
from keepone.review.group_shapes import GroupRef
from keepone.review.outcome import group_refs

State = Literal["holds", "taken back", "gave way", "contradicted", "not in this run"]
Order = Literal["newest", "conflicts"]


class LogQuery(BaseModel):
    """What is listed of the log; every field is a parameter of the address."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: Annotated[str, Field(max_length=200, description="Who decided.")] = ""
    kind: Annotated[str, Field(max_length=30, description="What kind of decision.")] = ""
    state: Annotated[State | Literal["all"], Field(description="What became of it.")] = "all"
    sort: Annotated[
        Order, Field(description="The newest first, or those that do not agree before others.")
    ] = "newest"
    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    per_page: Annotated[int, Field(ge=10, le=200)] = 50


class LogLine(BaseModel):
    """One decision, and what became of it.

    `gave_way_to` says which one holds instead, where two contradict each other; `against` what of
    the run's data speaks against it. `taken_back_by` is the entry that took it back, which to take
    back does it again, and `taken_back_said` tells who did.
    """

    id: str
    position: int
    kind: str
    author: str
    time: str
    says: str
    why: str
    state: State
    gave_way_to: str | None
    against: str | None
    taken_back_by: str | None
    taken_back_said: str | None
    groups: list[GroupRef]


class LogPage(BaseModel):
    """One page of the log; `conflicts` counts, of all of it, what does not agree."""

    run_id: str
    decisions: int
    conflicts: int
    pages: int
    page: int
    authors: list[str]
    kinds: list[str]
    lines: list[LogLine]


def log_page(opened: OpenRun, query: LogQuery) -> LogPage:
    """Return the page of the log that `query` asks for."""
    standing = opened.standing
    entries = [each for each in standing.entries() if each.undoes is None and each.kind != "forget"]
    overruled = standing.overruled()
    states = {each.id: _state(opened, each, overruled.keys()) for each in entries}
    chosen = [
        each
        for each in reversed(entries)
        if (not query.by or each.author == query.by)
        and (not query.kind or each.kind == query.kind)
        and query.state in {"all", states[each.id]}
    ]
    if query.sort == "conflicts":
        chosen.sort(key=lambda each: states[each.id] not in _CONFLICTS)
    undone_by = standing.undone_by()
    start = (query.page - 1) * query.per_page
    lines = [
        LogLine(
            id=each.id,
            position=each.position,
            kind=each.kind,
            author=each.author,
            time=each.time,
            says=says(each),
            why=each.why,
            state=states[each.id],
            gave_way_to=told(overruled.get(each.id)) if states[each.id] == "gave way" else None,
            against=opened.contradicted.get(each.id),
            taken_back_by=undone_by[each.id].id if each.id in undone_by else None,
            taken_back_said=_taken_back(undone_by.get(each.id)),
            groups=_groups(opened, each),
        )
        for each in chosen[start : start + query.per_page]
    ]
    return LogPage(
        run_id=opened.run.run_id,
        decisions=len(chosen),
        conflicts=sum(state in _CONFLICTS for state in states.values()),
        pages=max(1, -(-len(chosen) // query.per_page)),
        page=query.page,
        authors=sorted({each.author for each in entries}),
        kinds=sorted({each.kind for each in entries}),
        lines=lines,
    )


def _state(opened: OpenRun, decision: Decision, overruled: AbstractSet[str]) -> State:
    if opened.standing.is_undone(decision):
        return "taken back"
    if decision.id in overruled:
        return "gave way"
    if decision.id in opened.contradicted:
        return "contradicted"
    named = any(True for _ in decision.records)
    return "not in this run" if named and not opened.standing.parts(decision) else "holds"


def _taken_back(undo: Decision | None) -> str | None:
    return f"by {undo.author} on {undo.time[:10]}" if undo else None


def _groups(opened: OpenRun, decision: Decision) -> list[GroupRef]:
    """Return the groups of the records that a decision names, a few of them."""
    groups = {int(opened.prepared.group_at[row]) for row in opened.standing.rows(decision)}
    return group_refs(opened, sorted(groups)[:_GROUPS_SHOWN])


_GROUPS_SHOWN = 3
_CONFLICTS = frozenset({"gave way", "contradicted"})
