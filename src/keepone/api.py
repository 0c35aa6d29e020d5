"""Keepone from Python: run an export, look at what came out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from keepone.artifacts import read_artifact
from keepone.config import load_settings
from keepone.errors import RunError
from keepone.group_detail import GroupDetail, GroupReader
from keepone.manifest import Manifest
from keepone.runs import DEFAULT_WORKSPACE, Run, find_run
from keepone.settings import Settings

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import polars as pl

    from keepone.evaluation.study import Study
    from keepone.explain import Explainer, Explanation
    from keepone.exports import Exported
    from keepone.learning.training import Trained


class ResultTable:
    """One table of a result; it is read from its file when a form of it is asked for."""

    def __init__(self, run: Run, manifest: Manifest, name: str) -> None:
        self._run = run
        self._files = [file for stage in manifest.stages for file in stage.artifacts]
        self.name = name

    def to_arrow(self) -> pa.Table:
        """Return the table as Arrow."""
        table: pa.Table = read_artifact(self._run.path, self.name, self._files)
        return table

    def to_polars(self) -> pl.DataFrame:
        """Return the table as a Polars frame; needs the package polars."""
        import polars as pl  # noqa: PLC0415 - only for those who have it

        frame = pl.from_arrow(self.to_arrow())
        assert isinstance(frame, pl.DataFrame)
        return frame

    def to_pandas(self) -> pd.DataFrame:
        """Return the table as a pandas frame; needs the package pandas."""
        frame: pd.DataFrame = self.to_arrow().to_pandas()
        return frame

    def to_duckdb(
        self, connection: duckdb.DuckDBPyConnection | None = None
    ) -> duckdb.DuckDBPyRelation:
        """Return the table as a DuckDB relation, on `connection` or DuckDB's default one."""
        import duckdb  # noqa: PLC0415 - opening a run does not need it

        return (connection or duckdb.default_connection()).from_arrow(self.to_arrow())

    def __repr__(self) -> str:
        return f"<ResultTable {self.name} of run {self._run.run_id}>"


class Result:
    """A finished run: its figures and its tables.

    `path` is the run's folder, `manifest` what manifest.json says, `counts` the figures of it.
    """

    def __init__(self, run: Run) -> None:
        self._manifest = run.finished()
        self._run = run
        self.path = run.path
        self.run_id = run.run_id
        self.manifest: dict[str, Any] = self._manifest.model_dump(mode="json")
        self.counts: dict[str, Any] = self.manifest["counts"]

    @property
    def review_ready(self) -> ResultTable:
        """Every record with its group, its disposition and the reason."""
        return self.table("review_ready")

    @property
    def group_stats(self) -> ResultTable:
        """Every group with its figures and flags."""
        return self.table("group_stats")

    @property
    def golden(self) -> ResultTable:
        """The golden record of every group: each field's value, and where it is from."""
        return self.table("golden_records")

    @property
    def rejects(self) -> ResultTable:
        """Every input row that is no record, with the reason."""
        return self.table("rejects")

    def table(self, name: str) -> ResultTable:
        """Return any table that a stage made; `RunError` if there is none of that name."""
        names = [
            file.name
            for stage in self._manifest.stages
            for file in stage.artifacts
            if file.file.endswith(".parquet")
        ]
        if name not in names:
            message = f"the run {self.run_id} has no table {name!r}"
            raise RunError(message, hint=f"It has {', '.join(sorted(names))}.")
        return ResultTable(self._run, self._manifest, name)

    def group(self, group_id: str) -> GroupDetail:
        """Return one group in full: its records, their values, and the pairs that link them.

        Reads what holds the group and no more. Raises `RunError` where the run has no such group.
        """
        return GroupReader(self._run).group(group_id)

    def explain(self, id_a: str, id_b: str) -> Explanation:
        """Tell why two records are one company to this run, or why not.

        Raises `RunError` for an id that is neither that of a record nor in a rejected row.
        """
        return self._explainer.explain(id_a, id_b)

    def evaluate(self, truth: str | PathLike[str], *, mistakes: int = 10) -> Study:
        """Judge the groups by a truth: a file of record_id, entity_id or of labelled pairs.

        Gives the figures, what other thresholds would give, and up to `mistakes` of the worst of
        each kind and stage, explained. Raises `InputError` for a file that is no truth of this run.
        """
        from keepone.evaluation.study import study_run  # noqa: PLC0415 - as above

        return study_run(self._run, Path(truth), mistakes=mistakes)

    def train(self, *labels: str | PathLike[str], threads: int = 0) -> Trained:
        """Teach the run's model by files of labels; `Trained.save` writes the model.

        Nothing is written before: `is_better` says whether the model judges labels that it has not
        learned from better than the run's own. Raises `InputError` for labels that cannot be used
        or are too few.
        """
        from keepone.learning.training import train_run  # noqa: PLC0415 - as above

        return train_run(self._run, [Path(each) for each in labels], threads=threads)

    def export(
        self,
        out: str | PathLike[str],
        *,
        format: str | None = None,  # noqa: A002 - what the option of the command is called
        table: str = "review_ready",
        dispositions: Sequence[str] = (),
        score: tuple[float | None, float | None] = (None, None),
        group_size: tuple[float | None, float | None] = (None, None),
        changed_since: Result | None = None,
        raw: bool = False,
        force: bool = False,
        schema: str = "keepone",
    ) -> Exported:
        """Write the result to a file or, by its URL, to a database; see docs/exports.md.

        `format` is csv, xlsx, parquet, duckdb, json, sql or crosswalk; if left out, it is what the
        file's name ends with. Records are left out that have none of the `dispositions`, whose
        score or group size is out of its range (both ends included, None for no end), or of which
        the run `changed_since` says the same. Raises `ExportError` for what cannot be made or
        written.
        """
        from keepone.exports import Order, Selection, export_run, format_of  # noqa: PLC0415

        chosen = Selection(
            dispositions=tuple(dispositions),
            score=score,
            group_size=group_size,
            changed_since=None if changed_since is None else changed_since._run,  # noqa: SLF001
        )
        place = str(out)
        wanted = format or format_of(place)
        order = Order(place, wanted, table, chosen, raw=raw, force=force, schema=schema)
        return export_run(self._run, order)

    @cached_property
    def _explainer(self) -> Explainer:
        from keepone.explain import Explainer  # noqa: PLC0415 - opening a run does not need it

        return Explainer(self._run)

    def __repr__(self) -> str:
        return (
            f"<Result {self.run_id}: {self.counts['records']:,} records in"
            f" {self.counts['groups']:,} groups>"
        )


