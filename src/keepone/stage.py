"""What the order of the stages is written in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Stage:
    """One step: `run(engine, settings, **slices, **artifacts)` returns the artifacts written.

    `settings` is the slice of `Settings` under the stage's own name. `also` names the further
    slices whose thresholds it must know; each is passed as a keyword of that name. `reads` and
    `writes` name artifacts: an Arrow table of `schema.TABLES`, or plain JSON data (`model`); each
    one read is a keyword too. The first table written is the one by which its rows are counted.

    A `deaf` stage's result does not depend on its own slice: a threshold that later stages apply.

    `run` is the stage on one engine; another implementation of the same contract takes its place
    with `dataclasses.replace`.
    """

    name: str
    run: Callable[..., Mapping[str, Any]]
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    also: tuple[str, ...] = ()
    deaf: bool = False

    @property
    def slices(self) -> tuple[str, ...]:
        """Names of all settings slices that its result depends on, its own first."""
        return self.also if self.deaf else (self.name, *self.also)
