"""Writing files so that a reader sees the old one or the new one, never half of one.

What stands in a workspace is its owner's alone, whatever the umask: folders 0700, files 0600. What
people name a place for themselves gets the rights that their umask says.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from keepone.errors import WorkspaceError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FOLDER_MODE, _FILE_MODE = 0o700, 0o600
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextmanager
def replacing(path: Path, *, private: bool = False) -> Iterator[Path]:
    """Yield a path beside `path` to write to; it becomes `path` when the block ends well.

    The new file is on the disk before it gets its name. A `private` one can be read and written by
    its owner alone, and is there, empty, from the start: it is to be opened, not replaced. Raises
    `WorkspaceError` where the disk is full or refuses; nothing half-written stays behind.
    """
    new = path.with_name(f".{path.name}.partial")
    with workspace_errors(path):
        try:
            if private:
                new.unlink(missing_ok=True)  # left by a process that was killed
                private_file(new)
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


def private_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for its owner alone.

    A folder that is there keeps its rights: somebody may have set them. Raises `OSError`.
    """
    if folder.is_dir():
        return
    private_folder(folder.parent)
    try:
        folder.mkdir(mode=_FOLDER_MODE)
    except FileExistsError:
        if folder.is_dir():
            return  # another process was faster
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder)) from None
    folder.chmod(_FOLDER_MODE)  # a umask may take rights away from the owner too


def private_file(path: Path) -> None:
    """Make an empty file for its owner alone; one that is there is left as it is.

    Raises `OSError`.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE)
    except FileExistsError:
        return
    os.close(descriptor)
    path.chmod(_FILE_MODE)


def make_private(folder: Path) -> None:
    """Take from all but the owner what a library has written into a folder, at any depth."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(_FOLDER_MODE if path.is_dir() else _FILE_MODE)


def write_text(path: Path, text: str, *, private: bool = False) -> None:
    """Write `text` as UTF-8 to `path` in one step; a `private` file is its owner's alone."""
    with replacing(path, private=private) as new:
        new.write_text(text, encoding="utf-8", newline="\n")


def stamp_of(path: Path) -> tuple[int, int] | None:
    """Return when a file was written and its size, by which a new one is told; None for no file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


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
