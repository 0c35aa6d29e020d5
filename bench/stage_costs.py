"""Measures what each stage costs by the size of the export: python -m bench.stage_costs.

Writes src/keepone/stage_costs.csv, from which a run tells how much time is left. Each size is run
several times in processes of their own. Of each stage the least processor time counts, which other
programs change least, over the processors that it keeps busy where there are two: about the seconds
that it takes on a quiet machine.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from keepone.costs import COSTS_FILE
from keepone.manifest import Manifest, read_manifest

_SIZES = (1_000, 10_000, 100_000, 1_000_000)
_HEADER = """\
# Seconds by stage and size of the export, on 2 processors; pairs are those that were compared.
# Source: python -m bench.stage_costs, on generated accounts (profile crm).
"""
# By docs/benchmarks.md (CPU utilisation by stage); of stages that are not named there, a middle.
_BUSY = {
    "ingest": 1.16,
    "profile": 1.4,
    "normalize": 1.12,
    "block": 1.72,
    "fit": 1.1,
    "score": 1.58,
    "cluster": 1.02,
    "survivorship": 1.22,
    "disposition": 1.44,
    "group_stats": 1.4,
    "publish": 1.42,
}
_OTHERS_BUSY = 1.3


def main() -> None:
    """Run every size, and write the file."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--sizes", type=int, nargs="+", default=_SIZES)
    asked.add_argument("--repeats", type=int, default=3)
    asked.add_argument("--out", type=Path, default=COSTS_FILE)
    told = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="keepone-costs-") as folder:
        sizes = [_measured(Path(folder), size, told.repeats) for size in told.sizes]
    write(sizes, told.out)


def _measured(folder: Path, records: int, repeats: int) -> list[Manifest]:
    export = folder / f"{records}.csv"
    _keepone("generate", str(records), str(export), "--seed", "3")
    runs = []
    for number in range(repeats):
        name = f"r{records}-{number}"
        _keepone(
            "run", str(export), "--workspace", str(folder), "--run-id", name, "--no-cache", "-q"
        )
        runs.append(read_manifest(folder / "runs" / name))
    return runs


def _keepone(*arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "keepone", *arguments], check=True, stdout=subprocess.DEVNULL
    )


def write(sizes: Iterable[list[Manifest]], out: Path) -> None:
    """Write the cost of each stage by the runs of each size, and of the report."""
    with out.open("w", encoding="utf-8", newline="") as file:
        file.write(_HEADER)
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(("stage", "records", "pairs", "seconds"))
        for runs in sizes:
            counts = runs[0].counts
            assert counts is not None
            taken = [_processor_seconds(run) for run in runs]
            for stage in taken[0]:
                cost = min(each[stage] for each in taken) / _BUSY.get(stage, _OTHERS_BUSY)
                lines.writerow((stage, counts.records, counts.candidate_pairs, f"{cost:.4f}"))


def _processor_seconds(run: Manifest) -> dict[str, float]:
    """Return the processor time of each stage, and of what follows the last."""
    taken = {stage.name: stage.cpu_seconds for stage in run.stages}
    return taken | {"report": max(0.0, (run.cpu_seconds or 0.0) - sum(taken.values()))}


if __name__ == "__main__":
    main()
