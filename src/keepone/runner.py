"""Takes the stages of a plan in order, and writes everything down as it goes."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa

from keepone.artifacts import Artifacts
from keepone.budget import Budget
from keepone.cache import take_over
from keepone.conservation import Facts, laws_for
from keepone.counts import count_decisions, count_run, describe_columns, describe_model
from keepone.engine import Engine
from keepone.errors import InternalError, UserError, WorkspaceError
from keepone.faults import described, details
from keepone.files import digest_of, write_text
from keepone.fingerprints import CHILD_EXPORTS, GIVEN_DECISIONS, SOURCES
from keepone.group_pairs import GROUP_PAIRS_FILE, write_group_pairs
from keepone.machine import Alarm, Machine, Meter, Usage, resident_bytes
from keepone.manifest import (
    MANIFEST,
    PROFILE,
    ArtifactFile,
    Manifest,
    Report,
    StageRun,
    write_manifest,
)
from keepone.parquet import Layout
from keepone.plan import (
    REPORT,
    Plan,
    describe_children,
    describe_inputs,
    first_manifest,
    utc_now,
)
from keepone.progress import Progress
from keepone.schema import TABLES
from keepone.shelf import Shelf
from keepone.stage import Deferred, Stage

FAULT = "fault.txt"

# Tables held between stages take at most this, and at most an eighth of the run's memory.
_HELD_BYTES = 512 * 10**6
# What gives way when time is short: the stage that makes pairs makes fewer, the one that only
# estimates is left out.
_PAIRING, _ESTIMATE = "block", "missed"


class Runner:
    """One pass over one plan, whose folder the caller holds locked.

    Each stage's files and its manifest entry are on the disk before the next stage begins: whatever
    ends the process, the stages that were done are done. Used as a context manager, it leaves in
    the manifest how the run ended; for a fault of ours, `fault.txt` holds the details.
    """

    def __init__(
        self,
        plan: Plan,
        machine: Machine,
        shelf: Shelf,
        render: Callable[[Path], str],
        budget: Budget | None = None,
    ) -> None:
        self._plan = plan
        self._budget = budget or Budget()
        self._folder = plan.folder
        self._shelf = shelf
        self._render = render
        self._memory = machine.memory
        self._threads = machine.threads
        self._layout = Layout.of(plan.settings.machine)
        self._manifest = first_manifest(plan, machine)
        self._manifest.max_seconds = self._budget.seconds
        self._artifacts = Artifacts(
            plan.folder,
            shelf,
            threads=machine.threads,
            held_bytes=min(_HELD_BYTES, machine.memory // 8),
            layout=self._layout,
        )

    def __enter__(self) -> Self:
        self._remove_stale()
        self._save()
        if self._plan.other is not None:
            self._manifest.stages = list(take_over(self._plan.other, self._folder))
            self._save()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if error is None:
            return
        manifest = self._manifest
        if isinstance(error, UserError) and not manifest.stages:
            (self._folder / MANIFEST).unlink(missing_ok=True)  # nothing to resume, nothing to keep
            return
        manifest.status = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
        manifest.error = described(error)
        manifest.ended_at = self._end()
        with suppress(WorkspaceError):  # a full disk was the error, most likely
            self._save()
            if not isinstance(error, UserError | KeyboardInterrupt):
                write_text(self._folder / FAULT, details(error), private=True)
                error.add_note(str(self._folder / FAULT))

    @property
    def has_all(self) -> bool:
        """Whether every stage stands, so that there is nothing to run."""
        return len(self._manifest.stages) == len(self._plan.stages)

    def run(self, engine: Engine | None, progress: Progress) -> tuple[str, ...]:
        """Run the stages that do not stand, publish, and return the names of those that ran.

        There has to be an engine unless the runner `has_all`.
        """
        computed: list[str] = []
        steps = len(self._plan.stages) + 1
        self._load()
        held = resident_bytes()
        self._manifest.baseline_rss_mb = None if held is None else round(held / 1e6, 1)
        with Meter(Alarm(self._memory, partial(self._warn, progress))) as meter:
            with meter.measure() as usage:
                for number, stage in enumerate(self._plan.stages):
                    done = self._manifest.stage(stage.name)
                    if done is not None:
                        self._check(stage)
                    else:
                        assert engine is not None
                        self._bind_decisions(stage)
                        progress.started(stage.name, number, steps)
                        self._ration(stage)
                        done = self._run_stage(number, stage, engine, meter)
                        self._tell_left_out(stage, progress)
                        computed.append(stage.name)
                    progress.finished(done)
                progress.started("report", steps - 1, steps)
                self._publish(meter, progress, counted=None if computed else self._plan.former)
            self._finish(usage)
        return tuple(computed)

    def _load(self) -> None:
        """Import what the stages that have to be run are made of: it is none of their work."""
        for stage in self._plan.stages:
            if isinstance(stage.run, Deferred) and self._manifest.stage(stage.name) is None:
                stage.run.load()
        if not self.has_all:
            pa.array([0])  # Arrow loads pandas, where that is installed, for the first one it makes

    def _remove_stale(self) -> None:
        """Delete what no longer fits, so that nobody takes it for this run's result."""
        before = self._plan.before
        kept = {file.file for file in self._files}
        written = [file for done in before.stages for file in done.artifacts] if before else []
        for file in written:
            if file.file not in kept:
                (self._folder / file.file).unlink(missing_ok=True)
        for name in (REPORT, FAULT, PROFILE, GROUP_PAIRS_FILE):
            (self._folder / name).unlink(missing_ok=True)

    def _run_stage(self, number: int, stage: Stage, engine: Engine, meter: Meter) -> StageRun:
        settings = getattr(self._plan.settings, stage.name)
        with meter.measure() as usage:
            fingerprint = self._plan.fingerprints[stage.name]
            if stage.name == _ESTIMATE and self._budget.is_spent:
                values, fingerprint = {name: TABLES[name].empty() for name in stage.writes}, ""
            else:
                values = dict(stage.run(engine, settings, **self._keywords(stage)))
            if set(values) != set(stage.writes):
                message = f"stage {stage.name} writes {stage.writes}, but gave {tuple(values)}"
                raise InternalError(message)
            with meter.measure() as writing:
                made = {name: values[name] for name in stage.writes}
                files = self._artifacts.write(number, made, partial(self._check, stage))
        done = StageRun(
            name=stage.name,
            number=number,
            engine=stage.engine or engine.name,
            fingerprint=fingerprint,
            seconds=usage.seconds,
            cpu_seconds=usage.cpu_seconds,
            write_seconds=writing.seconds,
            peak_rss_mb=usage.peak_rss_mb,
            rows=next((file.rows for file in files if file.rows is not None), 0),
            bytes=sum(file.bytes for file in files),
            artifacts=files,
        )
        self._manifest.inputs = describe_inputs(self._plan)
        self._manifest.children = describe_children(self._plan)
        self._manifest.stages.append(done)
        self._manifest.stages.sort(key=lambda stage: stage.number)
        self._save()
        later = self._plan.stages[number + 1 :]
        self._artifacts.hold(name for stage in later for name in stage.reads)
        self._shelf.release()
        pa.default_memory_pool().release_unused()
        return done

    def _ration(self, stage: Stage) -> None:
        """Before pairs are made, see for how many of them there is time.

        Where something stands that came of all pairs, all are made: results of one run belong
        together.
        """
        number = self._plan.stages.index(stage)
        if stage.name != _PAIRING or any(done.number > number for done in self._manifest.stages):
            return
        share = self._budget.share_of_pairs(sum(done.seconds for done in self._manifest.stages))
        if share < 100:
            self._plan = self._plan.with_share(share)
            self._manifest.degraded = True

    def _tell_left_out(self, stage: Stage, progress: Progress) -> None:
        """Say, on the screen and in the manifest, what was left out of a stage for want of time."""
        told = None
        if stage.name == _PAIRING and self._manifest.degraded:
            records = len(self._column("left_out", "row"))
            told = (
                f"time for {self._plan.settings.block.share} % of the pairs only:"
                f" {records:,} records lost some, and they and their groups are to be verified"
            )
        elif stage.name == _ESTIMATE and self._was_skipped(stage):
            told = "no time for the estimate of pairs that match and were never compared"
        if told is not None:
            self._leave_out(told, progress)

    def _was_skipped(self, stage: Stage) -> bool:
        done = self._manifest.stage(stage.name)
        return done is not None and not done.fingerprint

    def _leave_out(self, told: str, progress: Progress) -> None:
        self._manifest.degraded = True
        self._manifest.left_out.append(told)
        progress.warned(told)

    def _check(self, stage: Stage) -> None:
        """Check the laws that can be checked now that the stage's tables are there.

        What stands was checked when it was made, if its manifest says so. Raises `LawError` for the
        first law that does not hold; then nothing stays for people to take.
        """
        began = time.perf_counter()
        former = self._plan.former
        known = {check.law: check for check in former.checks} if former else {}
        standing = {
            file.name for done in self._manifest.stages if done.reused for file in done.artifacts
        }
        rows_read = sum(file.rows or 0 for file in describe_inputs(self._plan))
        labels = {str(name): word for name, word in self._plan.settings.disposition.labels.items()}
        facts = Facts(self._column, rows_read, labels)
        before = self._plan.stages[: self._plan.stages.index(stage)]
        there = {name for each in before for name in each.writes}
        for law in laws_for(stage.writes, there):
            if law.says in known and standing.issuperset(law.reads):
                self._manifest.checks.append(known[law.says])
                continue
            check, error = law.check(facts)
            self._manifest.checks.append(check)
            if error is not None:
                self._artifacts.withdraw(self._files)
                raise error
        self._manifest.checks_seconds += time.perf_counter() - began

    def _warn(self, progress: Progress, resident: int) -> None:
        """Say, on the screen and in the manifest, that the run holds more than it may take."""
        message = (
            f"the run holds {resident / 1e6:,.0f} MB of memory, more than the"
            f" {self._memory / 1e6:,.0f} MB it may take (--memory)"
        )
        self._manifest.alerts.append(message)
        progress.warned(message)

    def _keywords(self, stage: Stage) -> dict[str, Any]:
        """Return the settings slices and artifacts that `stage` is called with by name."""
        slices = {name: getattr(self._plan.settings, name) for name in stage.also}
        return slices | {name: self._artifact(name) for name in stage.reads}

    def _artifact(self, name: str) -> Any:
        if name == SOURCES:
            return self._plan.sources
        if name == CHILD_EXPORTS:
            return self._plan.children
        if name in GIVEN_DECISIONS:
            return getattr(self._plan.effective, name)
        return self._artifacts.get(name, self._files)

    def _bind_decisions(self, stage: Stage) -> None:
        """Find what of the decisions bears on the records, before the first stage that asks."""
        if self._plan.effective is None and not set(GIVEN_DECISIONS).isdisjoint(stage.reads):
            self._plan = self._plan.bound_to(self._artifacts.get("records", self._files))

    @property
    def _files(self) -> list[ArtifactFile]:
        return [file for done in self._manifest.stages for file in done.artifacts]

    def _column(self, table: str, column: str) -> pa.ChunkedArray:
        return self._artifacts.column(table, column, self._files)

    def _publish(self, meter: Meter, progress: Progress, *, counted: Manifest | None) -> None:
        """Count what came out and write the report, which reads the manifest.

        `counted` is a manifest of the same tables, whose figures hold if its settings are the same.
        """
        manifest = self._manifest
        with meter.measure() as usage:
            if (
                counted is not None
                and counted.counts is not None
                and counted.settings_digest == manifest.settings_digest
            ):
                manifest.counts, manifest.columns = counted.counts, counted.columns
                manifest.notes = counted.notes
            else:
                manifest.counts = count_run(self._column, self._plan.settings)
                manifest.columns = describe_columns(
                    self._artifacts.get("fields", self._files),
                    self._artifacts.names("normalized", self._files),
                )
                manifest.notes = describe_model(self._artifacts.get("model", self._files))
            if self._plan.effective is not None and self._plan.effective.in_force:
                manifest.decisions = count_decisions(self._column, self._plan.effective)
            if self._plan.settings.machine.group_details == "eager":
                if self._budget.is_spent:
                    told = f"no time for {GROUP_PAIRS_FILE}: pairs are looked up group by group"
                    self._leave_out(told, progress)
                else:
                    manifest.group_pairs = write_group_pairs(
                        self._folder, self._files, self._layout, threads=self._threads
                    )
            self._save()
            page = self._render(self._folder)
            write_text(self._folder / REPORT, page, private=True)
        path = self._folder / REPORT
        manifest.report = Report(
            file=REPORT,
            seconds=usage.seconds,
            bytes=path.stat().st_size,
            sha256=digest_of(path),
        )

    def _finish(self, usage: Usage) -> None:
        manifest = self._manifest
        manifest.status = "finished"
        manifest.ended_at = self._end()
        manifest.seconds = usage.seconds
        manifest.cpu_seconds = usage.cpu_seconds
        manifest.peak_rss_mb = usage.peak_rss_mb
        self._save()

    def _end(self) -> str:
        """Return the time; where the clock was set back meanwhile, that of the beginning."""
        return max(utc_now(), self._manifest.started_at)

    def _save(self) -> None:
        write_manifest(self._folder, self._manifest)
