"""Files that people hand in: bounded, checked by what they hold, under names that are ours.

Each lies in a folder of its own below `uploads` in the workspace. The folder's name is drawn by us,
and what a browser calls the file is only kept as far as it can be the name of a file.
"""

from __future__ import annotations

import re
import secrets
import shutil
import time
import unicodedata
from collections.abc import AsyncIterable, Container, Iterable
from contextlib import ExitStack
from pathlib import Path

from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from keepone.errors import InputError, RunError
from keepone.files import private_file, private_folder, workspace_errors
from keepone.readers import open_sources
from keepone.settings import IngestSettings
from keepone.traces import UPLOADS

MOST_MEGABYTES = 2048

_ID = re.compile("[0-9a-f]{32}")
_OTHER = re.compile(r"[^\w .()+-]+")
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
_LONGEST = 100
_PIECE = 1 << 20
# What was handed in and never run goes after a day.
_KEPT_SECONDS = 24 * 3600


class Upload(BaseModel):
    """A file that was handed in: its id, the name that records will carry, and its size."""

    upload_id: str
    name: str
    bytes: int


class Uploads:
    """The files that were handed in to one workspace."""

    def __init__(self, workspace: Path, megabytes: int = MOST_MEGABYTES) -> None:
        self._folder = workspace / UPLOADS
        self.most_bytes = megabytes * 10**6

    async def receive(self, name: str, announced: int, content: AsyncIterable[bytes]) -> Upload:
        """Keep a file as it comes in, and tell what it is called now.

        Raises `InputError` for one that is too large, empty, or of no kind that a run reads; and
        `WorkspaceError` where it cannot be written. Nothing is left of it then.
        """
        if announced > self.most_bytes:
            raise self._too_large(name)
        upload_id = secrets.token_hex(16)
        path = self._folder / upload_id / safe_name(name)
        with ExitStack() as undo:
            undo.callback(shutil.rmtree, path.parent, ignore_errors=True)
            with workspace_errors(path):
                private_folder(path.parent)
                private_file(path)
                size = await self._write(path, content)
            if not size:
                message = f"{path.name} is empty: it has no header and no rows"
                raise InputError(message, hint="Export it again, and check that it has records.")
            await run_in_threadpool(open_sources, [path], IngestSettings())
            undo.pop_all()
        return Upload(upload_id=upload_id, name=path.name, bytes=size)

    async def _write(self, path: Path, content: AsyncIterable[bytes]) -> int:
        size = 0
        waiting = bytearray()
        with path.open("wb") as file:
            async for piece in content:
                size += len(piece)
                if size > self.most_bytes:
                    raise self._too_large(path.name)
                waiting += piece
                if len(waiting) >= _PIECE:
                    await run_in_threadpool(file.write, bytes(waiting))
                    waiting.clear()
            await run_in_threadpool(file.write, bytes(waiting))
        return size

    def _too_large(self, name: str) -> InputError:
        message = f"{safe_name(name)} is larger than the {self.most_bytes // 10**6:,} MB allowed"
        hint = "Start the app with --upload-mb to allow more, or use `keepone run` for it."
        return InputError(message, hint=hint)

    def path(self, upload_id: str) -> Path:
        """Return where a file lies; `RunError` where none has that id."""
        found = sorted((self._folder / upload_id).iterdir()) if self._has(upload_id) else []
        if not found:
            message = "the file is no longer there"
            raise RunError(message, hint="Hand it in again; files that are not run go after a day.")
        return found[0]

    def paths(self, ids: Iterable[str]) -> list[Path]:
        """Return where several files lie."""
        return [self.path(upload_id) for upload_id in ids]

    def remove(self, upload_id: str) -> None:
        """Remove a file; one that is not there is no matter."""
        if self._has(upload_id):
            shutil.rmtree(self._folder / upload_id, ignore_errors=True)

    def remove_old(self, used: Container[str]) -> None:
        """Remove what was handed in a day ago and is not `used` by a run."""
        for folder in self._folder.glob("*"):
            old = time.time() - folder.stat().st_mtime > _KEPT_SECONDS
            if old and folder.name not in used:
                self.remove(folder.name)

    def _has(self, upload_id: str) -> bool:
        # Text of that form names a folder here and nothing else on the disk.
        return bool(_ID.fullmatch(upload_id)) and (self._folder / upload_id).is_dir()


def safe_name(name: str) -> str:
    """Return what a file of that name may be called here: one plain name, its ending kept."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    plain = _OTHER.sub("_", last).strip(" .") or "export"
    stem, dot, ending = plain.rpartition(".")
    if not dot:
        stem, ending = plain, ""
    short = stem[:_LONGEST].rstrip(" .") + dot + ending[:10]
    return f"_{short}" if _RESERVED.fullmatch(short) else short
