"""Reads files one after the other, each under a watch: `python -m tests.fuzz.reading FOLDER`.

Standard input holds one task a line, `{"path", "settings", "way"}`; standard output answers each
with what came of it. Ways are the public ones: `ingest` (open, read and number), `inspect`, `run`.
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keepone
from keepone.engines.duckdb import DuckDBEngine
from keepone.errors import UserError
from keepone.inspection import inspect
from keepone.manifest import read_manifest
from keepone.readers import open_sources
from keepone.schema import TABLES
from keepone.settings import IngestSettings, MachineSettings, Settings
from keepone.stages.ingest import ingest

# What a process may ask of the system at all, so that a fault stops here and not at the machine.
ADDRESS_SPACE = 8 << 30


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows read, and what they became."""

    rows: int
    records: int
    rejects: int


@dataclass(frozen=True, slots=True)
class Told:
    """What came of one file.

    `outcome` is `read`, `refused` (with what the user is told) or `fault` (with the traceback).
    `seconds` are of processor time, `memory` is how many bytes the resident set grew by at its
    peak, `child_memory` that of a child that took more than all before it.
    """

    outcome: str
    said: str
    rows: Rows | None
    seconds: float
    memory: int
    child_memory: int


def _ingested(path: Path, settings: dict[str, Any], engine: DuckDBEngine, _: Path) -> Rows:
    slice_ = IngestSettings(**settings)
    sources = open_sources(path, slice_)
    tables = ingest(engine, slice_, sources=sources)
    tables = {name: TABLES[name].conform(table) for name, table in tables.items()}
    assert tables["inputs"].num_rows == tables["records"].num_rows
    rows = sum(source.rows or 0 for source in sources)
    return Rows(rows, tables["records"].num_rows, tables["rejects"].num_rows)


def _inspected(path: Path, settings: dict[str, Any], _: DuckDBEngine, __: Path) -> Rows:
    found = inspect(path, Settings(ingest=IngestSettings(**settings)))
    rows = sum(file.rows or 0 for file in found.files)
    return Rows(rows, found.records, sum(found.rejects.values()))


def _run(path: Path, settings: dict[str, Any], _: DuckDBEngine, folder: Path) -> Rows:
    workspace = folder / "workspace"
    wanted = Settings(
        ingest=IngestSettings(**settings), machine=MachineSettings(threads=1, memory="1GB")
    )
    try:
        keepone.run(path, settings=wanted, workspace=workspace, run_id="r")
        manifest = read_manifest(workspace / "runs" / "r")
    finally:
        shutil.rmtree(workspace, ignore_errors=True)
    assert manifest.counts is not None
    rows = sum(file.rows or 0 for file in manifest.inputs)
    return Rows(rows, manifest.counts.records, manifest.counts.rejects)


_Way = Callable[[Path, dict[str, Any], DuckDBEngine, Path], Rows]
WAYS: Mapping[str, _Way] = {"ingest": _ingested, "inspect": _inspected, "run": _run}


def _told(task: dict[str, Any], engine: DuckDBEngine, folder: Path) -> Told:
    before, child_before = _resident("VmRSS"), _greatest_child()
    # From here on the peak is that of this file.
    Path("/proc/self/clear_refs").write_text("5")
    began, child_memory = _processor_time(), 0
    rows, outcome, said = None, "read", ""
    try:
        rows = WAYS[task["way"]](Path(task["path"]), task["settings"], engine, folder)
    except UserError as error:
        outcome, said = "refused", f"{type(error).__name__}: {error.message}"
        if not error.hint:
            outcome, said = "fault", f"no hint: {said}"
    except BaseException:  # noqa: BLE001 - whatever comes out is what is looked for
        outcome, said = "fault", traceback.format_exc()
    if _greatest_child() > child_before:
        child_memory = _greatest_child()
    return Told(
        outcome,
        said,
        rows,
        _processor_time() - began,
        _resident("VmHWM") - before,
        child_memory,
    )


def _greatest_child() -> int:
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024


def _resident(name: str) -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.partition(f"{name}:")[2].split()[0]) * 1024


def _processor_time() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def main(folder: Path) -> None:
    """Read what is asked for until nothing more is."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = sys.stdout
    sys.stdout = sys.stderr
    engine = DuckDBEngine(threads=1)
    with suppress(KeyboardInterrupt):
        for line in sys.stdin:
            told = _told(json.loads(line), engine, folder)
            answers.write(json.dumps(asdict(told)) + "\n")
            answers.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
