"""`keepone bench`."""
# ruff: noqa: PLC0415 - what a command works with is loaded when it is called

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keepone.commands.generate import Profile
from keepone.commands.options import AsJson, Memory, Sets

if TYPE_CHECKING:
    from rich.console import Console

    from keepone.benchmark.results import Results
    from keepone.benchmark.tables import Table

_SIZES = "1K,5K,10K,94K,200K,1M"
_UNITS = {"": 1, "K": 1_000, "M": 1_000_000}


def bench(
    *,
    sizes: Annotated[
        str | None,
        typer.Option(
            metavar="LIST",
            help=f"Records of each export, such as 10K,94K; {_SIZES} if left out.",
            show_default=False,
        ),
    ] = None,
    profile: Annotated[
        Profile | None,
        typer.Option(
            help="What `keepone generate` makes; dense, the heavier, if left out.",
            show_default=False,
        ),
    ] = None,
    repeats: Annotated[int, typer.Option(metavar="N", min=1, help="Whole runs of each size.")] = 3,
    samples: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=0,
            help="Samples of a second that each stage is timed by; 0 leaves them out.",
        ),
    ] = 7,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder for results, and exports to use again.")
    ] = Path("keepone-bench"),
    against: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A bench.json to compare with: exit with 3 if a stage has become worse.",
            show_default=False,
        ),
    ] = None,
    tolerance: Annotated[
        float,
        typer.Option(metavar="PERCENT", min=0, help="How much slower a stage may be."),
    ] = 5.0,
    threads: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Threads to use; all processors if left out.",
            show_default=False,
        ),
    ] = None,
    memory: Memory = None,
    sets: Sets = None,
    as_json: AsJson = False,
) -> None:
    """Measure what runs cost as the export grows, and whether that has become worse.

    For each size, runs are made as processes of their own on generated accounts, and each stage is
    timed by itself beside a fixed workload. Writes bench.json, bench.md and bench.svg to DIR. With
    --against, sizes, profile, threads and settings are by default those of FILE; a stage that looks
    slower is timed again before it is called so, and what other runs of the same work show too is
    not.
    """
    from keepone.benchmark.gate import LEAST_SAMPLES, check_comparable
    from keepone.benchmark.measure import Load
    from keepone.benchmark.results import read_results
    from keepone.benchmark.session import Effort, Gate, Session
    from keepone.benchmark.tables import gate_table
    from keepone.commands.output import stderr, stdout
    from keepone.errors import GateError, UserError
    from keepone.machine import available_processors

    then = None if against is None else read_results(against)
    if then is not None and samples < LEAST_SAMPLES:
        message = f"--against needs {LEAST_SAMPLES} samples or more, not {samples}"
        raise UserError(message, hint="Fewer do not tell by how much they differ by chance.")
    wanted = _parse_sizes(sizes, [size.records for size in then.sizes] if then else None)
    load = Load(
        profile=profile.value if profile else then.profile if then else "dense",
        threads=threads or (then.threads if then else available_processors()),
        memory=memory or "auto",
        assignments=tuple(sets) if sets else then.settings if then else (),
    )
    load.settings  # noqa: B018 - a wrong one is told before an hour has passed
    if then is not None:
        check_comparable(then, load, wanted)
    progress = stderr()
    session = Session(
        load,
        Effort(repeats, samples),
        out,
        say=lambda what: progress.print(f"  {what}", style="dim"),
    )
    results, checks = session.bench(wanted, None if then is None else Gate(then, tolerance))
    text = _write(results, out)
    if as_json:
        sys.stdout.write(text)
    else:
        _print_results(results, out)
    if then is not None:
        _print_table(gate_table(checks), progress if as_json else stdout())
    failed = [check for check in checks if check.failed]
    if failed:
        worse = ", ".join(dict.fromkeys(check.subject for check in failed))
        message = f"worse than {against}: {worse}"
        raise GateError(message, hint="If it is meant to be so, keep the new bench.json instead.")


def _parse_sizes(text: str | None, known: list[int] | None) -> list[int]:
    """Return the sizes that `text` lists, rising; those known if it lists none, else all."""
    from keepone.errors import UserError

    if text is None and known is not None:
        return sorted(known)
    sizes = set()
    for part in (text or _SIZES).split(","):
        match = re.fullmatch(r"\s*(\d{1,9})([KM]?)\s*", part, re.IGNORECASE)
        size = int(match[1]) * _UNITS[match[2].upper()] if match else 0
        if not size:
            message = f"--sizes: {part.strip()!r} is no number of records"
            raise UserError(message, hint="Write numbers such as 5000, 10K or 1M, with commas.")
        sizes.add(size)
    return sorted(sizes)


def _write(results: Results, out: Path) -> str:
    """Write the results to the folder in three forms; return the JSON."""
    from keepone.benchmark.chart import render_chart
    from keepone.benchmark.results import results_json
    from keepone.benchmark.tables import described, result_tables
    from keepone.files import write_text

    parts = [described(results), "", *(table.markdown() for table in result_tables(results))]
    text = results_json(results)
    write_text(out / "bench.md", "\n".join(parts))
    write_text(out / "bench.svg", render_chart(results))
    write_text(out / "bench.json", text)
    return text


def _print_results(results: Results, out: Path) -> None:
    from keepone.benchmark.tables import described, result_tables
    from keepone.commands.output import stdout

    console = stdout()
    console.print(described(results), style="dim")
    for table in result_tables(results):
        _print_table(table, console)
    console.print(f"\nFiles  {out}/: bench.json, bench.md, bench.svg")


def _print_table(table: Table, console: Console) -> None:
    from keepone.commands.output import table_lines

    console.print(f"\n{table.title}", style="bold")
    right = frozenset(range(1, len(table.header)))
    for line in table_lines(table.header, table.rows, right=right):
        console.print(line)
