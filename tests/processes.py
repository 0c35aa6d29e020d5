"""Keepone in processes of its own: the very package that the tests are of, wherever they work."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from keepone.processes import environment

ENVIRONMENT = environment()


def keepone_process(
    *arguments: str, cwd: Path, said: str = "", umask: int = -1
) -> subprocess.CompletedProcess[str]:
    """Run one command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "keepone", *arguments],
        cwd=cwd,
        check=False,
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
        input=said,
        umask=umask,
    )
