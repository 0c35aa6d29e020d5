"""A clock that is set back while a run goes on, or between two: no run is lost or mistaken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from keepone import plan, runs
from keepone.errors import RunError
from keepone.runs import new_run_id
from tests.runner.test_run_folder import hashes
from tests.runner.toy_pipeline import ALL, ToySource, run_toy


class Backwards(datetime):
    """Each look at the clock shows a day less than the one before."""

    looks = 0

    @classmethod
    def now(cls, tz: object = None) -> Backwards:
        cls.looks += 1
        moment = datetime(2026, 3, 1, tzinfo=UTC) - timedelta(days=cls.looks)
        return cls(moment.year, moment.month, moment.day, tzinfo=UTC)


def test_a_clock_that_runs_backwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = hashes(run_toy(tmp_path / "whole").path)
    monkeypatch.setattr(plan, "datetime", Backwards)
    run = run_toy(tmp_path)
    manifest = run.finished()
    assert hashes(run.path) == told
    assert manifest.ended_at is not None
    assert manifest.ended_at >= manifest.started_at
    assert manifest.seconds is not None
    assert manifest.seconds >= 0
    assert all(stage.seconds >= 0 for stage in manifest.stages)
    assert run_toy(tmp_path).computed == ()
    assert run_toy(tmp_path, run_id="later").computed == ()


def test_an_id_of_an_hour_that_comes_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert len({new_run_id(moment) for _ in range(20)}) == 20
    assert runs.check_run_id(new_run_id(moment)).startswith("20261025-013000-")


def test_a_former_id_belongs_to_its_inputs(tmp_path: Path) -> None:
    run_toy(tmp_path, run_id="same")
    with pytest.raises(RunError, match="belongs to other inputs"):
        run_toy(tmp_path, ToySource(("Other",)), run_id="same")
    assert run_toy(tmp_path, ToySource(("Other",)), run_id="new").computed == ALL
