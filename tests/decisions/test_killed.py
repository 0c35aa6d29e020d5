"""A process killed in the middle of writing has lost nothing that it had acknowledged."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from keepone.decisions.log import DecisionLog
from keepone.decisions.workspace import LOG_FILE

# Four threads write as fast as they can; a line is printed when a decision is acknowledged.
_WRITER = """
import sys, threading
from keepone.decisions import RecordKey
from keepone.decisions.decision import same
from keepone.decisions.log import DecisionLog

log = DecisionLog(sys.argv[1])
told = threading.Lock()

def write():
    while True:
        entry = log.append(same("a", [RecordKey.of("x"), RecordKey.of("y")], "w" * 500))
        with told:
            sys.stdout.write(f"{entry.position} {entry.id}\\n")
            sys.stdout.flush()

for _ in range(4):
    threading.Thread(target=write).start()
"""


def _killed_at_random(path: Path, chance: random.Random) -> list[str]:
    """Return the lines that a writer printed before it was killed."""
    writer = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    first = writer.stdout.readline()
    time.sleep(chance.uniform(0, 0.05))
    writer.kill()
    rest, _ = writer.communicate()
    # What was printed in part was not acknowledged.
    return [line for line in (first + rest).splitlines(keepends=True) if line.endswith("\n")]


@pytest.mark.parametrize(
    "kills", [20, pytest.param(200, marks=pytest.mark.slow)], ids=lambda kills: f"{kills} kills"
)
def test_all_that_was_acknowledged_is_there(tmp_path: Path, kills: int) -> None:
    path, chance = tmp_path / LOG_FILE, random.Random(kills)
    acknowledged: dict[str, int] = {}
    for _ in range(kills):
        for line in _killed_at_random(path, chance):
            position, decision = line.split()
            acknowledged[decision] = int(position)
    with DecisionLog(path) as log:
        entries = log.entries()
    found = {entry.id: entry.position for entry in entries}
    assert len(acknowledged) >= kills
    assert {each: found.get(each) for each in acknowledged} == acknowledged
    assert [entry.position for entry in entries] == list(range(1, len(entries) + 1))
    # Of each thread of each writer, one more may have been written than was acknowledged.
    assert len(entries) <= len(acknowledged) + 4 * kills
