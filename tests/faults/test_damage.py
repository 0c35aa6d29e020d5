"""What a disk gives back is not what was written: the next run mends it, or says what to do."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from keepone import pipeline
from keepone.errors import RunError
from keepone.lock import LOCK
from keepone.settings import Settings
from tests.bad_input.test_interrupted import tables
from tests.faults.worlds import write_accounts

EAGER = Settings.model_validate({"machine": {"group_details": "eager"}})
KINDS = [
    "manifest.json", "report.html", "model.json", "rejects.csv", "review_ready.csv",
    "review_ready.parquet", "golden.csv", "golden.parquet", "related.csv", "related.parquet",
    "group_stats.parquet", "group_pairs.parquet", "stages/*.parquet",
]  # fmt: skip
HARM = ["bit", "bits", "cut", "gone", "empty", "zeros"]
# Every kind of file once on every change; some hundred cases in the long suite.
_SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 16))]


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_accounts(tmp_path_factory.mktemp("world"), 200)


@pytest.fixture(scope="module")
def run(export: Path) -> Path:
    return pipeline.run(export, workspace=export.parent, run_id="r", settings=EAGER).path


def damage(path: Path, how: str, draw: random.Random) -> None:
    data = bytearray(path.read_bytes())
    if how == "gone":
        path.unlink()
        return
    if how == "bit":
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    elif how == "bits":
        for _ in range(50):
            data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    elif how == "cut":
        del data[draw.randrange(len(data)) :]
    elif how == "empty":
        data.clear()
    else:  # a page that never reached the disk
        at = draw.randrange(len(data))
        data[at : at + 512] = bytes(len(data[at : at + 512]))
    path.unlink()  # stage tables may be one file with those of another run
    path.write_bytes(data)


@pytest.mark.parametrize("seed", _SEEDS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file(export: Path, run: Path, tmp_path: Path, kind: str, seed: int) -> None:
    draw = random.Random(f"{kind} {seed}")
    here = tmp_path / "runs" / "r"
    shutil.copytree(run, here)
    path = draw.choice(sorted(here.glob(kind)))
    how = draw.choice(HARM)
    before = path.read_bytes()
    damage(path, how, draw)
    if path.exists() and path.read_bytes() == before:
        pytest.skip("what was there is zeros already")
    try:
        again = pipeline.run(export, workspace=tmp_path, run_id="r", settings=EAGER)
    except RunError as error:
        told = (path.name, "is damaged" in error.message, error.hint)
        assert told == ("manifest.json", True, "Delete the run's folder and run again.")
        # A run of another name takes nothing from it, and is whole.
        again = pipeline.run(export, workspace=tmp_path, run_id="other", settings=EAGER)
    assert tables(again.path) == tables(run)
    assert again.finished().counts is not None
    if path.name == "report.html" and how != "gone":
        assert path.read_bytes()[-8:] == before[-8:]


@pytest.mark.parametrize("seed", _SEEDS)
def test_damage_is_not_taken_over(export: Path, run: Path, tmp_path: Path, seed: int) -> None:
    """Another run takes over what is sound of a damaged one, and computes the rest."""
    draw = random.Random(seed)
    here = tmp_path / "runs" / "r"
    shutil.copytree(run, here)
    files = [path for path in sorted(here.rglob("*")) if path.is_file() and path.name != LOCK]
    damage(draw.choice([path for path in files if path.stat().st_size]), "bit", draw)
    other = pipeline.run(export, workspace=tmp_path, run_id="other", settings=EAGER)
    assert tables(other.path) == tables(run)


def test_a_manifest_of_a_release_that_did_not_seal_them(run: Path, tmp_path: Path) -> None:
    from keepone.manifest import read_manifest  # noqa: PLC0415 - asked for by this test alone

    text = (run / "manifest.json").read_text()
    unsealed, seal = text.rsplit(',\n  "sha256"', 1)
    assert len(seal.splitlines()) == 2
    (tmp_path / "manifest.json").write_text(unsealed + "\n}\n")
    assert read_manifest(tmp_path) == read_manifest(run)
