"""What pages and their JSON twins are made of."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query
from pydantic import BaseModel
from starlette.requests import Request

from keepone.errors import RunError
from keepone.manifest import Manifest
from keepone.review.desk import Desk, OpenRun
from keepone.review.group_page import NAMELESS, GroupPage
from keepone.review.listing import ListQuery
from keepone.review.prepared import at
from keepone.runs import Run


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
    label = manifest.settings.get("disposition", {}).get("labels", {}).get("Verify", "Verify")
    return RunLine(
        run_id=run.run_id,
        status=manifest.status,
        started=manifest.started_at,
        inputs=[each.file for each in manifest.inputs],
        records=counts.records if counts else None,
        groups=counts.groups if counts else None,
        verify=counts.dispositions.get(label, 0) if counts else None,
    )


def group_list(opened: OpenRun, query: ListQuery) -> GroupList:
    """Return the page of the list that `query` asks for."""
    overlay = opened.overlay
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


def group_page(opened: OpenRun, group_id: str, first: int) -> GroupPage:
    """Return one group; `RunError` where the run has none of that id."""
    position = opened.prepared.position(group_id)
    if position is None:
        message = f"the run {opened.run.run_id} has no group {group_id}"
        raise RunError(
            message, hint="It may have another id since the export changed: search for it."
        )
    return opened.pages.page(position, first)


_OF_LINE = [
    "group_id", "primary_name", "size", "min_score", "verify", "review_priority", "flags",
]  # fmt: skip


def open_run(request: Request, run_id: str) -> OpenRun:
    """Return the run that an address names."""
    desk: Desk = request.app.state.office.desk
    return desk.open(run_id)


Opened = Annotated[OpenRun, Depends(open_run)]
Asked = Annotated[ListQuery, Query()]
First = Annotated[int, Query(ge=0, le=10_000_000, description="Members left out at the start.")]
