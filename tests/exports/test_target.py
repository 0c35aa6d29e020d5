"""A file appears whole or not at all; errors say what is wrong and what to do; the command."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from typer.testing import CliRunner

import keepone
from keepone import ExportError, RunError
from keepone.cli import app
from keepone.exports.ranges import parse_range
from keepone.exports.source import Source
from tests.runner.test_versions import VERSION_1
from tests.runner.toy_pipeline import run_toy


def test_nothing_is_overwritten_unasked(crm: keepone.Result, tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("mine")
    with pytest.raises(ExportError, match="exists") as caught:
        crm.export(path)
    assert "--force" in str(caught.value.hint)
    assert path.read_text() == "mine"
    assert crm.export(path, force=True).rows == 600


@pytest.mark.parametrize("suffix", ["csv", "parquet", "xlsx", "duckdb", "jsonl"])
def test_a_failure_leaves_nothing_behind(
    crm: keepone.Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    batches = Source.batches

    def broken(self: Source, name: str, columns: list[str] | None = None) -> Iterator[pa.Table]:
        yield from batches(self, name, columns)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Source, "batches", broken)
    path = tmp_path / f"out.{suffix}"
    path.write_text("mine")
    with pytest.raises((ExportError, RunError)):
        crm.export(path, force=True)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]
    assert path.read_text() == "mine"


def test_a_run_stays_as_it_is(crm: keepone.Result) -> None:
    for path in (crm.path / "review_ready.csv", crm.path / "stages" / "new.csv"):
        with pytest.raises(ExportError, match="in the folder of the run crm"):
            crm.export(path, force=True)


def test_a_folder_is_no_file(crm: keepone.Result, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="is a folder"):
        crm.export(tmp_path, format="csv")
    with pytest.raises(ExportError, match="there is no folder"):
        crm.export(tmp_path / "none" / "out.csv")


def test_orders_that_make_no_sense(crm: keepone.Result, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="cannot tell the format"):
        crm.export(tmp_path / "out.txt")
    with pytest.raises(ExportError, match="no format 'pdf'"):
        crm.export(tmp_path / "out.pdf", format="pdf")
    with pytest.raises(ExportError, match="--raw says nothing to xlsx"):
        crm.export(tmp_path / "out.xlsx", raw=True)
    with pytest.raises(ExportError, match="--table says nothing to duckdb"):
        crm.export(tmp_path / "out.duckdb", table="pairs")
    with pytest.raises(ExportError, match="no table 'nothing'"):
        crm.export(tmp_path / "out.csv", table="nothing")
    with pytest.raises(ExportError, match="cannot write sql to"):
        crm.export(tmp_path / "out.db", format="sql")
    with pytest.raises(ExportError, match="cannot write csv to"):
        crm.export("sqlite:///out.db", format="csv")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.parquet", "a.duckdb", "a.jsonl", "db"])
def test_runs_of_earlier_releases_are_exported(tmp_path: Path, name: str) -> None:
    old = keepone.open_run(str(VERSION_1))
    out = str(tmp_path / name)
    made = old.export(f"sqlite:///{out}" if name == "db" else out)
    assert made.rows == old.review_ready.to_arrow().num_rows > 0


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("95..100", (95, 100)),
        ("95..", (95, None)),
        ("..60.5", (None, 60.5)),
        ("3", (3, 3)),
        (None, (None, None)),
    ],
)
def test_ranges(text: str | None, ends: tuple[float | None, float | None]) -> None:
    assert parse_range("--score", text) == ends


@pytest.mark.parametrize("text", ["", "..", "a..b", "1-2", "5..2", "nan..", "..inf"])
def test_what_is_no_range(text: str) -> None:
    with pytest.raises(ExportError, match="--score"):
        parse_range("--score", text)


def test_a_run_that_is_not_finished(tmp_path: Path) -> None:
    run = run_toy(tmp_path)
    manifest = json.loads((run.path / "manifest.json").read_text())
    result = keepone.open_run("toy", workspace=tmp_path)
    (run.path / "manifest.json").write_text(json.dumps(manifest | {"status": "failed"}))
    with pytest.raises(RunError, match="not finished"):
        result.export(tmp_path / "out.csv")


def test_the_command(workspace: Path, tmp_path: Path) -> None:
    run = ["export", "later", "--workspace", str(workspace)]
    out = tmp_path / "out.csv"
    said = CliRunner().invoke(
        app, [*run, "--out", str(out), "--disposition", "verify", "--score", "..99.99", "--json"]
    )
    assert said.exit_code == 0, said.output
    told = json.loads(said.stdout)
    assert (told["out"], told["format"]) == (str(out), "csv")
    assert told["rows"] == keepone.read_export(out).num_rows > 0
    out.unlink()
    said = CliRunner().invoke(
        app, [*run, "--out", str(out), "--changed-since", "crm", "--group-size", "2.."]
    )
    assert said.exit_code == 0, said.output
    assert f"rows of review_ready to {out}" in said.stdout


def test_the_command_says_what_is_wrong(workspace: Path, tmp_path: Path) -> None:
    said = CliRunner().invoke(
        app, ["export", "crm", "--workspace", str(workspace), "--out", str(tmp_path / "out.doc")]
    )
    assert isinstance(said.exception, ExportError)
    assert said.exception.exit_code == 2


@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no file")
@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.parquet", "a.duckdb", "sqlite:///a.db"])
def test_a_full_disk_is_said_plainly(workspace: Path, tmp_path: Path, name: str) -> None:
    run = str(workspace / "runs" / "crm")
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000));"
        f"sys.argv = ['keepone', 'export', {run!r}, '--out', {name!r}];"
        "from keepone.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, cwd=tmp_path
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "error: " in done.stderr
    assert "hint: " in done.stderr
    assert not list(tmp_path.iterdir())
