"""Whether a benchmark is worse than one that was kept, beyond what chance makes of it.

Time is compared as multiples of the calibration workload, so that a slower or a busier machine
makes no difference, and a stage is called slower only where the difference of the means is beyond
what chance makes of so many samples that spread as these do. Memory is compared above the baseline
of the process. Scores are compared by the Kolmogorov-Smirnov distance: the largest difference of
the two distributions.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from scipy.stats import t as student_t

from keepone.benchmark.measure import Load
from keepone.benchmark.results import Results, Sample, SizeFigures
from keepone.benchmark.subjects import READING, WRITING
from keepone.errors import UserError

LEAST_SAMPLES = 3
"""Fewer samples of a stage do not tell by how much its time differs by chance."""

Unit = Literal["calibrations", "MB", "shares", "distance"]

_MEMORY_TOLERANCE = 20.0
# What the allocator makes of one and the same work, in MB: less is no difference.
_MEMORY_NOISE_MB = 25.0
_SHARE_TOLERANCE = 20.0
# How often chance may make a difference look larger than the noise it is given.
_CHANCE = 0.001
# A few samples tell little of how much they spread: what is usual for work of the same minutes is
# counted in as if it were so many more.
_BORROWED = 10
# No series of samples is taken to be more regular than this, however few they are.
_LEAST_DEVIATION = 0.01
_DISTANCE = 0.05
# What is compared after all of a size's stages together.
_WHOLE = "all stages"
_SCORES = "scores"


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison. `then` and `now` are in `unit`; `change` and `limit` in percent.

    `noise` is the change that chance alone may show, in percent. A check fails where the change is
    beyond the limit and beyond the noise; it is `doubtful` where it is beyond the limit alone.
    """

    records: int
    subject: str
    unit: Unit
    then: float
    now: float
    change: float
    limit: float
    noise: float = 0.0

    @property
    def failed(self) -> bool:
        """Whether what was compared has become worse."""
        return self.change > max(self.limit, self.noise)

    @property
    def looks_slower(self) -> bool:
        """Whether it is a time beyond its limit, whatever chance may make of it."""
        return self.unit == "calibrations" and self.change > self.limit

    @property
    def doubtful(self) -> bool:
        """Whether it looks worse, but no more than chance may make it look."""
        return self.limit < self.change <= self.noise


@dataclass(frozen=True, slots=True)
class _Series:
    """Samples of one thing, and the variance in logarithms that is usual beside it."""

    values: Sequence[float]
    usual: float

    @property
    def freedom(self) -> int:
        return len(self.values) - 1 + _BORROWED

    @property
    def error(self) -> float:
        """The square of the standard error of the mean, in logarithms."""
        own = (len(self.values) - 1) * _variance(self.values)
        return (own + _BORROWED * self.usual) / self.freedom / len(self.values)


def compare(then: Results, now: Results, tolerance: float) -> list[Check]:
    """Compare all that both benchmarks measured; a stage may be `tolerance` percent slower.

    Raises `UserError` where they cannot be compared: of other accounts, with other threads, without
    a size in common, or with too few samples.
    """
    sizes = [size.records for size in now.sizes]
    check_comparable(then, Load(now.profile, now.threads, now.memory, now.settings), sizes)
    checks: list[Check] = []
    for size in now.sizes:
        before = then.size(size.records)
        if before is not None:
            checks += _compare_sizes(before, size, tolerance)
    return checks


def check_comparable(then: Results, load: Load, sizes: Sequence[int]) -> None:
    """Raise `UserError` where a benchmark of such a load could not be compared with `then`."""
    for name, before, after in (
        ("--profile", then.profile, load.profile),
        ("--threads", then.threads, load.threads),
        ("--set", " ".join(then.settings) or "nothing", " ".join(load.assignments) or "nothing"),
    ):
        if before != after:
            message = f"the stored benchmark was made with {name} {before}, this one with {after}"
            raise UserError(message, hint=f"Use {name} {before}, or leave it out.")
    measured = [size.records for size in then.sizes]
    if not set(measured) & set(sizes):
        known = ", ".join(f"{size:,}" for size in measured)
        message = "the stored benchmark has none of the sizes that are to be measured"
        raise UserError(message, hint=f"It has {known}.")
    least = min(len(size.samples.get(name, ())) for size in then.sizes for name in size.stages)
    if least < LEAST_SAMPLES:
        message = (
            f"the stored benchmark has {least} samples of a stage, and {LEAST_SAMPLES} are needed"
        )
        raise UserError(message, hint="Make it anew with more --samples.")


