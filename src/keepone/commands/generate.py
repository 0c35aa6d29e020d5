"""`keepone generate`."""
# ruff: noqa: PLC0415 - what a command works with is loaded when it is called

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Profile(StrEnum):
    """What kind of export is made."""

    CRM = "crm"
    DENSE = "dense"


def generate(
    records: Annotated[int, typer.Argument(metavar="N", min=1, help="Records to make.")],
    out: Annotated[
        Path,
        typer.Argument(metavar="OUT", help="File to write; .csv, or .parquet by its name."),
    ],
    *,
    profile: Annotated[
        Profile, typer.Option(help="crm: like a usual export; dense: many near-identical names.")
    ] = Profile.CRM,
    seed: Annotated[int, typer.Option(metavar="S", help="Same seed, same file.")] = 0,
    children: Annotated[
        bool,
        typer.Option(
            "--children",
            help="Also write contacts and opportunities that point to the accounts.",
        ),
    ] = False,
) -> None:
    """Make an account export with known duplicates, to try things on.

    Beside OUT it writes <stem>.truth.parquet, which says for each record_id its entity_id; with
    --children also <stem>.contacts and <stem>.opportunities, in the format of OUT.
    """
    from keepone.commands.output import stdout
    from keepone.files import workspace_errors
    from keepone.generate import generate as make
    from keepone.generate import write, write_children

    made = make(records, profile=profile.value, seed=seed)
    with workspace_errors(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        write(made, out)
        beside = write_children(made, out, seed=seed) if children else []
    console = stdout()
    truth = out.with_name(f"{out.stem}.truth.parquet")
    console.print(f"{records:,} records in {out}, the truth in {truth}")
    for path in beside:
        console.print(f"Their children in {path}")
    console.print(f"Next: keepone run {out}")
