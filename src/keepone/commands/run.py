"""`keepone run`."""
# ruff: noqa: PLC0415 - what a command works with is loaded when it is called

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
from keepone.commands.telling import LogFormat, LogFormatOption, Telling

if TYPE_CHECKING:
    from keepone.runs import Run
    from keepone.settings import Settings


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
    redact: Annotated[
        bool,
        typer.Option(
            "--redact", help="Write report.html without values of records: ids and counts alone."
        ),
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
    log_format: LogFormatOption = LogFormat.text,
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
    from keepone.commands.output import print_json, stdout
    from keepone.commands.summary import run_as_dict, summary_lines
    from keepone.config import load_settings, parse_columns, parse_engines, parse_published
    from keepone.runs import check_run_id, new_run_id
    from keepone.settings import NO_DECISIONS

    with Telling(log_format, "run") as telling:
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
            redact=True if redact else None,
        )
        run_id = new_run_id() if run_id is None else check_run_id(run_id)
        telling.begin(run_id, inputs=len(inputs), input_bytes=_bytes_of(inputs))
        option = f"--run-id {run_id}" + (", without --no-cache," if no_cache else "")
        told = f"interrupted; the same command with {option} goes on from here"
        with telling.interruptible(told):
            done = _run(
                telling,
                inputs,
                settings=settings,
                workspace=workspace,
                run_id=run_id,
                redo_from=redo_from,
                max_seconds=max_seconds,
                profile=profile,
                quiet=quiet,
            )
            manifest = done.finished()
            counts = manifest.counts
            if counts is not None:
                telling.found(
                    records=counts.records,
                    rejects=counts.rejects,
                    groups=counts.groups,
                    duplicates=counts.duplicates,
                    stages_run=len(done.computed),
                    peak_rss_mb=manifest.peak_rss_mb,
                )
            if as_json:
                print_json(run_as_dict(done, manifest, computed=list(done.computed)))
                return
            console = stdout()
            for line in summary_lines(done, manifest, computed=len(done.computed)):
                console.print(line)


def _run(
    telling: Telling,
    inputs: list[Path],
    *,
    settings: Settings,
    workspace: Path,
    run_id: str,
    redo_from: str | None,
    max_seconds: float | None,
    profile: bool,
    quiet: bool,
) -> Run:
    """Run the pipeline, and tell how far it is."""
    from contextlib import ExitStack

    from keepone.commands.without_pandas import load_arrow_alone

    load_arrow_alone()
    from keepone import pipeline  # a wrong setting is told before this, the heaviest, is loaded
    from keepone.commands.output import stderr
    from keepone.estimate import Estimate
    from keepone.files import write_text
    from keepone.manifest import PROFILE
    from keepone.profiler import Profiler
    from keepone.progress import Events, Lines, Progress, Silence

    estimate = Estimate(_bytes_of(inputs))
    with ExitStack() as stack:
        progress: Progress = Silence()
        if telling.log is not None:
            progress = stack.enter_context(Events(telling.log, estimate))
        elif not quiet:
            progress = stack.enter_context(Lines(stderr(), estimate))
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
    if profiler:
        from keepone.report.profile import render_profile

        page = render_profile(done.finished(), profiler.recorded())
        write_text(done.path / PROFILE, page, private=True)
    return done


def _bytes_of(inputs: list[Path]) -> int:
    """Return the size of the inputs; what is wrong with one is for the reader to say."""
    return sum(path.stat().st_size for path in inputs if path.is_file())
