"""The command line: `keepone`, and `python -m keepone`."""

from __future__ import annotations

import signal


def main() -> None:
    """Load the command line and run it; until it is loaded, Ctrl-C ends the process silently."""
    heard = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if heard:  # in a background job of a shell, it is ignored
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from keepone.cli import main as run_command  # noqa: PLC0415 - this is what takes its time

    if heard:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    run_command()


if __name__ == "__main__":
    main()
