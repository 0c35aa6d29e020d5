"""Tells the person who waits how far a run has come."""

from __future__ import annotations

import threading
from typing import Any, Protocol, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
)
from rich.progress import Progress as Bar
from rich.text import Text

from keepone.estimate import Estimate, in_words
from keepone.event_log import EventLog
from keepone.manifest import StageRun

_EVENT_SECONDS = 10


class Progress(Protocol):
    """What a runner says while it works."""

    def started(self, name: str, number: int, steps: int) -> None:
        """Say that step `number` of `steps`, counted from 0, begins."""
        ...

    def finished(self, stage: StageRun) -> None:
        """Say that a stage is done, by this process or a former one."""
        ...

    def warned(self, message: str) -> None:
        """Say at once what a person should know while the run goes on; from any thread."""
        ...


class Silence:
    """Says nothing."""

    def started(self, name: str, number: int, steps: int) -> None:
        """Say nothing."""

    def finished(self, stage: StageRun) -> None:
        """Say nothing."""

    def warned(self, message: str) -> None:
        """Say nothing."""


class Lines:
    """A line for each stage that is done and, on a terminal, a bar with the time that is left."""

    def __init__(self, console: Console, estimate: Estimate) -> None:
        self._console = console
        self._estimate = estimate
        self._bar = Bar(
            SpinnerColumn(),
            TextColumn("{task.description:<14}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            _Left(estimate),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("reading")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def started(self, name: str, number: int, steps: int) -> None:
        """Move the bar."""
        self._estimate.started(name)
        self._bar.update(self._task, description=name, completed=number, total=steps)

    def finished(self, stage: StageRun) -> None:
        """Print the stage's line."""
        self._estimate.finished(stage)
        time = "as it was" if stage.reused else f"{stage.seconds:.2f} s"
        self._console.print(f"  {stage.name:<14}{time:>9}{stage.rows:>13,} rows", style="dim")

    def warned(self, message: str) -> None:
        """Print the warning on a line of its own."""
        self._console.print(f"  warning: {message}", style="yellow")


class _Left(ProgressColumn):
    """The time that is left, in words."""

    max_refresh = 1.0

    def __init__(self, estimate: Estimate) -> None:
        super().__init__()
        self._estimate = estimate

    def render(self, task: Task) -> Text:
        return Text("" if task.total is None else in_words(self._estimate.left()), style="dim")


class Events:
    """An event when a stage begins and ends, and every ten seconds in between."""

    def __init__(self, log: EventLog, estimate: Estimate) -> None:
        self._log = log
        self._estimate = estimate
        self._stage: str | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="keepone-events", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def started(self, name: str, number: int, steps: int) -> None:
        """Tell of a stage that begins, and what is left with it."""
        self._estimate.started(name)
        self._stage = name
        self._log.tell("stage_started", stage=name, number=number, steps=steps, **self._left())

    def finished(self, stage: StageRun) -> None:
        """Tell of a stage that is done, and what is left without it."""
        self._estimate.finished(stage)
        self._log.tell(
            "stage_finished",
            stage=stage.name,
            seconds=stage.seconds,
            cpu_seconds=stage.cpu_seconds,
            peak_rss_mb=stage.peak_rss_mb,
            rows=stage.rows,
            bytes=stage.bytes,
            reused=stage.reused,
            **self._left(),
        )

    def warned(self, message: str) -> None:
        """Tell of the warning."""
        self._log.tell("warned", "warning", message=message)

    def _left(self) -> dict[str, Any]:
        return {
            "share_done": round(self._estimate.share(), 3),
            "seconds_left": round(self._estimate.left(), 1),
        }

    def _beat(self) -> None:
        while not self._over.wait(_EVENT_SECONDS):
            if self._stage is not None:
                self._log.tell("progress", stage=self._stage, **self._left())
