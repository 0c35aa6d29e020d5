"""The stages in order: what each reads, what each writes; and a run of them all.

The folder `stages/` is the vocabulary, `STAGES` the order; a test holds one to the other.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from keepone.blacklists import with_listed_terms
from keepone.budget import Budget
from keepone.children import with_child_exports
from keepone.decisions.workspace import decided_in
from keepone.errors import RunError, WorkspaceError
from keepone.files import private_folder, workspace_errors
from keepone.implementations import with_engines
from keepone.machine import Machine
from keepone.model_files import with_given_model
from keepone.plan import make_plan
from keepone.progress import Progress, Silence
from keepone.readers import Source, open_sources
from keepone.report import render_report
from keepone.runner import Runner
from keepone.runs import DEFAULT_WORKSPACE, SPILL, Run, check_run_id, new_run_id, opened
from keepone.settings import Settings
from keepone.shelf import Shelf
from keepone.stage import Deferred, Stage
from keepone.word_lists import with_workspace_lists

if TYPE_CHECKING:
    from keepone.engines.duckdb import DuckDBEngine

# Memory that DuckDB may hold, in bytes: for any file, and for each byte of input.
_LEAST_APPETITE = 300 << 20
_APPETITE = 8

ingest = Deferred("keepone.stages.ingest")
profile = Deferred("keepone.stages.profile")
normalize = Deferred("keepone.stages.normalize")
block = Deferred("keepone.stages.block")
fit = Deferred("keepone.stages.fit")
score = Deferred("keepone.stages.score")
decide = Deferred("keepone.stages.decide")
cluster = Deferred("keepone.stages.cluster")
calibrate = Deferred("keepone.stages.calibrate")
survivorship = Deferred("keepone.stages.survivorship")
relate = Deferred("keepone.stages.relate")
disposition = Deferred("keepone.stages.disposition")
golden = Deferred("keepone.stages.golden")
enrich = Deferred("keepone.stages.enrich")
group_stats = Deferred("keepone.stages.group_stats")
publish = Deferred("keepone.stages.publish")
missed = Deferred("keepone.stages.missed")

STAGES: tuple[Stage, ...] = (
    Stage("ingest", ingest, ("sources",), ("records", "inputs", "headers", "rejects")),
    Stage("profile", profile, ("records", "inputs", "headers"), ("fields", "origins")),
    Stage(
        "normalize",
        normalize,
        ("records", "inputs", "fields", "origins"),
        ("normalized", "features", "flags", "distinct"),
    ),
    Stage(
        "block",
        block,
        ("fields", "features", "distinct", "origins"),
        ("candidates", "blocking", "left_out"),
    ),
    Stage(
        "fit",
        fit,
        ("fields", "features", "distinct", "origins", "candidates"),
        ("model", "frequencies"),
    ),
    Stage(
        "score",
        score,
        ("fields", "features", "distinct", "candidates", "model", "frequencies"),
        ("scored",),
        deaf=True,
    ),
    Stage(
        "decide",
        decide,
        (
            "records",
            "fields",
            "features",
            "distinct",
            "candidates",
            "scored",
            "decisions",
            "statements",
        ),
        ("judgements", "blacklisted", "decided"),
        also=("score",),
    ),
    Stage(
        "cluster",
        cluster,
        ("distinct", "origins", "candidates", "scored", "model", "judgements"),
        ("groups",),
    ),
    Stage(
        "calibrate",
        calibrate,
        ("model", "distinct", "origins", "candidates", "scored", "groups", "judgements"),
        ("pairs", "calibration", "possible_matches"),
        also=("score", "cluster"),
    ),
    Stage(
        "survivorship",
        survivorship,
        ("inputs", "fields", "normalized", "distinct", "pairs", "groups", "judgements"),
        ("members",),
    ),
    Stage(
        "relate",
        relate,
        (
            "records",
            "inputs",
            "fields",
            "features",
            "flags",
            "members",
            "possible_matches",
            "child_exports",
        ),
        ("relations", "related", "children"),
    ),
    Stage(
        "disposition",
        disposition,
        (
            "records",
            "fields",
            "normalized",
            "features",
            "flags",
            "members",
            "relations",
            "children",
            "judgements",
            "blacklisted",
            "left_out",
        ),
        ("verdicts",),
        also=("relate",),
    ),
    Stage(
        "golden",
        golden,
        (
            "records",
            "inputs",
            "fields",
            "normalized",
            "features",
            "flags",
            "members",
            "judgements",
            "verdicts",
        ),
        ("golden", "golden_fields"),
    ),
    Stage(
        "enrich",
        enrich,
        ("records", "fields", "normalized", "members", "golden", "verdicts"),
        ("dispositions",),
        also=("disposition",),
    ),
    Stage(
        "group_stats",
        group_stats,
        (
            "records",
            "fields",
            "inputs",
            "members",
            "possible_matches",
            "dispositions",
            "judgements",
        ),
        ("group_stats",),
    ),
    Stage(
        "publish",
        publish,
        (
            "records",
            "headers",
            "inputs",
            "fields",
            "normalized",
            "members",
            "golden",
            "dispositions",
        ),
        ("review_ready", "golden_records"),
    ),
    Stage(
        "missed",
        missed,
        ("fields", "features", "distinct", "origins", "candidates", "blocking", "pairs", "groups"),
        ("missed",),
    ),
)


def run(
    source: Any,
    *,
    settings: Settings | None = None,
    workspace: Path = DEFAULT_WORKSPACE,
    run_id: str | None = None,
    redo_from: str | None = None,
    progress: Progress | None = None,
    max_seconds: float | None = None,
) -> Run:
    """Take an account export through all stages and return the finished run.

    The id of a run that stands in the workspace resumes it: stages whose inputs, settings and code
    are the same are not run again, so a finished run with changed settings is redone from the first
    stage that they touch, and one with the same settings is returned as it is. What another run of
    the workspace has done already is taken over from there. The stage `redo_from` and those after
    it are run in any case. Where it sees that `max_seconds` will not do, it makes fewer pairs and
    leaves out what nothing needs: the manifest says what, and the records concerned are to be
    verified (see `budget`). Raises a `UserError` for inputs that cannot be read, settings that
    contradict the input, lists or a model that cannot be used, a stage or engine that
    there is not, an id that belongs to other inputs, or a workspace that cannot be written.
    """
    budget = Budget(max_seconds)
    settings = with_listed_terms(with_workspace_lists(settings or Settings(), workspace))
    settings = with_given_model(settings)
    settings, children = with_child_exports(settings)
    machine = Machine.of(settings.machine)
    stages = with_engines(STAGES, settings.machine.engines)
    run_id = new_run_id() if run_id is None else check_run_id(run_id)
    with _memory_errors(machine):
        sources = open_sources(source, settings.ingest)
        decided = decided_in(workspace, settings.machine.decisions)
    with _memory_errors(machine), opened(workspace, run_id) as folder:
        plan = make_plan(
            folder,
            stages,
            sources,
            settings,
            children=children,
            redo_from=redo_from,
            decided=decided,
        )
        if plan.is_done:
            return Run(folder)
        spill = folder / SPILL
        shutil.rmtree(spill, ignore_errors=True)  # a process that was killed leaves it
        shelf = Shelf(spill, machine.memory // 4)
        with Runner(plan, machine, shelf, render_report, budget) as runner, _memory_errors(machine):
            if runner.has_all:
                return Run(folder, runner.run(None, progress or Silence()))
            with _duckdb(machine, sources, spill, shelf) as engine:
                return Run(folder, runner.run(engine, progress or Silence()))


@contextmanager
def read_columns(source: Any, settings: Settings) -> Iterator[dict[str, Any]]:
    """Yield what the stages up to `profile` make of a source, and the `sources` that it is.

    No run is made: what goes to files is in a folder that is gone at the end, and so are the tables
    then. Raises what `run` does.
    """
    machine = Machine.of(settings.machine)
    stages = with_engines(STAGES, settings.machine.engines)
    with _memory_errors(machine), TemporaryDirectory(prefix="keepone-") as folder:
        made: dict[str, Any] = {"sources": open_sources(source, settings.ingest)}
        spill = Path(folder) / "spill"
        shelf = Shelf(spill, machine.memory // 4)
        with _duckdb(machine, made["sources"], spill, shelf) as engine:
            for stage in stages:
                reads = {name: made[name] for name in stage.reads}
                made |= stage.run(engine, getattr(settings, stage.name), **reads)
                if stage.name == "profile":
                    break
            yield made


# What Python and Arrow say of a thread that the system has no room for.
_NO_THREAD = ("can't start new thread", "Failed to launch worker thread")


@contextmanager
def _memory_errors(machine: Machine) -> Iterator[None]:
    """Say what to do where the block has too little memory, be it Python, Arrow or DuckDB.

    A thread that cannot be started has no room for its stack.
    """
    try:
        yield
    except (MemoryError, RuntimeError, pa.ArrowException) as error:
        if not isinstance(error, MemoryError) and not any(say in str(error) for say in _NO_THREAD):
            raise
        message = (
            "the run needs more memory than it may take, or than the system gives it"
            f" ({machine.memory / 1e9:.1f} GB may be taken)"
        )
        hint = (
            "Give it more with --memory, such as --memory 4GB, if there is more; fewer --threads"
            " need less. What is done is kept, and the same --run-id goes on from there."
        )
        raise RunError(message, hint=hint) from error


@contextmanager
def _duckdb(
    machine: Machine, sources: Sequence[Source], spill: Path, shelf: Shelf
) -> Iterator[DuckDBEngine]:
    """Open the engine with half of the run's memory; the other half is for Arrow and kernels.

    It takes no more than the size of the input calls for: past that it spills, which costs little,
    and a short file takes little memory on a large machine.
    """
    import duckdb  # noqa: PLC0415 - a run whose stages all stand needs no engine

    from keepone.engines.duckdb import DuckDBEngine  # noqa: PLC0415 - likewise

    appetite = _LEAST_APPETITE + _APPETITE * sum(source.size for source in sources)
    memory = min(machine.memory // 2, appetite)
    with workspace_errors(spill):
        private_folder(spill)  # before DuckDB makes it for everybody
    engine = DuckDBEngine(
        threads=machine.threads,
        memory=memory,
        batch_rows=machine.batch_rows,
        spill=spill,
        shelf=shelf,
    )
    try:
        yield engine
    except duckdb.OutOfMemoryException as error:
        raise MemoryError from error
    except duckdb.IOException as error:
        # The database is in memory, and no statement opens a file: it can only be the spilling.
        said = str(error).splitlines()[0]
        message = f"no space left to spill to {spill}: {said}"
        hint = "Free some space, or name another folder with --workspace; the run resumes."
        raise WorkspaceError(message, hint=hint) from error
    except RuntimeError as error:
        if str(error) != "Query interrupted":
            raise
        raise KeyboardInterrupt from error  # so DuckDB calls Ctrl-C during a statement
    finally:
        engine.close()
        shutil.rmtree(spill, ignore_errors=True)
