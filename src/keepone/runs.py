"""Run folders: their ids, where they stand, and what is in the workspace."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from keepone.errors import RunError
from keepone.lock import LOCK, is_locked, locked
from keepone.manifest import MANIFEST, Manifest, read_manifest

DEFAULT_WORKSPACE = Path("keepone-data")
# Where in a run's folder its tables go that are too big for memory, while it goes on.
SPILL = ".spill"

_RUN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True, slots=True)
class Run:
    """One run's folder. `computed` names the stages that this process ran for it, in order."""

    path: Path
    computed: tuple[str, ...] = ()

    @property
    def run_id(self) -> str:
        """The run's id: the name of its folder."""
        return self.path.name

    def manifest(self) -> Manifest:
        """Return the run's manifest; its status is `interrupted` if its process is gone."""
        manifest = read_manifest(self.path)
        if manifest.status == "running" and not is_locked(self.path):
            return manifest.model_copy(update={"status": "interrupted"})
        return manifest

    def finished(self) -> Manifest:
        """Return the manifest of a finished run; `RunError` for one that did not get there."""
        manifest = self.manifest()
        if manifest.status != "finished":
            message = f"the run {self.run_id} is not finished ({manifest.status})"
            hint = f"Resume it: run the same inputs again with --run-id {self.run_id}."
            raise RunError(message, hint=hint)
        return manifest


def new_run_id(now: datetime | None = None) -> str:
    """Return an id that sorts by time (UTC, to the second) and that no other run has."""
    moment = (now or datetime.now(UTC)).strftime("%Y%m%d-%H%M%S")
    return f"{moment}-{secrets.token_hex(3)}"


def check_run_id(run_id: str) -> str:
    """Return `run_id` if it may name a folder, or raise `RunError`."""
    if not _RUN_ID.fullmatch(run_id) or set(run_id) == {"."}:
        message = f"{run_id!r} is no run id"
        hint = "Use 1 to 64 letters, digits, dots, hyphens and underscores."
        raise RunError(message, hint=hint)
    return run_id


def find_run(name: str, workspace: Path = DEFAULT_WORKSPACE) -> Run:
    """Return the run with this id in the workspace, or the one in the folder `name`.

    Raises `RunError` where there is none.
    """
    if _RUN_ID.fullmatch(name) and (workspace / "runs" / name / MANIFEST).is_file():
        return Run(workspace / "runs" / name)
    if (Path(name) / MANIFEST).is_file():
        return Run(Path(name).resolve())
    raise no_run(name, workspace)


def no_run(name: str, workspace: Path) -> RunError:
    """Return the error for a run that is not there."""
    hint = "`keepone runs list` shows the runs there are; --workspace says where to look."
    return RunError(f"no run {name} in {workspace}", hint=hint)


def list_runs(workspace: Path = DEFAULT_WORKSPACE) -> list[Run]:
    """Return the runs of the workspace, the one last worked on first."""
    return [Run(folder) for folder in latest_first(workspace / "runs")]


def latest_first(runs: Path) -> list[Path]:
    """Return the folders of the runs in the folder `runs`, the one last worked on first."""
    found = []
    for manifest in runs.glob(f"*/{MANIFEST}"):
        with suppress(FileNotFoundError):  # deleted at this moment
            found.append((manifest.stat().st_mtime_ns, manifest.parent.name, manifest.parent))
    return [folder for *_, folder in sorted(found, reverse=True)]


@contextmanager
def opened(workspace: Path, run_id: str) -> Iterator[Path]:
    """Yield the run's folder, made where it is missing, held against other processes.

    A folder that is still empty at the end is taken away again. Raises `RunError` if another
    process holds it, `WorkspaceError` if the workspace cannot be written.
    """
    folder = workspace / "runs" / check_run_id(run_id)
    with locked(folder):
        try:
            yield folder
        finally:
            _remove_if_empty(folder)


def _remove_if_empty(folder: Path) -> None:
    if {path.name for path in folder.iterdir()} <= {LOCK}:
        (folder / LOCK).unlink(missing_ok=True)
        with suppress(OSError):  # a system that keeps open files keeps the folder: no harm
            folder.rmdir()
