"""The same records and settings give the same tables, byte for byte, wherever and however.

    python -m bench.same_answer [--records N] [--seed N] [--out DIR]

Runs one generated export, faulty rows and repeated ids among it, under every variant below: other
numbers of threads, batches, memory, order of rows, places, locales, time zones, hash seeds and
masks of permissions. Every file of a run but the report and the manifest has to have the bytes of
the first run, every reject its words, and the manifest its figures; rejects say in which row of the
file they stood, which is all that may differ between orders of rows. Prints a line a variant, and
which file is the first to differ; then the exit code is 1. Runs are deleted afterwards.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import keepone
from keepone.generate import generate
from keepone.generate import write as write_export

_PACKAGE = str(Path(keepone.__file__).parents[1])
# They tell of times and of the machine; `_figures` compares what else the manifest says.
_OWN_WORDS = {"manifest.json", "report.html", ".lock"}
# What the manifest says of one run alone, wherever in it that stands.
_OF_ONE_RUN = {
    "alerts", "baseline_rss_mb", "bytes", "checks_seconds", "cpu_seconds", "ended_at",
    "fingerprint", "inputs", "machine", "peak_rss_mb", "report", "run_id", "seconds",
    "settings_digest", "sha256", "started_at", "versions", "write_seconds",
}  # fmt: skip
_FAULTY_ROWS = 40


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to run. `order` seeds the order of rows, None leaves it; `place` is the folder."""

    name: str
    options: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    order: int | None = None
    umask: int = 0o022
    place: str = "here"


