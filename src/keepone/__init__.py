"""Keepone finds the records of an account export that are the same company.

It groups them, picks the record to keep, and gives every other record a disposition with a reason.

    import keepone

    result = keepone.run("accounts.csv")
    result.review_ready.to_pandas()

What is imported from here is the public API; it is loaded when it is first asked for, so that
`import keepone` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keepone.api import Result, ResultTable, open_run, run
    from keepone.config import load_settings
    from keepone.decisions import Decision, RecordKey
    from keepone.decisions.log import DecisionLog
    from keepone.decisions.workspace import open_log
    from keepone.errors import (
        ChangedError,
        DecisionError,
        ExportError,
        GateError,
        InputError,
        InternalError,
        KeeponeError,
        RunError,
        SettingsError,
        UserError,
        WorkspaceError,
    )
    from keepone.explain import Explanation
    from keepone.exports import Exported, read_export
    from keepone.group_detail import GroupDetail, GroupPair, GroupRecord
    from keepone.settings import Settings

__version__ = "0.1.0"

__all__ = [
    "ChangedError",
    "Decision",
    "DecisionError",
    "DecisionLog",
    "Explanation",
    "ExportError",
    "Exported",
    "GateError",
    "GroupDetail",
    "GroupPair",
    "GroupRecord",
    "InputError",
    "InternalError",
    "KeeponeError",
    "RecordKey",
    "Result",
    "ResultTable",
    "RunError",
    "Settings",
    "SettingsError",
    "UserError",
    "WorkspaceError",
    "__version__",
    "load_settings",
    "open_log",
    "open_run",
    "read_export",
    "run",
]

_HOMES = {
    "Decision": "keepone.decisions",
    "DecisionLog": "keepone.decisions.log",
    "Explanation": "keepone.explain",
    "Exported": "keepone.exports",
    "GroupDetail": "keepone.group_detail",
    "GroupPair": "keepone.group_detail",
    "GroupRecord": "keepone.group_detail",
    "RecordKey": "keepone.decisions",
    "Result": "keepone.api",
    "ResultTable": "keepone.api",
    "Settings": "keepone.settings",
    "load_settings": "keepone.config",
    "open_log": "keepone.decisions.workspace",
    "open_run": "keepone.api",
    "read_export": "keepone.exports",
    "run": "keepone.api",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        message = f"module 'keepone' has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(import_module(_HOMES.get(name, "keepone.errors")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
