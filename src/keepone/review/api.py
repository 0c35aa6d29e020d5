"""The JSON twins of the pages, and what pages ask to be done."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import StreamingResponse

from keepone.decisions import Decision
from keepone.errors import RunError
from keepone.review import bulk, deciding, shapes
from keepone.review.access import Person
from keepone.review.bulk import BulkAsked, BulkBack, BulkDone
from keepone.review.dashboard import Dashboard, dashboard
from keepone.review.deciding import Asked, Done
from keepone.review.desk import OpenRun
from keepone.review.group_shapes import GroupPage
from keepone.review.logbook import LogPage, log_page
from keepone.review.office import office_of
from keepone.review.shapes import (
    After,
    First,
    Found,
    GroupList,
    ListAsked,
    LogAsked,
    Opened,
    Problem,
    QueueAsked,
    RunLine,
    Targets,
    person_of,
    reviewer_of,
)

_Answers = dict[int | str, dict[str, Any]]


def _problems(**said: str) -> _Answers:
    """Return answers other than the wanted one, by status, for the description of the API."""
    return {
        int(status.lstrip("_")): {"model": Problem, "description": says}
        for status, says in said.items()
    }


router = APIRouter(
    prefix="/api",
    responses=_problems(
        _401="No session",
        _421="Addressed by another name",
        _422="Not of the form described here",
        _503="The users cannot be read, or the run is being laid out",
    ),
)
_JSON_LINES = "application/jsonl"
_OF_RUN = _problems(_404="No such run, group or record")
_OF_CHANGE = _OF_RUN | _problems(
    _400="It does not hold together",
    _403="The role does not allow it, or the page is out of date",
    _409="Somebody has decided meanwhile",
    _413="Too much at once",
)

Reviewer = Annotated[Person, Depends(reviewer_of)]
Anybody = Annotated[Person, Depends(person_of)]
RecordId = Annotated[str, Query(min_length=1, max_length=1000)]


@router.get("/runs")
def runs(request: Request) -> list[RunLine]:
    """Every run of the workspace, the one last worked on first."""
    return shapes.run_lines(office_of(request).desk)


@router.get("/runs/{run_id}", responses=_OF_RUN)
def board(opened: Opened) -> Dashboard:
    """Tell how a run and its review stand."""
    return dashboard(opened)


@router.get("/runs/{run_id}/groups", responses=_OF_RUN)
def groups(opened: Opened, asked: ListAsked) -> GroupList:
    """One page of a list of groups."""
    return shapes.group_list(opened, asked)


@router.get("/runs/{run_id}/groups/{group_id}", responses=_OF_RUN)
def group(
    request: Request, opened: Opened, group_id: str, person: Anybody, first: First = 0
) -> GroupPage:
    """One group: its members, fields, links, decisions, and what nearly joined it."""
    return shapes.group_page(request, opened, group_id, first, person)


@router.get("/runs/{run_id}/groups/{group_id}/members", responses=_OF_RUN)
def members(
    opened: Opened, group_id: str, q: Annotated[str, Query(min_length=1, max_length=200)]
) -> Found:
    """Find the members of a group, shown or not, that hold a text in any of their values."""
    return shapes.found_members(opened, group_id, q)


@router.get("/runs/{run_id}/groups/{group_id}/targets", responses=_OF_RUN)
def targets(
    opened: Opened, group_id: str, q: Annotated[str, Query(max_length=200)] = ""
) -> Targets:
    """Tell where records of a group may be moved: what nearly joined, then what holds a text."""
    return shapes.targets(opened, group_id, q)


class Next(BaseModel):
    """The group that a reviewer is to look at next, None where nothing is open."""

    group_id: str | None


@router.get("/runs/{run_id}/queue", responses=_OF_RUN)
def next_in_queue(request: Request, opened: Opened, asked: QueueAsked, person: Anybody) -> Next:
    """Tell which open group follows another in the order of a list."""
    return Next(group_id=shapes.next_group(request, opened, asked, person))


@router.get("/runs/{run_id}/decisions", responses=_OF_RUN)
def decisions(opened: Opened, asked: LogAsked) -> LogPage:
    """One page of the log of decisions, the newest first."""
    return log_page(opened, asked)


@router.get(
    "/runs/{run_id}/decisions/export",
    response_class=StreamingResponse,
    responses={200: {"content": {_JSON_LINES: {}}, "description": "The log"}, **_OF_RUN},
)
def export(opened: Opened) -> StreamingResponse:
    """Give the whole log as JSON lines, one entry a line, for `keepone decisions import`."""
    lines = (f"{entry.as_json()}\n" for entry in opened.log.entries())
    return StreamingResponse(
        lines,
        media_type=_JSON_LINES,
        headers={"content-disposition": 'attachment; filename="decisions.jsonl"'},
    )


@router.get("/runs/{run_id}/explain", responses=_OF_RUN)
def explain(opened: Opened, a: RecordId, b: RecordId) -> dict[str, Any]:
    """Tell why two records are one company to the run, or not: what each field added."""
    return opened.explainer.explain(a, b).as_dict()


@router.post("/runs/{run_id}/decisions", status_code=201, responses=_OF_CHANGE)
def decide(request: Request, opened: Opened, asked: Asked, person: Reviewer) -> Done:
    """Decide; it is on the disk when this answers. 409 if somebody else has decided meanwhile."""
    written = deciding.write(opened, asked, person.name)
    _tell(request, opened, written)
    return written


@router.post("/runs/{run_id}/undo", responses=_OF_CHANGE)
def undo(
    request: Request, opened: Opened, person: Reviewer, decision_id: str | None = None
) -> Done:
    """Take back what one decided last, or one entry."""
    entry = opened.log.undo(person.name, decision_id)
    return _acted(request, opened, entry, "There is nothing to take back")


@router.post("/runs/{run_id}/redo", responses=_OF_CHANGE)
def redo(request: Request, opened: Opened, person: Reviewer) -> Done:
    """Take one's last undo back."""
    return _acted(request, opened, opened.log.redo(person.name), "There is nothing to redo")


