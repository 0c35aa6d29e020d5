"""The pieces of work that are timed by themselves, over the stored artifacts of a finished run.

Each stage is a function of an engine, settings and tables, so that it can be called again and again
with what its run was called with; and so can writing all tables and reading them back.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from keepone.artifacts import Artifacts, read_artifact
from keepone.benchmark.timing import Work
from keepone.children import ChildExports
from keepone.engine import Engine
from keepone.fingerprints import CHILD_EXPORTS, SOURCES
from keepone.manifest import ArtifactFile
from keepone.parquet import Layout
from keepone.pipeline import STAGES
from keepone.readers import open_sources
from keepone.runs import Run
from keepone.settings import Settings
from keepone.shelf import MEMORY
from keepone.stage import Stage

READING = "reading"
WRITING = "writing"


@dataclass(frozen=True, slots=True)
class Subjects:
    """The work of one finished run on `export`: `stages` as they are to be called, and the I/O.

    `scratch` is a folder to write to; it is emptied.
    """

    run: Run
    export: Path
    engine: Engine
    settings: Settings
    scratch: Path
    stages: Sequence[Stage] = STAGES

    def prepared(self) -> dict[str, Callable[[], Work]]:
        """Return for each piece of work, by its name, what gets it ready."""
        files = [file for stage in self.run.manifest().stages for file in stage.artifacts]
        ready: dict[str, Callable[[], Work]] = {
            stage.name: partial(self._stage, stage, files) for stage in self.stages
        }
        return ready | {
            WRITING: partial(self._writing, files),
            READING: lambda: partial(self._read, self.tables(files), files),
        }

    @staticmethod
    def tables(files: Sequence[ArtifactFile]) -> list[str]:
        """Return the names of the artifacts that are tables."""
        return [file.name for file in files if file.file.endswith(".parquet")]

    def _stage(self, stage: Stage, files: Sequence[ArtifactFile]) -> Work:
        own = getattr(self.settings, stage.name)
        slices = {name: getattr(self.settings, name) for name in stage.also}
        tables = {name: self._artifact(name, files) for name in stage.reads}
        return partial(stage.run, self.engine, own, **slices, **tables)

    def _artifact(self, name: str, files: Sequence[ArtifactFile]) -> Any:
        if name == SOURCES:
            return open_sources(self.export, self.settings.ingest)
        if name == CHILD_EXPORTS:
            return ChildExports()
        return read_artifact(self.run.path, name, files)

    def _read(self, names: Sequence[str], files: Sequence[ArtifactFile]) -> None:
        for name in names:
            read_artifact(self.run.path, name, files)

    def _writing(self, files: Sequence[ArtifactFile]) -> Work:
        steps = [
            {name: read_artifact(self.run.path, name, files) for name in stage.writes}
            for stage in self.stages
        ]
        return partial(self._write, steps)

    def _write(self, steps: Sequence[dict[str, Any]]) -> None:
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir(parents=True)
        artifacts = Artifacts(
            self.scratch,
            MEMORY,
            threads=self.engine.threads,
            held_bytes=0,
            layout=Layout.of(self.settings.machine),
        )
        for number, values in enumerate(steps):
            artifacts.write(number, values)
