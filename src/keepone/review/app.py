"""The app: puts pages, their JSON twins and the guard together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.staticfiles import StaticFiles

from keepone.decisions.log import DecisionLog
from keepone.errors import ChangedError, KeeponeError, RunError, UserError
from keepone.review import api, pages, views
from keepone.review.access import Door, Failures, Sessions
from keepone.review.ahead import NotYetError
from keepone.review.desk import Desk
from keepone.review.guard import Guard
from keepone.review.live import Live
from keepone.review.queue import Claims


@dataclass
class Office:
    """What the parts of one app share: the runs, the door, who is in."""

    desk: Desk
    door: Door
    sessions: Sessions = field(default_factory=Sessions)
    failures: Failures = field(default_factory=Failures)
    claims: Claims = field(default_factory=Claims)
    live: Live = field(default_factory=Live)
    # The run that the command line named: where the app begins.
    first_run: str | None = None


def create_app(
    workspace: Path,
    door: Door,
    hosts: Iterable[str],
    log: DecisionLog,
    *,
    first_run: str | None = None,
) -> FastAPI:
    """Return the app over one workspace and its log, addressed by one of `hosts` (with port)."""
    app = FastAPI(
        title="Keepone review",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    office = Office(Desk(workspace, log), door, first_run=first_run)
    app.state.office = office
    app.include_router(api.router)
    app.include_router(views.router)
    files = StaticFiles(packages=[("keepone.review", "static")])
    app.mount(f"/static/{pages.static_version()}", files, name="static")
    app.add_exception_handler(KeeponeError, _told)
    app.add_exception_handler(NotYetError, _not_yet)
    app.add_middleware(Guard, sessions=office.sessions, hosts=tuple(hosts))
    return app


_STATUS: dict[type[KeeponeError], int] = {
    ChangedError: 409,
    RunError: 404,
    UserError: 400,
    KeeponeError: 500,
}


async def _told(request: Request, error: Exception) -> Response:
    """Answer with what went wrong and what to do: 4xx if the user can mend it."""
    assert isinstance(error, KeeponeError)
    status = next(code for kind, code in _STATUS.items() if isinstance(error, kind))
    if request.url.path.startswith("/api/"):
        return JSONResponse({"detail": error.message, "hint": error.hint}, status_code=status)
    return pages.render(request, "error.html.j2", status, says=error.message, hint=error.hint)


async def _not_yet(request: Request, error: Exception) -> Response:
    """Ask to come back soon, and show how far the run is laid out; the page comes back itself."""
    assert isinstance(error, NotYetError)
    soon = {"retry-after": "1"}
    if request.url.path.startswith("/api/"):
        told = {"detail": str(error), "hint": "Ask again in a second."}
        return JSONResponse(told, status_code=503, headers=soon)
    page = pages.render(
        request, "laying.html.j2", 503, run_id=error.run_id, percent=round(100 * error.share)
    )
    page.headers.update(soon)
    return page
