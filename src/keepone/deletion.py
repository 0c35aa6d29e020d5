"""Deletes runs, with all that they left in the workspace; what people decided stays."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from keepone.errors import RunError
from keepone.files import workspace_errors
from keepone.lock import is_locked, locked
from keepone.pins import is_pinned
from keepone.runs import Run, check_run_id, list_runs, no_run
from keepone.traces import Traces

# What a run's folder is called from the moment it is no run any more.
DELETED = ".deleted-"


@dataclass(frozen=True, slots=True)
class Doomed:
    """A run that is to be deleted: its folder, and what the review app keeps for it alone.

    `freed` are bytes; a file that another run shares frees none.
    """

    run: Run
    others: tuple[Path, ...]
    files: int
    freed: int


def find_doomed(
    names: Iterable[str], workspace: Path, *, newest_too: bool = False
) -> tuple[Doomed, ...]:
    """Return what deleting these runs takes away; nothing is deleted yet.

    A damaged run can be deleted as well. Raises `RunError` for a run that is not there, is pinned,
    is being worked on, or is the newest of the workspace, unless that is wanted too.
    """
    runs = [_find(name, workspace) for name in dict.fromkeys(names)]
    newest = [run.run_id for run in list_runs(workspace)[:1]]
    for run in runs:
        if is_pinned(run):
            message = f"the run {run.run_id} is pinned"
            raise RunError(message, hint=f"Unpin it first: keepone runs unpin {run.run_id}")
        if is_locked(run.path):
            message = f"the run {run.run_id} is being worked on by another process"
            raise RunError(message, hint="Wait for it, or end that process.")
        if run.run_id in newest and not newest_too:
            message = f"the run {run.run_id} is the newest of the workspace"
            raise RunError(message, hint="To delete it all the same, add --newest.")
    traces = Traces(workspace, {run.run_id for run in runs})
    return tuple(_doomed(run, traces.of(run.run_id)) for run in runs)


def delete_runs(doomed: Sequence[Doomed]) -> None:
    """Delete them, one after the other; `WorkspaceError` where one cannot be.

    A run loses its name first: what is interrupted here leaves no half of a run.
    """
    for each in doomed:
        folder = each.run.path
        gone = folder.parent.parent / f"{DELETED}{secrets.token_hex(4)}"
        with workspace_errors(folder):
            with locked(folder):
                folder.rename(gone)
            for path in (*each.others, gone):
                if path.exists():
                    shutil.rmtree(path)


def _find(name: str, workspace: Path) -> Run:
    folder = workspace / "runs" / check_run_id(name)
    if not folder.is_dir():
        raise no_run(name, workspace)
    return Run(folder)


def _doomed(run: Run, others: tuple[Path, ...]) -> Doomed:
    found = [
        path.lstat()
        for folder in (run.path, *others)
        for path in folder.rglob("*")
        if not path.is_dir()
    ]
    freed = sum(each.st_size for each in found if each.st_nlink == 1)
    return Doomed(run, others, len(found), freed)
