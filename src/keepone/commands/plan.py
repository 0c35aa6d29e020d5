"""`keepone plan`."""
# ruff: noqa: PLC0415 - what a command works with is loaded when it is called

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keepone.commands.options import AsJson, Decisions, RunName, Workspace
from keepone.commands.telling import LogFormat, LogFormatOption, Telling

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from keepone.errors import GateError
    from keepone.merge_plan.document import Plan
    from keepone.merge_plan.freshness import Change
    from keepone.merge_plan.proof import Proof

app = typer.Typer(
    no_args_is_help=True, help="Turn a run into merges for a CRM, verify them, and take them back."
)

_PlanFolder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a plan.")]
_Children = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="FILE",
        help=(
            "Export of records that point to accounts: contacts, opportunities, users, account"
            " contact relations. May be repeated."
        ),
        show_default=False,
    ),
]
_PartRows = Annotated[int, typer.Option(metavar="N", min=1, help="Most rows of one CSV file.")]
_PartMegabytes = Annotated[
    int, typer.Option(metavar="MB", min=1, max=100, help="Most megabytes of one file.")
]
_NoDecisions = Annotated[
    bool,
    typer.Option("--no-decisions", help="Do not look at what people decided since the run."),
]
# Changed records that are named on the screen.
_NAMED = 20


@app.command()
def make(
    run: RunName,
    *,
    out: Annotated[Path, typer.Option(metavar="DIR", help="New folder to write the plan to.")],
    children: _Children = None,
    export: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help=(
                "Newer or wider export of the same accounts: checks and images come from it, and"
                " groups whose records changed since the run are left out."
            ),
        ),
    ] = None,
    describe: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="What Salesforce says of Account (JSON): fields, types, what can be updated.",
        ),
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="CSV with the columns column,api_name: how columns are called in the API.",
        ),
    ] = None,
    accept: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CHECK",
            help=(
                "A check that is no reason to leave groups out: owners_differ, currencies_differ"
                " or record_types_differ. May be repeated."
            ),
            show_default=False,
        ),
    ] = None,
    part_rows: _PartRows = 100_000,
    part_mb: _PartMegabytes = 100,
    statements: Annotated[
        int,
        typer.Option(
            metavar="N", min=1, max=150, help="Most merges in one Apex script; triggers count too."
        ),
    ] = 100,
    force: Annotated[
        bool, typer.Option("--force", help="Write a plan that does not hold, to look at it.")
    ] = False,
    workspace: Workspace = Path("keepone-data"),
    decisions: Decisions = None,
    no_decisions: _NoDecisions = False,
    log_format: LogFormatOption = LogFormat.text,
    as_json: AsJson = False,
) -> None:
    """Make a merge plan from a run: a folder to hand over.

    Only groups without an open Verify are in it, none with which the given files show something
    wrong, and none that people have decided on since the run; verify.csv lists the others with the
    reason. The plan is replayed on the export before it is written: every step legal, every group
    ends as its golden record, no record lost.
    """
    from keepone.commands.output import print_json, stdout
    from keepone.merge_plan.making import Wishes, make_plan
    from keepone.merge_plan.tables import Limits
    from keepone.runs import find_run
    from keepone.settings import NO_DECISIONS, WORKSPACE_DECISIONS

    wishes = Wishes(
        children=children or (),
        export=export,
        describe=describe,
        mapping=mapping,
        accepted=accept or (),
        limits=Limits.of(part_rows, part_mb),
        statements=statements,
        decisions=NO_DECISIONS if no_decisions else decisions or WORKSPACE_DECISIONS,
    )
    with Telling(log_format, "plan make") as telling:
        found = find_run(run, workspace)
        telling.begin(found.run_id)
        made = make_plan(found, out, wishes, force=force)
        telling.found(**_figures(made.plan), left_out=len(made.plan.left_out))
    if as_json:
        print_json(_as_dict(made.plan, made.proof))
        return
    console = stdout()
    for note in made.notes:
        console.print(f"Note: {note}")
    for line in (*_plan_lines(made.plan), *_proof_lines(made.proof)):
        console.print(line)
    console.print(f"Written to {out}; begin with {out / 'README.txt'}")


@app.command()
def verify(
    folder: _PlanFolder,
    *,
    export: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Fresh export of the accounts, to compare with."),
    ] = None,
    children: _Children = None,
    workspace: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder with the log of people's decisions; as plan.json says if left out.",
            show_default=False,
        ),
    ] = None,
    decisions: Decisions = None,
    no_decisions: _NoDecisions = False,
    log_format: LogFormatOption = LogFormat.text,
    as_json: AsJson = False,
) -> None:
    """Verify a plan: its files, its steps, and that it is not out of date.

    Exit code 3 where the plan does not hold, where people have decided on one of its records since
    the run, or where one is not as it was in the export before (--export).
    """
    from keepone.commands.output import print_json, shown, stdout
    from keepone.merge_plan.checking import verify_plan
    from keepone.merge_plan.decided import decided_since_plan
    from keepone.settings import NO_DECISIONS

    with Telling(log_format, "plan verify") as telling:
        telling.begin()
        verified = verify_plan(folder, export=export, children=children or ())
        decided = decided_since_plan(
            verified.plan, verified.before, workspace, NO_DECISIONS if no_decisions else decisions
        )
        changes = verified.changes
        found = [*(changes or ()), *(decided or ())]
        telling.found(**_figures(verified.plan), changed=len(changes or ()))
        if as_json:
            told = {"changes": _listed(changes), "decided": _listed(decided)}
            print_json(_as_dict(verified.plan, verified.proof) | told)
        else:
            console = stdout()
            for line in _proof_lines(verified.proof):
                console.print(line)
            for change in found[:_NAMED]:
                console.print(shown(f"  {change.record_id} {change.what}"))
            if changes is not None and not changes:
                console.print("No record of the plan has changed.")
            if decided is not None and not decided:
                console.print("Nobody has decided on a record of the plan since the run.")
        if found:
            raise _out_of_date(changes or (), decided or ())


