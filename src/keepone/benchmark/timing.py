"""Times work against the calibration workload, turn by turn, so that a busy machine cancels out.

A sample is a second or more of one piece of work, its calls taking turns with the calibration's; it
tells the time of a call as a multiple of the calibration's in the same second. The samples of all
pieces of work take turns too, so that a slow minute falls on all of them.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Mapping

from keepone.benchmark.calibration import Calibration
from keepone.benchmark.results import Sample
from keepone.machine import cpu_seconds

Work = Callable[[], object]

# A sample's calls take this long together, unless one takes longer by itself.
_SAMPLE_SECONDS = 1.0
# Work is called for this long before the calibration takes its turn; and that runs for this share
# of the turn, at least once.
_TURN_SECONDS = 0.25
_CALIBRATED = 0.25


def take_samples(
    prepared: Mapping[str, Callable[[], Work]],
    names: Iterable[str],
    rounds: int,
    threads: int,
) -> dict[str, list[Sample]]:
    """Return `rounds` samples of each of the named pieces of work.

    `prepared` gives for a name what gets the work ready: what that takes is not timed, and what it
    holds is let go after the sample.
    """
    samples: dict[str, list[Sample]] = {name: [] for name in names}
    with Calibration(threads) as calibration:
        for _ in range(rounds):
            for name, taken in samples.items():
                taken.append(take_sample(prepared[name](), calibration.seconds))
    return samples


def take_sample(
    work: Work,
    calibrate: Callable[[], float],
    clock: Callable[[], float] = time.perf_counter,
    cpu_clock: Callable[[], float] = cpu_seconds,
) -> Sample:
    """Take one sample of `work`, between calibrations. `calibrate` tells the seconds it took.

    Means, not medians: what else runs on the machine interrupts each second alike, and so the
    calibration's long calls more often than short ones of work.
    """
    calls: list[float] = []
    calibrations: list[float] = []
    cpu = calibration_cpu = 0.0
    while sum(calls) < _SAMPLE_SECONDS:
        turn = 0.0
        cpu_began = cpu_clock()
        while turn < _TURN_SECONDS:
            began = clock()
            work()
            calls.append(clock() - began)
            turn += calls[-1]
        cpu += cpu_clock() - cpu_began
        calibrated, cpu_began = 0.0, cpu_clock()
        while not calibrated or calibrated < _CALIBRATED * turn:
            calibrations.append(calibrate())
            calibrated += calibrations[-1]
        calibration_cpu += cpu_clock() - cpu_began
    return Sample(
        seconds=statistics.fmean(calls),
        calibration=statistics.fmean(calibrations),
        share=cpu / sum(calls),
        calibration_share=calibration_cpu / sum(calibrations),
    )
