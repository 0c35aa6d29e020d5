"""Parquet files beside those of pandas, and how fast one group is found in them.

    python -m bench.parquet [--records N] [--lookups N] [--out DIR]

Runs on accounts by `keepone generate`, and writes and reads the published table `review_ready` the
way a run does and the way `pandas.to_parquet(compression="snappy")` does. The two take turns, and
what counts is the median of the ratios. Then groups of a larger run are looked up, with footers
read before (warm) and not (cold). Prints Markdown tables; the runs are deleted afterwards.
"""

from __future__ import annotations

import argparse
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

import pandas as pd
import pyarrow as pa

import keepone
from keepone.artifacts import Artifacts
from keepone.generate import generate
from keepone.generate import write as write_export
from keepone.machine import Meter, resident_bytes
from keepone.parquet import Layout, forget_footers, read_parquet, row_groups, write_parquet
from keepone.schema import REVIEW_READY
from keepone.settings import MachineSettings
from keepone.shelf import MEMORY

_SEED = 1
_ROUNDS = 9
_LAYOUT = Layout.of(MachineSettings())


def _result(
    records: int, profile: Literal["crm", "dense"], folder: Path, columns: str = "all"
) -> keepone.Result:
    export = folder / f"{profile}_{records}.csv"
    if not export.exists():
        write_export(generate(records, profile=profile, seed=_SEED), export)
    settings = keepone.Settings.model_validate({"publish": {"columns": columns}})
    return keepone.run(export, workspace=folder, settings=settings)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _taking_turns(works: dict[str, Callable[[], object]]) -> dict[str, list[float]]:
    """Return seconds of each piece of work, by round."""
    return {
        name: list(times)
        for name, times in zip(
            works,
            zip(
                *([_seconds(work) for work in works.values()] for _ in range(_ROUNDS)), strict=True
            ),
            strict=True,
        )
    }


