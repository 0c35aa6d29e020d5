"""Which branches the tests take, in the parts of the package on whose word records are merged.

    python -m bench.covered [--missing]

Reads what `coverage run` left, prints a Markdown table of lines and branches by part, with
`--missing` also what no test takes, and exits with 1 if a part has fewer than `LEAST` percent.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import coverage

LEAST = 95

_ROOT = Path(__file__).parents[1]
_PACKAGE = "src/keepone/"

# A name that ends in a slash stands for a folder. A run is what is planned, resumed, locked,
# written down and found again: those modules together are what other parts call `runs`.
PARTS: Mapping[str, tuple[str, ...]] = {
    "stages": ("stages/", "contrast.py", "likeness.py", "places_apart.py", "reasons.py"),
    "kernels": ("kernels/",),
    "rules": ("rules/", "word_lists.py", "blacklists.py"),
    "runs": (
        "artifacts.py",
        "cache.py",
        "counts.py",
        "files.py",
        "fingerprints.py",
        "lock.py",
        "manifest.py",
        "parquet.py",
        "pipeline.py",
        "plan.py",
        "progress.py",
        "run_tables.py",
        "runner.py",
        "runs.py",
        "shelf.py",
        "stage.py",
    ),
    "decisions": ("decisions/", "decision_tables.py"),
}


@dataclass(frozen=True, slots=True)
class Covered:
    """What of one part the tests took."""

    part: str
    lines: tuple[int, int]
    branches: tuple[int, int]
    missing: tuple[str, ...]

    @property
    def enough(self) -> bool:
        """Whether of both, lines and branches, there are `LEAST` percent."""
        return all(100 * taken >= LEAST * whole for taken, whole in (self.lines, self.branches))


def covered(part: str, files: Mapping[str, Any]) -> Covered:
    """Sum up the files of one part, as `coverage json` tells of them."""
    modules = PARTS[part]
    own = {
        path.split(_PACKAGE)[1]: told
        for path, told in files.items()
        if _belongs(path.split(_PACKAGE)[-1], modules)
    }
    sums = {
        name: sum(told["summary"][name] for told in own.values())
        for name in ("covered_lines", "num_statements", "covered_branches", "num_branches")
    }
    missing = [
        f"{module}: lines {told['missing_lines']}, branches {told['missing_branches']}"
        for module, told in sorted(own.items())
        if told["missing_lines"] or told["missing_branches"]
    ]
    return Covered(
        part,
        (sums["covered_lines"], sums["num_statements"]),
        (sums["covered_branches"], sums["num_branches"]),
        tuple(missing),
    )


def _belongs(module: str, modules: Sequence[str]) -> bool:
    return any(
        module.startswith(each) if each.endswith("/") else module == each for each in modules
    )


def _measured() -> Mapping[str, Any]:
    """Return what is known of each file, all processes joined."""
    measured = coverage.Coverage(config_file=str(_ROOT / "pyproject.toml"))
    measured.combine(keep=True)
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        measured.json_report(outfile=report.name)
        files: Mapping[str, Any] = json.loads(Path(report.name).read_text("utf-8"))["files"]
        return files


def _figure(taken: int, whole: int) -> str:
    return f"{taken} of {whole} ({taken / whole:.1%})" if whole else ""


def main() -> int:
    """Print the table; return the exit code."""
    parser = argparse.ArgumentParser(description="Coverage of the parts that decide.")
    parser.add_argument("--missing", action="store_true", help="list what no test takes")
    given = parser.parse_args()
    files = _measured()
    parts = [covered(part, files) for part in PARTS]
    print("| part | lines | branches |\n|---|---|---|")
    for each in parts:
        print(f"| {each.part} | {_figure(*each.lines)} | {_figure(*each.branches)} |")
    if given.missing:
        print(*(line for each in parts for line in each.missing), sep="\n")
    short = [each.part for each in parts if not each.enough]
    if short:
        print(f"fewer than {LEAST} % of the lines or branches: {', '.join(short)}", file=sys.stderr)
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
