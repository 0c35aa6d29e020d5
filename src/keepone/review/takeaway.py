"""Files made on demand for people to take away: exports of a run, and its merge plan."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from threading import Lock
from typing import Literal, NamedTuple

from pydantic import BaseModel

from keepone.errors import RunError
from keepone.exports import Order, export_run
from keepone.files import workspace_errors
from keepone.merge_plan.making import Wishes, make_plan
from keepone.runs import Run
from keepone.traces import TAKEAWAY

Kind = Literal["csv", "xlsx", "parquet", "duckdb", "json", "crosswalk", "plan"]


class _Made(NamedTuple):
    """How a kind of file is made: what it is called, its type, and what it is for."""

    ending: str
    media: str
    says: str


KINDS: dict[Kind, _Made] = {
    "xlsx": _Made(
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "Workbook: a summary, the groups, and every record with its disposition",
    ),
    "csv": _Made("csv", "text/csv", "Every record with its disposition and the reason"),
    "crosswalk": _Made(
        "crosswalk.csv", "text/csv", "Old id to the id that is kept, for other systems"
    ),
    "parquet": _Made("parquet", "application/vnd.apache.parquet", "The same as the CSV, typed"),
    "duckdb": _Made("duckdb", "application/octet-stream", "All tables of the run, as a database"),
    "json": _Made("jsonl", "application/x-ndjson", "A line of JSON for every record"),
    "plan": _Made(
        "merge-plan.zip",
        "application/zip",
        "What a CRM carries out, checked by replay, with the records as they were",
    ),
}


class Takeaway(BaseModel):
    """A file that can be made of a run."""

    kind: Kind
    name: str
    says: str
    address: str


def takeaways(run: Run) -> list[Takeaway]:
    """Return what can be made of a run."""
    return [
        Takeaway(
            kind=kind,
            name=f"{run.run_id}.{made.ending}",
            says=made.says,
            address=f"/runs/{run.run_id}/files/{kind}",
        )
        for kind, made in KINDS.items()
    ]


# Making one takes memory and processors; one at a time leaves pages quick.
_MAKING = Lock()


def make(
    workspace: Path, run: Run, kind: Kind, children: Sequence[Path], accepted: Sequence[str]
) -> Path:
    """Make a file of a finished run and return where it lies: alone in a folder of its own.

    `children` and `accepted` are what a merge plan is made with. Whoever asked takes the folder
    away (`discard`). Raises what exports and merge plans raise.
    """
    run.finished()
    with _MAKING, _folder(workspace) as folder:
        path = folder / f"{run.run_id}.{KINDS[kind].ending}"
        if kind == "plan":
            return _plan(run, folder, path, children, accepted)
        export_run(run, Order(str(path), kind))
        return path


def discard(path: Path) -> None:
    """Take away a file that `make` made, with its folder."""
    shutil.rmtree(path.parent, ignore_errors=True)


def _plan(
    run: Run, folder: Path, path: Path, children: Sequence[Path], accepted: Sequence[str]
) -> Path:
    plan = folder / "plan"
    try:
        make_plan(run, plan, Wishes(children=children, accepted=accepted))
    except RunError as error:
        raise RunError(error.message, hint="Run the export again, then make the plan.") from error
    with workspace_errors(path):
        shutil.make_archive(str(path.with_suffix("")), "zip", plan)
        shutil.rmtree(plan)
    return path


@contextmanager
def _folder(workspace: Path) -> Iterator[Path]:
    """Yield a new folder, which stays only if the block ends well."""
    with workspace_errors(workspace):
        folder = Path(mkdtemp(prefix=TAKEAWAY, dir=workspace))
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
