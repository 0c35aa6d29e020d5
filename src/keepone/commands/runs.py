"""`keepone runs`."""
# ruff: noqa: PLC0415 - what a command works with is loaded when it is called

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from keepone.commands.diff import diff
from keepone.commands.group import group
from keepone.commands.options import AsJson, RunName, Workspace
from keepone.commands.trend import trend

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keepone.manifest import KeyCounts
    from keepone.runs import Run

_Names = Annotated[list[str], typer.Argument(metavar="RUN", help="Ids of runs.")]

app = typer.Typer(
    no_args_is_help=True, help="Look at the runs of a workspace, keep and delete them."
)
app.command()(diff)
app.command()(trend)
app.command()(group)


@app.command("list")
def list_(*, workspace: Workspace = Path("keepone-data"), as_json: AsJson = False) -> None:
    """List the runs, the one last worked on first."""
    from keepone.commands.output import print_json, stdout, table_lines
    from keepone.runs import list_runs

    entries = [_entry(run) for run in list_runs(workspace)]
    if as_json:
        print_json(entries)
        return
    console = stdout()
    if not entries:
        console.print(f"No runs in {workspace}. Make one with: keepone run INPUT")
        return
    header = ("Run", "Status", "Started (UTC)", "Records", "Groups", "Duplicates", "Seconds")
    for entry in entries:
        if entry.pop("pinned"):
            entry["status"] += ", pinned"
    rows = [[_cell(value) for value in entry.values()] for entry in entries]
    for line in table_lines(header, rows, right=frozenset({3, 4, 5, 6})):
        console.print(line)


@app.command()
def show(
    run: RunName,
    *,
    workspace: Workspace = Path("keepone-data"),
    as_json: AsJson = False,
) -> None:
    """Show what a run found and how long each stage took."""
    from keepone.commands.output import print_json, stdout, table_lines
    from keepone.commands.summary import run_as_dict, summary_lines
    from keepone.runs import find_run

    found = find_run(run, workspace)
    manifest = found.manifest()
    if as_json:
        print_json(run_as_dict(found, manifest))
        return
    console = stdout()
    if manifest.status == "finished":
        for line in summary_lines(found, manifest):
            console.print(line)
    else:
        console.print(f"Run {found.run_id} is not finished: {manifest.status}")
        if manifest.error:
            console.print(manifest.error)
        console.print(f"To go on, run the same inputs with --run-id {found.run_id}.")
    console.print()
    header = ("Stage", "Seconds", "CPU", "Peak MB", "Rows", "MB written")
    rows = [
        (
            stage.name,
            f"{stage.seconds:.2f}",
            f"{stage.cpu_seconds:.2f}",
            "-" if stage.peak_rss_mb is None else f"{stage.peak_rss_mb:,.0f}",
            f"{stage.rows:,}",
            f"{stage.bytes / 1e6:.1f}",
        )
        for stage in manifest.stages
    ]
    for line in table_lines(header, rows, right=frozenset(range(1, 6))):
        console.print(line)
    if manifest.counts is not None and manifest.counts.keys:
        console.print()
        for line in table_lines(*_key_table(manifest.counts.keys), right=frozenset(range(1, 10))):
            console.print(line)


@app.command()
def pin(runs: _Names, *, workspace: Workspace = Path("keepone-data")) -> None:
    """Pin runs: they cannot be deleted until they are unpinned."""
    from keepone import pins
    from keepone.commands.output import stdout
    from keepone.runs import find_run

    for run in [find_run(name, workspace) for name in runs]:
        pins.pin(run)
        stdout().print(f"{run.run_id} is pinned")


@app.command()
def unpin(runs: _Names, *, workspace: Workspace = Path("keepone-data")) -> None:
    """Let pinned runs be deleted again."""
    from keepone import pins
    from keepone.commands.output import stdout
    from keepone.runs import find_run

    for run in [find_run(name, workspace) for name in runs]:
        pins.unpin(run)
        stdout().print(f"{run.run_id} is not pinned")


@app.command()
def delete(
    runs: _Names,
    *,
    newest: Annotated[
        bool, typer.Option("--newest", help="Also the newest run, which is kept otherwise.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be deleted, and delete nothing.")
    ] = False,
    workspace: Workspace = Path("keepone-data"),
    as_json: AsJson = False,
) -> None:
    """Delete runs for good, with all that they left in the workspace.

    That is their folder, what the review app laid out for them, and the files that were handed in
    for them alone. What people decided stays, and so do exports and merge plans, which stand where
    you put them. A pinned run is kept, and so is the newest.
    """
    from keepone.commands.output import print_json, stdout
    from keepone.deletion import delete_runs, find_doomed

    doomed = find_doomed(runs, workspace, newest_too=newest)
    if not as_json:
        for each in doomed:
            more = f" and {len(each.others)} folders of the review app" * bool(each.others)
            stdout().print(
                f"{each.run.run_id}: {each.files:,} files{more}, {each.freed / 1e6:,.1f} MB freed"
            )
    deleted = not dry_run and (yes or _confirmed(len(doomed)))
    if deleted:
        delete_runs(doomed)
    if as_json:
        told = [
            {"run_id": each.run.run_id, "files": each.files, "bytes": each.freed} for each in doomed
        ]
        print_json({"deleted": deleted, "runs": told})
    else:
        stdout().print("Deleted." if deleted else "Nothing was deleted.")


def _confirmed(runs: int) -> bool:
    """Ask whether to delete; `RunError` where nobody is there to answer."""
    from keepone.errors import RunError

    try:
        return typer.confirm(f"Delete {'this run' if runs == 1 else 'these runs'}?", err=True)
    except typer.Abort as error:
        message = "nothing was deleted: nobody answered"
        raise RunError(message, hint="--yes deletes without asking.") from error


def _key_table(keys: Sequence[KeyCounts]) -> tuple[tuple[str, ...], list[list[str]]]:
    """Return what each kind of blocking key found and cost, as a header and rows."""
    header = {
        "Key": "name", "Values": "blocks", "Pairs": "pairs", "Alone": "alone", "Cost": "cost",
        "Matches": "matches", "Alone ": "matches_alone", "Capped": "capped_blocks",
        "Pairs ": "capped_pairs", "Lost": "lost_pairs",
    }  # fmt: skip
    rows = [[_cell(getattr(key, name)) for name in header.values()] for key in keys]
    return tuple(header), rows


def _entry(run: Run) -> dict[str, Any]:
    """Return a run's line; a damaged run is listed too."""
    from keepone.errors import RunError
    from keepone.pins import is_pinned

    try:
        manifest = run.manifest()
    except RunError:
        empty = dict.fromkeys(("started_at", "records", "groups", "duplicates", "seconds"))
        return {"run_id": run.run_id, "status": "damaged", **empty, "pinned": is_pinned(run)}
    counts = manifest.counts
    degraded = manifest.status == "finished" and manifest.degraded
    return {
        "run_id": run.run_id,
        "status": "degraded" if degraded else manifest.status,
        "started_at": manifest.started_at,
        "records": counts.records if counts else None,
        "groups": counts.groups if counts else None,
        "duplicates": counts.duplicates if counts else None,
        "seconds": manifest.seconds,
        "pinned": is_pinned(run),
    }


def _cell(value: str | float | None) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.1f}"
    return (
        f"{value:,}" if isinstance(value, int) else value.replace("T", " ").removesuffix("+00:00")
    )
