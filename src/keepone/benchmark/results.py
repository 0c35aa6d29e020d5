"""What is kept of a benchmark: the figures of every run and every sample, as JSON."""

from __future__ import annotations

import math
import platform
import statistics
from itertools import pairwise
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, computed_field

from keepone.errors import UserError
from keepone.machine import available_processors

SCORE_BINS = 50
"""Equal bins of match probability, from 0 to 1, that scored pairs are counted in."""

LARGEST_EXPONENT = 1.1
"""A stage whose time grows with a larger power of the records than this does not scale."""

# The least that a manifest tells; no stage takes less.
_LEAST_SECONDS = 0.0001

GeneratorProfile = Literal["crm", "dense"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Sample(_Part):
    """A second or more of one piece of work: the mean of its calls, in seconds.

    `calibration` is the mean of the fixed workload's calls in the same second. `share` is the
    processor time of the work over its wall time, in processors, `calibration_share` the other's.
    """

    seconds: float
    calibration: float
    share: float
    calibration_share: float

    @property
    def ratio(self) -> float:
        """The time of a call, as a multiple of the calibration's."""
        return self.seconds / self.calibration


class StageFigures(_Part):
    """One stage of one whole run. `above_mb` is its peak of memory above the baseline."""

    seconds: float
    cpu_seconds: float
    write_seconds: float
    above_mb: float


class RunFigures(_Part):
    """One whole run as a process, from start to exit; MB are 10^6 bytes."""

    wall: float
    cpu: float
    peak_rss_mb: float
    baseline_rss_mb: float
    stages: dict[str, StageFigures]


class TableFigures(_Part):
    """One table that a run wrote as Parquet: the stage, and bytes in Arrow and on disk.

    `read_seconds` is the median time of reading it back whole.
    """

    stage: str
    rows: int
    plain_bytes: int
    bytes: int
    read_seconds: float


class SizeFigures(_Part):
    """All figures of one size. `scores` counts the scored pairs in `SCORE_BINS` bins.

    `samples` holds those of each stage by its name, and those of writing all tables (`writing`)
    and reading them back (`reading`).
    """

    records: int
    candidate_pairs: int
    uncollapsed_pairs: int
    survivors: int
    groups: int
    f1: float | None
    runs: list[RunFigures] = Field(min_length=1)
    tables: dict[str, TableFigures]
    scores: list[int]
    samples: dict[str, list[Sample]] = Field(default_factory=dict)

    @property
    def stages(self) -> list[str]:
        """The names of the stages, in order."""
        return list(self.runs[0].stages)

    def stage_seconds(self, stage: str) -> float:
        """Return the stage's median seconds over the runs."""
        return statistics.median(run.stages[stage].seconds for run in self.runs)


class Results(_Part):
    """A whole benchmark: where and with what it was made, and the figures of each size, rising."""

    format: Literal[1] = 1
    version: str
    python: str = Field(default_factory=platform.python_version)
    platform: str = Field(default_factory=lambda: platform.platform(terse=True))
    processors: int = Field(default_factory=available_processors)
    threads: int
    memory: str
    profile: GeneratorProfile
    settings: tuple[str, ...] = ()
    seed: int
    sizes: list[SizeFigures] = Field(min_length=1)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def exponents(self) -> dict[str, list[float]]:
        """For each stage, the power of the records that it grows with, from size to size.

        That is the slope of its median seconds over the records, both in logarithms.
        """
        return {
            stage: [_exponent(stage, *step) for step in pairwise(self.sizes)]
            for stage in self.sizes[0].stages
        }

    def size(self, records: int) -> SizeFigures | None:
        """Return the figures of the size; None if it was not measured."""
        return next((size for size in self.sizes if size.records == records), None)


def _exponent(stage: str, small: SizeFigures, large: SizeFigures) -> float:
    before, after = (max(size.stage_seconds(stage), _LEAST_SECONDS) for size in (small, large))
    return round(math.log(after / before) / math.log(large.records / small.records), 2)


def results_json(results: Results) -> str:
    """Return the results as JSON, as `read_results` reads them."""
    return results.model_dump_json(indent=1) + "\n"


def read_results(path: Path) -> Results:
    """Return the results that `keepone bench` wrote to `path`; `UserError` if it holds none."""
    hint = "Name the bench.json that an earlier `keepone bench` wrote."
    try:
        return Results.model_validate_json(path.read_bytes())
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise UserError(message, hint=hint) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        message = f"{path} holds no benchmark: {place + ': ' if place else ''}{first['msg']}"
        raise UserError(message, hint=hint) from error
