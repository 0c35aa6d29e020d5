"""What the order of the stages is written in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

import pyarrow as pa


class ChildReader(Protocol):
    """The child exports of a run, for the stage that asks what they refer to."""

    def pointers(self, record_ids: pa.ChunkedArray) -> pa.Table:
        """Return one row per reference to one of these records: child_id, parent_id, kind."""
        ...


class Deferred:
    """The function that a module of the same name is about, imported when it is asked for.

    So a run whose stages all stand imports none of them. `inspect` sees through to the function.
    """

    def __init__(self, module: str) -> None:
        self._module = module

    def load(self) -> None:
        """Import the function, so that calling it takes no longer than its work."""
        import_module(self._module)

    def __call__(self, *args: Any, **kwargs: Any) -> Mapping[str, Any]:
        """Call the function."""
        made: Mapping[str, Any] = self.__wrapped__(*args, **kwargs)
        return made

    @property
    def __wrapped__(self) -> Callable[..., Any]:
        function: Callable[..., Any] = getattr(
            import_module(self._module), self._module.rpartition(".")[2]
        )
        return function

    def __repr__(self) -> str:
        return f"<deferred {self._module}>"


@dataclass(frozen=True, slots=True)
class Stage:
    """One step: `run(engine, settings, **slices, **artifacts)` returns the artifacts written.

    `settings` is the slice of `Settings` under the stage's own name. `also` names the further
    slices whose thresholds it must know; each is passed as a keyword of that name. `reads` and
    `writes` name artifacts: an Arrow table of `schema.TABLES`, or plain JSON data (`model`); each
    one read is a keyword too. The first table written is the one by which its rows are counted.

    A `deaf` stage's result does not depend on its own slice: a threshold that later stages apply.

    `run` is the stage on one engine; another implementation of the same contract takes its place
    with `dataclasses.replace`, and `engine` is then its name. Where that is None, any engine does.
    """

    name: str
    run: Callable[..., Mapping[str, Any]]
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    also: tuple[str, ...] = ()
    deaf: bool = False
    engine: str | None = None

    @property
    def slices(self) -> tuple[str, ...]:
        """Names of all settings slices that its result depends on, its own first."""
        return self.also if self.deaf else (self.name, *self.also)
