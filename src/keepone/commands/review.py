"""`keepone review`."""
# ruff: noqa: PLC0415 - what a command works with is loaded when it is called

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from keepone.commands.options import Decisions, Workspace
from keepone.commands.telling import LogFormat, LogFormatOption, Telling


def review(
    run: Annotated[
        str | None,
        typer.Argument(metavar="[RUN]", help="Id of the run to begin with.", show_default=False),
    ] = None,
    *,
    workspace: Workspace = Path("keepone-data"),
    port: Annotated[
        int, typer.Option(metavar="N", help="Port to listen on; 0 takes any.", min=0, max=65535)
    ] = 8734,
    host: Annotated[
        str,
        typer.Option(
            metavar="H", help="Address to listen on; any but this machine's own needs users."
        ),
    ] = "127.0.0.1",
    names: Annotated[
        list[str] | None,
        typer.Option(
            "--name",
            metavar="HOST[:PORT]",
            help="Name by which browsers reach the app elsewhere; may be repeated.",
            show_default=False,
        ),
    ] = None,
    decisions: Decisions = None,
    upload_mb: Annotated[
        int, typer.Option(metavar="MB", help="Most megabytes of a file handed in.", min=1)
    ] = 2048,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the address and open no browser.")
    ] = False,
    log_format: LogFormatOption = LogFormat.text,
) -> None:
    """Open the review app: settle doubtful groups in a browser.

    It is served to this machine alone, at an address whose token is new each time, or with --host
    to a team whose members have names and passwords (keepone users). Ctrl-C ends it.
    """
    import getpass
    import webbrowser

    from keepone.commands.output import stdout
    from keepone.review.server import serve
    from keepone.runs import find_run
    from keepone.settings import WORKSPACE_DECISIONS

    console = stdout()

    def ready(address: str) -> None:
        console.print(f"Review app: {address}", soft_wrap=True)
        console.print("Ctrl-C ends it.")
        if not no_browser:
            webbrowser.open(address)

    with Telling(log_format, "review") as telling:
        first = find_run(run, workspace).run_id if run is not None else None
        telling.begin(host=host, port=port)
        serve(
            workspace,
            person=getpass.getuser(),
            host=host,
            port=port,
            names=names or [],
            decisions=decisions or WORKSPACE_DECISIONS,
            first_run=first,
            upload_megabytes=upload_mb,
            ready=ready,
            log=telling.log,
        )
