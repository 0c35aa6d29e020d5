"""How much time a run still needs: measured costs of stages, scaled by how fast it went so far."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from keepone.costs import measured, seconds_of
from keepone.manifest import StageRun

# Input bytes of a record, before anybody has counted the records.
_RECORD_BYTES = 180
# Seconds of measured cost that the measured machine's speed weighs, beside those seen here.
_PRIOR_SECONDS = 0.05
# A stage that is over its time is said to need this share of it still.
_LEAST_SHARE = 0.05


class Estimate:
    """Knows what was done and what it took; is told as a `Progress` is.

    Records are known once they are read, pairs once they are found; before that they are guessed
    from the bytes of the input. The machine's speed is that of the stages done so far.
    """

    def __init__(self, input_bytes: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._records = max(1, input_bytes // _RECORD_BYTES)
        self._pairs: int | None = None
        self._taken: dict[str, float] = {}
        self._stage: str | None = None
        self._began: float | None = None
        self._since = 0.0

    def started(self, stage: str) -> None:
        """Note that a stage begins."""
        self._stage, self._since = stage, self._clock()
        if self._began is None:
            self._began = self._since

    def finished(self, stage: StageRun) -> None:
        """Note that a stage is done, and what it found out about the size of the run."""
        self._taken[stage.name] = 0.0 if stage.reused else self._clock() - self._since
        if stage.name == self._stage:
            self._stage = None
        if stage.name == "ingest":
            self._records = max(1, stage.rows)
        elif stage.name == "block":
            self._pairs = stage.rows

    def left(self) -> float:
        """Return the seconds that the run will still take, as far as can be told now."""
        elapsed = self._clock() - self._since if self._stage else 0.0
        costs = {stage: seconds_of(stage, self._records, self._pairs) for stage in measured()}
        under_way = costs.get(self._stage or "", 0.0)
        done = [(costs.get(stage, 0.0), taken) for stage, taken in self._taken.items() if taken]
        slowness = _slowness(done)
        if elapsed > under_way * slowness:  # it tells by now that it is slower than thought
            slowness = _slowness([*done, (under_way, elapsed)])
        coming = sum(
            cost
            for stage, cost in costs.items()
            if stage != self._stage and stage not in self._taken
        )
        rest = max(_LEAST_SHARE * under_way * slowness, under_way * slowness - elapsed)
        return rest + coming * slowness

    def share(self) -> float:
        """Return how much of the whole time has passed, from 0 to 1, as far as can be told now."""
        passed = 0.0 if self._began is None else self._clock() - self._began
        whole = passed + self.left()
        return passed / whole if whole else 1.0


def _slowness(done: Iterable[tuple[float, float]]) -> float:
    """Return how much longer stages took than they cost, by (cost, seconds taken) of each."""
    pairs = [(_PRIOR_SECONDS, _PRIOR_SECONDS), *done]
    return sum(taken for _, taken in pairs) / sum(cost for cost, _ in pairs)


def in_words(seconds: float) -> str:
    """Return a time that is left as a person says it: no finer than it is known."""
    if seconds < 10:
        return "a few seconds left"
    if seconds < 100:
        return f"about {5 * round(seconds / 5)} s left"
    return f"about {round(seconds / 60)} min left"
