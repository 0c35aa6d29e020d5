"""A run on an export that is larger than the memory it may take.

    python -m bench.larger_than_memory [--records N] [--characters N] [--memory SIZE] [--out DIR]
        [--cgroup DIR]

Writes accounts by `keepone generate` with two more columns of running text, about twice the size of
the memory given, and runs `keepone run --memory SIZE` on the same accounts with and without that
text: what the text adds is the difference. `--cgroup` names a control group that was made before,
whose limit counts files in the system's memory too; a third run, with the text, is put into it.
Memory is sampled every 20 ms. The input and the runs are deleted afterwards. Linux only.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.peaks import run_watched

_KEEPONE = Path(sys.executable).with_name("keepone")
_SEED = 7


@dataclass(frozen=True, slots=True)
class Measured:
    """What one run took: seconds, and peaks in MB of 10^6 bytes; `records` came out of it."""

    name: str
    input_mb: float
    wall: float
    peak_rss_mb: float
    peak_anonymous_mb: float
    records: int


def widen(narrow: Path, wide: Path, characters: int) -> None:
    """Copy an export, with about so many characters of running text in each row."""
    draw = random.Random(_SEED)  # noqa: S311 - no secret
    letters = "abcdefghijklmnopqrstuvwxyzéü"
    words = ["".join(draw.choices(letters, k=draw.randint(3, 10))) for _ in range(20_000)]
    text = " ".join(draw.choices(words, k=200_000))
    last = len(text) - 2 * characters

    def passage(mean: int) -> str:
        at = draw.randrange(last)
        return text[at : at + draw.randint(0, 2 * mean)]

    with (
        narrow.open(newline="", encoding="utf-8") as source,
        wide.open("w", newline="", encoding="utf-8") as target,
    ):
        rows, out = csv.reader(source), csv.writer(target)
        out.writerow([*next(rows), "Description", "Notes"])
        for row in rows:
            out.writerow([*row, passage(characters // 3), passage(2 * characters // 3)])


def measure(name: str, source: Path, memory: str, out: Path, cgroup: Path | None) -> Measured:
    """Run on `source` in a process of its own, in a control group if there is one."""
    log = out / f"{name.replace(',', '').replace(' ', '_')}.log"
    workspace = out / "workspace"
    shutil.rmtree(workspace, ignore_errors=True)
    command = [str(_KEEPONE), "run", str(source), "--workspace", str(workspace), "--run-id", "r"]
    peaks = run_watched([*command, "--memory", memory], log, cgroup=cgroup)
    if peaks.code:
        sys.exit(f"failed, see {log}: {' '.join(command)}")
    manifest = json.loads((workspace / "runs/r/manifest.json").read_text(encoding="utf-8"))
    shutil.rmtree(workspace)
    size = source.stat().st_size / 1e6
    records = manifest["counts"]["records"]
    return Measured(name, size, peaks.wall, peaks.resident_mb, peaks.anonymous_mb, records)


def markdown(measured: list[Measured]) -> str:
    """Return the figures as a table."""
    lines = [
        "| run | input, MB | wall, s | peak memory, MB | of it anonymous, MB | records out |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {run.name} | {run.input_mb:,.0f} | {run.wall:.0f} | {run.peak_rss_mb:,.0f}"
        f" | {run.peak_anonymous_mb:,.0f} | {run.records:,} |"
        for run in measured
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the inputs, run on them, print the table and delete the inputs."""
    parser = argparse.ArgumentParser(description="An export larger than the run's memory.")
    parser.add_argument("--records", type=int, default=150_000)
    parser.add_argument("--characters", type=int, default=13_000)
    parser.add_argument("--memory", default="1GB")
    parser.add_argument("--cgroup", type=Path)
    parser.add_argument("--out", type=Path, default=Path("demo/bench"))
    options = parser.parse_args()
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    # The input, its copies on the way, and what is published, with room to spare.
    needed = 8 * options.records * (options.characters + 500)
    if shutil.disk_usage(out).free < needed:
        sys.exit(f"{out} needs {needed / 1e9:.0f} GB of room")
    narrow, wide = out / "narrow.csv", out / "wide.csv"
    try:
        generate = [str(_KEEPONE), "generate", str(options.records), str(narrow)]
        subprocess.run([*generate, "--seed", str(_SEED)], check=True, stdout=subprocess.DEVNULL)
        widen(narrow, wide, options.characters)
        runs: list[tuple[str, Path, Path | None]] = [
            ("accounts alone", narrow, None),
            ("with running text", wide, None),
        ]
        if options.cgroup is not None:
            runs.append(("with running text, in the control group", wide, options.cgroup))
        measured = [
            measure(name, source, options.memory, out, cgroup) for name, source, cgroup in runs
        ]
    finally:
        for path in (narrow, wide, narrow.with_suffix(".truth.parquet")):
            path.unlink(missing_ok=True)
    table = markdown(measured)
    (out / "larger_than_memory.md").write_text(table, encoding="utf-8")
    sys.stdout.write(table)


if __name__ == "__main__":
    main()
