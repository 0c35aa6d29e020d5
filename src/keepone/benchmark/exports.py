"""Generated exports, each made once and kept beside the results."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from keepone.benchmark.process import run_process
from keepone.benchmark.results import GeneratorProfile
from keepone.files import workspace_errors
from keepone.fingerprints import code_digest

SEED = 7


def export_of(records: int, profile: GeneratorProfile, out: Path) -> Path:
    """Return an export of so many records under `out`, with its truth beside it.

    It is made anew only where the profile, the size, the seed or the generator's code is another
    than before, by a process of its own: what that holds is not held while runs are measured.
    """
    code = code_digest(("generate",))[:12]
    folder = out / "exports" / f"{profile}-{records}-{SEED}-{code}"
    export = folder / "accounts.csv"
    if not export.exists():
        partial = folder.with_name(f".{folder.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        with workspace_errors(folder):
            partial.mkdir(parents=True)
        command = [sys.executable, "-m", "keepone", "generate", str(records)]
        command += [str(partial / export.name), "--profile", profile, "--seed", str(SEED)]
        run_process(command, out / "generate.log")
        with workspace_errors(folder):
            partial.rename(folder)
    return export


def truth_of(export: Path) -> Path:
    """Return the file that says which company each record of the export is."""
    return export.with_suffix(".truth.parquet")
