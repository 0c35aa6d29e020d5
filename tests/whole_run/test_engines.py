"""Whole runs on other engines: every table and the model, to the byte."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest

from keepone import load_settings, pipeline
from keepone.difference import compare_runs
from keepone.generate import generate
from keepone.generate import write as write_export
from keepone.runs import Run
from tests.whole_run.test_same_answer import digests

_SIZES = [1_000, *(pytest.param(size, marks=pytest.mark.slow) for size in (5_000, 10_000))]


def run_on(source: Path, workspace: Path, engines: dict[str, str], *, cache: bool = False) -> Run:
    settings = load_settings(engines=engines, cache=cache)
    return pipeline.run(source, settings=settings, workspace=workspace)


def assert_same_on(source: Path, workspace: Path, engines: dict[str, str]) -> None:
    """Hold a run on `engines` to a run on DuckDB: files, counts, and what `runs diff` says."""
    ours, theirs = (run_on(source, workspace, chosen) for chosen in ({}, engines))
    assert digests(ours.path) == digests(theirs.path)
    assert ours.finished().counts == theirs.finished().counts
    assert compare_runs(ours, theirs, limit=1).is_none


@pytest.mark.parametrize("profile", ["crm", "dense"])
@pytest.mark.parametrize("size", _SIZES)
def test_the_reference_gives_the_same_files(
    tmp_path: Path, profile: Literal["crm", "dense"], size: int
) -> None:
    source = tmp_path / "accounts.csv"
    write_export(generate(size, profile=profile, seed=1), source)
    assert_same_on(source, tmp_path, {"*": "reference"})


@pytest.mark.data
def test_the_reference_gives_the_same_files_of_real_sites(
    benchmark_data: Callable[[str], Path], tmp_path: Path
) -> None:
    assert_same_on(benchmark_data("chicago") / "records.csv", tmp_path, {"*": "reference"})


@pytest.mark.parametrize("profile", ["crm", "dense"])
@pytest.mark.parametrize("size", _SIZES)
def test_pandas_gives_the_same_group_stats(
    tmp_path: Path, profile: Literal["crm", "dense"], size: int
) -> None:
    source = tmp_path / "accounts.csv"
    write_export(generate(size, profile=profile, seed=2), source)
    assert_same_stats(source, tmp_path)


@pytest.mark.data
def test_pandas_gives_the_same_group_stats_of_real_sites(
    benchmark_data: Callable[[str], Path], tmp_path: Path
) -> None:
    assert_same_stats(benchmark_data("chicago") / "records.csv", tmp_path)


def assert_same_stats(source: Path, tmp_path: Path) -> None:
    """Hold group statistics of pandas to those of DuckDB, over the same tables."""
    ours = run_on(source, tmp_path, {}, cache=True)
    theirs = run_on(source, tmp_path, {"group_stats": "pandas"}, cache=True)
    assert theirs.computed == ("group_stats",)
    assert digests(ours.path) == digests(theirs.path)
