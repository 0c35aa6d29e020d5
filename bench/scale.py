"""Whole runs on generated accounts: time, memory and F1 as the export grows.

    python -m bench.scale [--sizes N ...] [--repeats N] [--out DIR]

Each run is a process of its own from start to exit, all outputs written, with no settings. Prints
a Markdown table of medians with the least and the most, and the seconds of each stage, and writes
scale.md and scale.json into the output folder.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.process import run_process

_KEEPONE = Path(sys.executable).with_name("keepone")
_SEED = 7


def _spread(values: list[float], digits: int) -> str:
    """Return the median, and in brackets the least and the most."""
    middle, least, most = statistics.median(values), min(values), max(values)
    if len(values) == 1:
        return f"{middle:.{digits}f}"
    return f"{middle:.{digits}f} ({least:.{digits}f}-{most:.{digits}f})"


def measure(size: int, repeats: int, out: Path) -> dict[str, Any]:
    """Run `repeats` times on `size` accounts and return the figures of every run."""
    accounts, log = out / f"accounts_{size}.csv", out / f"scale_{size}.log"
    generate = [str(_KEEPONE), "generate", str(size), str(accounts), "--seed", str(_SEED)]
    run_process(generate, log)
    workspace = out / f"workspace_{size}"
    shutil.rmtree(workspace, ignore_errors=True)
    runs = []
    for index in range(repeats):
        run_id = f"run-{index}"
        command = [str(_KEEPONE), "run", str(accounts), "--workspace", str(workspace)]
        command.append("--no-cache")
        usage = run_process([*command, "--run-id", run_id], log)
        folder = workspace / "runs" / run_id
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        runs.append(
            {
                "wall": usage.wall,
                "cpu": usage.cpu,
                "peak_rss_mb": usage.peak_rss_mb,
                "counts": manifest["counts"],
                "stages": {
                    stage["name"]: stage["seconds"] + stage["write_seconds"]
                    for stage in manifest["stages"]
                },
            }
        )
    truth = accounts.with_suffix(".truth.parquet")
    judged = subprocess.run(
        [str(_KEEPONE), "evaluate", str(folder), "--truth", str(truth), "--json"],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    shutil.rmtree(workspace)
    return {"records": size, "runs": runs, "f1": json.loads(judged.stdout)["f1"]}


def markdown(measured: list[dict[str, Any]]) -> str:
    """Return the figures as two tables: whole runs, and seconds by stage."""
    lines = [
        (
            f"{os.cpu_count()} processors, Python {platform.python_version()}; medians, in brackets"
            f" least and most; accounts by `keepone generate N --seed {_SEED}`."
        ),
        "",
        "| records | candidate pairs | wall, s | processor, s | peak memory, MB | F1 |",
        "|---:|---:|---:|---:|---:|---:|",
    ]
    for size in measured:
        runs = size["runs"]
        figures = [
            _spread([run[name] for run in runs], digits)
            for name, digits in (("wall", 1), ("cpu", 1), ("peak_rss_mb", 0))
        ]
        pairs = runs[0]["counts"]["candidate_pairs"]
        row = [f"{size['records']:,}", f"{pairs:,}", *figures, f"{size['f1']:.4f}"]
        lines.append(f"| {' | '.join(row)} |")
    lines += ["", "Seconds by stage, with writing:", ""]
    sizes = " | ".join(f"{size['records']:,}" for size in measured)
    lines += [f"| stage | {sizes} |", "|---" * (len(measured) + 1) + "|"]
    for stage in measured[0]["runs"][0]["stages"]:
        each = [
            f"{statistics.median(run['stages'][stage] for run in size['runs']):.2f}"
            for size in measured
        ]
        lines.append(f"| {stage} | {' | '.join(each)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure every size, print the tables and write them."""
    parser = argparse.ArgumentParser(description="Whole runs as the export grows.")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 94_000, 1_000_000])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("demo/bench"))
    options = parser.parse_args()
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    measured = [measure(size, options.repeats, out) for size in options.sizes]
    (out / "scale.json").write_text(json.dumps(measured, indent=1), encoding="utf-8")
    (out / "scale.md").write_text(markdown(measured), encoding="utf-8")
    sys.stdout.write(markdown(measured))


if __name__ == "__main__":
    main()