def run(
    source: Any,
    *,
    workspace: str | PathLike[str] = DEFAULT_WORKSPACE,
    run_id: str | None = None,
    settings: Settings | Mapping[str, Any] | str | PathLike[str] | None = None,
    columns: Mapping[str, str | Sequence[str]] | None = None,
    threads: int | None = None,
    memory: str | None = None,
    max_seconds: float | None = None,
) -> Result:
    """Find the records of `source` that are the same company.

    `source` is a path or a list of paths, an Arrow table, or a pandas or Polars frame. `settings`
    are settings, as a mapping (`{"cluster": {"join": 60}}`) or the path of a YAML file; `columns`
    says which column is which field, as `{"name": "Account Name"}`, with a list of columns where
    files call it differently. The id of a run that stands in the workspace resumes or updates it.
    Where `max_seconds` are too few, fewer pairs are compared and the records concerned are to be
    verified: `manifest["degraded"]` says so, `manifest["left_out"]` what was left out.
    Raises `InputError`, `SettingsError`, `WorkspaceError` or `RunError` for what the caller can
    mend.
    """
    from keepone import pipeline  # noqa: PLC0415 - brings all stages; opening a run needs none

    if isinstance(settings, Settings):
        machine = settings.machine.model_copy(
            update={
                name: value
                for name, value in (("threads", threads), ("memory", memory))
                if value is not None
            }
        )
        mapped = {
            name: (headers,) if isinstance(headers, str) else tuple(headers)
            for name, headers in (columns or {}).items()
        }
        profile = settings.profile.model_copy(update={"map": {**settings.profile.map, **mapped}})
        chosen = settings.model_copy(update={"machine": machine, "profile": profile})
    else:
        given = settings if settings is None or isinstance(settings, Mapping) else Path(settings)
        chosen = load_settings(given, columns=columns, threads=threads, memory=memory)
    done = pipeline.run(
        source,
        settings=chosen,
        workspace=Path(workspace),
        run_id=run_id,
        max_seconds=max_seconds,
    )
    return Result(done)


def open_run(run_id: str, *, workspace: str | PathLike[str] = DEFAULT_WORKSPACE) -> Result:
    """Return a finished run of the workspace, or of the folder that `run_id` names."""
    return Result(find_run(run_id, Path(workspace)))