def _out_of_date(changes: Sequence[Change], decided: Sequence[Change]) -> GateError:
    """Return the error for a plan whose records are not as they were."""
    from keepone.errors import GateError

    found = [*changes, *decided]
    more = f"; the first {_NAMED} are listed, --json lists all" * (len(found) > _NAMED)
    what = " or ".join(["have changed"] * bool(changes) + ["were decided on"] * bool(decided))
    records = len({each.record_id for each in found})
    message = f"{records:,} records of the plan {what} since it was made{more}"
    fresh = "the fresh export" if changes else "the export again"
    return GateError(message, hint=f"Run {fresh}, and make a plan from that.")


@app.command()
def rollback(
    folder: _PlanFolder,
    *,
    part_rows: _PartRows = 100_000,
    part_mb: _PartMegabytes = 100,
    log_format: LogFormatOption = LogFormat.text,
) -> None:
    """Write the way back of a plan into its folder, under rollback.

    It has the records as they were, the files to load and in which order, and says what cannot
    return. Replayed after the plan, it gives back the fields of the export byte for byte.
    """
    from keepone.commands.output import stdout
    from keepone.merge_plan.restoring import write_way_back
    from keepone.merge_plan.tables import Limits

    with Telling(log_format, "plan rollback") as telling:
        telling.begin()
        pack = write_way_back(folder, Limits.of(part_rows, part_mb))
        back = pack.restoration
        telling.found(masters=len(back.masters), undeleted=len(back.undelete))
    console = stdout()
    console.print(
        f"{len(back.masters):,} records kept get their values back, {len(back.undelete):,} records"
        f" return, {len(back.accounts):,} accounts and {len(back.children):,} children are pointed"
        " back"
    )
    if not pack.plan.origin.children:
        console.print(
            "No child export was given when the plan was made: nothing says which children were"
            " whose."
        )
    console.print(f"Written to {pack.folder}; begin with {pack.folder / 'README.txt'}")


def _figures(plan: Plan) -> dict[str, int]:
    """Return the size of a plan, for the log."""
    return {
        "groups": len(plan.groups),
        "merged": sum(len(group.losers) for group in plan.groups),
        "deleted": len(plan.deletions),
    }


def _plan_lines(plan: Plan) -> Iterable[str]:
    from collections import Counter

    from keepone.merge_plan.checks import acceptable_checks

    merged = sum(len(group.losers) for group in plan.groups)
    steps = sum(1 for _ in plan.steps())
    yield (
        f"{len(plan.groups):,} groups: {merged:,} records merged in {steps:,} steps;"
        f" {len(plan.deletions):,} deleted"
    )
    if not plan.salesforce:
        yield (
            "These are no ids of Salesforce accounts: the plan has tables, but no Apex and no SOAP"
            " requests."
        )
    for check, count in Counter(each.check for each in plan.left_out).items():
        hint = f" (if that is no reason: --accept {check})" * (check in acceptable_checks())
        yield f"Left out, {check}: {count:,}{hint}"
    unwritten = {column.column for column in plan.unwritten}
    lost = Counter(column for group in plan.groups for column in group.golden)
    for column in sorted(unwritten & set(lost)):
        yield f"Not written, {column}: winning values of {lost[column]:,} groups"


def _proof_lines(proof: Proof) -> Iterable[str]:
    from keepone.commands.output import shown

    if proof.holds:
        yield (
            f"Replayed: {proof.merges:,} merges, {proof.merged:,} records merged,"
            f" {proof.deleted:,} deleted, {proof.children:,} children and {proof.accounts:,}"
            " accounts follow; the way back gives back every field"
        )
    for finding in proof.findings[:_NAMED]:
        yield shown(f"Does not hold: {finding}")


def _as_dict(plan: Plan, proof: Proof) -> dict[str, object]:
    from dataclasses import asdict

    return {
        "plan_id": plan.plan_id,
        "salesforce": plan.salesforce,
        "groups": len(plan.groups),
        "left_out": [each.model_dump() for each in plan.left_out],
        "proof": asdict(proof),
    }


def _listed(changes: Sequence[Change] | None) -> list[dict[str, str]] | None:
    from dataclasses import asdict

    return None if changes is None else [asdict(change) for change in changes]