def _compare_sizes(then: SizeFigures, now: SizeFigures, tolerance: float) -> Iterator[Check]:
    shared = [name for name in now.samples if name in then.samples]
    if shared:
        usual = [_usual_variance(size, shared) for size in (then, now)]
        for name in shared:
            series = [[each.ratio for each in size.samples[name]] for size in (then, now)]
            before, after = map(_Series, series, usual)
            yield _change(now.records, name, "calibrations", before, after, limit=tolerance)
        stages = [name for name in shared if name not in {READING, WRITING}]
        before, after = map(_Series, [_shares(size, stages) for size in (then, now)], usual)
        yield _change(now.records, _WHOLE, "shares", before, after, limit=_SHARE_TOLERANCE)
    for name in now.stages:
        if name in then.stages:
            yield _memory(then, now, name, tolerance)
    distance = score_distance(then.scores, now.scores)
    yield Check(
        now.records, _SCORES, "distance", 0.0, distance, 100 * distance, limit=100 * _DISTANCE
    )


def _change(
    records: int, subject: str, unit: Unit, before: _Series, after: _Series, *, limit: float
) -> Check:
    """Compare two series of samples by their geometric means."""
    then, now = (statistics.geometric_mean(series.values) for series in (before, after))
    change = 100 * (now / then - 1)
    return Check(records, subject, unit, then, now, change, limit, _noise(before, after))


def _rounds(size: SizeFigures, stages: Sequence[str]) -> list[tuple[Sample, ...]]:
    """Return a sample of each stage, once for each round that all of them have."""
    return list(zip(*(size.samples[name] for name in stages), strict=False))


def _shares(size: SizeFigures, stages: Sequence[str]) -> list[float]:
    """Return for each round the processors kept busy, over those that the calibration kept busy.

    What else runs on the machine takes processors from both.
    """
    return [
        _mean_share(samples) / statistics.median(sample.calibration_share for sample in samples)
        for samples in _rounds(size, stages)
    ]


def _mean_share(samples: Sequence[Sample]) -> float:
    """Return the processor time of one call of everything over its wall time."""
    wall = sum(sample.seconds for sample in samples)
    return sum(sample.share * sample.seconds for sample in samples) / wall


def _memory(then: SizeFigures, now: SizeFigures, stage: str, tolerance: float) -> Check:
    before, after = ([run.stages[stage].above_mb for run in size.runs] for size in (then, now))
    floor = max(statistics.median(before), _MEMORY_NOISE_MB)
    beyond = max(max(before) - statistics.median(before), _MEMORY_NOISE_MB)
    return Check(
        now.records,
        stage,
        "MB",
        statistics.median(before),
        statistics.median(after),
        100 * (statistics.median(after) - statistics.median(before)) / floor,
        limit=max(_MEMORY_TOLERANCE, tolerance),
        noise=100 * beyond / floor,
    )


def _usual_variance(size: SizeFigures, names: Sequence[str]) -> float:
    """Return the median variance of a size's series of samples, in logarithms."""
    return statistics.median(
        _variance([sample.ratio for sample in size.samples[name]]) for name in names
    )


def _variance(series: Sequence[float]) -> float:
    return max(statistics.variance(map(math.log, series)), _LEAST_DEVIATION**2)


def _noise(before: _Series, after: _Series) -> float:
    """Return the percent by which the later geometric mean may be larger by chance.

    Welch's test in logarithms: both series have an error of their own.
    """
    errors = (before.error, after.error)
    freedom = sum(errors) ** 2 / sum(each.error**2 / each.freedom for each in (before, after))
    quantile = float(student_t.ppf(1 - _CHANCE, freedom))
    return 100 * (math.exp(quantile * math.sqrt(sum(errors))) - 1)


def score_distance(then: Sequence[int], now: Sequence[int]) -> float:
    """Return the Kolmogorov-Smirnov distance of two histograms over the same bins, 0 to 1.

    Where one of them counts nothing, the distance is 0 if the other does not either, and else 1.
    """
    if not sum(then) or not sum(now):
        return float(sum(then) != sum(now))
    before, after = ([part / sum(counts) for part in accumulate(counts)] for counts in (then, now))
    return max(abs(a - b) for a, b in zip(before, after, strict=True))
