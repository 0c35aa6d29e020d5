"""What a run is to be, next to what of it already stands in its folder."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pyarrow as pa

import keepone
from keepone.artifacts import read_artifact, sound
from keepone.cache import Found, best_of_others, sound_stages, standing_stages
from keepone.children import ChildExports
from keepone.decisions.effective import Decided, Effective
from keepone.errors import RunError
from keepone.files import digest_of
from keepone.fingerprints import (
    Identified,
    library_versions,
    settings_digest,
    stage_fingerprints,
)
from keepone.group_pairs import GROUP_PAIRS_FILE
from keepone.machine import Machine
from keepone.manifest import (
    MANIFEST,
    ArtifactFile,
    InputFile,
    Manifest,
    Report,
    StageRun,
    read_manifest,
)
from keepone.settings import Settings
from keepone.stage import Stage

REPORT = "report.html"


class Source(Identified, Protocol):
    """One input as the runner knows it; the first stage knows how to read it."""

    @property
    def size(self) -> int:
        """Its bytes."""
        ...

    @property
    def rows(self) -> int | None:
        """The rows read from it: records and rejects; None before it has been read."""
        ...

    @property
    def notes(self) -> Sequence[str]:
        """What a person should know of how it was read; empty before that."""
        ...


@dataclass(frozen=True, slots=True)
class Plan:
    """A run as it is wanted: stages over sources and child exports with settings, in a folder.

    `before` is the manifest that a former process left there, `standing` its stages whose results
    are what this run would compute again. `other` is another run of the workspace, if more of it is
    of use than stands here; nothing here does then. `decided` is what people decided, `effective`
    what of it bears on the records: None while those have not been read.
    """

    folder: Path
    stages: tuple[Stage, ...]
    sources: tuple[Source, ...]
    children: ChildExports
    settings: Settings
    decided: Decided
    effective: Effective | None
    fingerprints: dict[str, str]
    before: Manifest | None
    standing: tuple[StageRun, ...]
    other: Found | None

    def bound_to(self, records: pa.Table) -> Plan:
        """Return the plan with the decisions that bear on these records."""
        effective = self.decided.effective(records)
        fingerprints = stage_fingerprints(
            self.stages, self.sources, self.settings, self.children.sources, effective.digest
        )
        return replace(self, effective=effective, fingerprints=fingerprints)

    def with_share(self, share: int) -> Plan:
        """Return the plan with so many percent of the pairs to make.

        What comes of that has fingerprints of its own, and is nobody else's result.
        """
        block = self.settings.block.model_copy(
            update={"share": self.settings.block.share * share // 100 or 1}
        )
        settings = self.settings.model_copy(update={"block": block})
        digest = None if self.effective is None else self.effective.digest
        fingerprints = stage_fingerprints(
            self.stages, self.sources, settings, self.children.sources, digest
        )
        return replace(self, settings=settings, fingerprints=fingerprints)

    @property
    def former(self) -> Manifest | None:
        """The manifest of the run that what stands, or is taken over, is from."""
        return self.other.manifest if self.other else self.before

    @property
    def is_done(self) -> bool:
        """Whether the run is finished and nothing of it would come out otherwise."""
        before = self.before
        return (
            before is not None
            and before.status == "finished"
            and len(self.standing) == len(self.stages)
            and _is_sound(self.folder / REPORT, before.report)
            and before.settings["machine"].get("redact", False) == self.settings.machine.redact
            and (
                self.settings.machine.group_details == "lazy"
                or _is_sound(self.folder / GROUP_PAIRS_FILE, before.group_pairs)
            )
        )


def _is_sound(path: Path, described: Report | ArtifactFile | None) -> bool:
    """Whether a file that is made at the end of a run still is what the manifest says of it."""
    if described is None or not path.is_file():
        return False
    return described.sha256 in {None, digest_of(path)}


def make_plan(
    folder: Path,
    stages: Sequence[Stage],
    sources: Sequence[Source],
    settings: Settings,
    *,
    children: ChildExports | None = None,
    redo_from: str | None = None,
    decided: Decided | None = None,
) -> Plan:
    """Compare what is wanted with what stands in `folder`, and in the runs beside it.

    A stage stands as `cache.standing_stages` has it; from the stage `redo_from` on none does, and
    none at all without the setting `machine.cache`. Raises `RunError` if the run was begun with
    other inputs, or there is no stage `redo_from`; a run that never finished a stage was not begun.
    """
    kept = _kept(stages, redo_from) if settings.machine.cache else ()
    before = read_manifest(folder) if (folder / MANIFEST).exists() else None
    if before is not None and before.stages:
        _check_inputs(before, sources)
    children = children or ChildExports()
    decided = decided or Decided()
    effective = None if decided else Effective()
    given = (stages, sources, settings, children.sources)
    fingerprints = stage_fingerprints(*given, None if effective is None else effective.digest)
    if effective is None and kept:
        records = _records(folder, before, stages[0], fingerprints, settings)
        if records is not None:
            effective = decided.effective(records)
            fingerprints = stage_fingerprints(*given, effective.digest)
    standing: tuple[StageRun, ...] = ()
    if before is not None:
        kept_here = standing_stages(folder, before, kept, fingerprints, settings)
        standing = sound_stages(folder, kept_here)
    other = best_of_others(folder, kept, fingerprints, settings, more_than=len(standing))
    return Plan(
        folder=folder,
        stages=tuple(stages),
        sources=tuple(sources),
        children=children,
        settings=settings,
        decided=decided,
        effective=effective,
        fingerprints=fingerprints,
        before=before,
        standing=() if other else standing,
        other=other,
    )


def _records(
    folder: Path,
    before: Manifest | None,
    first: Stage,
    fingerprints: dict[str, str],
    settings: Settings,
) -> pa.Table | None:
    """Return the records as a run of the workspace has read them already; None if none has.

    While nothing has read them, no stage that depends on them stands.
    """
    own = standing_stages(folder, before, [first], fingerprints, settings) if before else ()
    if own and before:
        found: Found | None = Found(folder, before, own)
    else:
        found = best_of_others(folder, [first], fingerprints, settings, more_than=0)
    files = [file for stage in found.standing for file in stage.artifacts] if found else []
    if found is None or not sound(found.folder, files):
        return None
    return read_artifact(found.folder, "records", files, ["dataset", "record_id"])


def _check_inputs(before: Manifest, sources: Sequence[Source]) -> None:
    if sorted(file.sha256 for file in before.inputs) != sorted(one.sha256 for one in sources):
        files = ", ".join(file.file for file in before.inputs)
        message = f"the run {before.run_id} belongs to other inputs ({files})"
        raise RunError(message, hint="Give another --run-id, or leave it out.")


def _kept(stages: Sequence[Stage], redo_from: str | None) -> tuple[Stage, ...]:
    """Return the stages before `redo_from`: those whose results may be used again."""
    names = [stage.name for stage in stages]
    if redo_from is None:
        return tuple(stages)
    if redo_from not in names:
        message = f"there is no stage {redo_from!r} to run from"
        raise RunError(message, hint=f"The stages are, in order, {', '.join(names)}.")
    return tuple(stages[: names.index(redo_from)])


def describe_inputs(plan: Plan) -> list[InputFile]:
    """Describe the sources; one that was not read again is described as it was before."""
    return _described(plan.sources, plan.former.inputs if plan.former else [])


def describe_children(plan: Plan) -> list[InputFile]:
    """Describe the child exports in the same way."""
    return _described(plan.children.sources, plan.former.children if plan.former else [])


def _described(sources: Sequence[Source], former_files: Sequence[InputFile]) -> list[InputFile]:
    before = {(file.file, file.sha256): file for file in former_files}
    inputs = []
    for source in sources:
        file = InputFile(
            file=source.name,
            sha256=source.sha256,
            rows=source.rows,
            bytes=source.size,
            notes=list(source.notes),
        )
        former = before.get((source.name, source.sha256), file)
        inputs.append(former if source.rows is None else file)
    return inputs


def first_manifest(plan: Plan, machine: Machine) -> Manifest:
    """Return the manifest that the run begins with: what stands is in it already."""
    settings = plan.settings
    return Manifest(
        run_id=plan.folder.name,
        status="running",
        started_at=utc_now(),
        inputs=describe_inputs(plan),
        children=describe_children(plan),
        settings=settings.model_dump(mode="json"),
        settings_digest=settings_digest(settings),
        thresholds={
            "review": settings.score.review,
            "join": settings.cluster.join,
            "auto": settings.disposition.auto,
        },
        versions={
            "keepone": keepone.__version__,
            "python": platform.python_version(),
            **library_versions(),
        },
        machine={
            "platform": platform.platform(terse=True),
            "threads": machine.threads,
            "memory": machine.memory,
        },
        stages=list(plan.standing),
    )


def utc_now() -> str:
    """Return the time, to the second, as ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")
