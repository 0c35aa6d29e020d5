"""One run at a time in one run folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from keepone.errors import RunError
from keepone.files import private_file, workspace_errors

LOCK = ".lock"

if sys.platform == "win32":
    import msvcrt

    def _take(file: IO[bytes]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _open(folder: Path) -> IO[bytes]:
    path = folder / LOCK
    with workspace_errors(path):
        private_file(path)
        return os.fdopen(os.open(path, os.O_RDWR), "r+b")


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the run folder's lock; `RunError` if another process holds it.

    The system lets go of it when the process ends, however it ends, so no lock is ever stale.
    """
    with _open(folder) as file:
        try:
            _take(file)
        except OSError as error:
            message = f"the run {folder.name} is being worked on by another process"
            raise RunError(message, hint="Wait for it, or give another --run-id.") from error
        yield


def is_locked(folder: Path) -> bool:
    """Return whether some process works on the run folder at this moment."""
    if not (folder / LOCK).exists():
        return False
    try:
        with locked(folder):
            return False
    except RunError:
        return True
