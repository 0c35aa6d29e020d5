"""`keepone export`."""
# ruff: noqa: PLC0415 - what a command works with is loaded when it is called

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from keepone.commands.options import AsJson, RunName, Workspace


def export(
    run: RunName,
    *,
    out: Annotated[
        str,
        typer.Option(
            metavar="FILE|URL",
            help="File to write, or a database: postgresql://user@host/name, sqlite:///file.db.",
        ),
    ],
    format: Annotated[  # noqa: A002 - what the option is called
        str | None,
        typer.Option(
            metavar="FORMAT",
            help=(
                "csv, xlsx, parquet, duckdb, json (lines), sql or crosswalk; if left out, as the"
                " file's name ends."
            ),
            show_default=False,
        ),
    ] = None,
    disposition: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Records with this disposition only; may be repeated.",
            show_default=False,
        ),
    ] = None,
    score: Annotated[
        str | None,
        typer.Option(
            metavar="LOW..HIGH",
            help="Records with such a score only, which primaries have not; as 95.. or ..60, too.",
            show_default=False,
        ),
    ] = None,
    group_size: Annotated[
        str | None,
        typer.Option(
            metavar="N|LOW..HIGH",
            help="Records of groups of so many only.",
            show_default=False,
        ),
    ] = None,
    changed_since: Annotated[
        str | None,
        typer.Option(
            metavar="RUN",
            help="Records only that this run does not have or says otherwise of.",
            show_default=False,
        ),
    ] = None,
    table: Annotated[
        str, typer.Option(metavar="TABLE", help="Table of the run, for csv, parquet and json.")
    ] = "review_ready",
    raw: Annotated[
        bool,
        typer.Option(
            "--raw",
            help=(
                "CSV for machines: no apostrophe before what a spreadsheet would take for a"
                " formula."
            ),
        ),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the file if there is one.")
    ] = False,
    schema: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="In a database, the schema of the tables; in SQLite what their names begin with.",
        ),
    ] = "keepone",
    workspace: Workspace = Path("keepone-data"),
    as_json: AsJson = False,
) -> None:
    """Write a run's result to a file or a database, whole or what is asked for.

    Several filters leave what passes all of them. A file appears whole or not at all; tables in a
    database change in one transaction.
    """
    from keepone.commands.output import print_json, stdout
    from keepone.exports import Order, Selection, export_run, format_of
    from keepone.exports.ranges import parse_range
    from keepone.runs import find_run

    selection = Selection(
        dispositions=tuple(disposition or ()),
        score=parse_range("--score", score),
        group_size=parse_range("--group-size", group_size),
        changed_since=None if changed_since is None else find_run(changed_since, workspace),
    )
    wanted = Order(
        out, format or format_of(out), table, selection, raw=raw, force=force, schema=schema
    )
    made = export_run(find_run(run, workspace), wanted)
    if as_json:
        print_json(asdict(made))
        return
    rows = "1 row" if made.rows == 1 else f"{made.rows:,} rows"
    size = "" if made.bytes is None else f", {made.bytes / 1e6:,.1f} MB"
    console = stdout()
    console.print(f"{rows} of {made.table} to {made.out} ({made.seconds:.1f} s{size})")
    for note in made.notes:
        console.print(f"Note: {note}")
