"""`python -m keepone` is the command line."""

from __future__ import annotations

from keepone.cli import main

if __name__ == "__main__":
    main()
