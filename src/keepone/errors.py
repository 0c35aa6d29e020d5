"""One tree of errors; the branch says who must act.

KeeponeError
├── UserError            the person who ran the command (exit code 2)
│   ├── InputError       an input file: what is wrong, where, what to do
│   ├── SettingsError    a setting: which key, which line
│   ├── WorkspaceError   the folder the run is written to
│   ├── RunError         a run that cannot be found, resumed or read
│   ├── ExportError      what an export was to hold, or the place it was to be written to
│   └── DecisionError    a decision that cannot be taken, or a log that cannot be used
│       └── ChangedError     others decided on the same records meanwhile
├── GateError            a gate the user asked for did not pass (exit code 3)
└── InternalError        us (exit code 1)
    └── LawError             a run lost something, has it twice, or its sums do not agree
"""

from __future__ import annotations


class KeeponeError(Exception):
    """The root: a message that a person who never saw the code understands.

    `hint` says what to do next and is printed on a line of its own.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UserError(KeeponeError):
    """Something that the person who ran the command can mend."""

    exit_code = 2


class InputError(UserError):
    """An input cannot be read or holds nothing that can be compared."""


class SettingsError(UserError):
    """A setting is unknown, repeated, of the wrong type or out of range."""


class WorkspaceError(UserError):
    """The workspace cannot be written, or is full."""


class RunError(UserError):
    """A run does not exist, is damaged, or its id belongs to other inputs."""


class ExportError(UserError):
    """An export was asked for that cannot be made, or its place cannot be written."""


class DecisionError(UserError):
    """A decision does not hold together, or the log of decisions cannot be read or written."""


class ChangedError(DecisionError):
    """Somebody decided on a group after it was shown to the person who decides on it now."""


class GateError(KeeponeError):
    """A check that the user asked for, such as a wanted accuracy, did not pass."""

    exit_code = 3


class InternalError(KeeponeError):
    """A stage broke its contract: a fault of ours."""


class LawError(InternalError):
    """What stages made breaks a law of `conservation`: nothing of the run is published."""
