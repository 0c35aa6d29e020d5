"""The file that an export becomes: whole or not at all, never in the place of another unasked."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from keepone.errors import ExportError, WorkspaceError
from keepone.files import replacing, workspace_errors
from keepone.runs import Run

_ELSEWHERE = "Name another place with --out."


@contextmanager
def written(path: Path, run: Run, *, force: bool) -> Iterator[Path]:
    """Yield where to write the file that becomes `path` when the block ends well.

    It stands in a folder of its own beside `path`, which is gone at the end with all that was put
    there. Raises `ExportError` where there is a file already, unless by `force`; where `path` is
    one of the run's own files; and where the disk is full or refuses.
    """
    _check(path, run, force=force)
    try:
        with workspace_errors(path), _work_folder(path) as folder, replacing(path) as new:
            yield folder / path.name
            (folder / path.name).replace(new)
    except WorkspaceError as error:
        raise ExportError(error.message, hint=_ELSEWHERE) from error


@contextmanager
def _work_folder(path: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(
        prefix=".keepone-", dir=path.parent, ignore_cleanup_errors=True
    ) as folder:
        yield Path(folder)


def _check(path: Path, run: Run, *, force: bool) -> None:
    if path.is_dir():
        message = f"{path} is a folder"
        raise ExportError(message, hint="Name a file in it with --out.")
    if not path.parent.is_dir():
        message = f"cannot write {path}: there is no folder {path.parent}"
        raise ExportError(message, hint="Make the folder, or name another place with --out.")
    if run.path.resolve() in path.resolve().parents:
        message = f"{path} is in the folder of the run {run.run_id}, whose files stay as they are"
        raise ExportError(message, hint=_ELSEWHERE)
    if path.exists() and not force:
        message = f"{path} exists"
        raise ExportError(message, hint="Name another file with --out, or replace it with --force.")
