"""Errors as they may be told anywhere: without the values of records.

What a library says of an error may quote what it worked on. So logs, manifests and screens get the
kind of such an error and its place; what it says stands in a file of details, which is its owner's
alone.
"""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from pathlib import Path
from types import TracebackType

from keepone.errors import KeeponeError

_PACKAGE = str(Path(__file__).parent)
_WARNING = """\
Look through this before you hand it on: what a library says may hold values of records.

"""


def described(error: BaseException) -> str:
    """Return what may be told of an error: our own words, or its kind and its place in our code."""
    if isinstance(error, KeeponeError):
        return error.message
    ours = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.startswith(_PACKAGE)
    ]
    if not ours:
        return type(error).__name__
    module = Path(ours[-1].filename).relative_to(_PACKAGE).with_suffix("")
    return f"{type(error).__name__} in {'.'.join(module.parts)}, line {ours[-1].lineno}"


def details(error: BaseException) -> str:
    """Return all there is to know of an error, for a file that is its owner's alone."""
    return _WARNING + "".join(traceback.format_exception(error))


def kept_details(error: BaseException) -> str:
    """Return the path of the file with an error's details; one is made where there is none yet.

    Whoever writes them down notes the path on the error.
    """
    notes: list[str] = getattr(error, "__notes__", [])
    if notes:
        return notes[-1]
    descriptor, path = tempfile.mkstemp(prefix="keepone-fault-", suffix=".txt")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(details(error))
    error.add_note(path)
    return path


def tell_of_fault(
    _kind: type[BaseException], error: BaseException, _trace: TracebackType | None
) -> None:
    """Say on stderr what an error is that ends the process: a `sys.excepthook`."""
    sys.stderr.write(f"{described(error)}\n")