@router.post("/runs/{run_id}/bulk", status_code=201, responses=_OF_CHANGE)
def decide_all(request: Request, opened: Opened, asked: BulkAsked, person: Reviewer) -> BulkDone:
    """Decide on every group of a list, all or none. 409 if the list has changed meanwhile."""
    written = bulk.write(opened, asked, person.name)
    _tell_all(request, opened, written)
    return written


@router.post("/runs/{run_id}/bulk/back", responses=_OF_CHANGE)
def take_back(request: Request, opened: Opened, asked: BulkBack, person: Reviewer) -> BulkDone:
    """Take back what one decided between two positions of the log, all of it."""
    written = bulk.take_back(opened, asked, person.name)
    _tell_all(request, opened, written)
    return written


@router.get("/runs/{run_id}/sample", responses=_OF_RUN)
def next_sampled(opened: Opened, after: After = None) -> Next:
    """Tell which group of the blind sample has no decision yet."""
    return Next(group_id=shapes.next_sampled(opened, after))


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "Events as they come"}},
)
def events(request: Request) -> StreamingResponse:
    """Send what changes as server-sent events: `decided` with run, groups and who it was."""
    office, session = office_of(request), request.scope["session"]

    def may() -> bool:
        return not session.is_over and office.door.standing(session.person) is not None

    return StreamingResponse(
        office.live.listen(may),
        media_type="text/event-stream",
        headers={"x-accel-buffering": "no"},
    )


def _acted(request: Request, opened: OpenRun, entry: Decision | None, none: str) -> Done:
    if entry is None:
        raise RunError(none, hint="Only what you decided yourself is taken back by that.")
    written = deciding.done(opened, entry)
    _tell(request, opened, written)
    return written


def _tell_all(request: Request, opened: OpenRun, written: BulkDone) -> None:
    office_of(request).live.tell(
        "decided",
        run_id=opened.run.run_id,
        by=request.scope["session"].person.name,
        position=written.last,
        says=f"{written.decisions:,} decisions at once",
        left=opened.standing.overlay.left,
        groups=[],
    )


def _tell(request: Request, opened: OpenRun, written: Done) -> None:
    office_of(request).live.tell(
        "decided",
        run_id=opened.run.run_id,
        by=request.scope["session"].person.name,
        position=written.position,
        says=written.says,
        left=opened.standing.overlay.left,
        groups=[each.model_dump() for each in written.groups],
    )
