"""The command line: `keepone`, and `python -m keepone`."""

from __future__ import annotations

import atexit
import os
import signal
import sys
from contextlib import suppress
from typing import NoReturn

# What was to be said could not be written, as where the disk is full.
_NOT_WRITTEN = 2


def main() -> None:
    """Load the command line and run it; until it is loaded, Ctrl-C ends the process silently."""
    heard = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if heard:  # in a background job of a shell, it is ignored
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from keepone.cli import main as run_command  # noqa: PLC0415 - this is what takes its time

    if heard:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        run_command()
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            _end(end.code or 0)
        raise
    except KeyboardInterrupt:  # of a moment in which no command listens: before or after its work
        _end(128 + signal.SIGINT)
    _end(0)


def _end(exit_code: int) -> NoReturn:
    """End the process at once, when all is done that was to be done at its end.

    Python would then take apart all that was ever imported, a quarter of a second in which nobody
    waits for anything else, and DuckDB's bindings say on standard error what they have left.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # what they ask for is being done
    atexit._run_exitfuncs()  # noqa: SLF001 - what the end of a process would call first
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        sys.exit(exit_code)  # nobody reads any more
    except OSError as error:
        with suppress(OSError):
            sys.stderr.write(f"error: cannot write: {(error.strerror or '').lower()}\n")
            sys.stderr.flush()
        exit_code = exit_code or _NOT_WRITTEN
    os._exit(exit_code)


if __name__ == "__main__":
    main()
