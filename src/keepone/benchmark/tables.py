"""The figures of a benchmark as tables, for the terminal and for Markdown alike."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from keepone.benchmark.gate import Check
from keepone.benchmark.results import (
    LARGEST_EXPONENT,
    Results,
    RunFigures,
    SizeFigures,
    TableFigures,
)
from keepone.pipeline import STAGES

_ALL = "all stages"
_NONE = "-"


@dataclass(frozen=True, slots=True)
class Table:
    """A table under its title; the first column holds names, all others figures."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def markdown(self) -> str:
        """Return the table in Markdown, its title as a paragraph before it."""
        rule = ["---", *["---:"] * (len(self.header) - 1)]
        lines = ["| " + " | ".join(row) + " |" for row in (self.header, *self.rows)]
        return "\n".join([f"{self.title}:", "", lines[0], f"|{'|'.join(rule)}|", *lines[1:], ""])


def result_tables(results: Results) -> list[Table]:
    """Return all tables of a benchmark: whole runs first, then each kind of figure by stage."""
    return [
        _pairs(results),
        _runs(results),
        _by_stage(results),
        _memory(results),
        _busy(results),
        _throughput(results),
        _parquet(results),
    ]


def described(results: Results) -> str:
    """Return in a sentence where and how the figures were made."""
    repeats = len(results.sizes[0].runs)
    settings = "".join(f", --set {assignment}" for assignment in results.settings)
    return (
        f"keepone {results.version}, Python {results.python}, {results.platform},"
        f" {results.processors} processors, {results.threads} threads, memory {results.memory}"
        f"{settings};"
        f" accounts by `keepone generate N --profile {results.profile} --seed {results.seed}`;"
        f" medians of {repeats}, in brackets the least and the most. MB are 10^6 bytes."
    )


def gate_table(checks: Iterable[Check]) -> Table:
    """Return what was compared, what failed first."""
    ordered = sorted(checks, key=lambda check: (not check.failed, not check.doubtful))
    return Table(
        "Beside the stored benchmark",
        ("what", "records", "then", "now", "change, %", "limit, %", "chance, %", "verdict"),
        tuple(
            (
                f"{check.subject}, {_MEASURES[check.unit]}",
                f"{check.records:,}",
                f"{check.then:.3f}",
                f"{check.now:.3f}",
                f"{check.change:+.1f}",
                f"{check.limit:.0f}",
                f"{check.noise:.1f}",
                "WORSE" if check.failed else "within chance" if check.doubtful else "ok",
            )
            for check in ordered
        ),
    )


_MEASURES = {
    "calibrations": "time in calibrations",
    "MB": "memory in MB",
    "shares": "CPU share over the calibration's",
    "distance": "distance of distributions",
}


def _pairs(results: Results) -> Table:
    return Table(
        "Pairs and groups",
        ("records", "pairs scored", "uncollapsed", "survivors", "survival", "groups", "F1"),
        tuple(
            (
                f"{size.records:,}",
                f"{size.candidate_pairs:,}",
                f"{size.uncollapsed_pairs:,}",
                f"{size.survivors:,}",
                f"{size.survivors / max(size.candidate_pairs, 1):.1%}",
                f"{size.groups:,}",
                _NONE if size.f1 is None else f"{size.f1:.4f}",
            )
            for size in results.sizes
        ),
    )


def _runs(results: Results) -> Table:
    def row(size: SizeFigures) -> tuple[str, ...]:
        def over(figure: Callable[[RunFigures], float], digits: int) -> str:
            return _spread(map(figure, size.runs), digits)

        return (
            f"{size.records:,}",
            over(lambda run: run.wall, 2),
            over(lambda run: run.cpu, 2),
            over(lambda run: 100 * run.cpu / (run.wall * results.processors), 0),
            over(lambda run: run.peak_rss_mb, 0),
            over(lambda run: run.baseline_rss_mb, 0),
        )

    return Table(
        "Whole runs, each a process from start to exit",
        ("records", "wall, s", "processor, s", "CPU, %", "peak, MB", "baseline, MB"),
        tuple(row(size) for size in results.sizes),
    )


