"""Sizes of memory, and what the meter measures."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from keepone.errors import SettingsError
from keepone.machine import (
    Alarm,
    Machine,
    Meter,
    available_memory,
    parse_memory,
    resident_bytes,
)
from keepone.progress import Silence
from keepone.settings import MachineSettings
from tests.runner import toy_pipeline


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("2GB", 2 * 10**9),
        ("512 mb", 512 * 10**6),
        ("1.5g", 1_500_000_000),
        ("2GiB", 2 * 2**30),
        ("100000000", 10**8),
        ("auto", None),
        (" AUTO ", None),
    ],
)
def test_sizes_of_memory(text: str, size: int | None) -> None:
    assert parse_memory(text) == size


@pytest.mark.parametrize("text", ["", "GB", "-2GB", "2XB", "2 G B", "1MB", "0", "1e9", "5iB"])
def test_what_is_no_size_is_told(text: str) -> None:
    with pytest.raises(SettingsError, match=r"machine\.memory"):
        parse_memory(text)


def test_what_is_left_open_is_looked_up() -> None:
    machine = Machine.of(MachineSettings())
    assert machine.threads >= 1
    assert 64 * 10**6 <= machine.memory <= available_memory() + 10**9
    chosen = Machine.of(MachineSettings(threads=3, memory="1GB"))
    assert (chosen.threads, chosen.memory) == (3, 10**9)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell a process's memory")
def test_the_meter_sees_memory_that_came_and_went() -> None:
    code = (
        "import time\n"
        "from keepone.machine import Meter\n"
        "with Meter() as meter:\n"
        "    with meter.measure() as all_of_it:\n"
        "        with meter.measure() as small: pass\n"
        "        with meter.measure() as large:\n"
        "            data = b'x' * 200_000_000\n"
        "            time.sleep(0.5)\n"  # many times the meter's interval
        "            del data\n"
        "        with meter.measure() as after: pass\n"
        "print(small.peak_rss_mb, large.peak_rss_mb, after.peak_rss_mb, all_of_it.peak_rss_mb)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    small, large, after, whole = map(float, done.stdout.split())
    assert small + 190 < large == whole
    assert after + 190 < large


def test_an_alarm_rings_once_and_only_past_its_limit() -> None:
    heard: list[int] = []
    alarm = Alarm(100, heard.append)
    for resident in (99, 100, 101, 150, 90, 200):
        alarm.hear(resident)
    assert heard == [101]


@pytest.mark.skipif(resident_bytes() is None, reason="the system does not tell")
def test_memory_past_the_limit_is_told_while_the_run_goes_on(tmp_path: Path) -> None:
    class Listener(Silence):
        def __init__(self) -> None:
            self.heard: list[str] = []

        def warned(self, message: str) -> None:
            self.heard.append(message)

    def slow_profile(*args: object, **tables: pa.Table) -> Mapping[str, Any]:
        deadline = time.monotonic() + 10
        while listener.heard == [] and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(listener.heard) == 1
        return toy_pipeline.profile(*args, **tables)

    listener = Listener()
    done = toy_pipeline.run_toy(
        tmp_path,
        stages=toy_pipeline.replaced("profile", slow_profile),
        machine=Machine(threads=1, memory=10**6),
        progress=listener,
    )
    assert "more than the 1 MB it may take (--memory)" in listener.heard[0]
    manifest = done.manifest()
    assert manifest.alerts == listener.heard
    assert manifest.baseline_rss_mb is not None
    assert manifest.baseline_rss_mb > 1

    silent = toy_pipeline.run_toy(tmp_path, run_id="room", machine=Machine(1, 10**12))
    assert silent.manifest().alerts == []


def test_the_meter_counts_the_time_of_the_processor() -> None:
    with Meter() as meter, meter.measure() as usage:
        sum(number * number for number in range(300_000))
    assert usage.cpu_seconds > 0
    assert usage.seconds > 0
