"""`keepone decisions`."""
# ruff: noqa: PLC0415 - what a command works with is loaded when it is called

from __future__ import annotations

import getpass
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keepone.commands.options import AsJson, Decisions, Workspace

if TYPE_CHECKING:
    from keepone.decisions import Decision, RecordKey
    from keepone.decisions.log import DecisionLog

_BETWEEN = "/"
_SHOWN_RECORDS = 3

app = typer.Typer(no_args_is_help=True, help="What people decided of records, for every run.")

Author = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Who decides; you if left out.", show_default=False),
]
Dataset = Annotated[
    str,
    typer.Option(
        metavar="NAME", help="Dataset of the records, where their ids alone do not tell them."
    ),
]


@app.command("list")
def list_(
    *,
    record: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Those about this record alone.", show_default=False),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Also what was taken back, and who took it back.")
    ] = False,
    dataset: Dataset = "",
    decisions: Decisions = None,
    workspace: Workspace = Path("keepone-data"),
    as_json: AsJson = False,
) -> None:
    """List the decisions that are in force, the oldest first."""
    from keepone.commands.output import print_json, stdout, table_lines
    from keepone.decisions.history import in_force
    from keepone.decisions.keys import RecordKey

    with _log(workspace, decisions) as log:
        entries = log.entries()
        where = log.where
    shown = entries if every else in_force(entries)
    if record is not None:
        key = RecordKey.of(record, dataset)
        shown = [each for each in shown if key in each.records]
    if as_json:
        print_json([each.as_dict() | {"position": each.position} for each in shown])
        return
    console = stdout()
    if not shown:
        console.print(f"No decisions in {where}. Take one with: keepone decisions add")
        return
    header = ("Id", "Time (UTC)", "Who", "Kind", "Records", "What", "Why")
    for line in table_lines(header, [_cells(each) for each in shown]):
        console.print(line)


@app.command()
def add(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND",
            help="same, different, split, move, primary, value, disposition, note or blacklist.",
        ),
    ],
    records: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ID]...",
            help="Ids of records; / between parts; a move is of some / to others / from others.",
            show_default=False,
        ),
    ] = None,
    *,
    value: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="The value, the disposition, the note, or the name to blacklist.",
            show_default=False,
        ),
    ] = None,
    field: Annotated[
        str | None,
        typer.Option(metavar="FIELD", help="Field of a value.", show_default=False),
    ] = None,
    why: Annotated[str, typer.Option(metavar="TEXT", help="Why, for those who come after.")] = "",
    author: Author = None,
    dataset: Dataset = "",
    decisions: Decisions = None,
    workspace: Workspace = Path("keepone-data"),
    as_json: AsJson = False,
) -> None:
    """Take a decision: it holds in every run of the workspace from now on.

    It is on the disk when the command ends. docs/decisions.md says what each kind means.
    """
    from keepone.decisions import Decision

    parts = _parts(kind, records or [], dataset)
    decision = Decision(
        kind,  # type: ignore[arg-type]  # the log checks it
        author or getpass.getuser(),
        parts,
        why,
        field=field,
        value=value,
    )
    with _log(workspace, decisions) as log:
        _told(log.append(decision), as_json=as_json)


@app.command()
def undo(
    decision: Annotated[
        str | None,
        typer.Argument(
            metavar="[DECISION]", help="Id of the entry; your last if left out.", show_default=False
        ),
    ] = None,
    *,
    author: Author = None,
    why: Annotated[str, typer.Option(metavar="TEXT", help="Why, for those who come after.")] = "",
    decisions: Decisions = None,
    workspace: Workspace = Path("keepone-data"),
    as_json: AsJson = False,
) -> None:
    """Take a decision back, or what took one back; that is an entry too, and can be taken back."""
    with _log(workspace, decisions) as log:
        _told(log.undo(author or getpass.getuser(), decision, why), as_json=as_json)


@app.command()
def redo(
    *,
    author: Author = None,
    decisions: Decisions = None,
    workspace: Workspace = Path("keepone-data"),
    as_json: AsJson = False,
) -> None:
    """Take your last undo back."""
    with _log(workspace, decisions) as log:
        _told(log.redo(author or getpass.getuser()), as_json=as_json)


