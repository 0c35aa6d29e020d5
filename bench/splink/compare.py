"""Keepone beside Splink on one generated export: time, memory and F1, and their ratios.

    python -m bench.splink.compare --splink PYTHON [--records N] [--seed S] [--out DIR]

Both run as whole processes from start to exit, one after the other, on the same file. Keepone runs
with no settings and writes all its outputs. Splink (link.py) is set up by hand, links and writes
its clusters; its threshold is found before, by looking at the truth, and that search is not timed.
Writes comparison.md and comparison.json into the output folder.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from keepone.benchmark.process import Usage, run_process

_LINK = Path(__file__).with_name("link.py")


@dataclass(frozen=True, slots=True)
class Measured:
    """One process, and how good its groups are. Times in seconds, memory in MB of 10^6 bytes."""

    name: str
    wall: float
    cpu: float
    peak_rss_mb: float
    precision: float
    recall: float
    f1: float


def _measured(name: str, usage: Usage, groups: pa.Table, truth: pa.Table) -> Measured:
    """Judge `groups` (record_id, group) by `truth` (record_id, entity_id), in pairs of records."""
    joined = groups.join(truth, "record_id", join_type="inner")
    if joined.num_rows != truth.num_rows:
        sys.exit(f"{name} has {joined.num_rows} of the truth's {truth.num_rows} records")
    found, known = _pairs(joined, ["group"]), _pairs(joined, ["entity_id"])
    shared = _pairs(joined, ["group", "entity_id"])
    return Measured(
        name=name,
        wall=usage.wall,
        cpu=usage.cpu,
        peak_rss_mb=usage.peak_rss_mb,
        precision=shared / max(found, 1),
        recall=shared / max(known, 1),
        f1=2 * shared / max(found + known, 1),
    )


def _pairs(table: pa.Table, columns: list[str]) -> int:
    """Return the pairs of rows that agree on the columns."""
    sizes = table.group_by(columns).aggregate([([], "count_all")])["count_all"]
    pairs: int = pc.sum(pc.divide(pc.multiply(sizes, pc.subtract(sizes, 1)), 2)).as_py()
    return pairs


def _keepone(accounts: Path, truth: pa.Table, out: Path) -> Measured:
    keepone = Path(sys.executable).with_name("keepone")
    run_id = f"compared-{time.time_ns()}"
    command = [str(keepone), "run", str(accounts), "--workspace", str(out), "--run-id", run_id]
    usage = run_process([*command, "--no-cache"], out / "keepone.log")
    review = out / "runs" / run_id / "review_ready.parquet"
    groups = pq.read_table(review, columns=["record_id", "group_id"])
    return _measured("Keepone", usage, groups.rename_columns(["record_id", "group"]), truth)


def _splink(python: Path, accounts: Path, truth_path: Path, truth: pa.Table, out: Path) -> Measured:
    link = [str(python), str(_LINK), str(accounts)]
    swept = subprocess.run(
        [*link, "--sweep", str(truth_path)], stdout=subprocess.PIPE, check=True, text=True
    )
    threshold = json.loads(swept.stdout)["threshold"]
    clusters = out / "clusters.parquet"
    usage = run_process(
        [*link, "--threshold", str(threshold), "--out", str(clusters)], out / "splink.log"
    )
    groups = pq.read_table(clusters).rename_columns(["record_id", "group"])
    return _measured(f"Splink, match weight ≥ {threshold:g}", usage, groups, truth)


def _markdown(ours: Measured, theirs: Measured, records: int, seed: int) -> str:
    generated = f"{records:,} generated accounts (`keepone generate {records} --seed {seed}`)"
    lines = [
        f"{generated}, {os.cpu_count()} processors, Python {platform.python_version()}.",
        "",
        "| | wall, s | processor, s | peak memory, MB | precision | recall | F1 |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for one in (ours, theirs):
        used = f"{one.wall:.1f} | {one.cpu:.1f} | {one.peak_rss_mb:.0f}"
        quality = f"{one.precision:.4f} | {one.recall:.4f} | {one.f1:.4f}"
        lines.append(f"| {one.name} | {used} | {quality} |")
    ratios = " | ".join(
        f"{getattr(ours, of) / getattr(theirs, of):.{digits}f}"
        for of, digits in (
            ("wall", 2),
            ("cpu", 2),
            ("peak_rss_mb", 2),
            ("precision", 3),
            ("recall", 3),
            ("f1", 3),
        )
    )
    lines.append(f"| Keepone : Splink | {ratios} |")
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> None:
    """Generate, run both, write and print the comparison."""
    parser = argparse.ArgumentParser(description="Keepone beside Splink on one generated export.")
    parser.add_argument("--splink", type=Path, required=True, help="Python that has Splink")
    parser.add_argument("--records", type=int, default=94_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("out"))
    options = parser.parse_args(arguments)
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    accounts = out / "accounts.csv"
    keepone = Path(sys.executable).with_name("keepone")
    generate = [str(keepone), "generate", str(options.records), str(accounts)]
    run_process([*generate, "--seed", str(options.seed)], out / "generate.log")
    truth_path = accounts.with_name("accounts.truth.parquet")
    truth = pq.read_table(truth_path)
    ours = _keepone(accounts, truth, out)
    theirs = _splink(options.splink, accounts, truth_path, truth, out)
    told = _markdown(ours, theirs, options.records, options.seed)
    (out / "comparison.md").write_text(told, encoding="utf-8")
    document = {
        "records": options.records,
        "seed": options.seed,
        "python": platform.python_version(),
        "keepone": version("keepone"),
        "measured": [asdict(ours), asdict(theirs)],
    }
    (out / "comparison.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    print(told, end="")


if __name__ == "__main__":
    main(sys.argv[1:])
