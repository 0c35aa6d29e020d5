"""The pages: each shows what its JSON twin in `api` gives."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from keepone.errors import RunError
from keepone.explain.bars import bars_of
from keepone.review import pages, shapes
from keepone.review.access import Person
from keepone.review.api import Anybody, RecordId
from keepone.review.bulk import MOST_GROUPS
from keepone.review.dashboard import dashboard
from keepone.review.group_page import MEMBERS_SHOWN
from keepone.review.guard import cookie_name, cookie_of
from keepone.review.listing import GroupQuery
from keepone.review.logbook import log_page
from keepone.review.office import office_of
from keepone.review.shapes import After, GroupAsked, ListAsked, LogAsked, Opened, QueueAsked

router = APIRouter(include_in_schema=False)

# A report brings its style along, and says by its hash which; nothing else can be in it.
_REPORT = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'"
)


@router.get("/")
def home(request: Request) -> Response:
    """Show the run that the app was started for, else the runs there are."""
    first = office_of(request).first_run
    return RedirectResponse(f"/runs/{first}/queue" if first else "/runs", status_code=303)


@router.get("/enter")
def enter(  # nosec B107  # an address without a token lets nobody in
    request: Request,
    token: str = "",
    next: str = "/",  # noqa: A002 - as in the address
) -> Response:
    """Exchange the token in the address for a cookie, and take it out of the address."""
    office = office_of(request)
    person = office.door.by_token(token) if token else None
    if person is not None:
        return _let_in(request, person, next)
    status = 200 if office.door.asks_password else 401
    return pages.render(
        request,
        "enter.html.j2",
        status,
        asks_password=office.door.asks_password,
        next=_inside(next),
        wrong=None,
    )


@router.post("/login")
def login(
    request: Request,
    name: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form(max_length=1000)],
    next: Annotated[str, Form(max_length=2000)] = "/",  # noqa: A002 - as in the form
) -> Response:
    """Let in a user who knows the password; wrong ones are answered ever more slowly."""
    office = office_of(request)
    who = f"{request.client.host if request.client else ''} {name}"
    wait = office.failures.begin(who)
    person = None if wait else office.door.by_password(name, password)
    if person is not None:
        office.failures.forgive(who)
        return _let_in(request, person, next)
    wrong = f"Too many tries. Wait {wait} s." if wait else "Name or password is wrong."
    return pages.render(
        request,
        "enter.html.j2",
        429 if wait else 401,
        asks_password=office.door.asks_password,
        next=_inside(next),
        wrong=wrong,
    )


@router.post("/logout", status_code=204)
def logout(request: Request) -> Response:
    """End the session: its cookie opens nothing any more, wherever it was copied to."""
    office_of(request).sessions.end(cookie_of(request.scope))
    answer = Response(status_code=204, headers={"clear-site-data": '"cache", "storage"'})
    name = cookie_name(request.scope)
    answer.delete_cookie(name, path="/", httponly=True, samesite="strict")
    return answer


def _let_in(request: Request, person: Person, goal: str) -> Response:
    sessions = office_of(request).sessions
    sessions.end(cookie_of(request.scope))
    secret = sessions.begin(person)
    answer = RedirectResponse(_inside(goal), status_code=303)
    answer.set_cookie(
        cookie_name(request.scope),
        secret,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
        path="/",
    )
    return answer


def _inside(goal: str) -> str:
    """Return an address of this app: whatever names another host leads to the start."""
    try:
        parts = urlsplit(goal)
    except ValueError:
        return "/"
    ours = not parts.scheme and not parts.netloc and goal.startswith("/")
    return goal if ours and not goal.startswith(("//", "/\\")) and goal.isprintable() else "/"


@router.get("/api/docs")
def docs(request: Request) -> Response:
    """Describe the API."""
    return pages.render(request, "docs.html.j2", spec=request.app.openapi())


@router.get("/runs/{run_id}")
def board(request: Request, opened: Opened) -> Response:
    """Show how a run and its review stand."""
    return pages.render(
        request,
        "dashboard.html.j2",
        run=opened.run,
        here="dashboard",
        board=dashboard(opened),
        names={label: name for name, label in opened.labels.items()},
    )


@router.get("/runs/{run_id}/report")
def report(opened: Opened) -> Response:
    """Show the report of the run as it was written, under its own content security policy."""
    if opened.manifest.report is None:
        message = f"the run {opened.run.run_id} has no report"
        raise RunError(message, hint="Run it again with the same inputs and --run-id.")
    page = opened.run.path / opened.manifest.report.file
    return FileResponse(page, media_type="text/html", headers={"content-security-policy": _REPORT})


@router.get("/runs/{run_id}/groups")
def groups(request: Request, opened: Opened, asked: ListAsked) -> Response:
    """List groups."""
    found = shapes.group_list(opened, asked)
    return pages.render(
        request,
        "list.html.j2",
        run=opened.run,
        here="groups",
        base=f"/runs/{opened.run.run_id}/groups",
        query=asked,
        # A list of what is open is one to work through: its groups are opened in the queue.
        walked=pages.url(GroupQuery(queue=True, **asked.walked().model_dump()))
        if asked.state == "open"
        else "",
        listed=found,
        groups=found.lines,
        rules=sorted(opened.listing.rules),
        flags=opened.listing.flags,
        authors=sorted({*opened.standing.authors, *([asked.by] if asked.by else [])}),
        labels=opened.labels,
        left=opened.standing.overlay.left,
        most=MOST_GROUPS,
    )


@router.get("/runs/{run_id}/groups/{group_id}")
def group(
    request: Request,
    opened: Opened,
    group_id: str,
    person: Anybody,
    asked: GroupAsked,
) -> Response:
    """Show one group, in the queue or by itself."""
    found = shapes.group_page(request, opened, group_id, asked.first, person)
    return pages.render(
        request,
        "group.html.j2",
        run=opened.run,
        here="queue" if asked.queue else "groups",
        group=found,
        query=asked,
        walk=shapes.walk(opened, asked) if asked.queue else None,
        shown=MEMBERS_SHOWN,
        labels=opened.labels,
        thresholds=opened.manifest.thresholds,
    )


@router.get("/runs/{run_id}/queue")
def queue_page(request: Request, opened: Opened, asked: QueueAsked, person: Anybody) -> Response:
    """Lead to the group that is to be decided next."""
    group_id = shapes.next_group(request, opened, asked, person)
    if group_id is None:
        walk = shapes.walk(opened, asked)
        return pages.render(request, "done.html.j2", run=opened.run, here="queue", walk=walk)
    shown = GroupQuery(queue=True, **asked.walked().model_dump())
    address = f"/runs/{opened.run.run_id}/groups/{group_id}{pages.url(shown)}"
    return RedirectResponse(address, status_code=303)


@router.get("/runs/{run_id}/decisions")
def decisions(request: Request, opened: Opened, asked: LogAsked) -> Response:
    """List the log of decisions."""
    return pages.render(
        request,
        "log.html.j2",
        run=opened.run,
        here="decisions",
        base=f"/runs/{opened.run.run_id}/decisions",
        query=asked,
        log=log_page(opened, asked),
    )


@router.get("/runs/{run_id}/sample")
def sample(opened: Opened, after: After = None) -> Response:
    """Lead to the next group of the blind sample that nobody has decided on."""
    group_id = shapes.next_sampled(opened, after)
    base = f"/runs/{opened.run.run_id}"
    address = f"{base}/groups/{group_id}?blind=true" if group_id else base
    return RedirectResponse(address, status_code=303)


@router.get("/runs/{run_id}/explain")
def explain(
    request: Request,
    opened: Opened,
    a: RecordId,
    b: RecordId,
    *,
    part: bool = False,
) -> Response:
    """Show what each field added to a pair; as a part of a page with `part`."""
    found = opened.explainer.explain(a, b)
    bars = bars_of(found.waterfall) if found.waterfall is not None else None
    template = "waterfall.html.j2" if part else "explain.html.j2"
    return pages.render(
        request, template, run=opened.run, here="groups", explanation=found, bars=bars
    )
