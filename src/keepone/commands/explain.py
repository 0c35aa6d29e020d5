"""`keepone explain`."""
# ruff: noqa: PLC0415 - what a command works with is loaded when it is called

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from keepone.commands.options import AsJson, RunName, Workspace


def explain(
    run: RunName,
    id_a: Annotated[str, typer.Argument(metavar="ID_A", help="Record id of one record.")],
    id_b: Annotated[str, typer.Argument(metavar="ID_B", help="Record id of the other.")],
    *,
    workspace: Workspace = Path("keepone-data"),
    svg: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the waterfall as an SVG chart, too."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell why two records are one company to a run, or why not.

    Shows what each field adds to the pair's weight, and the stage and rule that brought the two
    together or parted them: rejected, no key in common, capped, below a threshold, split.
    """
    from keepone.commands.explanation import explanation_lines
    from keepone.commands.output import print_json, stderr, stdout
    from keepone.explain import explain_pair
    from keepone.explain.chart import waterfall_svg
    from keepone.files import workspace_errors, write_text
    from keepone.runs import find_run

    found = explain_pair(find_run(run, workspace), id_a, id_b)
    if svg is not None:
        with workspace_errors(svg):
            write_text(svg, waterfall_svg(found))
        stderr().print(f"chart written to {svg}")
    if as_json:
        print_json(found.as_dict())
        return
    console = stdout()
    for line in explanation_lines(found):
        console.print(line)
