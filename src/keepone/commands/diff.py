"""`keepone runs diff`."""
# ruff: noqa: PLC0415 - what a command works with is loaded when it is called

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from keepone.commands.options import AsJson, Workspace

if TYPE_CHECKING:
    from keepone.difference import Changed, Difference

_LONGEST = 160


def diff(
    a: Annotated[str, typer.Argument(metavar="A", help="Id of a run, or its folder.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Id of another run, or its folder.")],
    *,
    workspace: Workspace = Path("keepone-data"),
    limit: Annotated[
        int, typer.Option(metavar="N", min=0, help="Show at most N of the records that differ.")
    ] = 20,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 3 if the runs differ.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show what two runs say differently, record by record.

    First settings and inputs, which may differ between equal results; then counts, and how many
    records differ in what; then the records. A group is another one if other records are in it,
    whatever it is called.
    """
    from keepone.commands.output import print_json, stdout
    from keepone.difference import compare_runs
    from keepone.errors import GateError
    from keepone.runs import find_run

    found = compare_runs(find_run(a, workspace), find_run(b, workspace), limit=limit)
    if as_json:
        print_json(found.as_dict())
    else:
        console = stdout()
        for line in _lines(found):
            console.print(line)
    if exit_code and not found.is_none:
        message = f"the runs {found.runs[0]} and {found.runs[1]} differ"
        raise GateError(message)


def _lines(found: Difference) -> Iterator[str]:
    a, b = found.runs
    for name, sides in found.settings.items():
        yield _line("Setting", f"{name}: {_sides(sides)}")
    if found.inputs is not None:
        yield _line("Inputs", _sides(tuple(", ".join(files) for files in found.inputs)))
    if found.is_none:
        yield _line("Same", f"{found.records['both']:,} records, to the last value")
        return
    for name, sides in found.counts.items():
        yield _line("Count", f"{name}: {_sides(sides)}")
    for run, columns in zip(found.runs, found.columns_alone, strict=True):
        for column in columns:
            yield _line("Column", f"{column}: only in {run}")
    records = found.records
    alone = f"{records['only_a']:,} only in {a}, {records['only_b']:,} only in {b}"
    yield _line("Records", f"{records['both']:,} in both, {alone}")
    yield _line("Changed", f"{records['changed']:,} of those in both")
    yield _line(
        "Regrouped", f"{records['regrouped']:,} of these, with other records in their group"
    )
    for column, count in found.columns.items():
        yield _line("", f"{count:>11,}   {column}")
    for column, count in found.group_stats.items():
        yield _line("Group stats", f"{count:>11,}   {column}")
    for example in found.examples:
        yield ""
        yield from _record(example, found)
    differing = records["changed"] + records["only_a"] + records["only_b"]
    if differing > len(found.examples):
        yield ""
        yield f"  and {differing - len(found.examples):,} more; --limit shows more of them"


def _record(example: Changed, found: Difference) -> Iterator[str]:
    from keepone.commands.output import shown

    only = "" if example.where == "both" else f": only in {found.runs['ab'.index(example.where)]}"
    yield f"  {shown(example.record_id)}{only}"
    width = max(map(len, example.values), default=0)
    for name, sides in example.values.items():
        yield f"    {shown(name).ljust(width)}  {_sides(sides)}"


def _sides(sides: tuple[Any, ...]) -> str:
    return " → ".join(map(_value, sides))


def _value(value: Any) -> str:
    from keepone.commands.output import shown

    if value is None:
        return "-"
    if isinstance(value, bool | float):
        return str(value)
    text = f"{value:,}" if isinstance(value, int) else shown(str(value))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _line(label: str, text: str) -> str:
    return f"  {label:<13}{text}"
