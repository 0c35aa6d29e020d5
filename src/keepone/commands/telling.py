"""What `--log-format json` means to a command: events on stderr, errors among them."""

from __future__ import annotations

import ctypes
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from types import TracebackType
from typing import Annotated, Any, Self

import typer

from keepone.errors import InternalError, KeeponeError
from keepone.event_log import EventLog
from keepone.interruption import Interruption

_INTERRUPTED = 130


class LogFormat(StrEnum):
    """How a command tells of its work on stderr."""

    text = "text"
    json = "json"


LogFormatOption = Annotated[
    LogFormat,
    typer.Option(
        "--log-format",
        help="text, for people; json, one event a line on stderr: docs/operations.md.",
    ),
]


class Telling:
    """A context around the work of a command: what it tells, and how it ended.

    `log` is None where people read along: then errors go on to where they are printed. In a log of
    events they are its last event, and the command ends with their exit code.
    """

    def __init__(self, log_format: LogFormat, command: str) -> None:
        wanted = log_format is LogFormat.json
        self.log = EventLog(sys.stderr, command) if wanted else None
        self._facts: dict[str, Any] = {}
        self._began = time.monotonic()

    def begin(self, run: str | None = None, **facts: Any) -> None:
        """Tell that the work begins, and of which run all that follows is."""
        if self.log is not None:
            if run is not None:
                self.log.about(run)
            self.log.tell("started", **facts)

    def say(self, text: str) -> None:
        """Tell people something beside the result, or machines as an event."""
        if self.log is not None:
            self.log.tell("said", message=text)
        else:
            from keepone.commands.output import stderr  # noqa: PLC0415 - Rich, where all goes well

            stderr().print(text)

    @contextmanager
    def interruptible(self, told: str) -> Iterator[None]:
        """Have Ctrl-C and SIGTERM end the command within two seconds, with what is `told`."""
        words = told if self.log is None else self.log.line("interrupted", "error", message=told)
        interruption = Interruption(words)
        try:
            with interruption:
                yield
        except KeyboardInterrupt:
            code = interruption.exit_code
            self.say(told)
            if self.log is not None:
                seconds = round(time.monotonic() - self._began, 3)
                self.log.tell("interrupted", "error", exit_code=code, seconds=seconds)
            # Python notes an interruption that came within code given as text, as dataclasses are
            # made, and in the end dies of it, whatever was asked. Other such code makes it forget.
            ctypes.pythonapi.PyRun_SimpleString(b"")
            raise typer.Exit(code) from None

    def found(self, **facts: Any) -> None:
        """Note figures that the last event is to have."""
        self._facts |= facts

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self.log is None or isinstance(error, typer.Exit):
            return
        seconds = round(time.monotonic() - self._began, 3)
        if error is None:
            self.log.tell("finished", seconds=seconds, **self._facts)
        elif isinstance(error, KeyboardInterrupt):
            self._end("interrupted", error, _INTERRUPTED, seconds=seconds)
        elif isinstance(error, KeeponeError) and not isinstance(error, InternalError):
            self._end("failed", error, error.exit_code, message=error.message, hint=error.hint)
        else:
            from keepone.commands.output import fault  # noqa: PLC0415 - Rich, where all goes well

            told = fault(error)
            self._end("failed", error, told.exit_code, message=told.message, hint=told.hint)

    def _end(self, event: str, error: BaseException, exit_code: int, **facts: Any) -> None:
        assert self.log is not None
        self.log.tell(event, "error", exit_code=exit_code, **facts)
        raise typer.Exit(exit_code) from error