def beside_pandas(table: pa.Table, folder: Path) -> list[str]:
    """Return the lines of the table that compares Keepone's file of `table` with pandas's."""
    ours, theirs = folder / "ours.parquet", folder / "theirs.parquet"
    text = table.to_pandas()
    objects = text.astype(_objects(text))
    writing = _taking_turns(
        {
            "Keepone": partial(write_parquet, ours, table, REVIEW_READY, _LAYOUT),
            "pandas": partial(text.to_parquet, theirs, compression="snappy"),
            "pandas, text as objects": partial(objects.to_parquet, theirs, compression="snappy"),
        }
    )
    reading = _taking_turns(
        {
            "Keepone": partial(read_parquet, ours, REVIEW_READY),
            "pandas": partial(pd.read_parquet, theirs),
            "pandas, text as objects": partial(_read_objects, theirs),
        }
    )
    lines = [
        "| | MB | written, s | read, s | Keepone is faster by: writing | reading | both |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for name, written in writing.items():
        read = reading[name]
        both = [a + b for a, b in zip(written, read, strict=True)]
        base = [sum(pair) for pair in zip(writing["Keepone"], reading["Keepone"], strict=True)]
        size = (ours if name == "Keepone" else theirs).stat().st_size
        ratios = [
            statistics.median(a / b for a, b in zip(one, other, strict=True))
            for one, other in (
                (written, writing["Keepone"]),
                (read, reading["Keepone"]),
                (both, base),
            )
        ]
        cells = [f"{size / 1e6:.1f}", *(f"{statistics.median(t):.3f}" for t in (written, read))]
        lines.append(f"| {' | '.join([name, *cells, *(f'{ratio:.2f}' for ratio in ratios)])} |")
    return lines


def _read_objects(path: Path) -> pd.DataFrame:
    frame = pd.read_parquet(path)
    return frame.astype(_objects(frame))


def _objects(frame: pd.DataFrame) -> dict[str, type]:
    """Return the type for each text column as pandas had it before release 3."""
    return {name: object for name in frame.columns if isinstance(frame[name].dtype, pd.StringDtype)}


def memory(table: pa.Table, folder: Path) -> str:
    """Return a sentence on the memory that writing and reading take beside the table."""
    stored = folder / "table.arrow"
    with pa.OSFile(str(stored), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    # A process of its own, in which nothing was freed that could be used again.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        writing, reading = pool.submit(_peaks, stored, folder / "memory").result()
    return (
        f"Memory beside the table of {table.nbytes / 1e6:.0f} MB: {writing:.0f} MB while Parquet"
        f" and CSV are written at once, {reading:.0f} MB while the file is read by row groups."
    )


def _peaks(stored: Path, folder: Path) -> tuple[float, float]:
    """Return the peaks of memory, in MB, above what is held before writing and before reading."""
    with pa.OSFile(str(stored), "rb") as file, pa.ipc.open_file(file) as reader:
        table = reader.read_all()
    folder.mkdir()
    artifacts = Artifacts(folder, MEMORY, threads=2, held_bytes=0, layout=_LAYOUT)
    published = folder / "review_ready.parquet"
    works = (
        lambda: artifacts.write(0, {"review_ready": table}),
        lambda: sum(group.num_rows for group in row_groups(published, REVIEW_READY)),
    )
    peaks = []
    with Meter() as meter:
        for work in works:
            held = resident_bytes() or 0
            with meter.measure() as usage:
                work()
            peaks.append((usage.peak_rss_mb or 0) - held / 1e6)
    return peaks[0], peaks[1]


def lookups(result: keepone.Result, number: int) -> list[str]:
    """Return the lines of the table of lookup times."""
    stats = result.group_stats.to_arrow()
    sized = sorted(
        zip(*(stats.column(name).to_pylist() for name in ("size", "group_id")), strict=True)
    )
    several = [group_id for size, group_id in sized if size > 1]
    pools = {
        "any": [group_id for _, group_id in sized],
        "two records or more": several,
        f"the {number} largest ({sized[-number][0]} to {sized[-1][0]} records)": several[-number:],
    }
    draw = random.Random(_SEED)  # noqa: S311 - no secret
    lines = [
        f"| groups, of {len(sized):,} | warm: median, ms | most | cold: median, ms | most |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, pool in pools.items():
        chosen = draw.sample(pool, number)
        cells = []
        for cold in (False, True):
            times = []
            for group_id in chosen:
                if cold:
                    forget_footers()
                times.append(_seconds(partial(result.group, group_id)) * 1000)
            cells += [f"{statistics.median(times):.1f}", f"{max(times):.1f}"]
        lines.append(f"| {' | '.join([name, *cells])} |")
    return lines


def _sizes(records: int, every: float, few: float) -> str:
    return (
        f"review_ready of {records:,} records, profile dense: {every:.1f} MB with all columns,"
        f" {few:.1f} MB with `--columns review`."
    )


def main() -> None:
    """Make the runs, measure and print."""
    parser = argparse.ArgumentParser(description="Parquet files, and lookups of groups in them.")
    parser.add_argument("--records", type=int, default=94_000)
    parser.add_argument("--lookup-records", type=int, default=200_000)
    parser.add_argument("--lookups", type=int, default=40)
    parser.add_argument("--out", type=Path, help="Folder for the runs while they are measured.")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(dir=options.out))
    try:
        whole = _result(options.records, "dense", folder)
        table = whole.review_ready.to_arrow().combine_chunks()
        review = _result(options.records, "dense", folder, "review")
        few = (review.path / "review_ready.parquet").stat().st_size / 1e6
        every = (whole.path / "review_ready.parquet").stat().st_size / 1e6
        lines = [
            _sizes(options.records, every, few),
            "",
            *beside_pandas(table, folder),
            "",
            memory(table, folder),
            "",
            *lookups(_result(options.lookup_records, "crm", folder), options.lookups),
        ]
    finally:
        shutil.rmtree(folder)
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
