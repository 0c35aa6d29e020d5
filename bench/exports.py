"""How long exports of a large run take, and how much memory.

    python -m bench.exports [--run RUN] [--records N] [--out DIR]

Without a run, one is made of so many generated accounts. Every format is a process of its own; what
it took is told by the system when it ends. Prints a Markdown table; the exports are deleted.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from keepone.benchmark.process import run_process

# Each with what is added to the command, and what is asked of a million records.
_EXPORTS: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    ("CSV", "out.csv", (), "10 s, 500 MB"),
    ("CSV, `--raw`", "raw.csv", ("--raw",), ""),
    ("CSV, `--disposition Merge`", "merge.csv", ("--disposition", "Merge"), ""),
    ("crosswalk", "crosswalk.csv", ("--format", "crosswalk"), ""),
    ("Parquet", "out.parquet", (), "10 s, 500 MB"),
    ("workbook", "out.xlsx", (), "120 s"),
    ("JSON lines", "out.jsonl", (), ""),
    ("DuckDB", "out.duckdb", (), ""),
    ("SQLite", "out.db", ("--format", "sql"), ""),
)


def _keepone(*words: str) -> list[str]:
    return [sys.executable, "-m", "keepone", *words]


def _made_run(records: int, folder: Path) -> Path:
    """Make a run of generated accounts, in processes of its own: this one stays small."""
    accounts, log = str(folder / "accounts.csv"), folder / "log"
    run_process(_keepone("generate", str(records), accounts, "--seed", "1"), log)
    workspace = ("--workspace", str(folder), "--run-id", "bench")
    run_process(_keepone("run", accounts, *workspace), log)
    return folder / "runs" / "bench"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, help="folder of a finished run")
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--out", type=Path, help="folder for what is made on the way")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.out) as made:
        folder = Path(made)
        run = given.run or _made_run(given.records, folder)
        sys.stdout.write(
            "| export | wall, s | processor, s | peak memory, MB | size, MB | asked |\n"
        )
        sys.stdout.write("|---|---:|---:|---:|---:|---|\n")
        for name, file, options, asked in _EXPORTS:
            path = folder / file
            out = f"sqlite:///{path}" if "sql" in options else str(path)
            command = _keepone("export", str(run), "--out", out, *options)
            used = run_process(command, folder / "log")
            sys.stdout.write(
                f"| {name} | {used.wall:.1f} | {used.cpu:.1f} | {used.peak_rss_mb:,.0f}"
                f" | {path.stat().st_size / 1e6:,.0f} | {asked} |\n"
            )
            sys.stdout.flush()
            path.unlink()


if __name__ == "__main__":
    main()
