"""Looks after a workspace: what is damaged, unfinished or left over in it, and how to mend each."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Literal

from keepone.artifacts import intact
from keepone.decisions.workspace import LOG_FILE, find_log
from keepone.deletion import DELETED
from keepone.errors import KeeponeError
from keepone.lock import is_locked
from keepone.machine import available_memory, available_processors
from keepone.manifest import MANIFEST, Manifest
from keepone.parquet import opened
from keepone.runs import SPILL, Run
from keepone.traces import JOBS, LAID_OUT, LAYING, TAKEAWAY, UPLOADS
from keepone.word_lists import LISTS_FILE, read_lists

Level = Literal["ok", "note", "damaged"]

# What a run needs where none in the workspace tells: memory in MB, and free disk by the input.
_LEAST_MEMORY_MB = 500.0
_LEAST_DISK = 500 * 10**6
# On the disk a run takes its tables and, while it goes on, up to four times its input.
_SPILL = 4
# Folders of a run, and of the workspace, that are gone when the work they are for has ended.
_LEFT_IN_RUNS = (SPILL, f"{LAYING}*", ".*.partial", "stages/.*.partial")
_LEFT_IN_WORKSPACE = (f"{DELETED}*", f"{TAKEAWAY}*", ".*.partial")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what it is, how it stands, and how to mend it.

    `level` is damaged where something cannot be used as it is, note where a person should know.
    """

    check: str
    level: Level
    says: str
    mend: str | None = None


def examine(workspace: Path) -> Iterator[Finding]:
    """Give what there is to say of the machine and of a workspace; nothing is changed."""
    runs = _run_folders(workspace)
    manifests = {folder: found for folder in runs if (found := _manifest(folder)) is not None}
    yield from _machine(workspace, manifests)
    if not workspace.is_dir():
        says = f"there is no workspace {workspace}"
        yield Finding("workspace", "note", says, "keepone run makes one; --workspace names another")
        return
    yield _size(workspace, runs)
    for folder in runs:
        yield from _run(folder, manifests.get(folder))
    yield from _leftovers(workspace, runs)
    yield from _lists(workspace)
    yield from _log(workspace)
    yield from _rights(workspace)


def _run_folders(workspace: Path) -> list[Path]:
    folder = workspace / "runs"
    return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


def _manifest(folder: Path) -> Manifest | None:
    try:
        return Run(folder).manifest()
    except KeeponeError:
        return None


def _machine(workspace: Path, manifests: dict[Path, Manifest]) -> Iterator[Finding]:
    """Compare what is free with what the largest run of the workspace needed."""
    peaks = [each.peak_rss_mb or 0.0 for each in manifests.values()]
    needed = max([_LEAST_MEMORY_MB, *peaks])
    free = available_memory() / 1e6
    whose = "as the largest run here took" if any(peak >= needed for peak in peaks) else "for any"
    says = (
        f"{free:,.0f} MB free for {available_processors()} processors; a run needs"
        f" {needed:,.0f} MB, {whose}"
    )
    if free >= needed:
        yield Finding("memory", "ok", says)
    else:
        mend = "End other programs, or bound the run with --memory: past that it spills to disk"
        yield Finding("memory", "note", says, mend)
    place = next(
        path for path in (workspace.resolve(), *workspace.resolve().parents) if path.exists()
    )
    free_disk = shutil.disk_usage(place).free
    disk = max([_LEAST_DISK, *(_disk_of(each) for each in manifests.values())])
    says = f"{free_disk / 1e6:,.0f} MB free on the disk; a run needs {disk / 1e6:,.0f} MB"
    if free_disk >= disk:
        yield Finding("disk", "ok", says)
    else:
        mend = "Delete runs (keepone runs delete), or name a --workspace on another disk"
        yield Finding("disk", "note", says, mend)


def _disk_of(manifest: Manifest) -> int:
    """Return what a run like this one needs: its files, and room to spill."""
    written = sum(stage.bytes for stage in manifest.stages)
    return written + _SPILL * sum(file.bytes for file in manifest.inputs)


def _size(workspace: Path, runs: list[Path]) -> Finding:
    laid_out = _bytes(folder / LAID_OUT for folder in runs)
    parts = [
        f"{len(runs):,} runs {_bytes(runs) - laid_out:,.0f} MB",
        f"laid out for review {laid_out:,.0f} MB",
        f"handed in {_bytes([workspace / UPLOADS]):,.0f} MB",
        f"decisions {_bytes([workspace / LOG_FILE]):,.1f} MB",
    ]
    return Finding("size", "ok", ", ".join(parts))


