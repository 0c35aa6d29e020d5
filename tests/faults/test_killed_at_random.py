"""A process killed at any moment of the clock: the next finishes with the same bytes."""

from __future__ import annotations

import random
import signal
import sys
from pathlib import Path

import pytest

from keepone.manifest import read_manifest
from tests.bad_input.test_interrupted import tables
from tests.faults.worlds import (
    SMALL,
    begin,
    cut_short,
    ended,
    run_folder,
    whole_run,
    write_accounts,
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
# A handful on every change; 200 in the long suite, ten a seed.
_SEEDS = [(0, 3), *(pytest.param(seed, 10, marks=pytest.mark.slow) for seed in range(1, 21))]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str], float]:
    folder = tmp_path_factory.mktemp("world")
    export = write_accounts(folder, 3_000)
    return export, *whole_run(folder / "whole", export)


@pytest.mark.parametrize(("seed", "kills"), _SEEDS)
def test_killed_at_random(
    world: tuple[Path, dict[str, str], float], tmp_path: Path, seed: int, kills: int
) -> None:
    export, whole, seconds = world
    draw = random.Random(seed)
    killed = 0
    for at in range(kills):
        folder = tmp_path / str(at)
        folder.mkdir()
        options = draw.choice([(), SMALL])
        # Twice in one run now and then: what is resumed can be killed as well.
        for _ in range(draw.choice([1, 1, 2])):
            process = begin(folder, export, *options)
            killed += cut_short(process, draw.uniform(0, seconds), signal.SIGKILL)
            process.communicate()
        code, said = ended(begin(folder, export))
        assert code == 0, said
        run = run_folder(folder)
        assert read_manifest(run).status == "finished"
        assert tables(run) == whole
        assert not list(run.rglob("*.partial"))
        assert not (run / ".spill").exists()
    assert killed
