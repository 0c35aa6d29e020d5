"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

RunName = Annotated[str, typer.Argument(metavar="RUN", help="Id of a run, or its folder.")]
Workspace = Annotated[Path, typer.Option(metavar="DIR", help="Folder that runs are kept in.")]
Config = Annotated[
    Path | None, typer.Option(metavar="FILE", help="YAML file of settings.", show_default=False)
]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="STAGE.KEY=VALUE",
        help="One setting, such as cluster.join=60; may be repeated.",
        show_default=False,
    ),
]
Maps = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="FIELD=COLUMN",
        help=(
            'Which column a field is, such as name="Account Name"; may be repeated, also for one'
            " field where files call its column differently."
        ),
        show_default=False,
    ),
]
Link = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN",
        help=(
            "Column that names each record's source, or source_file, where no source holds a"
            " company twice: records of one source are never put together."
        ),
        show_default=False,
    ),
]
Threads = Annotated[
    int | None,
    typer.Option(metavar="N", help="Threads to use; all processors if left out.", min=0),
]
Memory = Annotated[
    str | None,
    typer.Option(metavar="SIZE", help="Memory to use, such as 2GB; half of the free if left out."),
]
Compression = Annotated[
    str | None,
    typer.Option(
        metavar="CODEC", help="zstd, snappy or none, for Parquet files; zstd if left out."
    ),
]
Engines = Annotated[
    list[str] | None,
    typer.Option(
        "--engine",
        metavar="[STAGE=]ENGINE",
        help="Run a stage, or all, on duckdb, reference or pandas; may be repeated.",
        show_default=False,
    ),
]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--columns",
        metavar="all|review|LIST",
        help=(
            "Columns of review_ready beside the verdict: all; review, the recognised fields; or"
            " names with commas between them. May be repeated."
        ),
        show_default=False,
    ),
]
Decisions = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help=(
            "Where people's decisions are kept: a file, or the URL of a PostgreSQL database;"
            " decisions.sqlite in the workspace if left out."
        ),
        show_default=False,
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print the result as JSON on stdout, and nothing else there.")
]
