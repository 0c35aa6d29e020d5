"""Where the decisions of a workspace are, and what of them is in force."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from keepone.decisions.effective import Decided
from keepone.decisions.history import in_force
from keepone.errors import DecisionError
from keepone.files import private_file, private_folder
from keepone.runs import DEFAULT_WORKSPACE
from keepone.settings import NO_DECISIONS, WORKSPACE_DECISIONS

if TYPE_CHECKING:
    from keepone.decisions.log import DecisionLog

LOG_FILE = "decisions.sqlite"


def open_log(
    workspace: str | PathLike[str] = DEFAULT_WORKSPACE, where: str = WORKSPACE_DECISIONS
) -> DecisionLog:
    """Open the log of a workspace, or the file or database that `where` names; made if missing.

    Raises `DecisionError` where it cannot be opened.
    """
    from keepone.decisions.log import DecisionLog  # noqa: PLC0415 - most runs have no decisions

    if where != WORKSPACE_DECISIONS:
        return DecisionLog(where)
    path = Path(workspace) / LOG_FILE
    try:
        private_folder(path.parent)
        private_file(path)  # SQLite gives the files beside it the same rights
    except OSError as error:
        message = f"cannot make {path}: {(error.strerror or str(error)).lower()}"
        hint = "Name a workspace that you may write to, or the log with --decisions."
        raise DecisionError(message, hint=hint) from error
    return DecisionLog(path)


def find_log(workspace: Path, where: str = WORKSPACE_DECISIONS) -> DecisionLog | None:
    """Open the log of a workspace, or the one that `where` names; nothing is made.

    A workspace may have none, and the setting `none` asks for none. Raises `DecisionError` for a
    named file that is not there, and for a log that cannot be opened.
    """
    if where == NO_DECISIONS:
        return None
    if where == WORKSPACE_DECISIONS:
        if not (workspace / LOG_FILE).exists():
            return None
    elif "://" not in where and not Path(where).is_file():
        message = f"there is no log of decisions {where}"
        hint = "Check the path; it starts where you are. `keepone decisions add` makes a log."
        raise DecisionError(message, hint=hint)
    return open_log(workspace, where)


def decided_in(workspace: Path, where: str = WORKSPACE_DECISIONS) -> Decided:
    """Return the decisions in force of a workspace, or of the log that `where` names.

    A workspace without a log has none, and so has the setting `none`. Raises `DecisionError` for a
    named file that is not there, and for a log that cannot be read.
    """
    log = find_log(workspace, where)
    if log is None:
        return Decided()
    with log:
        return Decided(in_force(log.entries()))
