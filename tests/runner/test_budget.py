"""What a run leaves out when its time is short, by a clock that the tests set."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import keepone
from keepone import pipeline
from keepone.budget import Budget
from keepone.cli import main
from keepone.config import load_settings
from keepone.generate import generate
from keepone.generate import write as write_export
from keepone.stage import Stage
from tests.whole_run.test_mapped import outputs

RECORDS = 400


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "accounts.csv"
    write_export(generate(RECORDS, profile="dense", seed=5), path)
    return path


def test_without_an_end_there_is_time_for_all() -> None:
    budget = Budget()
    assert (budget.left, budget.is_spent, budget.share_of_pairs(1e9)) == (math.inf, False, 100)


def test_the_share_of_pairs_follows_from_the_time_that_is_left() -> None:
    clock = Clock()
    budget = Budget(100, clock)
    clock.now += 10
    assert budget.left == 90
    assert budget.share_of_pairs(10) == 100
    clock.now += 70
    shares = [budget.share_of_pairs(prepared) for prepared in (1, 5, 8, 10, 15, 80)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == 100
    assert 1 < shares[3] < 100
    assert shares[-1] == 1
    assert not budget.is_spent
    clock.now += 20
    assert budget.is_spent
    assert budget.share_of_pairs(0.1) == 1


def run_with(
    monkeypatch: pytest.MonkeyPatch,
    export: Path,
    workspace: Path,
    *,
    spent_after: str | None,
    run_id: str = "r",
    **settings: Any,
) -> keepone.Result:
    """Run with a clock that jumps past the end when the stage `spent_after` is done."""
    clock = Clock()

    def late(stage: Stage) -> Stage:
        def run(*given: Any, **tables: Any) -> Mapping[str, Any]:
            made = stage.run(*given, **tables)
            clock.now += 1_000
            return made

        return replace(stage, run=run) if stage.name == spent_after else stage

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "Budget", lambda seconds: Budget(seconds, clock))
        patch.setattr(pipeline, "STAGES", tuple(late(stage) for stage in pipeline.STAGES))
        run = pipeline.run(
            export,
            settings=load_settings(settings or None),
            workspace=workspace,
            run_id=run_id,
            max_seconds=500,
        )
    return keepone.Result(run)


def test_with_time_enough_a_run_is_as_without_a_budget(
    monkeypatch: pytest.MonkeyPatch, export: Path, tmp_path: Path
) -> None:
    timed = run_with(monkeypatch, export, tmp_path / "a", spent_after=None)
    free = keepone.run(export, workspace=tmp_path / "b", run_id="r")
    assert not timed.manifest["degraded"]
    assert timed.manifest["max_seconds"] == 500
    assert free.manifest["max_seconds"] is None
    assert outputs(timed.path) == outputs(free.path)


def test_short_of_time_fewer_pairs_are_made_and_a_person_looks(
    monkeypatch: pytest.MonkeyPatch,
    export: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("keepone.stages.block._FREE_PAIRS", 0)
    short = run_with(monkeypatch, export, tmp_path, spent_after="normalize")
    assert short.manifest["degraded"]
    pairs, missed = short.manifest["left_out"]
    assert pairs.startswith("time for 1 % of the pairs only")
    assert missed.startswith("no time for the estimate")
    assert short.counts["missed"] is None
    assert all(check["holds"] for check in short.manifest["checks"])
    lost = set(short.table("left_out").to_arrow().column("row").to_pylist())
    assert lost
    members = short.table("members").to_arrow().to_pylist()
    groups = {line["group"] for line in members if line["row"] in lost}
    verdicts = short.table("dispositions").to_arrow().to_pylist()
    concerned = [
        line for line, member in zip(verdicts, members, strict=True) if member["group"] in groups
    ]
    assert {line["disposition"] for line in concerned} == {"Verify"}
    assert {line["rule"] for line in concerned} >= {"budget"}
    html = (short.path / "report.html").read_text(encoding="utf-8")
    assert "Time was short" in html
    monkeypatch.setattr("sys.argv", ["keepone", "runs", "list", "--workspace", str(tmp_path)])
    with pytest.raises(SystemExit):
        main()
    assert "degraded" in capsys.readouterr().out

    # Nobody takes over what was made in haste: neither another run, nor the same without a budget.
    other = keepone.run(export, workspace=tmp_path, run_id="other")
    assert not other.manifest["degraded"]
    assert [stage["name"] for stage in other.manifest["stages"] if stage["reused"]] == [
        "ingest", "profile", "normalize",
    ]  # fmt: skip
    again = keepone.run(export, workspace=tmp_path, run_id="r")
    assert not again.manifest["degraded"]
    assert outputs(again.path) == outputs(other.path)


def test_time_that_runs_out_later_costs_what_nothing_needs(
    monkeypatch: pytest.MonkeyPatch, export: Path, tmp_path: Path
) -> None:
    eager: dict[str, Any] = {"machine": {"group_details": "eager"}}
    late = run_with(monkeypatch, export, tmp_path, spent_after="publish", **eager)
    assert late.manifest["degraded"]
    assert len(late.manifest["left_out"]) == 2
    assert not (late.path / "group_pairs.parquet").exists()
    assert not late.table("missed").to_arrow().num_rows
    free = keepone.run(export, workspace=tmp_path / "b", run_id="r", settings=eager)
    for name in ("review_ready", "group_stats", "golden_records"):
        assert late.table(name).to_arrow().equals(free.table(name).to_arrow())
    # The next run estimates what this one left out, and takes the rest over.
    again = keepone.run(export, workspace=tmp_path, run_id="r", settings=eager)
    assert [stage["name"] for stage in again.manifest["stages"] if not stage["reused"]] == [
        "missed"
    ]
    assert again.counts["missed"] == free.counts["missed"]
