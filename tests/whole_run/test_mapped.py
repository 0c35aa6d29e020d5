"""A run without room in memory maps its tables from files, and nothing comes out otherwise."""

from __future__ import annotations

import csv
import hashlib
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from keepone import pipeline
from keepone.config import load_settings
from keepone.generate import generate
from keepone.generate import write as write_export
from keepone.shelf import Shelf

RECORDS = 600
BLOCK = 64 * 1024
LONG = 3_000_000
TEXT = "Called them, left a message. Ñandú  Größe\t株式会社\u00a0Zażółć 🙂 e\u0301\r\n" * 200


def generated(path: Path, seed: int) -> list[list[str]]:
    """Return an export's header and rows, with running text: long, blank, of many alphabets."""
    write_export(generate(RECORDS, profile="crm", seed=seed), path)
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    draw = random.Random(seed)
    for row in rows:
        at = draw.randrange(2_000)
        row.append(draw.choice(["", "  ", "n/a", TEXT[at : at + draw.randrange(8_000)]]))
    rows[7][-1] = "ü" * LONG
    rows[8][-1] = f" {'x' * LONG}"
    return [[*header, "Notes"], *rows]


def export(path: Path, seed: int, *, ids: bool = True) -> None:
    """Write such an export as CSV, with rows that are no records."""
    header, *rows = generated(path, seed)
    rows += [["ragged"], [*rows[3][:-1], "an id that stands on another row"]]
    rows.insert(5, [""] * len(header))
    start = 0 if ids else 1
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(row[start:] for row in [header, *rows])


def objects(path: Path) -> None:
    """Write objects as JSON Lines, some without keys that others have."""
    header, *rows = generated(path.with_suffix(".csv"), seed=4)
    with path.open("w", encoding="utf-8") as out:
        for row in rows:
            cells = {key: cell for key, cell in zip(header, row, strict=False) if cell}
            out.write(json.dumps(cells, ensure_ascii=False) + "\n")


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sequence[Path]]:
    """Return exports: two files with ids, one without, and objects."""
    folder = tmp_path_factory.mktemp("exports")
    export(folder / "one.csv", 1)
    export(folder / "two.csv", 2)
    export(folder / "three.csv", 3, ids=False)
    objects(folder / "four.jsonl")
    return {
        "several files": [folder / "one.csv", folder / "two.csv"],
        "no ids": [folder / "three.csv"],
        "objects": [folder / "four.jsonl"],
    }


def outputs(run: Path) -> dict[str, str]:
    """Return the digest of every file that does not tell when and how long."""
    return {
        path.relative_to(run).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(run.rglob("*"))
        if path.is_file() and path.name not in {"manifest.json", "report.html", ".lock"}
    }


@pytest.mark.parametrize("name", ["several files", "no ids", "objects"])
def test_mapped_tables_change_nothing(
    exports: dict[str, Sequence[Path]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    settings = load_settings(None, assignments=[f"ingest.max_cell={2 * LONG}"], cache=False)

    def run(run_id: str) -> Path:
        inputs = exports[name]
        return pipeline.run(inputs, settings=settings, workspace=tmp_path, run_id=run_id).path

    in_memory = run("memory")
    mapped: list[Path] = []

    class Crammed(Shelf):
        """No room, and small blocks; tells which files it mapped."""

        def __init__(self, folder: Path, _room: int) -> None:
            super().__init__(folder, 0, BLOCK)

        def map(self, path: Path) -> Any:
            mapped.append(path)
            return super().map(path)

    monkeypatch.setattr(pipeline, "Shelf", Crammed)
    from_files = run("files")
    assert len(mapped) >= 5  # what was read, inputs, normalized, and both again to be published
    assert outputs(from_files) == outputs(in_memory)
    assert not (from_files / ".spill").exists()
    with (from_files / "rejects.csv").open(newline="", encoding="utf-8") as file:
        codes = {row["code"] for row in csv.DictReader(file)}
    assert codes >= {"several files": {"repeated_id", "ragged_row"}}.get(name, set())


def test_a_resumed_run_maps_what_it_reads_back(
    exports: dict[str, Sequence[Path]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tables that come back from their files are mapped too, and give the same."""

    def run(name: str, *overrides: str) -> Path:
        chosen = load_settings(None, assignments=["ingest.max_cell=6000000", *overrides])
        inputs = exports["several files"]
        return pipeline.run(inputs, settings=chosen, workspace=tmp_path, run_id=name).path

    expected = outputs(run("memory", "cluster.join=60"))
    again = run("resumed")
    monkeypatch.setattr(pipeline, "Shelf", lambda folder, _room: Shelf(folder, 0, BLOCK))
    assert outputs(run("resumed", "cluster.join=60")) == expected
    assert not (again / ".spill").exists()
