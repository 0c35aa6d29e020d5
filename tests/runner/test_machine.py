"""Sizes of memory, and what the meter measures."""

from __future__ import annotations

import subprocess
import sys

import pytest

from keepone.errors import SettingsError
from keepone.machine import Machine, Meter, available_memory, parse_memory
from keepone.settings import MachineSettings


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


def test_the_meter_counts_the_time_of_the_processor() -> None:
    with Meter() as meter, meter.measure() as usage:
        sum(number * number for number in range(300_000))
    assert usage.cpu_seconds > 0
    assert usage.seconds > 0
