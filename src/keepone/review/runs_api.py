"""What can be asked of runs and lists as JSON: compared, started, followed, taken away, changed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request

from keepone.difference import Circumstances, compare_manifests
from keepone.regrouping import Regrouping, compare_groups
from keepone.review import starting, takeaway
from keepone.review.access import Person
from keepone.review.guard import announced_length
from keepone.review.jobs import Job
from keepone.review.list_preview import ListPreview, preview
from keepone.review.office import office_of
from keepone.review.shapes import Opened, admin_of
from keepone.review.starting import Choices, Inspected, RunAsked
from keepone.review.takeaway import Takeaway
from keepone.review.uploads import Upload
from keepone.word_lists import WordLists, read_lists, write_lists

router = APIRouter(prefix="/api")

# Groups of each kind that a comparison shows.
SHOWN = 12

Admin = Annotated[Person, Depends(admin_of)]
RunId = Annotated[str, Query(min_length=1, max_length=64)]
FileName = Annotated[str, Query(min_length=1, max_length=255)]


class Comparison(BaseModel):
    """Two runs: what they were told and counted differently, and what became of groups."""

    circumstances: Circumstances
    regrouping: Regrouping


@router.get("/compare")
def compare(request: Request, a: RunId, b: RunId) -> Comparison:
    """Tell what became of the groups of run a in run b."""
    desk = office_of(request).desk
    one, other = desk.find(a), desk.find(b)
    return Comparison(
        circumstances=compare_manifests(one.finished(), other.finished()),
        regrouping=compare_groups(one, other, limit=SHOWN),
    )


@router.post("/uploads", status_code=201)
async def upload(request: Request, person: Admin, name: FileName) -> Upload:  # noqa: ARG001 - the role
    """Hand in a file, which is the body as it is; it is bounded, and checked by what it holds."""
    announced = announced_length(request.headers)
    return await office_of(request).uploads.receive(name, announced, request.stream())


@router.delete("/uploads/{upload_id}", status_code=204)
def discard_upload(request: Request, person: Admin, upload_id: str) -> None:  # noqa: ARG001 - the role
    """Take back a file that no run was started with."""
    office = office_of(request)
    if upload_id not in office.jobs.uploads():
        office.uploads.remove(upload_id)


@router.post("/inspect")
def inspect(request: Request, person: Admin, asked: Choices) -> Inspected:  # noqa: ARG001 - the role
    """Tell what a run would take the columns of files for, with these choices."""
    return starting.inspect_uploads(asked, office_of(request).uploads)


@router.get("/jobs")
def jobs(request: Request) -> list[Job]:
    """Every run that was started in the app, the newest first."""
    return office_of(request).jobs.all()


@router.post("/jobs", status_code=201)
def start(request: Request, person: Admin, asked: RunAsked) -> Job:
    """Start a run over files that were handed in; it goes on in a process of its own."""
    order = starting.order_of(asked, office_of(request).uploads, person.name)
    return office_of(request).jobs.start(order)


@router.get("/jobs/{run_id}")
def job(request: Request, run_id: str) -> Job:
    """Tell how far a run has come, or how it ended; events of the kind `job` say when to look."""
    return office_of(request).jobs.find(run_id)


@router.post("/jobs/{run_id}/cancel")
def cancel(request: Request, person: Admin, run_id: str) -> Job:  # noqa: ARG001 - the role
    """Have a run give up; what it has done stays, and is used when it is started again."""
    return office_of(request).jobs.cancel(run_id)


@router.post("/jobs/{run_id}/again")
def again(request: Request, person: Admin, run_id: str) -> Job:  # noqa: ARG001 - the role
    """Go on with a run that failed or was cancelled."""
    return office_of(request).jobs.again(run_id)


@router.post("/jobs/{run_id}/anew", status_code=201)
def anew(request: Request, person: Admin, run_id: str) -> Job:
    """Start a new run over the same files: it takes what lists and decisions say by now."""
    return office_of(request).jobs.anew(run_id, person.name)


@router.get("/runs/{run_id}/files")
def files(opened: Opened) -> list[Takeaway]:
    """Every file that can be made of a run, with the address that makes it."""
    return takeaway.takeaways(opened.run)


class Lists(BaseModel):
    """The lists of the workspace; `version` comes back with a change of them."""

    model_config = ConfigDict(extra="forbid")

    lists: WordLists
    version: str


@router.get("/lists")
def lists(request: Request) -> Lists:
    """Tell what the workspace adds to the shipped lists."""
    found = read_lists(office_of(request).desk.workspace)
    return Lists(lists=found, version=found.version)


@router.put("/lists")
def change_lists(request: Request, person: Admin, asked: Lists) -> Lists:  # noqa: ARG001 - the role
    """Change the lists for the runs to come. 409 if somebody else has changed them meanwhile."""
    workspace = office_of(request).desk.workspace
    write_lists(workspace, asked.lists, version=asked.version)
    return lists(request)


@router.post("/runs/{run_id}/lists")
def preview_lists(request: Request, opened: Opened, asked: WordLists) -> ListPreview:
    """Tell what lists would do to a run; nothing is changed."""
    return preview(opened, read_lists(office_of(request).desk.workspace), asked)