def _by_stage(results: Results) -> Table:
    """Seconds and exponents: from each size to the next."""
    steps = [f"{a.records:,} → {b.records:,}" for a, b in pairwise(results.sizes)]
    rows = [
        (
            stage,
            *(
                _spread((run.stages[stage].seconds for run in size.runs), 2)
                for size in results.sizes
            ),
            *(f"{power:.2f}{' !' if power > LARGEST_EXPONENT else ''}" for power in powers),
        )
        for stage, powers in results.exponents.items()
    ]
    title = "Seconds by stage, with writing"
    if steps:
        title += f"; and the power of the records that they grow with (! past {LARGEST_EXPONENT})"
    return Table(title, ("stage", *_sizes(results), *steps), tuple(rows))


def _memory(results: Results) -> Table:
    return _stage_table(
        "Peak memory by stage, MB above the baseline of the process",
        results,
        lambda size, stage: _spread((run.stages[stage].above_mb for run in size.runs), 0),
    )


def _busy(results: Results) -> Table:
    def share(size: SizeFigures, stage: str) -> str:
        shares = [
            100 * figures.cpu_seconds / max(figures.seconds * results.processors, 1e-4)
            for figures in (run.stages[stage] for run in size.runs)
        ]
        return _spread(shares, 0)

    title = "CPU utilisation by stage, %: processor time / (wall time * processors)"
    return _stage_table(title, results, share)


def _throughput(results: Results) -> Table:
    reads = {stage.name: stage.reads for stage in STAGES}

    def speeds(size: SizeFigures, stages: Sequence[str], read: Iterable[str]) -> str:
        written = [table for table in size.tables.values() if table.stage in stages]
        seconds = statistics.median(
            sum(run.stages[stage].write_seconds for stage in stages) for run in size.runs
        )
        came = [size.tables[name] for name in read if name in size.tables]
        return (
            f"{_speed(written, seconds)} / {_speed(came, sum(each.read_seconds for each in came))}"
        )

    rows = [
        (stage, *(speeds(size, [stage], reads.get(stage, ())) for size in results.sizes))
        for stage in results.sizes[0].stages
    ]
    rows.append((_ALL, *(speeds(size, size.stages, size.tables) for size in results.sizes)))
    title = "MB/s of table data as Arrow holds it: written by the stage / its tables read back"
    return Table(title, ("stage", *_sizes(results)), tuple(rows))


def _speed(tables: Sequence[TableFigures], seconds: float) -> str:
    size = sum(table.plain_bytes for table in tables)
    return f"{size / 1e6 / seconds:,.0f}" if size and seconds else _NONE


def _parquet(results: Results) -> Table:
    def row(name: str) -> tuple[str, ...]:
        tables = [size.tables[name] for size in results.sizes]
        return (
            name,
            *(f"{each.bytes / 1e6:,.2f} of {each.plain_bytes / 1e6:,.2f}" for each in tables),
        )

    names = results.sizes[0].tables
    return Table(
        "Parquet files, MB on disk of MB in Arrow",
        ("table", *_sizes(results)),
        tuple(row(name) for name in names),
    )


def _stage_table(title: str, results: Results, cell: Callable[[SizeFigures, str], str]) -> Table:
    rows = (
        (stage, *(cell(size, stage) for size in results.sizes)) for stage in results.sizes[0].stages
    )
    return Table(title, ("stage", *_sizes(results)), tuple(rows))


def _sizes(results: Results) -> Iterator[str]:
    return (f"{size.records:,}" for size in results.sizes)


def _spread(figures: Iterable[float], digits: int) -> str:
    """Return the median and, in brackets, the least and the most where they read otherwise."""
    values = list(figures)
    middle, least, most = (f"{pick(values):,.{digits}f}" for pick in (statistics.median, min, max))
    return middle if least == most else f"{middle} ({least}-{most})"
