"""`keepone inspect`."""
# ruff: noqa: PLC0415 - what a command works with is loaded when it is called

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keepone.commands.options import AsJson, Config, Maps, Memory, Sets, Threads

if TYPE_CHECKING:
    from rich.text import Text

    from keepone.inspection import InspectedColumn, Inspection

_VALUE = 40


def inspect(
    inputs: Annotated[
        list[Path],
        typer.Argument(metavar="INPUT", help="CSV, TSV, XLSX, XLS, Parquet or JSON Lines."),
    ],
    *,
    config: Config = None,
    sets: Sets = None,
    maps: Maps = None,
    threads: Threads = None,
    memory: Memory = None,
    as_json: AsJson = False,
) -> None:
    """Show what a run would take each column for, and what it would compare.

    Reads the inputs as a run does and leaves nothing behind. Says of each column its type and why,
    how full it is, how many values differ, a few of them, how it is compared or why not, and how to
    choose otherwise.
    """
    from keepone.commands.output import print_json, stdout
    from keepone.config import load_settings, parse_columns
    from keepone.inspection import inspect as inspect_columns

    settings = load_settings(
        config,
        assignments=sets or (),
        columns=parse_columns(maps or ()),
        threads=threads,
        memory=memory,
    )
    found = inspect_columns(inputs, settings)
    if as_json:
        print_json(found.as_dict())
        return
    console = stdout()
    for line in _lines(found):
        console.print(line)


def _lines(found: Inspection) -> Iterator[Text | str]:
    from rich.text import Text

    from keepone.commands.output import shown

    compared = [column for column in found.columns if column.compared]
    others = [column for column in found.columns if not column.compared]
    named = ", ".join(shown(file.file) for file in found.files)
    rejects = sum(found.rejects.values())
    yield Text(
        f"{named}: {_count(found.records, 'record')}, {_count(rejects, 'reject')},"
        f" {_count(len(found.columns), 'column')}, {len(compared)} compared",
        "bold",
    )
    for file in found.files:
        yield from (f"  {shown(note)}" for note in file.notes)
    for column in compared:
        yield ""
        yield from _column(column)
    if others:
        yield ""
        yield Text("Not compared", "bold")
        for column in others:
            yield from _other(column)
    yield ""
    yield Text("How values are compared", "bold")
    yield from _types(compared)
    yield ""
    yield Text("To choose otherwise", "bold")
    yield from _choices(found)


def _column(column: InspectedColumn) -> Iterator[Text]:
    from rich.text import Text

    from keepone.commands.output import shown

    yield Text(shown(column.header), "bold").append(f" → {_taken_for(column)}", "not bold")
    yield Text(f"  {shown(column.why)}")
    yield Text(f"  {_figures(column)}")


def _other(column: InspectedColumn) -> Iterator[Text]:
    from rich.text import Text

    from keepone.commands.output import shown

    line = Text(f"  {shown(column.header)}", "bold")
    yield line.append(f" → {_taken_for(column)}", "not bold")
    why = "; ".join(filter(None, (column.why, column.left_out)))
    yield Text(f"    {shown(why)}")
    if column.filled:
        yield Text(f"    {_figures(column)}", "dim")


def _taken_for(column: InspectedColumn) -> str:
    kind = column.type.replace("_", " ")
    if column.field is None or column.field == column.type:
        return kind
    return f"{column.field} ({kind})"


def _figures(column: InspectedColumn) -> str:
    from keepone.commands.output import shown
    from keepone.report.values import share

    filled = f"{share(column.filled, column.records)} filled"
    where = f" in {' and '.join(column.datasets)}" if column.datasets else ""
    examples = " | ".join(_cut(shown(value)) for value in column.examples)
    such_as = f", such as {examples}" if examples else ""
    return f"{filled}{where}, {_count(column.distinct, 'value')}{such_as}"


def _types(compared: list[InspectedColumn]) -> Iterator[str]:
    from keepone.inspection import key_words, short_levels

    levels = {column.type: column.levels for column in compared}
    for kind, of_kind in levels.items():
        yield f"  {kind.replace('_', ' ')}"
        yield f"    levels  {'; '.join(short_levels(kind, of_kind))}"
        yield f"    keys    {'; '.join(key_words(kind)) or 'none: it finds no pairs by itself'}"


def _choices(found: Inspection) -> Iterator[str]:
    """Yield the options with a column of the file in them, ready to be changed."""
    from keepone.commands.output import shown

    first = next(column for column in found.columns if column.compared)
    header, kind = shown(first.header), first.type
    yield f'  --map {first.field}="{header}"  says which field a column is'
    yield f"  --set 'profile.types={{\"{header}\": {kind}}}'  gives its type (docs/types.md)"
    yield f"  --set 'profile.ignore=[\"{header}\"]'  leaves it out"
    yield "  `keepone run` takes the same, and so does a file of settings (--config). What is"
    yield "  mapped or typed is compared even where it would say little."


def _count(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number:,} {what}s"


def _cut(text: str) -> str:
    return text if len(text) <= _VALUE else f"{text[: _VALUE - 1]}…"
