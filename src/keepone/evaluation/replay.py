"""Single stages once more over the tables of a finished run, with something changed."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any

import pyarrow as pa
from pydantic import ValidationError

from keepone.artifacts import read_artifact
from keepone.engines.duckdb import DuckDBEngine
from keepone.errors import RunError
from keepone.pipeline import STAGES
from keepone.runs import Run
from keepone.settings import Settings


class Replay:
    """Asks what a stage of the run would have made of other settings or other tables.

    Nothing is written. Tables are read when a stage first asks for them and kept.
    """

    def __init__(self, run: Run) -> None:
        manifest = run.finished()
        self._folder = run.path
        self._files = [file for stage in manifest.stages for file in stage.artifacts]
        self._read: dict[str, Any] = {}
        try:
            self._settings = Settings.model_validate(manifest.settings)
        except ValidationError as error:
            message = f"the run {run.run_id} has settings that this release does not know"
            hint = "Evaluate it with the release that made it, or run it again."
            raise RunError(message, hint=hint) from error

    def stage(
        self, name: str, changes: Mapping[str, Any] | None = None, **tables: pa.Table
    ) -> Mapping[str, Any]:
        """Return what stage `name` makes, with `changes` of its settings and `tables` for its own.

        Raises `RunError` where a table that it reads is missing.
        """
        stage = next(stage for stage in STAGES if stage.name == name)
        own = getattr(self._settings, name).model_copy(update=dict(changes or {}))
        slices = {each: getattr(self._settings, each) for each in stage.also}
        reads = {
            each: tables[each] if each in tables else self._table(each) for each in stage.reads
        }
        with closing(DuckDBEngine()) as engine:
            return stage.run(engine, own, **slices, **reads)

    def _table(self, name: str) -> Any:
        if name not in self._read:
            self._read[name] = read_artifact(self._folder, name, self._files)
        return self._read[name]
