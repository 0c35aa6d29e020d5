"""One run at a time in one run folder."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from keepone.errors import RunError
from keepone.files import private_file, private_folder, workspace_errors

LOCK = ".lock"

# Who only looks holds a lock for a moment; one that is held for longer is held by a run.
_PATIENCE_SECONDS = 0.5
_PAUSE_SECONDS = 0.02

if sys.platform == "win32":
    import msvcrt

    def _take(file: IO[bytes]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

    _look = _take

else:
    import fcntl

    def _take(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _look(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make the run folder where it is missing and hold its lock.

    Raises `RunError` if another process holds it, `WorkspaceError` where that cannot be written.
    The system lets go of it when the process ends, however it ends, so no lock is ever stale.
    """
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        with _open(folder) as file:
            if _is_taken(file) and _is_in_place(file, folder):
                yield
                return
        if time.monotonic() > until:
            message = f"the run {folder.name} is being worked on by another process"
            raise RunError(message, hint="Wait for it, or give another --run-id.")
        time.sleep(_PAUSE_SECONDS)


def is_locked(folder: Path) -> bool:
    """Return whether some process works on the run folder at this moment; writes nothing."""
    try:
        with (folder / LOCK).open("rb") as file:
            _look(file)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def _open(folder: Path) -> IO[bytes]:
    path = folder / LOCK
    with workspace_errors(path):
        private_folder(folder)
        while True:
            private_file(path)
            with suppress(FileNotFoundError):  # a run that came to nothing took it away meanwhile
                return os.fdopen(os.open(path, os.O_RDWR), "r+b")


def _is_taken(file: IO[bytes]) -> bool:
    try:
        _take(file)
    except OSError:
        return False
    return True


def _is_in_place(file: IO[bytes], folder: Path) -> bool:
    """Whether this still is the folder's lock: a run that came to nothing takes its own away."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), (folder / LOCK).stat())
    except FileNotFoundError:
        return False
