"""The app: puts pages, their JSON twins and the guard together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.staticfiles import StaticFiles

from keepone.errors import KeeponeError, RunError, UserError
from keepone.review import api, pages, views
from keepone.review.access import Door, Failures, Sessions
from keepone.review.desk import Desk
from keepone.review.guard import Guard


@dataclass
class Office:
    """What the parts of one app share: the runs, the door, who is in."""

    desk: Desk
    door: Door
    sessions: Sessions = field(default_factory=Sessions)
    failures: Failures = field(default_factory=Failures)
    # The run that the command line named: where the app begins.
    first_run: str | None = None


def create_app(
    workspace: Path, door: Door, hosts: Iterable[str], *, first_run: str | None = None
) -> FastAPI:
    """Return the app over one workspace, addressed by one of `hosts` (with port)."""
    app = FastAPI(
        title="Keepone review",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    office = Office(Desk(workspace), door, first_run=first_run)
    app.state.office = office
    app.include_router(api.router)
    app.include_router(views.router)
    app.mount("/static", StaticFiles(packages=[("keepone.review", "static")]), name="static")
    app.add_exception_handler(KeeponeError, _told)
    app.add_middleware(Guard, sessions=office.sessions, hosts=tuple(hosts))
    return app


async def _told(request: Request, error: Exception) -> Response:
    """Answer with what went wrong and what to do: 4xx if the user can mend it."""
    assert isinstance(error, KeeponeError)
    status = 404 if isinstance(error, RunError) else 400 if isinstance(error, UserError) else 500
    if request.url.path.startswith("/api/"):
        return JSONResponse({"detail": error.message, "hint": error.hint}, status_code=status)
    return pages.render(request, "error.html.j2", status, says=error.message, hint=error.hint)
