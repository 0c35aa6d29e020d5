"""`keepone users`: who may use the review app of a team."""
# ruff: noqa: PLC0415 - what a command works with is loaded when it is called

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from keepone.commands.options import AsJson, Workspace

app = typer.Typer(
    help="Who may use the review app when it is served to others.", no_args_is_help=True
)

_Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the user.")]


@app.command()
def add(
    name: _Name,
    *,
    role: Annotated[
        Literal["viewer", "reviewer", "admin"],
        typer.Option(help="viewer looks, reviewer decides, admin changes lists and starts runs."),
    ] = "reviewer",
    workspace: Workspace = Path("keepone-data"),
) -> None:
    """Add a user, or give one another role and password; the password is asked for."""
    from keepone.commands.output import stdout
    from keepone.review.users import Users

    password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    new = Users(workspace).put(name, role, password)
    stdout().print(f"{name} {'was added as' if new else 'is now'} {role}")


@app.command("list")
def list_users(*, workspace: Workspace = Path("keepone-data"), as_json: AsJson = False) -> None:
    """List the users and their roles."""
    from keepone.commands.output import print_json, stdout, table_lines
    from keepone.review.users import Users

    users = Users(workspace).all()
    if as_json:
        print_json([{"name": user.name, "role": user.role} for user in users])
        return
    if not users:
        stdout().print("No users. Add one: keepone users add NAME")
        return
    for line in table_lines(("Name", "Role"), [(user.name, user.role) for user in users]):
        stdout().print(line)


@app.command()
def remove(name: _Name, *, workspace: Workspace = Path("keepone-data")) -> None:
    """Remove a user; what they decided stays."""
    from keepone.commands.output import stdout
    from keepone.review.users import Users

    Users(workspace).remove(name)
    stdout().print(f"{name} was removed")
