"""The runs of a workspace as the app has them open."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from hashlib import md5
from pathlib import Path
from threading import Lock

import numpy as np
import numpy.typing as npt

from keepone.counts import labels_of
from keepone.decisions.log import DecisionLog
from keepone.errors import KeeponeError, RunError
from keepone.explain import Explainer
from keepone.files import stamp_of
from keepone.manifest import MANIFEST, Manifest
from keepone.review.ahead import FEW_RECORDS, Ahead, NotYetError
from keepone.review.group_page import GroupPages
from keepone.review.judged import Judged
from keepone.review.listing import Listing
from keepone.review.pairs import Pairs
from keepone.review.prepared import Prepared, is_prepared, prepare
from keepone.review.standing import Standing
from keepone.runs import Run, list_runs

# Runs whose files stay mapped; which one is asked for next is mostly the one before.
_KEPT_OPEN = 4
# Seconds that a caller waits for a run to be laid out who names none.
_LONGEST = 3600.0
# Groups that are drawn blindly; a share of 0.98 is then known to two points.
SAMPLE = 200


@dataclass
class OpenRun:
    """One finished run, open for review."""

    run: Run
    manifest: Manifest
    prepared: Prepared
    log: DecisionLog
    # When its manifest was written: a run that was run again since is another.
    made_at: tuple[int, int] | None

    @cached_property
    def listing(self) -> Listing:
        """Finds groups for lists and the queue."""
        return Listing(self.prepared)

    @cached_property
    def pairs(self) -> Pairs:
        """Finds the scored pairs of records."""
        return Pairs(self.prepared)

    @cached_property
    def pages(self) -> GroupPages:
        """Puts group pages together."""
        return GroupPages(self.prepared, self.pairs)

    @cached_property
    def labels(self) -> dict[str, str]:
        """What the run calls each disposition, by its name in small letters."""
        return {name.lower(): label for name, label in labels_of(self.manifest).items()}

    @cached_property
    def standing(self) -> Standing:
        """What decisions make of the run's groups; brought up to date by its `update`."""
        standing = Standing(self.prepared, self.log)
        standing.update()
        return standing

    @cached_property
    def judged(self) -> Judged:
        """Tells how pairs had been scored that reviewers judged."""
        return Judged(self.prepared, self.pairs, self.standing)

    @cached_property
    def sample(self) -> npt.NDArray[np.int64]:
        """The groups that are drawn to see how sure the sure ones are, by position."""
        groups = self.prepared.groups
        sure = (groups.column("verify").to_numpy() == 0) & (groups.column("size").to_numpy() > 1)
        ids = groups.column("group_id")
        drawn = sorted(
            np.flatnonzero(sure).tolist(),
            key=lambda group: md5(ids[group].as_py().encode(), usedforsecurity=False).digest(),
        )
        return np.array(drawn[:SAMPLE], dtype=np.int64)

    @cached_property
    def contradicted(self) -> dict[str, str]:
        """What of the run's data speaks against decisions that it was made with, by their id."""
        tables = self.prepared.tables
        lines = tables.whole("decided").to_pylist() if tables.has("decided") else []
        return {line["id"]: line["detail"] for line in lines if line["status"] == "contradicted"}

    @cached_property
    def explainer(self) -> Explainer:
        """Tells why two records are one company to the run, or not."""
        return Explainer(self.run)


class Desk:
    """Opens the runs of one workspace, each once."""

    def __init__(self, workspace: Path, log: DecisionLog) -> None:
        self.workspace = workspace
        self.log = log
        self._open: OrderedDict[str, OpenRun] = OrderedDict()
        self._lock = Lock()
        self._ahead: dict[str, Ahead] = {}
        self._opening = Lock()

    def runs(self) -> list[Run]:
        """Return the runs of the workspace, the one last worked on first."""
        return list_runs(self.workspace)

    def find(self, run_id: str) -> Run:
        """Return a run without opening it; `RunError` where there is none of that id."""
        known = self._known(run_id)
        if known is None:
            message = f"there is no run {run_id}"
            raise RunError(message, hint="The page of runs lists those there are.")
        return known

    def begin(self, run_id: str) -> None:
        """Open a run, if it is finished, or have it laid out, before anybody asks for it."""
        run = self._known(run_id)
        if run is not None and run.manifest().status == "finished":
            with suppress(NotYetError):
                self.open(run_id, patience=0)

    def open(self, run_id: str, *, patience: float = _LONGEST) -> OpenRun:
        """Return a finished run; `RunError` where there is none of that id.

        The id comes from a URL: it names a run of the workspace and nothing else on the disk.
        Raises `NotYetError` while it is being laid out, after `patience` seconds.
        """
        if (found := self._found_open(run_id)) is not None:
            return found
        known = self.find(run_id)
        # Many may ask at once: the first of them opens it, and reads what was decided, for all.
        with self._opening:
            if (found := self._found_open(run_id)) is not None:
                return found
            # Read first: what is read after it is of then or later.
            made_at = stamp_of(known.path / MANIFEST)
            laid_out = self._laid_out(known, patience)
            opened = OpenRun(known, known.finished(), laid_out, self.log, made_at)
            opened.standing.update()
            with self._lock:
                self._open[run_id] = opened
                while len(self._open) > _KEPT_OPEN:
                    self._open.popitem(last=False)
        return opened

    def _found_open(self, run_id: str) -> OpenRun | None:
        with self._lock:
            found = self._open.get(run_id)
            if found is None or found.made_at != stamp_of(found.run.path / MANIFEST):
                return None
            self._open.move_to_end(run_id)
            return found

    def _known(self, run_id: str) -> Run | None:
        return next((run for run in self.runs() if run.run_id == run_id), None)

    def _laid_out(self, run: Run, patience: float) -> Prepared:
        """Return a run's files; a large run is laid out by another process."""
        counts = run.finished().counts
        if is_prepared(run) or counts is None or counts.records <= FEW_RECORDS:
            return prepare(run)
        ahead = self._ahead.get(run.run_id)
        if ahead is None:
            ahead = self._ahead[run.run_id] = Ahead(run)
        try:
            ahead.wait(patience)
        except KeeponeError:
            del self._ahead[run.run_id]  # who asks again has it tried again
            raise
        del self._ahead[run.run_id]
        return prepare(run)
