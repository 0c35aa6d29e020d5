"""Runs that were cut short: they go on where they were, and come to the same end."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from keepone import pipeline
from keepone.generate import generate
from keepone.generate import write as write_export
from keepone.manifest import read_manifest
from tests.processes import ENVIRONMENT

from .conftest import Keepone

POSIX = pytest.mark.skipif(os.name != "posix", reason="signals are sent the POSIX way")
COMMAND = [sys.executable, "-m", "keepone.cli", "run", "a.csv", "--run-id", "r"]


def tables(run: Path) -> dict[str, str]:
    """Return the digest of each file of the run that says nothing of time."""
    return {
        path.relative_to(run).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(run.rglob("*"))
        if path.suffix in {".parquet", ".csv"} or path.name == "model.json"
    }


@pytest.fixture
def accounts(tmp_path: Path) -> Path:
    write_export(generate(300, profile="crm", seed=11), tmp_path / "a.csv")
    return tmp_path / "a.csv"


def test_without_the_cache_a_run_does_not_promise_to_go_on(
    keepone_run: Keepone, accounts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any, **__: Any) -> Mapping[str, Any]:
        raise KeyboardInterrupt

    stages = (*pipeline.STAGES[:-1], replace(pipeline.STAGES[-1], run=interrupt))
    monkeypatch.setattr(pipeline, "STAGES", stages)
    answer = keepone_run(accounts, "--no-cache")
    assert "with --run-id r, without --no-cache, goes on from here" in answer.err


@pytest.mark.parametrize("stage", [one.name for one in pipeline.STAGES])
def test_ctrl_c_in_any_stage_is_told_and_the_run_goes_on(
    keepone_run: Keepone, accounts: Path, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    def interrupt(*_: Any, **__: Any) -> Mapping[str, Any]:
        raise KeyboardInterrupt

    stages = tuple(
        replace(one, run=interrupt) if one.name == stage else one for one in pipeline.STAGES
    )
    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "STAGES", stages)
        answer = keepone_run(accounts)
    assert answer.code == 130
    assert "with --run-id r goes on from here" in answer.err
    assert answer.manifest.status == "interrupted"
    answer = keepone_run(accounts)
    answer.took(records=300, rejects=0)
    names = [one.name for one in pipeline.STAGES]
    reused = [one.name for one in answer.manifest.stages if one.reused]
    assert reused == names[: names.index(stage)]
    resumed = tables(answer.run)
    answer = keepone_run(accounts, "--workspace", "other")
    assert resumed == tables(Path("other", "runs", "r"))


@POSIX
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_a_process_cut_short_by_a_signal(
    keepone_run: Keepone, tmp_path: Path, sent: signal.Signals
) -> None:
    write_export(generate(3_000, profile="crm", seed=12), tmp_path / "a.csv")
    process = subprocess.Popen(
        COMMAND, cwd=tmp_path, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    run = tmp_path / "keepone-data" / "runs" / "r"
    while process.poll() is None and not list(run.glob("stages/02_*.parquet")):
        time.sleep(0.005)
    process.send_signal(sent)
    out, err = process.communicate()
    assert process.returncode == (130 if sent == signal.SIGINT else -sent), err.decode()
    assert b"Traceback" not in err
    assert out == b""
    answer = keepone_run("a.csv")
    answer.took(records=3_000, rejects=0)
    assert [one.name for one in answer.manifest.stages if one.reused][:2] == ["ingest", "profile"]
    resumed = tables(run)
    assert not list(run.rglob("*.partial"))
    keepone_run("a.csv", "--workspace", "other")
    assert resumed == tables(tmp_path / "other" / "runs" / "r")


def test_an_id_whose_run_has_other_inputs_is_refused_and_the_run_stays(
    keepone_run: Keepone, accounts: Path, tmp_path: Path
) -> None:
    keepone_run(accounts).took(records=300, rejects=0)
    run = tmp_path / "keepone-data" / "runs" / "r"
    before = tables(run)
    accounts.write_bytes(accounts.read_bytes().replace(b"Inc", b"Ltd"))
    answer = keepone_run(accounts)
    assert answer.code == 2
    assert "the run r belongs to other inputs (a.csv)" in answer.err
    assert "--run-id" in answer.err
    assert tables(run) == before
    assert read_manifest(run).status == "finished"


def test_a_run_whose_files_were_damaged_is_mended(
    keepone_run: Keepone, accounts: Path, tmp_path: Path
) -> None:
    keepone_run(accounts).took(records=300, rejects=0)
    run = tmp_path / "keepone-data" / "runs" / "r"
    before = tables(run)
    (run / "group_stats.parquet").unlink()
    (pairs,) = run.glob("stages/*_pairs.parquet")
    pairs.write_bytes(pairs.read_bytes()[:100])
    keepone_run(accounts).took(records=300, rejects=0)
    assert tables(run) == before


def test_a_damaged_manifest_is_told(keepone_run: Keepone, accounts: Path, tmp_path: Path) -> None:
    keepone_run(accounts).took(records=300, rejects=0)
    manifest = tmp_path / "keepone-data" / "runs" / "r" / "manifest.json"
    manifest.write_text(manifest.read_text()[:200])
    answer = keepone_run(accounts)
    assert answer.code == 2
    assert "manifest.json is damaged" in answer.err
    assert "hint:  Delete the run's folder and run again." in answer.err
