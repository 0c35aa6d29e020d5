"""Renders the app's pages: server-rendered HTML, everything escaped."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import urlencode

import jinja2
from markupsafe import Markup
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import HTMLResponse

from keepone.report import values
from keepone.report.templates import environment_of
from keepone.review.group_shapes import Member
from keepone.review.listing import ListQuery
from keepone.review.office import office_of

STATIC = resources.files("keepone.review") / "static"

KEYS = (
    ("j k", "next, previous; in the queue: skip, back"),
    ("Enter", "open"),
    ("/", "search"),
    ("n p", "next page, previous page"),
    ("s", "same company"),
    ("d", "not the same"),
    ("x", "split into parts"),
    ("p", "make the chosen record primary"),
    ("v", "another disposition"),
    ("g", "choose golden values"),
    ("m", "move, note, blacklist"),
    ("1 9", "choose records"),
    ("a", "choose all, or none"),
    ("w", "why: the two chosen, else the weakest link"),
    ("u r", "undo, redo"),
    ("?", "show or hide the keys"),
    ("Esc", "close, leave a field"),
)


def render(request: Request, template: str, status: int = 200, **facts: Any) -> HTMLResponse:
    """Return a page, of `facts` as its template tells them; `here` is its place in the bar."""
    run = facts.get("run")
    shared = {
        "session": request.scope.get("session"),
        "run": None,
        "run_places": _places(run.run_id) if run is not None else (),
        "here": None,
        "keys": KEYS,
        "static_version": static_version(),
        "signs_out": office_of(request).door.asks_password,
    }
    text = _environment().get_template(template).render(shared | facts)
    return HTMLResponse(text, status_code=status)


def _places(run_id: str) -> tuple[tuple[str, str, str], ...]:
    """Return what a run has in the bar: place, label, address."""
    base = f"/runs/{run_id}"
    return (
        ("dashboard", "Dashboard", base),
        ("queue", "Queue", f"{base}/queue"),
        ("groups", "Groups", f"{base}/groups"),
        ("decisions", "Decisions", f"{base}/decisions"),
        ("files", "Files", f"{base}/files"),
    )


@cache
def static_version() -> str:
    """Return a short text that changes with the style or the scripts."""
    content = b"".join(
        file.read_bytes() for file in sorted(STATIC.iterdir(), key=lambda each: each.name)
    )
    return hashlib.sha256(content).hexdigest()[:12]


def url(query: ListQuery) -> str:
    """Return the end of a list's address."""
    given = query.parameters()
    return f"?{urlencode(given)}" if given else ""


def _turned(query: BaseModel, page: int) -> str:
    """Return the end of the address of another page of what `query` asks for."""
    return f"?{urlencode(query.model_dump(exclude_defaults=True) | {'page': page})}"


@cache
def _environment() -> jinja2.Environment:
    environment = environment_of("keepone.review")
    environment.filters["count"] = values.count
    environment.filters["shown"] = values.shown
    environment.filters["cell"] = values.isolated
    environment.filters["visible"] = _visible
    environment.filters["words"] = lambda name: name.replace("_", " ")
    environment.filters["score"] = _score
    environment.filters["sentence"] = lambda text: text[:1].upper() + text[1:]
    environment.filters["kind"] = _kind
    environment.filters["moment"] = _moment
    environment.filters["called"] = _called
    environment.globals["url"] = url
    environment.globals["turned"] = _turned
    return environment


def _kind(schema: Mapping[str, Any]) -> str:
    """Return the type of a JSON schema in a word or two."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(_kind(each) for each in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return str(schema.get("type", "any"))


# What is not seen, and may change how what follows is read: control characters, marks of writing
# direction, letters of no width.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)


def _visible(text: str) -> str:
    """Return a value with a sign for each character that is not seen."""
    return _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text)


def _moment(time: str) -> Markup:
    """Return a time (UTC, ISO 8601) as an element; the browser shows it in its own zone."""
    shown = f"{time[:10]} {time[11:16]} UTC"
    return Markup('<time datetime="{}" data-local>{}</time>').format(time, shown)


def _called(reason: str, members: Sequence[Member]) -> str:
    """Return a reason that calls members by name alone: their ids stand in the data."""
    for member in members:
        reason = reason.replace(f'" ({member.record_id})', '"')
    return reason


def _score(score: float) -> str:
    """Return a score as people read it: what is not 100 is never shown as that."""
    return "100" if score >= 100 else f"{int(score * 10) / 10:.1f}"
