"""`keepone run`."""
# ruff: noqa: PLC0415 - what a command works with is loaded when it is called

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from keepone.commands.options import AsJson, Config, Maps, Memory, Sets, Threads, Workspace


def run(
    inputs: Annotated[
        list[Path],
        typer.Argument(metavar="INPUT", help="CSV, TSV, XLSX, XLS, Parquet or JSON Lines."),
    ],
    *,
    workspace: Workspace = Path("keepone-data"),
    run_id: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Name of the run; that of a standing run resumes it."),
    ] = None,
    config: Config = None,
    sets: Sets = None,
    maps: Maps = None,
    threads: Threads = None,
    memory: Memory = None,
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")] = False,
) -> None:
    """Find the records that are the same company, and say what to do with each.

    Writes review_ready.csv and .parquet, group_stats.parquet, rejects.csv, report.html and
    manifest.json to WORKSPACE/runs/NAME. The same NAME with the same inputs goes on where it was
    interrupted; with changed settings, it redoes only what they change.
    """
    from contextlib import ExitStack

    from keepone.commands.output import print_json, stderr, stdout
    from keepone.commands.summary import run_as_dict, summary_lines
    from keepone.config import load_settings, parse_columns
    from keepone.progress import Lines, Progress, Silence
    from keepone.runs import check_run_id, new_run_id

    settings = load_settings(
        config,
        assignments=sets or (),
        columns=parse_columns(maps or ()),
        threads=threads,
        memory=memory,
    )
    run_id = new_run_id() if run_id is None else check_run_id(run_id)
    from keepone import pipeline  # a wrong setting is told before this, the heaviest, is loaded

    try:
        with ExitStack() as stack:
            progress: Progress = Silence() if quiet else stack.enter_context(Lines(stderr()))
            done = pipeline.run(
                inputs, settings=settings, workspace=workspace, run_id=run_id, progress=progress
            )
    except KeyboardInterrupt:
        stderr().print(f"interrupted; the same command with --run-id {run_id} goes on from here")
        raise
    manifest = done.finished()
    if as_json:
        print_json(run_as_dict(done, manifest, computed=list(done.computed)))
        return
    console = stdout()
    for line in summary_lines(done, manifest, computed=len(done.computed)):
        console.print(line)
