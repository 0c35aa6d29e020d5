"""Measures what each stage costs by the size of the export: python -m bench.stage_costs.

Writes src/keepone/stage_costs.csv, from which a run tells how much time is left. Each size is
run several times in processes of their own; of each stage the least time counts, since whatever
else the machine did can only have made it longer.
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
    """Write the least time of each stage among the runs of each size, and of the report."""
    with out.open("w", encoding="utf-8", newline="") as file:
        file.write(_HEADER)
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(("stage", "records", "pairs", "seconds"))
        for runs in sizes:
            counts = runs[0].counts
            assert counts is not None
            for stage in runs[0].stages:
                least = min(
                    each.seconds for run in runs for each in run.stages if each.name == stage.name
                )
                lines.writerow((stage.name, counts.records, counts.candidate_pairs, f"{least:.4f}"))
            least = min(run.report.seconds for run in runs if run.report is not None)
            lines.writerow(("report", counts.records, counts.candidate_pairs, f"{least:.4f}"))


if __name__ == "__main__":
    main()
