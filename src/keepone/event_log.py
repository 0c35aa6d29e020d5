"""What happens, as lines for machines to read: one event a line, as JSON."""

from __future__ import annotations

import json
import logging
import threading
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

from keepone.faults import described

Level = Literal["info", "warning", "error"]


class EventLog:
    """Writes events to a stream as they happen; any number of threads may tell them.

    Each has a time (UTC), a level and a name, the command, the run where there is one, and what
    belongs to it. No event holds a value of a record.
    """

    def __init__(self, stream: TextIO, command: str) -> None:
        self._stream = stream
        self._always = {"command": command}
        self._writing = threading.Lock()

    def about(self, run: str) -> None:
        """Say of which run all further events are."""
        self._always["run"] = run

    def tell(self, event: str, level: Level = "info", **facts: Any) -> None:
        """Write one event; facts that are None are left out."""
        line = self.line(event, level, **facts)
        with self._writing:
            self._stream.write(line + "\n")
            self._stream.flush()

    def line(self, event: str, level: Level = "info", **facts: Any) -> str:
        """Return one event of this moment as it would be written."""
        told: dict[str, Any] = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "level": level,
            "event": event,
            **self._always,
            **{name: fact for name, fact in facts.items() if fact is not None},
        }
        return json.dumps(told, ensure_ascii=False)


class LibraryLog(logging.Handler):
    """Hands on what libraries log from warnings up; of errors only their kind and place."""

    def __init__(self, log: EventLog | None, stream: TextIO) -> None:
        super().__init__(logging.WARNING)
        self._log = log
        self._stream = stream

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record as an event or, without a log of events, as a line of text."""
        error = record.exc_info[1] if record.exc_info else None
        said = record.getMessage().strip()
        if error is not None:
            said = f"{said.splitlines()[0] if said else record.name}: {described(error)}"
        if self._log is None:
            self._stream.write(f"{record.levelname.lower()}: {said}\n")
            return
        level: Level = "error" if record.levelno >= logging.ERROR else "warning"
        self._log.tell("logged", level, logger=record.name, message=said)
