"""Who may do what: sessions, the token of a process on one machine, and named users of a team."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass, field
from threading import Lock
from typing import Literal, Protocol

Role = Literal["viewer", "reviewer", "admin"]
ROLES: tuple[Role, ...] = ("viewer", "reviewer", "admin")

# A session that nobody uses ends; so does one that is as old as a working day.
_IDLE_SECONDS = 8 * 3600
_LONGEST_SECONDS = 16 * 3600
_MOST_SESSIONS = 10_000
# Wrong passwords from one address: after so many, each further one waits.
_FREE_FAILURES = 5
_FAILURE_SECONDS = 300

_SCRYPT = {"n": 1 << 14, "r": 8, "p": 1}
_SALT_BYTES, _KEY_BYTES = 16, 32


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who uses the app: the name that decisions carry, and the role."""

    name: str
    role: Role

    def may(self, role: Role) -> bool:
        """Whether the person may do what `role` may."""
        return ROLES.index(self.role) >= ROLES.index(role)


@dataclass(slots=True)
class Session:
    """One browser that was let in. `csrf` has to come back with whatever changes something."""

    person: Person
    csrf: str
    began: float
    used: float


class Door(Protocol):
    """Lets people in: by the token of the process, or by name and password."""

    asks_password: bool

    def by_token(self, token: str) -> Person | None:
        """Return who holds the token of this process."""

    def by_password(self, name: str, password: str) -> Person | None:
        """Return the user whose password this is."""


class TokenDoor:
    """On one machine: whoever has the URL that the process printed is its user, an admin."""

    asks_password = False

    def __init__(self, name: str) -> None:
        self.token = secrets.token_urlsafe(32)
        self._person = Person(name, "admin")

    def by_token(self, token: str) -> Person | None:
        """Return the user of this machine if `token` is that of the process."""
        return self._person if hmac.compare_digest(token.encode(), self.token.encode()) else None

    def by_password(self, name: str, password: str) -> Person | None:  # noqa: ARG002 - has none
        """Return nobody: there are no passwords."""
        return None


@dataclass(slots=True)
class Sessions:
    """The browsers that were let in, as long as this process lives."""

    _by_key: dict[str, Session] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def begin(self, person: Person) -> str:
        """Let a person in and return the secret for the cookie."""
        secret = secrets.token_urlsafe(32)
        now = time.monotonic()
        with self._lock:
            self._forget_old(now)
            session = Session(person, secrets.token_urlsafe(32), now, now)
            self._by_key[_digest(secret)] = session
        return secret

    def find(self, secret: str | None) -> Session | None:
        """Return the session that a cookie names, None if it has ended."""
        if not secret:
            return None
        now = time.monotonic()
        session = self._by_key.get(_digest(secret))
        if session is None or _is_over(session, now):
            return None
        session.used = now
        return session

    def end(self, secret: str | None) -> None:
        """End a session."""
        if secret:
            with self._lock:
                self._by_key.pop(_digest(secret), None)

    def _forget_old(self, now: float) -> None:
        for key in [key for key, session in self._by_key.items() if _is_over(session, now)]:
            del self._by_key[key]
        while len(self._by_key) >= _MOST_SESSIONS:
            del self._by_key[min(self._by_key, key=lambda key: self._by_key[key].used)]


class Failures:
    """Wrong passwords of late, by who tried: guessing is slow, nobody is locked out for long."""

    def __init__(self) -> None:
        self._of: dict[str, tuple[int, float]] = {}
        self._lock = Lock()

    def seconds_to_wait(self, who: str) -> int:
        """Return for how long a further try is refused."""
        count, last = self._of.get(who, (0, 0.0))
        if count < _FREE_FAILURES:
            return 0
        wait = min(_FAILURE_SECONDS, 1 << (count - _FREE_FAILURES))
        return max(0, round(last + wait - time.monotonic()))

    def note(self, who: str) -> None:
        """Note a wrong password."""
        now = time.monotonic()
        with self._lock:
            self._of = {
                key: (count, last)
                for key, (count, last) in self._of.items()
                if now - last < _FAILURE_SECONDS
            }
            count, _ = self._of.get(who, (0, 0.0))
            self._of[who] = (count + 1, now)

    def forgive(self, who: str) -> None:
        """Forget the wrong passwords of somebody who knew the right one."""
        with self._lock:
            self._of.pop(who, None)


def hashed(password: str) -> str:
    """Return a password as it may be kept: scrypt, with a salt of its own."""
    salt = secrets.token_bytes(_SALT_BYTES)
    return f"scrypt${salt.hex()}${_key(password, salt).hex()}"


def matches(password: str, kept: str) -> bool:
    """Whether `kept` was made of this password."""
    _, salt, key = kept.split("$")
    return hmac.compare_digest(_key(password, bytes.fromhex(salt)), bytes.fromhex(key))


def _key(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, dklen=_KEY_BYTES, **_SCRYPT)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _is_over(session: Session, now: float) -> bool:
    return now - session.used > _IDLE_SECONDS or now - session.began > _LONGEST_SECONDS
