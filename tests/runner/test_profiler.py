"""`keepone run --profile`: the stacks are those that ran, under the stage that ran them."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from keepone.cli import app
from keepone.profiler import Profiler
from keepone.progress import Silence
from keepone.report.flames import flame_graph
from keepone.report.lines import line_chart
from tests.runner.test_command_line import ACCOUNTS


def busy_for_a_profiler(profiler: Profiler) -> None:
    """Work until it was seen at work."""
    end = time.perf_counter() + 10
    while time.perf_counter() < end:
        if any("busy_for_a_profiler" in "".join(stack) for stack in profiler.recorded().stacks):
            return


def test_stacks_stand_under_their_stage() -> None:
    with Profiler(Silence()) as profiler:
        profiler.started("fit", 0, 2)
        busy_for_a_profiler(profiler)
        profiler.started("score", 1, 2)
    recorded = profiler.recorded()
    seen = [stack for stack in recorded.stacks if "busy_for_a_profiler" in "".join(stack)]
    assert seen
    assert {stack[0] for stack in seen} == {"fit"}
    assert [span.stage for span in recorded.spans] == ["start", "fit", "score"]
    assert all(
        one.end == two.begin for one, two in zip(recorded.spans, recorded.spans[1:], strict=False)
    )
    assert [at for at, _ in recorded.memory] == sorted(at for at, _ in recorded.memory)


def test_a_flame_is_as_wide_as_its_time_and_holds_what_it_called() -> None:
    stacks = {("fit", "a", "b"): 3.0, ("fit", "a"): 1.0, ("score", "c"): 4.0}
    flames = {flame.name: flame for flame in flame_graph("f", "Time", stacks).flames}
    assert {name: (flame.x, flame.width) for name, flame in flames.items()} == {
        "fit": (0, 50),
        "a": (0, 50),
        "b": (0, 37.5),
        "score": (50, 50),
        "c": (50, 50),
    }
    assert flames["fit"].y < flames["a"].y < flames["b"].y
    assert flames["fit"].tone != flames["score"].tone


def test_no_samples_no_flames() -> None:
    assert flame_graph("f", "Time", {}).flames == ()


@pytest.mark.parametrize(
    ("values", "paths", "top"),
    [
        ([], (), "1"),
        ([0.0, 0.0], ("0,160 100,160",), "1"),
        ([1.0, 2.0], ("0,90 100,20",), "2"),
        ([300.0, None, 400.0, 0.0], ("66.667,48 100,160",), "500"),
    ],
)
def test_a_line_begins_at_zero_and_leaves_gaps(
    values: list[float | None], paths: tuple[str, ...], top: str
) -> None:
    chart = line_chart("l", "Values", list(enumerate(values)), figure=lambda value: f"{value:g}")
    assert chart.paths == paths
    assert chart.lines[-1].label == top


def test_a_profiled_run_leaves_a_page_that_stands_alone(tmp_path: Path) -> None:
    source = tmp_path / "accounts.csv"
    source.write_text(ACCOUNTS)
    command = ["run", str(source), "--workspace", str(tmp_path), "--run-id", "r", "-q"]
    answer = CliRunner().invoke(app, [*command, "--profile"])
    assert answer.exit_code == 0, answer.output
    assert "profile.html" in answer.stdout
    path = tmp_path / "runs" / "r" / "profile.html"
    page = path.read_text("utf-8")
    assert "<script" not in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    for stage in ("ingest", "publish", "report"):
        assert f"<td>{stage}</td>" in page
    assert 'class="series"' in page
    # It tells of the process that ran the stages; one that runs them otherwise takes it away.
    assert CliRunner().invoke(app, [*command, "--no-cache"]).exit_code == 0
    assert not path.exists()
