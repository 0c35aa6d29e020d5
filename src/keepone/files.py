"""Writing files so that a reader sees the old one or the new one, never half of one."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from keepone.errors import WorkspaceError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a path beside `path` to write to; it becomes `path` when the block ends well.

    The new file is on the disk before it gets its name. Raises `WorkspaceError` where the disk is
    full or refuses; nothing half-written stays behind.
    """
    new = path.with_name(f".{path.name}.partial")
    with workspace_errors(path):
        try:
            yield new
            _sync(new)
            new.replace(path)
            _sync_folder(path.parent)
        finally:
            new.unlink(missing_ok=True)


@contextmanager
def workspace_errors(path: Path) -> Iterator[None]:
    """Turn what the system says about writing `path` into a `WorkspaceError` with advice."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            message = f"no space left to write {path}"
            hint = "Free some space, or name another folder with --workspace; the run resumes."
        else:
            message = f"cannot write {path}: {(error.strerror or str(error)).lower()}"
            may = "that you may write to " if error.errno in _REFUSED else ""
            hint = f"Name a folder {may}with --workspace."
        raise WorkspaceError(message, hint=hint) from error


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8 to `path` in one step."""
    with replacing(path) as new:
        new.write_text(text, encoding="utf-8", newline="\n")


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return  # elsewhere a folder cannot be opened; the rename is durable by itself
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
