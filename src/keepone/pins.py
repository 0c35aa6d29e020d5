"""Runs that nobody is to delete by mistake: a mark in their folder."""

from __future__ import annotations

from keepone.files import private_file, workspace_errors
from keepone.runs import Run

_MARK = ".pinned"


def is_pinned(run: Run) -> bool:
    """Return whether the run is pinned."""
    return (run.path / _MARK).exists()


def pin(run: Run) -> None:
    """Pin a run; one that is pinned stays so. Raises `WorkspaceError` where that cannot be."""
    with workspace_errors(run.path / _MARK):
        private_file(run.path / _MARK)


def unpin(run: Run) -> None:
    """Let a run be deleted again. Raises `WorkspaceError` where that cannot be."""
    with workspace_errors(run.path / _MARK):
        (run.path / _MARK).unlink(missing_ok=True)
