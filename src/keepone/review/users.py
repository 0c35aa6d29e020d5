"""The named users of a team: a file beside the runs, passwords as scrypt keys, one role each."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from keepone.errors import SettingsError
from keepone.files import private_folder, write_text
from keepone.review.access import Person, Role, hashed, matches

USERS_FILE = "users.json"

_LONGEST_NAME = 100
_LEAST_PASSWORD = 10
# Compared with where there is no such user, so that the answer takes as long.
_NOBODY = "scrypt$" + "00" * 16 + "$" + "00" * 32


class User(BaseModel):
    """One user as the file has them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=_LONGEST_NAME)
    role: Role
    password: str = Field(pattern=r"^scrypt\$[0-9a-f]{32}\$[0-9a-f]{64}$")


_FILE = TypeAdapter(list[User])


class Users:
    """The users of one workspace; the file is read anew whenever it has changed."""

    asks_password = True

    def __init__(self, workspace: Path) -> None:
        self._path = workspace / USERS_FILE
        self._read_at: tuple[int, int] | None = None
        self._by_name: dict[str, User] = {}

    def all(self) -> list[User]:
        """Return the users by name; raises `SettingsError` where the file cannot be read."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            self._by_name, self._read_at = {}, None
            return []
        if (status.st_mtime_ns, status.st_size) != self._read_at:
            try:
                users = _FILE.validate_json(self._path.read_bytes())
            except (OSError, ValidationError) as error:
                message = f"cannot read {self._path}"
                hint = "Restore it, or delete it and add the users again: keepone users add NAME."
                raise SettingsError(message, hint=hint) from error
            self._by_name = {user.name: user for user in users}
            self._read_at = (status.st_mtime_ns, status.st_size)
        return sorted(self._by_name.values(), key=lambda user: user.name)

    def by_token(self, token: str) -> Person | None:  # noqa: ARG002 - has none
        """Return nobody: users have passwords."""
        return None

    def by_password(self, name: str, password: str) -> Person | None:
        """Return the user whose password this is."""
        self.all()
        user = self._by_name.get(name)
        known = matches(password, user.password if user else _NOBODY)
        return Person(user.name, user.role, user.password) if user and known else None

    def standing(self, person: Person) -> Person | None:
        """Return a user as they stand now, None once they were removed or have a new password."""
        self.all()
        user = self._by_name.get(person.name)
        if user is None or user.password != person.kept:
            return None
        return Person(user.name, user.role, user.password)

    def put(self, name: str, role: Role, password: str) -> bool:
        """Add a user, or change one; return whether they are new.

        Raises `SettingsError` for a name or password that will not do.
        """
        if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
            message = f"{name!r} is no name for a user"
            raise SettingsError(message, hint=f"Take 1 to {_LONGEST_NAME} printable characters.")
        if len(password) < _LEAST_PASSWORD:
            message = f"the password has fewer than {_LEAST_PASSWORD} characters"
            raise SettingsError(message, hint="Take a longer one; several words do well.")
        kept = {user.name: user for user in self.all()}
        new = name not in kept
        kept[name] = User(name=name, role=role, password=hashed(password))
        self._write(kept)
        return new

    def remove(self, name: str) -> None:
        """Remove a user; what they decided stays. Raises `SettingsError` for an unknown one."""
        kept = {user.name: user for user in self.all()}
        if name not in kept:
            message = f"there is no user {name}"
            raise SettingsError(message, hint="`keepone users list` shows those there are.")
        del kept[name]
        self._write(kept)

    def _write(self, users: dict[str, User]) -> None:
        private_folder(self._path.parent)
        text = json.dumps([users[name].model_dump() for name in sorted(users)], indent=2)
        write_text(self._path, text + "\n", private=True)
