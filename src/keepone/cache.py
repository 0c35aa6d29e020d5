"""What has been computed already: in a run's own folder, or in another run of the workspace."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from keepone.artifacts import intact, sound
from keepone.errors import RunError
from keepone.files import private_folder, replacing, workspace_errors
from keepone.manifest import MANIFEST, Manifest, StageRun, read_manifest
from keepone.runs import latest_first
from keepone.settings import Settings
from keepone.stage import Stage

_CHUNK = 1 << 20
# Settings of the machine that show in files, and in nothing that is read from them.
_FILE_SETTINGS = {"compression", "narrow_types"}


@dataclass(frozen=True, slots=True)
class Found:
    """Another run, with the stages of it that can be taken over."""

    folder: Path
    manifest: Manifest
    standing: tuple[StageRun, ...]


def standing_stages(
    folder: Path,
    manifest: Manifest,
    stages: Sequence[Stage],
    fingerprints: Mapping[str, str],
    settings: Settings,
) -> tuple[StageRun, ...]:
    """Return those of `stages` whose results in `folder` are what would be computed again.

    A stage stands if its fingerprint is the same and its files have their size, and were written as
    the settings want; what they hold is for `sound_stages` to see. Where an engine is named for it,
    that engine must have made it: whoever rolls back a stage wants neither its former result nor
    what came of that. Of a run that broke a law nothing stands.
    """
    machine = settings.machine.model_dump(mode="json", include=_FILE_SETTINGS)
    if any(manifest.settings["machine"].get(name) != value for name, value in machine.items()):
        return ()
    if not all(check.holds for check in manifest.checks):
        return ()
    found = []
    doubted: set[str] = set()
    for stage in stages:
        done = manifest.stage(stage.name)
        if done is None or done.fingerprint != fingerprints[stage.name]:
            continue
        if stage.engine not in {None, done.engine} or doubted.intersection(stage.reads):
            doubted.update(stage.writes)
        elif intact(folder, done.artifacts):
            found.append(done.model_copy(update={"reused": True}))
    return tuple(found)


def sound_stages(folder: Path, standing: Sequence[StageRun]) -> tuple[StageRun, ...]:
    """Return those of the stages whose files in `folder` hold what was written, to the last bit.

    That reads every file once, which costs little beside making them: a disk that gives back
    something else says nothing of it.
    """
    return tuple(stage for stage in standing if sound(folder, stage.artifacts))


def best_of_others(
    folder: Path,
    stages: Sequence[Stage],
    fingerprints: Mapping[str, str],
    settings: Settings,
    *,
    more_than: int,
) -> Found | None:
    """Return the run beside `folder` in which most of `stages` stand, of equals the latest.

    None if that is not `more_than` there are to beat. All that is taken over comes of one run, so
    that its tables belong together.
    """
    if more_than >= len(stages):
        return None
    best: Found | None = None
    for other in latest_first(folder.parent):
        manifest = _manifest_with(other, fingerprints[stages[0].name]) if other != folder else None
        if manifest is None:
            continue
        standing = standing_stages(other, manifest, stages, fingerprints, settings)
        if len(standing) > more_than:
            best, more_than = Found(other, manifest, standing), len(standing)
        if more_than == len(stages):
            break
    return best


def take_over(found: Found, folder: Path) -> tuple[StageRun, ...]:
    """Bring the files of the stages found into `folder`; return the stages that are there now.

    That is none of them if the other run was worked on or deleted meanwhile, and not those whose
    files were damaged. What lies in stages/
    is linked where the system can, since nothing ever changes it; what people are handed is copied,
    for they may.
    """
    files = [file.file for stage in found.standing for file in stage.artifacts]
    try:
        for file in files:
            _bring(found.folder / file, folder / file, link=Path(file).parent != Path())
        # A run that is redone says so in its manifest before it writes a file.
        unchanged = read_manifest(found.folder) == found.manifest
    except (RunError, OSError):
        return ()
    if not unchanged:
        return ()
    whole = [stage for stage in found.standing if intact(folder, stage.artifacts)]
    taken = sound_stages(folder, whole)
    kept = {file.file for stage in taken for file in stage.artifacts}
    for file in files:
        if file not in kept:
            (folder / file).unlink(missing_ok=True)
    return taken


def _bring(old: Path, new: Path, *, link: bool) -> None:
    with old.open("rb") as reading:
        with workspace_errors(new):
            private_folder(new.parent)
        if link and _linked(old, new):
            return
        with replacing(new, private=True) as partial, partial.open("wb") as writing:
            shutil.copyfileobj(reading, writing, _CHUNK)


def _linked(old: Path, new: Path) -> bool:
    """Link `new` to `old`, whose content is on the disk already.

    The name is not waited for: should the system fail before it has written that, the stage does
    not stand and is run again.
    """
    partial = new.with_name(f".{new.name}.partial")
    partial.unlink(missing_ok=True)
    try:
        os.link(old, partial)
    except OSError:
        return False  # a system or a disk without hard links, or the file is gone
    partial.replace(new)
    # Between two names of one file, renaming leaves both.
    partial.unlink(missing_ok=True)
    return True


def _manifest_with(folder: Path, fingerprint: str) -> Manifest | None:
    """Return a run's manifest if it holds `fingerprint`; looking first saves reading most."""
    try:
        held = fingerprint.encode() in (folder / MANIFEST).read_bytes()
        return read_manifest(folder) if held else None
    except (RunError, OSError):
        return None  # damaged, or deleted at this moment
