"""What commands print: results on stdout, everything else on stderr."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.text import Text

from keepone.errors import InternalError, KeeponeError
from keepone.faults import described, kept_details

# Control characters, and those that turn the direction of writing.
_STEERING = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def stdout() -> Console:
    """Return the console for results. Nothing in them is markup: they hold people's data."""
    return Console(highlight=False, markup=False, emoji=False, soft_wrap=True)


def stderr() -> Console:
    """Return the console for progress and errors."""
    return Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)


def shown(text: str) -> str:
    """Return `text` on one line, with � for what would steer the terminal: people's data can."""
    return _STEERING.sub("\N{REPLACEMENT CHARACTER}", text)


def print_json(value: Any) -> None:
    """Print `value` as JSON on stdout."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def fault(error: BaseException) -> InternalError:
    """Return an error that nobody foresaw as it is told: shortly, and where the details are."""
    hint = (
        f"The details are in {kept_details(error)}; they may hold values of records. Look through"
        " them, and send them with your report."
    )
    message = f"keepone failed, and it is our fault: {described(error)}"
    return InternalError(message, hint=hint)


def print_error(error: KeeponeError) -> None:
    """Print what is wrong, and on a line of its own what to do."""
    console = stderr()
    message = "\n".join(shown(line) for line in error.message.split("\n"))
    console.print(Text("error: ", style="bold red").append(message, style="not bold default"))
    if error.hint:
        console.print(Text("hint:  ", style="bold").append(shown(error.hint), style="not bold"))


def table_lines(
    header: Iterable[str], rows: Iterable[Iterable[str]], *, right: frozenset[int] = frozenset()
) -> list[Text]:
    """Return rows as aligned lines under their header; columns in `right` are aligned right."""
    lines = [list(header), *([shown(cell) for cell in row] for row in rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    texts = []
    for number, line in enumerate(lines):
        cells = [
            cell.rjust(width) if index in right else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        texts.append(Text("  ".join(cells).rstrip(), style="" if number else "bold"))
    return texts
