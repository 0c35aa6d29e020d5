"""`keepone runs trend`: the runs of a workspace in the order in which they began."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from keepone.cli import app
from keepone.commands.trend import sparkline
from keepone.settings import Settings
from keepone.trend import measures, read_trend
from tests.runner.test_run_folder import JOIN_60
from tests.runner.toy_pipeline import ALL, ToySource, replaced, run_toy

NO_CACHE = Settings.model_validate({"machine": {"cache": False}})


def _begun(workspace: Path, run_id: str, moment: str) -> None:
    path = workspace / "runs" / run_id / "manifest.json"
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps(manifest | {"started_at": moment}))


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Give three runs: the first and the last of their own, the second mostly taken over."""
    run_toy(tmp_path, run_id="z-first", settings=NO_CACHE)
    run_toy(tmp_path, run_id="second", settings=JOIN_60)
    run_toy(tmp_path, ToySource(("One", "Two", "Three")), run_id="a-last", settings=NO_CACHE)
    for day, run_id in enumerate(("z-first", "second", "a-last"), start=1):
        _begun(tmp_path, run_id, f"2026-11-{day:02d}T08:00:00+00:00")
    return tmp_path


def test_runs_stand_in_the_order_in_which_they_began(workspace: Path) -> None:
    points = read_trend(workspace, latest=9)
    assert [point.run_id for point in points] == ["z-first", "second", "a-last"]
    assert [point.records for point in points] == [4, 4, 3]
    assert [point.run_id for point in read_trend(workspace, latest=1)] == ["a-last"]


def test_what_was_not_computed_has_no_time(workspace: Path) -> None:
    _, second, last = read_trend(workspace, latest=9)
    assert (second.seconds, second.peak_rss_mb) == (None, None)
    assert [name for name in ALL if second.stages[name] is None] == list(ALL[:6])
    assert last.seconds is not None
    assert None not in last.stages.values()
    by_name = {measure.name: measure.values for measure in measures([second, last])}
    assert by_name["Groups"] == (2, 3)
    assert by_name["Merge"] == (2, 0)
    assert by_name["ingest: time"][0] is None


def test_unfinished_and_damaged_runs_are_left_out(workspace: Path) -> None:
    def fail(*_: object, **__: object) -> dict[str, Any]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_toy(workspace, run_id="cut", stages=replaced("fit", fail), settings=NO_CACHE)
    (workspace / "runs" / "second" / "manifest.json").write_text("{")
    assert [point.run_id for point in read_trend(workspace, latest=9)] == ["z-first", "a-last"]


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ([], ""),
        ([0, 0], "▁▁"),
        ([8, 4, None, 8], "█▅ █"),
        ([1, 100], "▁█"),
    ],
)
def test_a_sparkline_begins_at_zero(values: list[float | None], line: str) -> None:
    assert sparkline(values) == line


def test_the_command_shows_lines_json_and_a_page(workspace: Path, tmp_path: Path) -> None:
    out = tmp_path / "trend.html"
    arguments = ["runs", "trend", "--workspace", str(workspace)]
    lines = CliRunner().invoke(app, [*arguments, "--out", str(out)]).stdout.splitlines()
    groups = next(line.split() for line in lines if line.startswith("Groups"))
    assert groups[2:] == ["2", "3", "2", "3"]
    page = out.read_text("utf-8")
    assert "<script" not in page
    assert "src=" not in page
    assert page.count("<polyline") >= 8
    assert "a-last, 2026-11-03T08:00: 3" in page
    told = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
    assert [one["groups"] for one in told] == [2, 2, 3]


def test_an_empty_workspace_is_told(tmp_path: Path) -> None:
    out = tmp_path / "trend.html"
    command = ["runs", "trend", "--workspace", str(tmp_path), "--out", str(out)]
    answer = CliRunner().invoke(app, command)
    assert "No finished runs" in answer.stdout
    assert "0 runs" in out.read_text("utf-8")
