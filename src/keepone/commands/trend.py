"""`keepone runs trend`."""
# ruff: noqa: PLC0415 - what a command works with is loaded when it is called

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keepone.commands.options import AsJson, Workspace

if TYPE_CHECKING:
    from keepone.trend import Measure

_STEPS = "▁▂▃▄▅▆▇█"


def trend(
    *,
    workspace: Workspace = Path("keepone-data"),
    latest: Annotated[
        int, typer.Option(metavar="N", min=1, help="Show the latest N finished runs.")
    ] = 40,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the charts to this HTML file as well."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show how time, memory, pairs, groups and dispositions went from run to run.

    Time and memory are shown for runs, and for stages, that were computed; a run that used former
    work again says nothing of them.
    """
    from keepone.commands.output import print_json, stderr, stdout, table_lines
    from keepone.files import write_text
    from keepone.trend import measures, read_trend, render_trend

    points = read_trend(workspace, latest=latest)
    if out is not None:
        write_text(out, render_trend(workspace, points))
        stderr().print(f"The charts are in {out}")
    if as_json:
        print_json([point.as_dict() for point in points])
        return
    console = stdout()
    if not points:
        console.print(f"No finished runs in {workspace}. Make one with: keepone run INPUT")
        return
    header = ("", f"{len(points)} runs", "First", "Last", "Least", "Most")
    rows = [row for measure in measures(points) if (row := _row(measure))]
    for line in table_lines(header, rows, right=frozenset({2, 3, 4, 5})):
        console.print(line)


def _row(measure: Measure) -> tuple[str, ...] | None:
    """Return the measure's line; none where no run says anything of it."""
    known = [value for value in measure.values if value is not None]
    if not known:
        return None
    ends = (known[0], known[-1], min(known), max(known))
    return measure.name, sparkline(measure.values), *map(measure.figure, ends)


def sparkline(values: Sequence[float | None]) -> str:
    """Return a character a value, as high as it lies between 0 and the most; a gap where none is.

    From 0, so that a small change looks small.
    """
    most = max((value for value in values if value is not None), default=0)
    return "".join(
        " " if value is None else _STEPS[min(int(len(_STEPS) * value / most), 7) if most else 0]
        for value in values
    )
