"""The log of decisions as people read it: who, when, what, why, where, and what came of it."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from keepone.decisions import Decision, resolve
from keepone.review.deciding import says
from keepone.review.desk import OpenRun
from keepone.review.group_page import NAMELESS

State = Literal["holds", "taken back", "gave way", "not in this run"]


class LogQuery(BaseModel):
    """What is listed of the log; every field is a parameter of the address."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: Annotated[str, Field(max_length=200, description="Who decided.")] = ""
    kind: Annotated[str, Field(max_length=30, description="What kind of decision.")] = ""
    state: Annotated[State | Literal["all"], Field(description="What became of it.")] = "all"
    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    per_page: Annotated[int, Field(ge=10, le=200)] = 50


class LogGroup(BaseModel):
    """A group of the run that a decision names records of."""

    group_id: str
    name: str


class LogLine(BaseModel):
    """One decision. `gave_way_to` says which one holds instead, where two contradict each other."""

    id: str
    position: int
    kind: str
    author: str
    time: str
    says: str
    why: str
    state: State
    gave_way_to: str | None
    groups: list[LogGroup]


class LogPage(BaseModel):
    """One page of the log, the newest first."""

    run_id: str
    decisions: int
    pages: int
    page: int
    authors: list[str]
    kinds: list[str]
    lines: list[LogLine]


def log_page(opened: OpenRun, query: LogQuery) -> LogPage:
    """Return the page of the log that `query` asks for."""
    standing = opened.standing
    told = [each for each in standing.entries() if each.undoes is None and each.kind != "forget"]
    overruled = resolve(standing.in_force()).overruled
    states = {each.id: _state(opened, each, overruled.keys()) for each in told}
    chosen = [
        each
        for each in reversed(told)
        if (not query.by or each.author == query.by)
        and (not query.kind or each.kind == query.kind)
        and query.state in {"all", states[each.id]}
    ]
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
            gave_way_to=_newer(overruled.get(each.id)) if states[each.id] == "gave way" else None,
            groups=_groups(opened, each),
        )
        for each in chosen[start : start + query.per_page]
    ]
    return LogPage(
        run_id=opened.run.run_id,
        decisions=len(chosen),
        pages=max(1, -(-len(chosen) // query.per_page)),
        page=query.page,
        authors=sorted({each.author for each in told}),
        kinds=sorted({each.kind for each in told}),
        lines=lines,
    )


def _state(opened: OpenRun, decision: Decision, overruled: AbstractSet[str]) -> State:
    if opened.standing.is_undone(decision):
        return "taken back"
    if decision.id in overruled:
        return "gave way"
    named = any(True for _ in decision.records)
    return "not in this run" if named and not opened.standing.rows(decision) else "holds"


def _newer(decision: Decision | None) -> str | None:
    return f"{says(decision)}, {decision.said}" if decision else None


def _groups(opened: OpenRun, decision: Decision) -> list[LogGroup]:
    """Return the groups of the records that a decision names, a few of them."""
    groups = opened.prepared.groups
    at = {int(opened.prepared.group_at[row]) for row in opened.standing.rows(decision)}
    return [
        LogGroup(
            group_id=groups.column("group_id")[group].as_py(),
            name=groups.column("primary_name")[group].as_py() or NAMELESS,
        )
        for group in sorted(at)[:_GROUPS_SHOWN]
    ]


_GROUPS_SHOWN = 3
