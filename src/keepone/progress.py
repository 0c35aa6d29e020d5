"""Tells the person who waits how far a run has come."""

from __future__ import annotations

from typing import Protocol, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.progress import Progress as Bar

from keepone.manifest import StageRun


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
    """A line for each stage that is done and, on a terminal, a bar for the one under way."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar = Bar(
            SpinnerColumn(),
            TextColumn("{task.description:<14}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
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
        self._bar.update(self._task, description=name, completed=number, total=steps)

    def finished(self, stage: StageRun) -> None:
        """Print the stage's line."""
        time = "as it was" if stage.reused else f"{stage.seconds:.2f} s"
        self._console.print(f"  {stage.name:<14}{time:>9}{stage.rows:>13,} rows", style="dim")

    def warned(self, message: str) -> None:
        """Print the warning on a line of its own."""
        self._console.print(f"  warning: {message}", style="yellow")