VARIANTS: tuple[Variant, ...] = (
    Variant("one thread", ("--threads", "1")),
    Variant("the same again, in the run's own folder", ("--threads", "1", "--no-cache")),
    Variant(
        "two threads, small batches, Turkish, east of Greenwich, in another folder",
        ("--threads", "2", "--set", "machine.batch_rows=777"),
        {"LC_ALL": "tr_TR.UTF-8", "TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "7"},
        umask=0o077,
        place="fær away/İçinde",
    ),
    Variant(
        "four threads, little memory, other order of rows, German, west of it",
        ("--threads", "4", "--memory", "400MB"),
        {"LC_ALL": "de_DE.UTF-8", "TZ": "America/St_Johns", "PYTHONHASHSEED": "99"},
        order=1,
        umask=0,
    ),
    Variant(
        "two threads, one batch, third order of rows, no locale",
        ("--threads", "2", "--memory", "3GB", "--set", "machine.batch_rows=1000000"),
        {"LC_ALL": "C", "PYTHONHASHSEED": "0"},
        order=2,
    ),
)


@dataclass(frozen=True, slots=True)
class Tables:
    """What a run gave: its files by their digests, its rejects, its figures."""

    files: dict[str, str]
    rejects: list[tuple[tuple[str, str], ...]]
    figures: dict[str, Any]

    def first_difference(self, other: Tables) -> str | None:
        """Name the first thing in which the two differ; None if there is none."""
        for name in sorted(self.files.keys() | other.files.keys()):
            if self.files.get(name) != other.files.get(name):
                return name
        if self.rejects != other.rejects:
            return "rejects.csv"
        for name in sorted(self.figures.keys() | other.figures.keys()):
            if self.figures.get(name) != other.figures.get(name):
                return f"manifest.json, {name}"
        return None


def write_faulty_export(records: int, seed: int, path: Path) -> None:
    """Write generated accounts; some rows are ragged, blank, or repeat an id with other cells."""
    write_export(generate(records, profile="crm", seed=seed), path)
    path.with_suffix(".truth.parquet").unlink(missing_ok=True)
    header, *lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    assert len(lines) == records, "a cell holds the end of a line"
    draw = random.Random(seed)  # noqa: S311 - no secret
    rows = [next(csv.reader([line])) for line in draw.sample(lines, 2 * _FAULTY_ROWS)]
    with path.open("a", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator=header[len(header.rstrip("\r\n")) :])
        for row in rows[:_FAULTY_ROWS]:
            # The fullest row of an id is kept, of equally full ones the first by what it holds.
            out.writerow([row[0], row[1][::-1], *row[2:]])
        for at, row in enumerate(rows[_FAULTY_ROWS:]):
            out.writerow((row[:4], [*row, "one", "more"], [""] * len(row))[at % 3])


def shuffled(source: Path, target: Path, seed: int) -> None:
    """Copy an export with its rows in another order."""
    header, *lines = source.read_bytes().splitlines(keepends=True)
    random.Random(seed).shuffle(lines)  # noqa: S311 - no secret
    target.write_bytes(header + b"".join(lines))


def locales(folder: Path) -> dict[str, str]:
    """Make the variants' locales in `folder`, where the system can; return how to find them."""
    compiler = shutil.which("localedef")
    if compiler is None:
        return {}
    for variant in VARIANTS:
        name, _, charset = variant.environment.get("LC_ALL", "C").partition(".")
        if charset and not (folder / f"{name}.{charset}").exists():
            folder.mkdir(exist_ok=True)
            made = str(folder.resolve() / f"{name}.{charset}")
            subprocess.run(
                [compiler, "-i", name, "-f", charset, made], check=False, capture_output=True
            )
    return {"LOCPATH": str(folder.resolve())}


def run_variant(variant: Variant, export: Path, out: Path, found: Mapping[str, str]) -> Tables:
    """Run the export in a process of its own and return what came of it; `RuntimeError` if none."""
    place = out / variant.place
    place.mkdir(parents=True, exist_ok=True)
    source = place / export.name
    if variant.order is None:
        source.write_bytes(export.read_bytes())
    else:
        shuffled(export, source, variant.order)
        shutil.rmtree(place / "keepone-data", ignore_errors=True)  # other inputs, another run
    done = subprocess.run(
        [sys.executable, "-m", "keepone", "run", source.name, "--run-id", "r", *variant.options],
        cwd=place,
        env={**os.environ, **found, **variant.environment, "PYTHONPATH": _PACKAGE},
        umask=variant.umask,
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    if done.returncode:
        message = f"{variant.name}: {done.stderr}"
        raise RuntimeError(message)
    return tables(place / "keepone-data" / "runs" / "r")


def tables(run: Path) -> Tables:
    """Return what the run gave."""
    files = {
        path.relative_to(run).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(run.rglob("*"))
        if path.is_file() and path.name not in _OWN_WORDS and "rejects" not in path.name
    }
    with (run / "rejects.csv").open(encoding="utf-8", newline="") as file:
        rejects = [
            tuple((name, cell) for name, cell in row.items() if name != "row")
            for row in csv.DictReader(file)
        ]
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    return Tables(files, sorted(rejects), _figures(manifest))


def _figures(said: Any) -> Any:
    """Return what the manifest says without what is of one run alone."""
    if isinstance(said, dict):
        return {name: _figures(value) for name, value in said.items() if name not in _OF_ONE_RUN}
    return [_figures(one) for one in said] if isinstance(said, list) else said


def compare(export: Path, out: Path) -> Iterator[tuple[Variant, float, Tables, str | None]]:
    """Give each variant, its seconds, what it gave, and how that differs from the first."""
    found = locales(out / "locales")
    first: Tables | None = None
    for variant in VARIANTS:
        began = time.perf_counter()
        gave = run_variant(variant, export, out, found)
        first = first or gave
        yield variant, time.perf_counter() - began, gave, first.first_difference(gave)


def main() -> None:
    """Write the export, run the variants, say what differs, and delete everything."""
    parser = argparse.ArgumentParser(description="The same answer, wherever and however.")
    parser.add_argument("--records", type=int, default=94_000)
    parser.add_argument("--seed", type=int, default=21)
    parser.add_argument("--out", type=Path, default=Path("demo/same_answer"))
    options = parser.parse_args()
    out: Path = options.out
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    differing = 0
    try:
        export = out / "accounts.csv"
        write_faulty_export(options.records, options.seed, export)
        for variant, seconds, gave, difference in compare(export, out):
            differing += difference is not None
            answer = f"differs in {difference}" if difference else "the same"
            sys.stdout.write(
                f"{answer}: {variant.name}"
                f" ({len(gave.files)} files, {len(gave.rejects)} rejects, {seconds:.0f} s)\n"
            )
            sys.stdout.flush()
    finally:
        shutil.rmtree(out, ignore_errors=True)
    sys.exit(bool(differing))


if __name__ == "__main__":
    main()