def _bytes(paths: Iterable[Path]) -> float:
    """Return the MB on the disk; a file with several names counts once."""
    seen: dict[tuple[int, int], int] = {}
    for path in paths:
        for each in (path, *path.rglob("*")) if path.exists() else ():
            if each.is_file():
                status = each.lstat()
                seen[status.st_dev, status.st_ino] = status.st_size
    return sum(seen.values()) / 1e6


def _run(folder: Path, manifest: Manifest | None) -> Iterator[Finding]:
    name = f"run {folder.name}"
    if is_locked(folder):
        yield Finding(name, "ok", "is being worked on")
        return
    resume = f"run the same inputs again with --run-id {shlex.quote(folder.name)}"
    delete = f"keepone runs delete {shlex.quote(folder.name)}"
    if manifest is None:
        what = "cannot be read" if (folder / MANIFEST).exists() else "is missing"
        yield Finding(name, "damaged", f"its {MANIFEST} {what}", delete)
        return
    harmed = [*_harmed(folder, manifest)]
    if harmed:
        says = f"damaged or missing: {', '.join(harmed)}"
        yield Finding(name, "damaged", says, f"{resume}: what is whole is used; or {delete}")
    elif manifest.status != "finished":
        says = f"{manifest.status} after {len(manifest.stages)} stages"
        why = f": {manifest.error}" if manifest.status == "failed" and manifest.error else ""
        yield Finding(name, "note", says + why, f"{resume}, and it goes on; or {delete}")
    else:
        yield Finding(name, "ok", "finished and whole")


def _harmed(folder: Path, manifest: Manifest) -> Iterator[str]:
    """Give the files that are not as they were written, by size and by what their footers say."""
    for stage in manifest.stages:
        for file in stage.artifacts:
            if not intact(folder, [file]) or not _opens(folder / file.file, file.rows):
                yield file.file
    if manifest.status == "finished":
        report = manifest.report
        if report is not None and not (folder / report.file).is_file():
            yield report.file


def _opens(path: Path, rows: int | None) -> bool:
    if path.suffix != ".parquet":
        return True
    try:
        with opened(path) as table:
            return bool(table.metadata.num_rows == rows)
    except KeeponeError:
        return False


def _leftovers(workspace: Path, runs: list[Path]) -> Iterator[Finding]:
    in_runs = (
        path
        for folder in runs
        if not is_locked(folder)
        for pattern in _LEFT_IN_RUNS
        for path in folder.glob(pattern)
    )
    in_workspace = (path for pattern in _LEFT_IN_WORKSPACE for path in workspace.glob(pattern))
    for path in chain(in_runs, in_workspace):
        says = f"{path} is left of work that was interrupted ({_bytes([path]):,.1f} MB)"
        yield Finding("leftover", "note", says, f"rm -r {shlex.quote(str(path))}")
    known = {folder.name for folder in runs}
    jobs = workspace / JOBS
    for job in sorted(jobs.iterdir()) if jobs.is_dir() else ():
        if job.name not in known and not is_locked(job):
            says = f"{job} is of a run that is not there"
            yield Finding("leftover", "note", says, f"rm -r {shlex.quote(str(job))}")


def _lists(workspace: Path) -> Iterator[Finding]:
    if (workspace / LISTS_FILE).exists():
        try:
            read_lists(workspace)
        except KeeponeError as error:
            yield Finding("lists", "damaged", error.message, error.hint)
        else:
            yield Finding("lists", "ok", f"{LISTS_FILE} can be read")


def _log(workspace: Path) -> Iterator[Finding]:
    """Check the log of decisions; one that is not there holds none."""
    try:
        log = find_log(workspace)
        if log is None:
            return
        with log:
            entries, faults = log.position(), log.faults()
    except KeeponeError as error:
        yield Finding("decisions", "damaged", error.message, _restore(workspace))
        return
    if not faults:
        yield Finding("decisions", "ok", f"{entries:,} entries, all whole")
    for fault in faults:
        yield Finding("decisions", "damaged", fault, _restore(workspace))


def _restore(workspace: Path) -> str:
    path = workspace / LOG_FILE
    return f"Put a copy of {path} back, or import one that keepone decisions export wrote"


def _rights(workspace: Path) -> Iterator[Finding]:
    """Tell where others of the machine could read; what a user put there is theirs to say."""
    if os.name != "posix":
        return
    ours = [workspace, *(workspace / name for name in ("runs", JOBS, UPLOADS, LOG_FILE))]
    wide = [str(path) for path in ours if path.exists() and path.stat().st_mode & 0o077]
    # Inside a folder that is its owner's alone nobody gets to read.
    if wide and str(workspace) in wide:
        says = f"others on this machine may look into {', '.join(wide)}"
        yield Finding("rights", "note", says, f"chmod -R go-rwx {shlex.quote(str(workspace))}")
    else:
        yield Finding("rights", "ok", "the workspace is its owner's alone")
