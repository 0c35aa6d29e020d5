"""The command line: `keepone`.

Exit codes: 0 done, 1 our fault, 2 the user's, 3 a gate failed, 130 and 143 interrupted.
"""

from __future__ import annotations

import ctypes
import errno
import gc
import os
import sys
from contextlib import suppress
from types import TracebackType
from typing import Annotated

import typer
from typer.main import get_command

from keepone import __version__
from keepone.commands import (
    bench,
    config,
    decisions,
    doctor,
    evaluate,
    explain,
    export,
    generate,
    inspect,
    label,
    plan,
    review,
    rules,
    run,
    runs,
    stages,
    train,
    users,
)
from keepone.commands.output import fault, print_error
from keepone.errors import InternalError, KeeponeError, WorkspaceError

# What glibc calls the greatest number of heaps (malloc.h).
_M_ARENA_MAX = -8

app = typer.Typer(
    name="keepone",
    help=(
        "Finds the records of an account export that are the same company, keeps one of each, and"
        " says what to do with the rest and why."
    ),
    epilog="Exit codes: 0 done, 1 our fault, 2 yours, 3 a gate failed, 130 or 143 interrupted.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",  # joins the lines of a paragraph
)
app.command()(run.run)
app.command()(inspect.inspect)
app.command()(generate.generate)
app.command()(explain.explain)
app.command()(export.export)
app.command()(evaluate.evaluate)
app.command()(label.label)
app.command()(train.train)
app.command()(review.review)
app.command()(bench.bench)
app.add_typer(plan.app, name="plan")
app.add_typer(decisions.app, name="decisions")
app.add_typer(runs.app, name="runs")
app.add_typer(users.app, name="users")
app.command()(doctor.doctor)
app.command()(stages.stages)
app.command()(rules.rules)
app.add_typer(config.app, name="config")


def _print_version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"keepone {__version__}")
        raise typer.Exit


@app.callback()
def keepone(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Show the version and exit.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Take the options that stand before a command."""


def main() -> None:
    """Run the command line; ends the process with the fitting exit code."""
    sys.excepthook = _tell_of_our_fault
    # Arrow's own pools keep what a stage has given back; the system's lets the next stage have it.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    _share_heaps()
    # A run makes millions of texts and hardly a cycle: looking for those is time spent on nothing.
    gc.set_threshold(1_000_000)
    try:
        get_command(app)()  # calling `app` itself would put Typer's hook in the place of ours
    except InternalError:
        raise
    except KeeponeError as error:
        print_error(error)
        sys.exit(error.exit_code)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        full = WorkspaceError(
            "cannot write: no space left on the device",
            hint="Make room where the output goes, and give the same command again.",
        )
        print_error(full)
        sys.exit(full.exit_code)


def _share_heaps() -> None:
    """Give threads no more heaps than there are processors: in each stands what its threads freed.

    That is for glibc to do; other systems have their own ways.
    """
    if sys.platform == "linux":
        with suppress(AttributeError):  # a C library without it
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, len(os.sched_getaffinity(0)))


def _tell_of_our_fault(
    _kind: type[BaseException], error: BaseException, _trace: TracebackType | None
) -> None:
    """Say shortly that we failed and where the details are; the exit code is 1 by itself."""
    print_error(fault(error))


if __name__ == "__main__":
    main()
