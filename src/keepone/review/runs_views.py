"""The pages of runs and lists: each shows what its JSON twin in `runs_api` gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from keepone.merge_plan.checks import acceptable_checks
from keepone.regrouping import KINDS
from keepone.review import pages, runs_api, shapes, starting, takeaway
from keepone.review.office import office_of
from keepone.review.runs_api import Admin, RunId
from keepone.review.shapes import Opened
from keepone.review.takeaway import Kind
from keepone.rules.legal_forms import legal_forms
from keepone.word_lists import WordLists, read_lists

router = APIRouter(include_in_schema=False)

Accepted = Annotated[list[str], Query(max_length=20)]


@router.get("/runs")
def runs(request: Request) -> Response:
    """List the runs of the workspace, those under way first."""
    desk = office_of(request).desk
    return pages.render(
        request,
        "runs.html.j2",
        here="runs",
        runs=shapes.run_lines(desk),
        jobs={job.run_id: job for job in runs_api.jobs(request)},
    )


@router.get("/compare")
def compare(request: Request, a: RunId | None = None, b: RunId | None = None) -> Response:
    """Show what became of the groups of one run in another; the page of runs has them chosen."""
    if a is None or b is None:
        return RedirectResponse("/runs", status_code=303)
    return pages.render(
        request,
        "compare.html.j2",
        here="runs",
        a=a,
        b=b,
        found=runs_api.compare(request, a, b),
        kinds=KINDS,
    )


@router.get("/start")
def start(request: Request, person: Admin) -> Response:  # noqa: ARG001 - the role
    """Show the form that starts a run."""
    return pages.render(
        request,
        "start.html.j2",
        here="runs",
        fields=starting.field_names(),
        most_bytes=office_of(request).uploads.most_bytes,
    )


@router.get("/jobs/{run_id}")
def job(request: Request, run_id: str, *, part: bool = False) -> Response:
    """Show how far a run has come; as a part of a page with `part`."""
    template = "job_state.html.j2" if part else "job.html.j2"
    return pages.render(request, template, here="runs", job=runs_api.job(request, run_id))


@router.get("/runs/{run_id}/files")
def files(request: Request, opened: Opened) -> Response:
    """List what can be taken away of a run."""
    order = office_of(request).jobs.order(opened.run.run_id)
    return pages.render(
        request,
        "files.html.j2",
        run=opened.run,
        here="files",
        files=runs_api.files(opened),
        children=len(order.children) if order else 0,
        checks=acceptable_checks(),
    )


@router.get("/runs/{run_id}/files/{kind}")
def file(request: Request, opened: Opened, kind: Kind, accept: Accepted = []) -> Response:  # noqa: B006 - never changed
    """Make a file of a run and hand it over."""
    office = office_of(request)
    order = office.jobs.order(opened.run.run_id)
    children = office.uploads.paths(order.children) if order and kind == "plan" else []
    path = takeaway.make(office.desk.workspace, opened.run, kind, children, accept)
    return FileResponse(
        path,
        media_type=takeaway.KINDS[kind].media,
        filename=path.name,
        background=BackgroundTask(takeaway.discard, path),
    )


@router.get("/lists")
def lists(request: Request, run: RunId | None = None) -> Response:
    """Show what the workspace adds to the shipped lists, to be changed."""
    desk = office_of(request).desk
    finished = [line for line in shapes.run_lines(desk) if line.status == "finished"]
    known = {line.run_id for line in finished}
    chosen = run if run in known else (finished[0].run_id if finished else None)
    found = runs_api.lists(request)
    return pages.render(
        request,
        "lists.html.j2",
        here="lists",
        run=desk.find(chosen) if chosen and run else None,
        runs=finished,
        chosen=chosen,
        version=found.version,
        blacklist="\n".join(found.lists.blacklist),
        legal_forms=_lines(found.lists.legal_forms),
        abbreviations=_lines(found.lists.abbreviations),
        classes=sorted({name for name in legal_forms().suffix.values() if name}),
    )


@router.post("/runs/{run_id}/lists")
def preview(request: Request, opened: Opened, asked: WordLists) -> Response:
    """Show, as a part of the page of lists, what they would do to a run."""
    return pages.render(
        request,
        "list_preview.html.j2",
        run=opened.run,
        preview=runs_api.preview_lists(request, opened, asked),
        unsaved=asked != read_lists(office_of(request).desk.workspace),
    )


def _lines(table: Mapping[str, Sequence[str]]) -> str:
    """Return a table as it is written on the page: a line for each word."""
    return "\n".join(f"{word}: {', '.join(texts)}" for word, texts in table.items())
