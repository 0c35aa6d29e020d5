"""The same records and settings give the same tables, byte for byte, wherever and however."""

from __future__ import annotations

import csv
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from bench.same_answer import compare, write_faulty_export

from keepone.generate import generate
from keepone.generate import write as write_export
from tests.processes import ENVIRONMENT

RECORDS = 2_000


def digests(run: Path) -> dict[str, str]:
    """Return the digest of each table that the run wrote, and of its model."""
    files = [*run.rglob("*.parquet"), run / "review_ready.csv", run / "model.json"]
    return {
        path.relative_to(run).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(files)
    }


def run_in(
    folder: Path, source: Path, *options: str, **environment: str
) -> tuple[Path, dict[str, str]]:
    """Run in a process and a folder of its own; return the run and its digests."""
    folder.mkdir()
    command = [sys.executable, "-m", "keepone.cli", "run", str(source), "--run-id", "r", *options]
    done = subprocess.run(
        command,
        cwd=folder,
        env={**ENVIRONMENT, **environment},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    run = folder / "keepone-data" / "runs" / "r"
    return run, digests(run)


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "accounts.csv"
    write_export(generate(RECORDS, profile="crm", seed=21), path)
    return path


@pytest.fixture(scope="module")
def first(accounts: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the digests of a run with one thread."""
    folder = tmp_path_factory.mktemp("runs") / "first"
    return run_in(folder, accounts, "--threads", "1")[1]


def test_every_table_is_looked_at(first: dict[str, str]) -> None:
    assert {"review_ready.parquet", "review_ready.csv", "group_stats.parquet"} <= first.keys()
    published = {"golden_records": "golden"}
    tables = {published.get(table, table) for stage in keepone_stages() for table in stage}
    stems = {Path(name).stem.lstrip("0123456789_") for name in first}
    assert tables - {"model"} <= stems


def keepone_stages() -> list[tuple[str, ...]]:
    from keepone.pipeline import STAGES  # noqa: PLC0415 - the other tests run in processes

    return [stage.writes for stage in STAGES]


def test_nothing_but_records_and_settings_shows(tmp_path: Path) -> None:
    """Threads, batches, memory, order, place, locale, time zone, hash seed, mask: all the same."""
    export = tmp_path / "accounts.csv"
    write_faulty_export(10_000, 21, export)
    differences = {variant.name: found for variant, _, _, found in compare(export, tmp_path)}
    assert len(differences) >= 5
    assert set(differences.values()) == {None}


def test_the_parts_of_an_export_give_the_records_of_the_whole(
    accounts: Path, tmp_path: Path
) -> None:
    """Only the name of the file that a record came from is another."""
    header, *lines = accounts.read_bytes().splitlines(keepends=True)
    whole, _ = run_in(tmp_path / "whole", accounts, "--threads", "2")
    (tmp_path / "b.csv").write_bytes(header + b"".join(lines[:700]))
    (tmp_path / "a.csv").write_bytes(header + b"".join(lines[700:]))
    parts, _ = run_in(tmp_path / "parts", tmp_path / "a.csv", str(tmp_path / "b.csv"))
    assert verdicts(parts) == verdicts(whole)


def verdicts(run: Path) -> list[dict[str, str]]:
    with (run / "review_ready.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == RECORDS
    return [{name: row[name] for name in row if name != "source_file"} for row in rows]
