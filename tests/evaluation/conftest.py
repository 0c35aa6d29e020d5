from __future__ import annotations

from pathlib import Path

import pytest

import keepone
from keepone.generate import generate, write
from keepone.runs import Run
from tests.runner.toy_pipeline import run_toy


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Give a finished run whose tables the tests change."""
    return run_toy(tmp_path_factory.mktemp("shell"))


@pytest.fixture
def toy(tmp_path: Path) -> Run:
    """Give a toy run of four records."""
    return run_toy(tmp_path)


@pytest.fixture(scope="session")
def judged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Path]:
    """Give a real run of generated accounts, and their truth."""
    folder = tmp_path_factory.mktemp("judged")
    truth = write(generate(1_500, profile="dense", seed=3), folder / "accounts.csv")
    result = keepone.run(folder / "accounts.csv", workspace=folder / "data", run_id="judged")
    return Run(result.path), truth
