"""`keepone bench` from the command line, on few records and with samples of a single call."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from keepone.benchmark import calibration, timing
from keepone.benchmark.process import run_process
from keepone.cli import app
from keepone.errors import GateError, KeeponeError, UserError
from keepone.pipeline import STAGES


def bench(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["bench", "--out", str(folder), *arguments])


def test_a_benchmark_is_made_kept_and_compared_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timing, "_SAMPLE_SECONDS", 0.001)
    monkeypatch.setattr(timing, "_TURN_SECONDS", 0.001)
    for size_of_it in ("_ROWS", "_KEYS", "_NUMBERS", "_COMPARED"):
        monkeypatch.setattr(calibration, size_of_it, 1_000)
    quick = ("--repeats", "1", "--samples", "3", "--threads", "1")
    load = ("--sizes", "300", "--profile", "crm", "--set", "score.review=15")
    done = bench(tmp_path, *load, *quick, "--json")
    assert done.exit_code == 0, done.output
    kept = json.loads((tmp_path / "bench.json").read_text("utf-8"))
    assert json.loads(done.stdout) == kept
    assert kept["settings"] == ["score.review=15"]
    (size,) = kept["sizes"]
    assert size["records"] == 300
    assert 0 < size["survivors"] <= size["candidate_pairs"] <= size["uncollapsed_pairs"]
    assert size["f1"] > 0.8
    (run,) = size["runs"]
    assert list(run["stages"]) == [stage.name for stage in STAGES]
    assert run["peak_rss_mb"] > run["baseline_rss_mb"] > 0
    assert {name: len(taken) for name, taken in size["samples"].items()} == dict.fromkeys(
        [*run["stages"], "writing", "reading"], 3
    )
    assert "| 300 |" in (tmp_path / "bench.md").read_text("utf-8")
    assert (tmp_path / "bench.svg").is_file()
    assert not (tmp_path / "runs").exists()

    (export,) = tmp_path.glob("exports/*/accounts.csv")
    made = export.stat().st_mtime_ns
    for sample in size["samples"]["score"]:
        sample["seconds"] /= 1e9
    faster = tmp_path / "faster.json"
    faster.write_text(json.dumps(kept), "utf-8")
    worse = bench(
        tmp_path, "--against", str(faster), "--tolerance", "1e6", *quick
    )  # its size, its profile, its settings
    assert isinstance(worse.exception, GateError)
    assert "score" in worse.exception.message
    (line,) = [line for line in worse.output.splitlines() if line.startswith("score, time")]
    assert line.endswith("WORSE")
    assert export.stat().st_mtime_ns == made


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--sizes", "10X"), "'10X' is no number of records"),
        (("--sizes", "1K,,2K"), "'' is no number of records"),
        (("--sizes", "0"), "'0' is no number of records"),
        (("--memory", "much"), "'much' is no size"),
        (("--against", "none.json"), "none.json cannot be read"),
    ],
)
def test_mistakes_are_told_before_anything_is_measured(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    told = bench(tmp_path / "out", *arguments)
    assert isinstance(told.exception, UserError)
    assert said in told.exception.message
    assert not (tmp_path / "out").exists()


def test_what_fails_says_where_its_words_are(tmp_path: Path) -> None:
    with pytest.raises(KeeponeError, match="exit code 2") as told:
        run_process(["sh", "-c", "echo no; exit 2"], tmp_path / "log")
    assert str(tmp_path / "log") in str(told.value.hint)
    assert (tmp_path / "log").read_text("utf-8") == "no\n"
