"""How a sample is taken, on clocks that only move when they are told to."""

from __future__ import annotations

import pytest

from keepone.benchmark.timing import take_sample


class Machine:
    """A machine whose work and calibration take known times, each `speed` times as long."""

    def __init__(self, work: float, processors: float, speeds: list[float]) -> None:
        self.now = self.cpu = 0.0
        self.calls = self.calibrations = 0
        self._work, self._processors, self._speeds = work, processors, speeds

    def _speed(self) -> float:
        return self._speeds[int(self.now) % len(self._speeds)]

    def work(self) -> None:
        self.calls += 1
        seconds = self._work * self._speed()
        self.now += seconds
        self.cpu += seconds * self._processors

    def calibrate(self) -> float:
        self.calibrations += 1
        seconds = 0.1 * self._speed()
        self.now += seconds
        self.cpu += seconds
        return seconds


def test_short_work_is_repeated_until_a_second_has_passed() -> None:
    machine = Machine(0.01, 1.5, [1.0])
    sample = take_sample(machine.work, machine.calibrate, lambda: machine.now, lambda: machine.cpu)
    assert machine.calls * 0.01 == pytest.approx(1.0, abs=0.3)
    assert machine.calibrations >= 4
    assert sample.ratio == pytest.approx(0.1)
    assert sample.share == pytest.approx(1.5)
    assert sample.calibration_share == pytest.approx(1.0)


def test_long_work_is_called_once_and_calibrated_for_a_quarter_of_its_time() -> None:
    machine = Machine(4.0, 1.0, [1.0])
    sample = take_sample(machine.work, machine.calibrate, lambda: machine.now, lambda: machine.cpu)
    assert machine.calls == 1
    assert machine.calibrations * 0.1 == pytest.approx(1.0, abs=0.11)
    assert sample.ratio == pytest.approx(40)


@pytest.mark.parametrize("speed", [0.5, 1.0, 3.0])
def test_the_speed_of_the_machine_cancels_out(speed: float) -> None:
    machine = Machine(0.03, 1.0, [speed])
    sample = take_sample(machine.work, machine.calibrate, lambda: machine.now, lambda: machine.cpu)
    assert sample.ratio == pytest.approx(0.3)


def test_interruptions_weigh_on_short_and_long_calls_alike() -> None:
    quiet, busy = (Machine(0.01, 1.0, [1.0]) for _ in range(2))
    work, calibrate = busy.work, busy.calibrate

    def interrupted_work() -> None:
        work()
        busy.now += 0.02 * (busy.calls % 2)  # every other call is three times as long

    def interrupted_calibration() -> float:
        return calibrate() * 2  # a long call meets as many interruptions in proportion

    calm = take_sample(quiet.work, quiet.calibrate, lambda: quiet.now, lambda: quiet.cpu)
    pressed = take_sample(
        interrupted_work, interrupted_calibration, lambda: busy.now, lambda: busy.cpu
    )
    assert pressed.ratio == pytest.approx(calm.ratio, rel=0.1)
