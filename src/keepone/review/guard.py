"""What every request passes: the host it names, the session it carries, what it may change.

And what every answer carries: nothing from outside is loaded, framed, or told where one came from.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import cookie_parser
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from keepone.errors import SettingsError
from keepone.review.access import Door, Session, Sessions

CSRF_HEADER = "x-keepone-csrf"
# What anybody may ask for: the way in, and what its page looks like.
_WAYS_IN = frozenset({"/enter", "/login"})
_OPEN = "/static/"
# What a browser may send at once: a decision on some ten thousand records with long ids.
_LONGEST_BODY = 2 << 20
# An upload has a bound of its own, and is taken piece by piece.
_STREAMED = frozenset({"/api/uploads"})
_SAFE = {"GET", "HEAD", "OPTIONS"}
_FOUND = {200, 206, 304}
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

    def __init__(self, app: ASGIApp, sessions: Sessions, door: Door, hosts: Iterable[str]) -> None:
        self._app = app
        self._sessions = sessions
        self._door = door
        self._hosts = frozenset(host.lower() for host in hosts)
        self._way_in = (
            "the session has ended: load the page to sign in again"
            if door.asks_password
            else "no session: open the address that keepone review printed"
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refused = self._refused(scope)
        if refused is not None:
            await refused(scope, receive, _with_headers(send, scope["path"]))
            return
        taken = receive if scope["path"] in _STREAMED else _bounded(receive)
        await self._app(scope, taken, _with_headers(send, scope["path"]))

    def _refused(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        # A page elsewhere may have its own name point here; that name is none of ours.
        if headers.get("host", "").lower() not in self._hosts:
            return _problem(scope, 421, "this address is not served here")
        try:
            session = self._standing(cookie_of(scope))
        except SettingsError as error:
            return _problem(scope, 503, f"nobody is let in: {error.message}")
        scope["session"] = session
        path = scope["path"]
        if session is None and path not in _WAYS_IN and not path.startswith(_OPEN):
            return self._sent_away(scope)
        if scope["method"] not in _SAFE and not self._may_change(scope, headers, session):
            return _problem(scope, 403, "this form is out of date: load the page again")
        if path not in _STREAMED and announced_length(headers) > _LONGEST_BODY:
            return _problem(scope, 413, _TOO_LONG)
        return None

    def _sent_away(self, scope: Scope) -> Response:
        """Answer who has no session: pages lead to the way in, and from there back."""
        path = scope["path"]
        if path.startswith("/api/") or scope["method"] not in _SAFE:
            return _problem(scope, 401, self._way_in)
        query = scope["query_string"].decode("latin-1")
        back = quote(path + (f"?{query}" if query else ""), safe="/")
        return RedirectResponse(f"/enter?next={back}", status_code=303)

    def _standing(self, secret: str | None) -> Session | None:
        """Return the session of a cookie, of its person as they stand now."""
        session = self._sessions.find(secret)
        if session is None:
            return None
        person = self._door.standing(session.person)
        if person is None:
            self._sessions.end(secret)
            return None
        session.person = person
        return session

    def _may_change(self, scope: Scope, headers: Headers, session: Session | None) -> bool:
        """Whether a request that changes something comes from a page of ours."""
        site = headers.get("sec-fetch-site")
        if site not in {None, "same-origin", "none"}:
            return False
        # A form of a page that sends no referrer names no origin either.
        origin = headers.get("origin")
        hidden = origin == "null" and site == "same-origin"
        if not (origin is None or hidden or _place(origin) in self._hosts):
            return False
        if scope["path"] in _WAYS_IN:
            return True  # whoever signs in has nothing yet that a page could have misused
        if session is None:
            return False
        given = headers.get(CSRF_HEADER, "")
        return hmac.compare_digest(given.encode(), session.csrf.encode())


def cookie_name(scope: Scope) -> str:
    """Return the name of the cookie: with the port, since cookies of a host are for all its ports.

    So apps over several workspaces of one machine leave each other's sessions alone.
    """
    _, port = scope.get("server") or ("", None)
    return f"keepone_session_{port}"


def cookie_of(scope: Scope) -> str | None:
    """Return the secret of the session that a request carries."""
    return cookie_parser(Headers(scope=scope).get("cookie", "")).get(cookie_name(scope))


def _place(origin: str) -> str:
    """Return host and port of an origin; nothing for what is none."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def announced_length(headers: Headers) -> int:
    """Return how long a request says that its body is; 0 if it does not say."""
    told = headers.get("content-length", "")
    return int(told) if told.isdecimal() else 0


def _bounded(receive: Receive) -> Receive:
    """Refuse a body that grows too long, whatever it said of its length."""
    received = 0

    async def bounded() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > _LONGEST_BODY:
            raise HTTPException(413, _TOO_LONG)
        return message

    return bounded


_TOO_LONG = f"more than {_LONGEST_BODY >> 20} MB is not taken at once"


def secured(headers: MutableHeaders) -> None:
    """Add what every answer carries, beside what it has."""
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)


def _problem(scope: Scope, status: int, says: str) -> Response:
    if scope["path"].startswith("/api/"):
        return JSONResponse({"detail": says}, status_code=status)
    return Response(says, status_code=status, media_type="text/plain")


def _with_headers(send: Send, path: str) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            secured(headers)
            # The address of a static file changes with its content.
            stays = path.startswith(_OPEN) and message["status"] in _FOUND
            kept = "public, max-age=31536000, immutable" if stays else "no-store"
            headers.setdefault("cache-control", kept)
        await send(message)

    return sent
