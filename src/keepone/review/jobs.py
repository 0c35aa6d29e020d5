"""Runs that were started in the app: each goes on in a process of its own, whatever the app does.

A job is a folder below `jobs` in the workspace, named as its run: `order.json` says what is wanted,
`state.json` how far it has come. The process holds the folder's lock as long as it lives, and gives
up when it finds a file `cancel` there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ValidationError

from keepone.errors import RunError
from keepone.files import private_file, private_folder, stamp_of, workspace_errors, write_text
from keepone.lock import is_locked
from keepone.plan import utc_now
from keepone.processes import command_of, environment
from keepone.runs import new_run_id
from keepone.traces import JOBS, ORDER

STATE, CANCEL, LOG = "state.json", "cancel", "worker.log"

# Each takes half of the memory that is free.
_AT_ONCE = 2
_LOOK_SECONDS = 0.25
# A process that was started and holds no lock after that has not come up.
_START_SECONDS = 60

Status = Literal["starting", "running", "finished", "failed", "cancelled"]
_Told = TypeVar("_Told", bound=BaseModel)

UNDER_WAY: tuple[Status, ...] = ("starting", "running")


class Order(BaseModel):
    """A run that somebody asked for: over which uploads, with what settings."""

    run_id: str
    by: str
    started: str
    uploads: list[str]
    files: list[str]
    children: list[str] = []
    settings: dict[str, Any] = {}


class Step(BaseModel):
    """A stage that is done."""

    name: str
    seconds: float
    rows: int
    reused: bool


class State(BaseModel):
    """How far a run has come; `stage` is the one under way, `number` counts those before it."""

    status: Status = "starting"
    stage: str | None = None
    number: int = 0
    stages: int = 0
    done: list[Step] = []
    warnings: list[str] = []
    error: str | None = None
    hint: str | None = None
    ended: str | None = None


class Job(BaseModel):
    """A run that was started here, and how it stands."""

    run_id: str
    by: str
    started: str
    files: list[str]
    children: int
    state: State

    @property
    def is_under_way(self) -> bool:
        """Whether its process is at work."""
        return self.state.status in UNDER_WAY


class Jobs:
    """The runs that were started in one workspace; `tell` is called with a job's id as it moves."""

    def __init__(self, workspace: Path, decisions: str, tell: Callable[[str], None]) -> None:
        self._workspace = workspace
        self._folder = workspace / JOBS
        self._decisions = decisions
        self._tell = tell
        # By run: the process that this app started last, and the time of the order it was for.
        self._processes: dict[str, tuple[subprocess.Popen[bytes], int]] = {}
        self._lock = threading.Lock()

    def all(self) -> list[Job]:
        """Return the jobs, the newest first."""
        jobs = [self._job(folder) for folder in self._folders().values()]
        return sorted(jobs, key=lambda job: (job.started, job.run_id), reverse=True)

    def find(self, run_id: str) -> Job:
        """Return a job; `RunError` where none was started under that name."""
        return self._job(self._of(run_id))

    def order(self, run_id: str) -> Order | None:
        """Return what was ordered under that name, None where the run was not started here."""
        folder = self._folders().get(run_id)
        return None if folder is None else _read(Order, folder / ORDER)

    def uploads(self) -> set[str]:
        """Return the ids of the files that jobs were given; those of deleted runs are forgotten."""
        self._forget_deleted()
        orders = [_read(Order, folder / ORDER) for folder in self._folders().values()]
        return {each for order in orders for each in (*order.uploads, *order.children)}

    def start(self, order: Order) -> Job:
        """Begin a run; `RunError` where one of that name is there, or too many are under way."""
        with self._lock:
            self._forget_deleted()
            self._check_room()
            folder = self._folder / order.run_id
            if folder.exists() or (self._workspace / "runs" / order.run_id).exists():
                message = f"there is a run {order.run_id} already"
                raise RunError(message, hint="Give it another name, or leave the name empty.")
            with workspace_errors(folder):
                private_folder(folder)
            write_text(folder / ORDER, order.model_dump_json(indent=1) + "\n", private=True)
            self._spawn(folder)
        return self._job(folder)

    def again(self, run_id: str) -> Job:
        """Begin a run again that did not get to its end; what it had done is used."""
        with self._lock:
            folder = self._of(run_id)
            job = self._job(folder)
            if job.is_under_way or job.state.status == "finished":
                message = f"the run {run_id} is {'under way' if job.is_under_way else 'finished'}"
                raise RunError(message, hint="Only what failed or was cancelled goes on.")
            self._check_room()
            (folder / STATE).unlink(missing_ok=True)
            (folder / CANCEL).unlink(missing_ok=True)
            os.utime(folder / ORDER)
            self._spawn(folder)
        return self._job(folder)

    def anew(self, run_id: str, by: str) -> Job:
        """Begin a new run as one that was started here, over the same files."""
        order = _read(Order, self._of(run_id) / ORDER)
        new = {"run_id": new_run_id(), "by": by, "started": utc_now()}
        return self.start(order.model_copy(update=new))

    def cancel(self, run_id: str) -> Job:
        """Have a run give up; what it has done stays. One that has ended is left as it is."""
        folder = self._of(run_id)
        if self._job(folder).is_under_way:
            with workspace_errors(folder):
                private_file(folder / CANCEL)
        return self._job(folder)

    def _forget_deleted(self) -> None:
        """Remove the jobs whose run was finished and is no longer there."""
        for job in self.all():
            if (
                job.state.status == "finished"
                and not (self._workspace / "runs" / job.run_id).exists()
            ):
                shutil.rmtree(self._folder / job.run_id, ignore_errors=True)

    def _check_room(self) -> None:
        if sum(job.is_under_way for job in self.all()) >= _AT_ONCE:
            message = f"{_AT_ONCE} runs are under way, and no more go on at once"
            raise RunError(message, hint="Wait for one of them, or cancel it.")

    def _folders(self) -> dict[str, Path]:
        """Return the jobs' folders by name; a name from a URL is looked up among them."""
        return {path.parent.name: path.parent for path in self._folder.glob(f"*/{ORDER}")}

    def _of(self, run_id: str) -> Path:
        folder = self._folders().get(run_id)
        if folder is None:
            message = f"no run {run_id} was started here"
            raise RunError(message, hint="The page of runs lists those there are.")
        return folder

    def _spawn(self, folder: Path) -> None:
        private_file(folder / LOG)
        with (folder / LOG).open("wb") as log:
            process = subprocess.Popen(  # noqa: S603  # nosec B603  # our own module; paths are arguments
                command_of("keepone.review.worker", str(self._workspace.resolve()), folder.name),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=log,
                env=environment(),
                start_new_session=True,  # Ctrl-C that ends the app does not end the run
            )
        assert process.stdin is not None
        # It may hold a password, which stands in no file and no list of processes.
        with suppress(BrokenPipeError), process.stdin:
            process.stdin.write(self._decisions.encode())
        self._processes[folder.name] = process, (folder / ORDER).stat().st_mtime_ns
        threading.Thread(target=self._watch, args=(folder, process), daemon=True).start()

    def _watch(self, folder: Path, process: subprocess.Popen[bytes]) -> None:
        seen: tuple[int, int] | None = None
        while True:
            ended = process.poll() is not None
            now = stamp_of(folder / STATE)
            if now != seen or ended:
                seen = now
                self._tell(folder.name)
            if ended:
                return
            with suppress(subprocess.TimeoutExpired):
                process.wait(_LOOK_SECONDS)

    def _job(self, folder: Path) -> Job:
        order = _read(Order, folder / ORDER)
        state = self._state(folder)
        if state.status == "running" and not is_locked(folder):
            state = self._state(folder)  # a process writes how it ended before it lets go
        if state.status in UNDER_WAY and not self._is_alive(folder, state):
            state = state.model_copy(
                update={
                    "status": "failed",
                    "error": "its process ended before the run did",
                    "hint": "Start it again: what it had done is used.",
                }
            )
        return Job(
            run_id=order.run_id,
            by=order.by,
            started=order.started,
            files=order.files,
            children=len(order.children),
            state=state,
        )

    def _state(self, folder: Path) -> State:
        return _read(State, folder / STATE) if (folder / STATE).exists() else State()

    def _is_alive(self, folder: Path, state: State) -> bool:
        """Whether the process is at work, or may still come up and take the lock.

        Until it has, nobody asks for the lock: asking takes it for a moment.
        """
        if state.status == "running":
            return is_locked(folder)
        ordered = (folder / ORDER).stat()
        process, since = self._processes.get(folder.name, (None, 0))
        if process is not None and since == ordered.st_mtime_ns:
            return process.poll() is None
        # Another app started it.
        return datetime.now(UTC).timestamp() - ordered.st_mtime < _START_SECONDS


def _read(kind: type[_Told], path: Path) -> _Told:
    try:
        return kind.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        message = f"{path} cannot be read"
        raise RunError(message, hint="Delete its folder, and start the run again.") from error
