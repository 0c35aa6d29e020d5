"""`keepone run`."""
# ruff: noqa: PLC0415 - what a command works with is loaded when it is called

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from keepone.commands.options import (
    AsJson,
    Columns,
    Compression,
    Config,
    Decisions,
    Engines,
    Link,
    Maps,
    Memory,
    Sets,
    Threads,
    Workspace,
)


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
    link: Link = None,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="Use this model (keepone train, or a run's) and fit none."
        ),
    ] = None,
    children: Annotated[
        list[Path] | None,
        typer.Option(
            "--children",
            metavar="FILE",
            help=(
                "Export of contacts, opportunities or others that refer to the records; may be"
                " repeated. Junk is only deleted where they show that nothing refers to it."
            ),
            show_default=False,
        ),
    ] = None,
    threads: Threads = None,
    memory: Memory = None,
    compression: Compression = None,
    columns: Columns = None,
    engines: Engines = None,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Run every stage, also where its result stands.")
    ] = False,
    redo_from: Annotated[
        str | None,
        typer.Option("--from", metavar="STAGE", help="Run this stage and those after it again."),
    ] = None,
    decisions: Decisions = None,
    no_decisions: Annotated[
        bool, typer.Option("--no-decisions", help="Leave people's decisions aside.")
    ] = False,
    profile: Annotated[
        bool,
        typer.Option("--profile", help="Write profile.html: where time went, and memory."),
    ] = False,
    max_seconds: Annotated[
        float | None,
        typer.Option(
            "--max-seconds",
            metavar="SECONDS",
            min=0.0,
            help=(
                "Where the time will not do, compare fewer pairs: the records concerned are to be"
                " verified, and the run is marked as degraded."
            ),
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")] = False,
) -> None:
    """Find the records that are the same company, and say what to do with each.

    Writes review_ready.csv and .parquet, group_stats.parquet, golden.csv and .parquet, related.csv
    and .parquet, rejects.csv, report.html and manifest.json to WORKSPACE/runs/NAME. The same NAME
    with the same inputs goes on where it was interrupted; with changed settings, it redoes only
    what they change. What any run of the workspace has computed already is taken over. What people
    decided (keepone decisions) holds.
    """
    from contextlib import ExitStack

    from keepone.commands.output import print_json, stderr, stdout
    from keepone.commands.summary import run_as_dict, summary_lines
    from keepone.config import load_settings, parse_columns, parse_engines, parse_published
    from keepone.files import write_text
    from keepone.manifest import PROFILE
    from keepone.profiler import Profiler
    from keepone.progress import Lines, Progress, Silence
    from keepone.runs import check_run_id, new_run_id
    from keepone.settings import NO_DECISIONS

    settings = load_settings(
        config,
        assignments=sets or (),
        columns=parse_columns(maps or ()),
        threads=threads,
        memory=memory,
        compression=compression,
        engines=parse_engines(engines or ()),
        cache=False if no_cache else None,
        published=parse_published(columns) if columns else None,
        link=link,
        model=model,
        children=[str(path) for path in children] if children else None,
        decisions=NO_DECISIONS if no_decisions else decisions,
    )
    run_id = new_run_id() if run_id is None else check_run_id(run_id)
    from keepone import pipeline  # a wrong setting is told before this, the heaviest, is loaded

    try:
        with ExitStack() as stack:
            progress: Progress = Silence() if quiet else stack.enter_context(Lines(stderr()))
            profiler = stack.enter_context(Profiler(progress)) if profile else None
            done = pipeline.run(
                inputs,
                settings=settings,
                workspace=workspace,
                run_id=run_id,
                redo_from=redo_from,
                progress=profiler or progress,
                max_seconds=max_seconds,
            )
    except KeyboardInterrupt:
        option = f"--run-id {run_id}" + (", without --no-cache," if no_cache else "")
        stderr().print(f"interrupted; the same command with {option} goes on from here")
        raise
    manifest = done.finished()
    if profiler:
        from keepone.report.profile import render_profile

        write_text(done.path / PROFILE, render_profile(manifest, profiler.recorded()))
    if as_json:
        print_json(run_as_dict(done, manifest, computed=list(done.computed)))
        return
    console = stdout()
    for line in summary_lines(done, manifest, computed=len(done.computed)):
        console.print(line)
