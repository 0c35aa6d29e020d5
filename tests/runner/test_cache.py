"""What one run of a workspace has computed serves the next, and neither hangs on the other."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from keepone import cache
from keepone.errors import RunError
from keepone.files import write_text
from keepone.generate import generate
from keepone.generate import write as write_export
from keepone.manifest import MANIFEST
from keepone.settings import Settings
from tests.processes import ENVIRONMENT
from tests.runner.test_run_folder import JOIN_60, hashes
from tests.runner.toy_pipeline import ALL, STAGES, ToySource, replaced, run_toy

AFTER_CLUSTER = ALL[ALL.index("cluster") :]


def machine(**settings: Any) -> Settings:
    return Settings.model_validate({"machine": settings})


def test_the_same_again_computes_nothing_in_a_folder_of_its_own(tmp_path: Path) -> None:
    first = run_toy(tmp_path, run_id="first")
    second = run_toy(tmp_path, run_id="second")
    assert second.computed == ()
    assert second.path != first.path
    assert hashes(second.path) == hashes(first.path)
    one, other = first.finished(), second.finished()
    assert (other.counts, other.columns, other.inputs) == (one.counts, one.columns, one.inputs)
    assert all(stage.reused for stage in other.stages)


def test_deleting_the_former_run_harms_nothing(tmp_path: Path) -> None:
    first = run_toy(tmp_path, run_id="first")
    told = hashes(first.path)
    second = run_toy(tmp_path, run_id="second")
    shutil.rmtree(first.path)
    assert hashes(second.path) == told
    assert run_toy(tmp_path, run_id="second").computed == ()


def test_what_people_are_handed_is_theirs_alone(tmp_path: Path) -> None:
    first = run_toy(tmp_path, run_id="first")
    second = run_toy(tmp_path, run_id="second")
    for name in ("review_ready.csv", "review_ready.parquet", "group_stats.parquet", "rejects.csv"):
        assert not (first.path / name).samefile(second.path / name)


def test_a_disk_without_links_is_served_by_copies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run_toy(tmp_path, run_id="first")

    def refuse(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(os, "link", refuse)
    second = run_toy(tmp_path, run_id="second")
    assert second.computed == ()
    assert hashes(second.path) == hashes(first.path)


def test_a_changed_threshold_takes_over_what_it_does_not_touch(tmp_path: Path) -> None:
    run_toy(tmp_path, run_id="first")
    second = run_toy(tmp_path, run_id="second", settings=JOIN_60)
    assert second.computed == AFTER_CLUSTER
    fresh = run_toy(tmp_path / "elsewhere", settings=JOIN_60)
    assert hashes(second.path) == hashes(fresh.path)


def test_settings_that_come_back_are_found_again(tmp_path: Path) -> None:
    first = run_toy(tmp_path, run_id="first")
    other = run_toy(tmp_path, run_id="other", settings=JOIN_60)
    assert other.computed
    back = run_toy(tmp_path, run_id="other")
    assert back.computed == ()
    assert hashes(back.path) == hashes(first.path)


def test_an_unfinished_run_serves_too(tmp_path: Path) -> None:
    def interrupt(*_: object, **__: object) -> Mapping[str, Any]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_toy(tmp_path, run_id="cut", stages=replaced("score", interrupt))
    assert run_toy(tmp_path, run_id="next").computed == ALL[ALL.index("score") :]


def test_other_inputs_share_nothing(tmp_path: Path) -> None:
    run_toy(tmp_path, run_id="first")
    assert run_toy(tmp_path, ToySource(("Other Inc",)), run_id="second").computed == ALL


@pytest.mark.parametrize("damage", ["cut", "gone", "manifest"])
def test_a_damaged_run_serves_as_far_as_it_is_whole(tmp_path: Path, damage: str) -> None:
    first = run_toy(tmp_path, run_id="first")
    told = hashes(first.path)
    pairs = first.path / "stages" / "05_pairs.parquet"
    if damage == "cut":
        pairs.write_bytes(pairs.read_bytes()[:-3])
    elif damage == "gone":
        pairs.unlink()
    else:
        (first.path / MANIFEST).write_text("{")
    second = run_toy(tmp_path, run_id="second")
    assert second.computed == (ALL if damage == "manifest" else ("score",))
    assert hashes(second.path) == told


def test_a_run_that_is_redone_meanwhile_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run_toy(tmp_path, run_id="first")
    told = hashes(first.path)
    bring = cache._bring

    def redone(old: Path, new: Path, *, link: bool) -> None:
        manifest = first.path / MANIFEST
        write_text(manifest, manifest.read_text().replace('"finished"', '"running"'))
        bring(old, new, link=link)

    monkeypatch.setattr(cache, "_bring", redone)
    second = run_toy(tmp_path, run_id="second")
    assert second.computed == ALL
    assert hashes(second.path) == told


def test_a_run_deleted_meanwhile_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run_toy(tmp_path, run_id="first")
    told = hashes(first.path)
    bring = cache._bring

    def deleted(old: Path, new: Path, *, link: bool) -> None:
        bring(old, new, link=link)
        shutil.rmtree(first.path, ignore_errors=True)

    monkeypatch.setattr(cache, "_bring", deleted)
    second = run_toy(tmp_path, run_id="second")
    assert second.computed == ALL
    assert hashes(second.path) == told


def test_without_the_cache_every_stage_runs_again(tmp_path: Path) -> None:
    first = run_toy(tmp_path)
    told = hashes(first.path)
    assert run_toy(tmp_path, settings=machine(cache=False)).computed == ALL
    assert run_toy(tmp_path, run_id="other", settings=machine(cache=False)).computed == ALL
    assert hashes(first.path) == told


def test_a_run_from_a_stage_on(tmp_path: Path) -> None:
    run_toy(tmp_path)
    assert run_toy(tmp_path, redo_from="cluster").computed == AFTER_CLUSTER
    assert run_toy(tmp_path, run_id="other", redo_from="missed").computed == ("missed",)
    assert run_toy(tmp_path, redo_from="ingest").computed == ALL


def test_a_stage_there_is_not_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no stage 'grouping'") as caught:
        run_toy(tmp_path, redo_from="grouping")
    assert caught.value.hint is not None
    assert "cluster" in caught.value.hint


def test_another_compression_is_had_by_computing_again(tmp_path: Path) -> None:
    codec = {"zstd": "ZSTD", "snappy": "SNAPPY", "none": "UNCOMPRESSED"}
    tables = []
    for number, name in enumerate(("zstd", "snappy", "none", "none")):
        run = run_toy(tmp_path, run_id=f"r{number}", settings=machine(compression=name))
        assert run.computed == (() if number == 3 else ALL)
        for file in run.path.rglob("*.parquet"):
            column = pq.ParquetFile(file).metadata.row_group(0)
            if column.num_rows:
                assert column.column(0).compression == codec[name], file
        tables.append({file.name: pq.read_table(file) for file in run.path.rglob("*.parquet")})
    assert all(each == tables[0] for each in tables)


def test_an_engine_that_is_named_makes_its_stage_and_what_comes_of_it(tmp_path: Path) -> None:
    run_toy(tmp_path)
    other = tuple(
        replace(stage, engine="other") if stage.name == "disposition" else stage for stage in STAGES
    )
    rolled_back = run_toy(tmp_path, stages=other)
    assert rolled_back.computed == ("disposition", "publish")
    engines = {stage.name: stage.engine for stage in rolled_back.finished().stages}
    assert engines.pop("disposition") == "other"
    assert set(engines.values()) == {"duckdb"}
    assert run_toy(tmp_path, stages=other).computed == ()
    # Whoever names none takes either.
    assert run_toy(tmp_path).computed == ()


def test_what_stands_needs_neither_stages_nor_an_engine(tmp_path: Path) -> None:
    write_export(generate(100, profile="crm", seed=3), tmp_path / "a.csv")
    code = (
        "import sys\n"
        "from keepone import run\n"
        "run('a.csv')\n"
        "heavy = {'duckdb', 'scipy', 'rapidfuzz', 'keepone.stages.block', 'pandas'}\n"
        "print(*sorted(heavy & set(sys.modules)))\n"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env=ENVIRONMENT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for _ in range(2)
    ]
    # Arrow loads pandas where it is installed, which need not be.
    first = told[0].replace("pandas ", "")
    assert [first, told[1]] == ["duckdb keepone.stages.block rapidfuzz scipy\n", "\n"]
