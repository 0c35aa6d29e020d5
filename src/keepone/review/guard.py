"""What every request passes: the host it names, the session it carries, what it may change.

And what every answer carries: nothing from outside is loaded, framed, or told where one came from.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from keepone.review.access import Session, Sessions

COOKIE = "keepone_session"
CSRF_HEADER = "x-keepone-csrf"
# What anybody may ask for: the way in, and what its page looks like.
_OPEN = ("/enter", "/login", "/static/")
_SAFE = {"GET", "HEAD", "OPTIONS"}
_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
        " font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


class Guard:
    """Wraps the app; `hosts` are the names by which it may be addressed, with their port."""

    def __init__(self, app: ASGIApp, sessions: Sessions, hosts: Iterable[str]) -> None:
        self._app = app
        self._sessions = sessions
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refused = self._refused(scope)
        if refused is not None:
            await refused(scope, receive, _with_headers(send, scope["path"]))
            return
        await self._app(scope, receive, _with_headers(send, scope["path"]))

    def _refused(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        # A page elsewhere may have its own name point here; that name is none of ours.
        if headers.get("host", "").lower() not in self._hosts:
            return _problem(scope, 421, "this address is not served here")
        session = self._sessions.find(_cookie(headers))
        scope["session"] = session
        path = scope["path"]
        if session is None and not path.startswith(_OPEN):
            if path.startswith("/api/") or scope["method"] not in _SAFE:
                return _problem(
                    scope, 401, "no session: open the address that keepone review printed"
                )
            query = scope["query_string"].decode("latin-1")
            back = quote(path + (f"?{query}" if query else ""), safe="/")
            return RedirectResponse(f"/enter?next={back}", status_code=303)
        if scope["method"] not in _SAFE and not self._may_change(scope, headers, session):
            return _problem(scope, 403, "this form is out of date: load the page again")
        return None

    def _may_change(self, scope: Scope, headers: Headers, session: Session | None) -> bool:
        """Whether a request that changes something comes from a page of ours."""
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() not in self._hosts:
            return False
        if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            return False
        if session is None:
            return scope["path"] in {"/login", "/enter"}
        given = headers.get(CSRF_HEADER, "")
        return hmac.compare_digest(given.encode(), session.csrf.encode())


def _cookie(headers: Headers) -> str | None:
    return cookie_parser(headers.get("cookie", "")).get(COOKIE)


def _problem(scope: Scope, status: int, says: str) -> Response:
    if scope["path"].startswith("/api/"):
        return JSONResponse({"detail": says}, status_code=status)
    return Response(says, status_code=status, media_type="text/plain")


def _with_headers(send: Send, path: str) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            if not headers["content-security-policy"]:
                del headers["content-security-policy"]  # the page brings its own
            # The address of a static file changes with its content.
            kept = "public, max-age=31536000, immutable"
            headers.setdefault("cache-control", kept if path.startswith("/static/") else "no-store")
        await send(message)

    return sent
