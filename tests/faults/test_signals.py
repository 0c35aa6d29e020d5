"""Ctrl-C and SIGTERM end a run within two seconds, whatever it is busy with, and it goes on."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.bad_input.test_interrupted import tables
from tests.faults.worlds import (
    begin,
    cut_short,
    ended,
    run_folder,
    whole_run,
    write_accounts,
)
from tests.processes import ENVIRONMENT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are sent the POSIX way")
_SEEDS = [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 22))]

_BUSY = """
import ctypes, sys, time
from keepone.interruption import Interruption

def deaf():  # native code that lets nobody else run has to end first; this lets others run
    ctypes.CDLL(None).usleep(60_000_000)

def lost():  # an exception that nothing can take
    class Lost:
        def __del__(self):
            print("ready", flush=True)
            try:
                time.sleep(60)
            except KeyboardInterrupt:
                pass
            time.sleep(60)
    Lost()

def raised():
    print("ready", flush=True)
    try:
        time.sleep(60)
    except KeyboardInterrupt as error:
        raise ImportError("half loaded") from error

if sys.argv[1] == "deaf":
    print("ready", flush=True)
interruption = Interruption("told")
try:
    with interruption:
        {"deaf": deaf, "lost": lost, "raised": raised}[sys.argv[1]]()
except KeyboardInterrupt:
    print("told", file=sys.stderr)
    sys.exit(interruption.exit_code)
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("busy", ["deaf", "lost", "raised"])
def test_what_does_not_hear_ends_all_the_same(busy: str, how: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _BUSY, busy],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.2)
    while process.poll() is None:  # an impatient hand changes nothing
        process.send_signal(how)
        time.sleep(0.001)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 128 + how
    assert said == "told\n"


def test_what_was_ignored_stays_ignored() -> None:
    """A job that a shell put into the background does not hear Ctrl-C."""
    code = (
        "import os, signal; from keepone.interruption import Interruption\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "with Interruption('told'): os.kill(os.getpid(), signal.SIGINT)\n"
        "assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN\n"
        "assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL"
    )
    subprocess.run([sys.executable, "-c", code], env=ENVIRONMENT, check=True)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str], float]:
    folder = tmp_path_factory.mktemp("world")
    export = write_accounts(folder, 3_000)
    return export, *whole_run(folder / "whole", export)


@pytest.mark.parametrize("seed", _SEEDS)
def test_told_to_end_at_random(
    world: tuple[Path, dict[str, str], float], tmp_path: Path, seed: int
) -> None:
    export, whole, seconds = world
    draw = random.Random(seed)
    how = (signal.SIGINT, signal.SIGTERM)[seed % 2]
    process = begin(tmp_path, export)
    sent = cut_short(process, draw.uniform(0, seconds), how)
    code, said = ended(process)
    if sent and code == 128 + how:
        assert "with --run-id r goes on from here" in said or not run_folder(tmp_path).exists()
    else:  # it was not loaded yet, or done already
        assert code in {0, -how}
    assert ended(begin(tmp_path, export))[0] == 0
    assert tables(run_folder(tmp_path)) == whole
    assert [path.name for path in tmp_path.iterdir()] == ["keepone-data"]
