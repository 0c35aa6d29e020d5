"""The JSON twins of the pages."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request

from keepone.review import shapes
from keepone.review.group_page import GroupPage
from keepone.review.shapes import Asked, First, GroupList, Opened, RunLine

router = APIRouter(prefix="/api")


@router.get("/runs")
def runs(request: Request) -> list[RunLine]:
    """Every run of the workspace, the one last worked on first."""
    return shapes.run_lines(request.app.state.office.desk)


@router.get("/runs/{run_id}/groups")
def groups(opened: Opened, asked: Asked) -> GroupList:
    """One page of a list of groups."""
    return shapes.group_list(opened, asked)


@router.get("/runs/{run_id}/groups/{group_id}")
def group(opened: Opened, group_id: str, first: First = 0) -> GroupPage:
    """One group: its members, fields, links, and what nearly joined it."""
    return shapes.group_page(opened, group_id, first)
