"""What pages and their JSON twins are made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends, HTTPException, Query
from pydantic import BaseModel
from starlette.requests import Request

from keepone.counts import labels_of
from keepone.errors import RunError
from keepone.manifest import Manifest
from keepone.review import queue
from keepone.review.access import Person, Role
from keepone.review.deciding import says, told
from keepone.review.desk import Desk, OpenRun
from keepone.review.group_shapes import NAMELESS, DecisionLine, GroupPage, RecordRef, Target
from keepone.review.listing import GroupQuery, ListQuery, QueueQuery
from keepone.review.logbook import LogQuery
from keepone.review.office import office_of
from keepone.review.outcome import judged, outcome, record_refs
from keepone.review.prepared import at
from keepone.runs import Run


class Problem(BaseModel):
    """Why something was not done, and what to do about it."""

    detail: str
    hint: str | None = None


class RunLine(BaseModel):
    """One run of the workspace; its figures are None until it is finished."""

    run_id: str
    status: str
    started: str
    inputs: list[str]
    records: int | None
    groups: int | None
    verify: int | None


class GroupLine(BaseModel):
    """One group in a list."""

    group_id: str
    name: str
    size: int
    min_score: float | None
    verify: int
    priority: float
    flags: list[str]
    decided: bool


class GroupList(BaseModel):
    """One page of a list of groups, and how much the whole list holds."""

    run_id: str
    groups: int
    records: int
    page: int
    pages: int
    lines: list[GroupLine]


def run_lines(desk: Desk) -> list[RunLine]:
    """Return the runs of the workspace, the one last worked on first."""
    return [_run_line(run, run.manifest()) for run in desk.runs()]


def _run_line(run: Run, manifest: Manifest) -> RunLine:
    counts = manifest.counts
    return RunLine(
        run_id=run.run_id,
        status=manifest.status,
        started=manifest.started_at,
        inputs=[each.file for each in manifest.inputs],
        records=counts.records if counts else None,
        groups=counts.groups if counts else None,
        verify=counts.dispositions.get(labels_of(manifest)["Verify"], 0) if counts else None,
    )


def group_list(opened: OpenRun, query: ListQuery) -> GroupList:
    """Return the page of the list that `query` asks for."""
    overlay = opened.standing.overlay
    listed = opened.listing.page(query, overlay)
    lines = at(opened.prepared.groups, listed.positions, _OF_LINE)
    return GroupList(
        run_id=opened.run.run_id,
        groups=listed.groups,
        records=listed.records,
        page=query.page,
        pages=listed.pages,
        lines=[
            GroupLine(
                group_id=line["group_id"],
                name=line["primary_name"] or NAMELESS,
                size=line["size"],
                min_score=line["min_score"],
                verify=line["verify"],
                priority=line["review_priority"],
                flags=[flag for flag in line["flags"].split(", ") if flag],
                decided=bool(overlay.decided[position]),
            )
            for position, line in zip(listed.positions, lines, strict=True)
        ],
    )


def group_page(
    request: Request, opened: OpenRun, group_id: str, first: int, person: Person
) -> GroupPage:
    """Return one group; `RunError` where the run has none of that id."""
    position = _position(opened, group_id)
    claims = office_of(request).claims
    standing = opened.standing
    version = standing.position  # read first: what is shown is of then or later
    page = opened.pages.page(position, first)
    page.open = standing.is_open(position)
    page.version = version
    decided = judged(opened, position)
    if decided is not None:
        page.outcome = outcome(opened, position, decided)
        overruled = decided.resolution.overruled
        page.decisions = [
            DecisionLine(
                id=each.id, kind=each.kind, author=each.author, time=each.time,
                says=says(each), why=each.why, gave_way_to=told(overruled.get(each.id)),
                against=opened.contradicted.get(each.id),
            )
            for each in standing.about(position)
        ]  # fmt: skip
    page.holder = claims.holder(opened.run.run_id, position, person.name)
    if page.open and page.holder is None:
        claims.take(opened.run.run_id, position, person.name)
    return page


class Targets(BaseModel):
    """Groups that records may be moved to, those that nearly joined first."""

    targets: list[Target]


def targets(opened: OpenRun, group_id: str, text: str) -> Targets:
    """Return groups that records of a group may be moved to, of those that hold `text` if any."""
    position = _position(opened, group_id)
    found: list[int] | None = None
    if text.strip():
        query = ListQuery(q=text, sort="size")
        found = opened.listing.positions(query, opened.standing.overlay).tolist()
    return Targets(targets=opened.pages.targets(position, found))


class Found(BaseModel):
    """The members of a group that hold a text."""

    members: list[RecordRef]


def found_members(opened: OpenRun, group_id: str, text: str) -> Found:
    """Return the members that hold `text` in any of their values."""
    rows = opened.pages.members(_position(opened, group_id), text)
    return Found(members=record_refs(opened, rows))


def next_group(request: Request, opened: OpenRun, query: QueueQuery, person: Person) -> str | None:
    """Return the id of the open group that comes next, None where nothing is open."""
    claims = office_of(request).claims
    found = queue.next_group(opened, claims, person.name, query)
    return None if found is None else opened.prepared.groups.column("group_id")[found].as_py()


class Walk(BaseModel):
    """The list that a queue goes through: what of all groups it holds, and how many are left."""

    query: ListQuery
    says: list[str]
    left: int


def walk(opened: OpenRun, query: ListQuery) -> Walk:
    """Return the list that a queue goes through which is asked for what `query` asks."""
    walked = query.walked()
    overlay = opened.standing.overlay
    order = opened.listing.positions(walked, overlay)
    every = len(order) == len(overlay.open)
    left = overlay.left if every else int(overlay.open[order].sum())
    return Walk(query=walked, says=_said(walked, opened.labels), left=left)


def _said(query: ListQuery, labels: Mapping[str, str]) -> list[str]:
    """Return in words what a list was asked for, each filter by itself."""
    least, most = query.score_from, query.score_to
    words = {
        f"holds “{query.q}”": query.q,
        " or ".join(labels[each] for each in query.disposition): query.disposition,
        " or ".join(query.rule).replace("_", " "): query.rule,
        " or ".join(query.flag).replace("_", " "): query.flag,
        f"{query.size_from:,} records or more": query.size_from > 1,
        f"at most {query.size_to or 0:,} records": query.size_to is not None,
        f"least score {least:g} to {most:g}": least > 0 or most < 100,
        f"decided by {query.by}": query.by,
        f"by {query.sort}{', the other way round' if query.reverse else ''}": (
            query.sort != "priority" or query.reverse
        ),
    }
    return [said for said, holds in words.items() if holds]


def next_sampled(opened: OpenRun, after: str | None) -> str | None:
    """Return the id of the next group of the blind sample without a decision, None after all."""
    drawn = opened.sample.tolist()
    at_ = opened.prepared.position(after) if after else None
    start = drawn.index(at_) + 1 if at_ in drawn else 0
    ids = opened.prepared.groups.column("group_id")
    waiting = [
        group for group in drawn[start:] + drawn[:start] if not opened.standing.is_decided(group)
    ]
    return ids[waiting[0]].as_py() if waiting else None


def _position(opened: OpenRun, group_id: str) -> int:
    position = opened.prepared.position(group_id)
    if position is None:
        message = f"the run {opened.run.run_id} has no group {group_id}"
        raise RunError(
            message, hint="Its id may be another since the export changed: search for it."
        )
    return position


_OF_LINE = [
    "group_id", "primary_name", "size", "min_score", "verify", "review_priority", "flags",
]  # fmt: skip


def open_run(request: Request, run_id: str) -> OpenRun:
    """Return the run that an address names, with all that was decided until now by whomever."""
    desk = office_of(request).desk
    opened = desk.open(run_id, patience=0)
    opened.standing.update()
    return opened


Opened = Annotated[OpenRun, Depends(open_run)]
ListAsked = Annotated[ListQuery, Query()]
GroupAsked = Annotated[GroupQuery, Query()]
LogAsked = Annotated[LogQuery, Query()]
QueueAsked = Annotated[QueueQuery, Query()]
After = Annotated[str | None, Query(max_length=200, description="The group one is at.")]
First = Annotated[int, Query(ge=0, le=10_000_000, description="Members left out at the start.")]


def person_of(request: Request) -> Person:
    """Return who asks."""
    person: Person = request.scope["session"].person
    return person


def reviewer_of(request: Request) -> Person:
    """Return who asks, if they may decide; 403 for others."""
    return _allowed(request, "reviewer")


def admin_of(request: Request) -> Person:
    """Return who asks, if they may change lists and runs; 403 for others."""
    return _allowed(request, "admin")


def _allowed(request: Request, role: Role) -> Person:
    person = person_of(request)
    if not person.may(role):
        raise HTTPException(403, f"this is for the role {role}; yours is {person.role}")
    return person
