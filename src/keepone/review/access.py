"""Who may do what: sessions, the token of a process on one machine, and named users of a team."""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
import time
from dataclasses import dataclass, field
from threading import BoundedSemaphore, Lock
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
# Each key takes 16 MB while it is made: many tries at once wait for each other.
_KEYS_AT_ONCE = BoundedSemaphore(4)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who uses the app: the name that decisions carry, and the role.

    `kept` is the key of the password that they came in with, where users have passwords.
    """

    name: str
    role: Role
    kept: str = field(default="", repr=False)

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
    ended: bool = False

    @property
    def is_over(self) -> bool:
        """Whether it was ended, or nobody used it for long, or it is too old."""
        now = time.monotonic()
        return self.ended or now - self.used > _IDLE_SECONDS or now - self.began > _LONGEST_SECONDS


class Door(Protocol):
    """Lets people in: by the token of the process, or by name and password."""

    asks_password: bool

    def by_token(self, token: str) -> Person | None:
        """Return who holds the token of this process."""

    def by_password(self, name: str, password: str) -> Person | None:
        """Return the user whose password this is."""

    def standing(self, person: Person) -> Person | None:
        """Return somebody who was let in as they stand now, None if they would not be any more."""


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

    def standing(self, person: Person) -> Person | None:
        """Return the same person: the token lives as long as the process."""
        return person


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
            self._forget_old()
            session = Session(person, secrets.token_urlsafe(32), now, now)
            self._by_key[_digest(secret)] = session
        return secret

    def find(self, secret: str | None) -> Session | None:
        """Return the session that a cookie names, None if it has ended."""
        if not secret:
            return None
        session = self._by_key.get(_digest(secret))
        if session is None or session.is_over:
            return None
        session.used = time.monotonic()
        return session

    def end(self, secret: str | None) -> None:
        """End a session."""
        if secret:
            with self._lock:
                self._drop(_digest(secret))

    def _forget_old(self) -> None:
        for key in [key for key, session in self._by_key.items() if session.is_over]:
            self._drop(key)
        while len(self._by_key) >= _MOST_SESSIONS:
            self._drop(min(self._by_key, key=lambda key: self._by_key[key].used))

    def _drop(self, key: str) -> None:
        if (session := self._by_key.pop(key, None)) is not None:
            session.ended = True


class Failures:
    """Wrong passwords of late, by who tried: guessing is slow, nobody is locked out for long."""

    def __init__(self) -> None:
        self._of: dict[str, tuple[int, float]] = {}
        self._lock = Lock()

    def begin(self, who: str) -> int:
        """Count a try as wrong until it is forgiven; return for how many seconds it is refused.

        Whoever is refused (any number but 0) was not counted. Tries at the same moment count each.
        """
        now = time.monotonic()
        with self._lock:
            self._of = {
                key: (count, last)
                for key, (count, last) in self._of.items()
                if now - last < _FAILURE_SECONDS
            }
            count, last = self._of.get(who, (0, 0.0))
            if count >= _FREE_FAILURES:
                wait = min(_FAILURE_SECONDS, 1 << (count - _FREE_FAILURES))
                if (left := last + wait - now) > 0:
                    return math.ceil(left)
            self._of[who] = (count + 1, now)
        return 0

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
    with _KEYS_AT_ONCE:
        # What a browser sends as half of a letter is a wrong password, not an error.
        spelt = password.encode(errors="surrogatepass")
        return hashlib.scrypt(spelt, salt=salt, dklen=_KEY_BYTES, **_SCRYPT)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
