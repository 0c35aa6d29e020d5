"""The app: puts pages, their JSON twins and the guard together."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.staticfiles import StaticFiles

from keepone.decisions.log import DecisionLog
from keepone.errors import ChangedError, GateError, KeeponeError, RunError, UserError
from keepone.review import api, pages, runs_api, runs_views, views
from keepone.review.access import Door
from keepone.review.ahead import NotYetError
from keepone.review.desk import Desk
from keepone.review.guard import Guard, secured
from keepone.review.office import Office
from keepone.review.prepared import sweep
from keepone.review.shapes import Problem
from keepone.review.uploads import MOST_MEGABYTES, Uploads
from keepone.settings import WORKSPACE_DECISIONS


def create_app(
    workspace: Path,
    door: Door,
    hosts: Iterable[str],
    log: DecisionLog,
    *,
    first_run: str | None = None,
    decisions: str = WORKSPACE_DECISIONS,
    upload_megabytes: int = MOST_MEGABYTES,
) -> FastAPI:
    """Return the app over one workspace and its log, addressed by one of `hosts` (with port).

    Runs that are started in it take their decisions from where `decisions` says, which is that log.
    Files that are handed in have at most `upload_megabytes`.
    """
    app = FastAPI(
        title="Keepone review",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    uploads = Uploads(workspace, upload_megabytes)
    office = Office(Desk(workspace, log), door, uploads, decisions, first_run=first_run)
    sweep(workspace)
    uploads.remove_old(office.jobs.uploads())
    app.state.office = office
    for part in (api, runs_api, views, runs_views):
        app.include_router(part.router)
    files = StaticFiles(packages=[("keepone.review", "static")])
    app.mount(f"/static/{pages.static_version()}", files, name="static")
    app.add_exception_handler(KeeponeError, _told)
    app.add_exception_handler(NotYetError, _not_yet)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _misunderstood)
    app.add_exception_handler(Exception, _failed)
    app.add_middleware(Guard, sessions=office.sessions, door=door, hosts=tuple(hosts))
    return app


_STATUS: dict[type[KeeponeError], int] = {
    ChangedError: 409,
    GateError: 409,
    RunError: 404,
    UserError: 400,
    KeeponeError: 500,
}


_HINTS = {
    403: "Ask an admin: `keepone users add` gives the role.",
    404: "The page of runs lists what there is.",
}


async def _told(request: Request, error: Exception) -> Response:
    """Answer with what went wrong and what to do: 4xx if the user can mend it."""
    assert isinstance(error, KeeponeError)
    status = next(code for kind, code in _STATUS.items() if isinstance(error, kind))
    return _problem(request, status, error.message, error.hint)


async def _not_yet(request: Request, error: Exception) -> Response:
    """Ask to come back soon, and show how far the run is laid out; the page comes back itself."""
    assert isinstance(error, NotYetError)
    if request.url.path.startswith("/api/"):
        answer = _problem(request, 503, str(error), "Ask again in a second.")
    else:
        percent = round(100 * error.share)
        answer = pages.render(request, "laying.html.j2", 503, run_id=error.run_id, percent=percent)
    answer.headers["retry-after"] = "1"
    return answer


async def _refused(request: Request, error: Exception) -> Response:
    """Answer what no route takes: an address that is not there, a body that is too long."""
    assert isinstance(error, HTTPException)
    answer = _problem(request, error.status_code, error.detail, _HINTS.get(error.status_code))
    answer.headers.update(error.headers or {})
    return answer


async def _misunderstood(request: Request, error: Exception) -> Response:
    """Answer what does not have the form that the API describes: which part, and why.

    What was sent is not repeated: it may be no text.
    """
    assert isinstance(error, RequestValidationError)
    told = []
    for one in error.errors():
        names = [each for each in one["loc"][1:] if isinstance(each, str)]
        told.append(f"{'.'.join(names) or one['loc'][0]}: {one['msg']}")
    readable = "; ".join(told).encode(errors="replace").decode()
    return _problem(request, 422, readable, "The page of the API says what each part may be.")


async def _failed(request: Request, _error: Exception) -> Response:
    """Answer where the app itself is at fault; the server prints the error."""
    says, hint = "the app failed, and its terminal says why", "Nothing was decided. Try it again."
    answer = _problem(request, 500, says, hint)
    secured(answer.headers)
    answer.headers["cache-control"] = "no-store"
    return answer


def _problem(request: Request, status: int, says: str, hint: str | None) -> Response:
    if request.url.path.startswith("/api/"):
        return JSONResponse(Problem(detail=says, hint=hint).model_dump(), status_code=status)
    return pages.render(request, "error.html.j2", status, says=says, hint=hint)