@app.command()
def export(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="Where to; stdout if left out.", show_default=False),
    ] = None,
    *,
    labels: Annotated[
        bool,
        typer.Option("--labels", help="Pairs judged the same or not, as CSV for keepone train."),
    ] = False,
    decisions: Decisions = None,
    workspace: Workspace = Path("keepone-data"),
) -> None:
    """Write the whole log as JSON lines, also what was taken back."""
    import csv
    import io
    import sys

    from keepone.decisions.exchange import ANSWER_COLUMNS, judged_pairs
    from keepone.decisions.history import in_force
    from keepone.files import write_text

    with _log(workspace, decisions) as log:
        entries = log.entries()
    if labels:
        out = io.StringIO()
        sheet = csv.writer(out, lineterminator="\n")
        sheet.writerow(ANSWER_COLUMNS)
        sheet.writerows((*ids, int(match)) for *ids, match in judged_pairs(in_force(entries)))
        written = out.getvalue()
    else:
        written = "".join(f"{entry.as_json()}\n" for entry in entries)
    if file is None:
        sys.stdout.write(written)
    else:
        write_text(file, written)


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="JSON lines of an export, or CSV of answers.")
    ],
    *,
    author: Author = None,
    decisions: Decisions = None,
    workspace: Workspace = Path("keepone-data"),
    as_json: AsJson = False,
) -> None:
    """Take decisions over from a file, all or none; those that are there already are left out.

    Answers of keepone label (id_l, id_r, match) become decisions of the author, same or different.
    """
    from keepone.commands.output import print_json, stdout
    from keepone.decisions.exchange import read_decisions

    given = read_decisions(file, author or getpass.getuser())
    with _log(workspace, decisions) as log:
        added = log.extend(given)
    if as_json:
        print_json({"given": len(given), "added": len(added)})
        return
    stdout().print(f"{len(added):,} of {len(given):,} decisions were added")


@app.command()
def forget(
    record: Annotated[str, typer.Argument(metavar="ID", help="Id of the record.")],
    *,
    dataset: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Dataset of the record; any if left out.", show_default=False
        ),
    ] = None,
    author: Author = None,
    decisions: Decisions = None,
    workspace: Workspace = Path("keepone-data"),
    as_json: AsJson = False,
) -> None:
    """Erase all that decisions say of one record, for good: its id, and the texts beside it.

    The decisions stay, and hold for the other records that they name.
    """
    from keepone.commands.output import print_json, stdout

    with _log(workspace, decisions) as log:
        changed = log.forget(record, author or getpass.getuser(), dataset)
    if as_json:
        print_json({"decisions": changed})
        return
    stdout().print(f"Erased from {changed:,} decisions")


def _log(workspace: Path, where: str | None) -> DecisionLog:
    from keepone.decisions.workspace import open_log
    from keepone.settings import WORKSPACE_DECISIONS

    return open_log(workspace, where or WORKSPACE_DECISIONS)


def _parts(kind: str, records: Sequence[str], dataset: str) -> tuple[tuple[RecordKey, ...], ...]:
    """Return the parts that a / between ids makes; of different, each record is one."""
    from keepone.decisions.keys import RecordKey

    parts: list[tuple[RecordKey, ...]] = [()]
    for each in records:
        if each == _BETWEEN:
            parts.append(())
        else:
            parts[-1] = (*parts[-1], RecordKey.of(each, dataset))
    if kind == "different":
        return tuple((key,) for part in parts for key in part)
    return tuple(parts) if records else ()


def _told(entry: Decision | None, *, as_json: bool) -> None:
    """Print an entry that was added."""
    from keepone.commands.output import print_json, stdout

    if as_json:
        print_json(None if entry is None else entry.as_dict())
    elif entry is None:
        stdout().print("There is nothing of yours to take back")
    else:
        stdout().print(f"{entry.id} is decision {entry.position:,} of the log")


def _cells(entry: Decision) -> list[str]:
    """Return an entry's line: its parts with a / between."""
    parts = []
    for part in entry.parts:
        ids = [key.record_id for key in part]
        more = f" and {len(ids) - _SHOWN_RECORDS:,} more" if len(ids) > _SHOWN_RECORDS else ""
        parts.append(", ".join(ids[:_SHOWN_RECORDS]) + more)
    what = [
        entry.field,
        entry.value,
        entry.undoes,
        f"{entry.erased:,} forgotten" * (entry.erased > 0),
    ]
    said = ": ".join(text for text in what if text)
    time = entry.time[:19].replace("T", " ")
    return [entry.id, time, entry.author, entry.kind, f" {_BETWEEN} ".join(parts), said, entry.why]
