"""The process of a run that was started in the app: `python -m keepone.review.worker WORKSPACE ID`.

Standard input says where decisions are kept. How far the run has come, and how it ended, stands in
the job's folder.
"""

from __future__ import annotations

import _thread
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from keepone import pipeline
from keepone.errors import KeeponeError
from keepone.faults import described, tell_of_fault
from keepone.files import write_text
from keepone.lock import locked
from keepone.manifest import StageRun
from keepone.plan import utc_now
from keepone.review.jobs import CANCEL, STATE, Order, State, Step
from keepone.review.starting import settings_of
from keepone.review.uploads import Uploads
from keepone.traces import JOBS, ORDER

_LOOK_SECONDS = 0.25


class Told:
    """Writes down how far the run has come, for whoever looks."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.state = State(status="running")
        self._save()

    def started(self, name: str, number: int, steps: int) -> None:
        """Note the step that begins."""
        self.state.stage, self.state.number, self.state.stages = name, number, steps
        self._save()

    def finished(self, stage: StageRun) -> None:
        """Note a stage that is done."""
        self.state.done.append(
            Step(name=stage.name, seconds=stage.seconds, rows=stage.rows, reused=stage.reused)
        )
        self._save()

    def warned(self, message: str) -> None:
        """Note what a person should know."""
        self.state.warnings.append(message)
        self._save()

    def ended(self, error: BaseException | None) -> None:
        """Note how the run ended."""
        self.state.ended = utc_now()
        if error is None:
            self.state.status = "finished"
        elif isinstance(error, KeyboardInterrupt):
            self.state.status = "cancelled"
        elif isinstance(error, KeeponeError):
            self.state.status = "failed"
            self.state.error, self.state.hint = error.message, error.hint
        else:
            self.state.status = "failed"
            self.state.error = f"a fault of Keepone: {described(error)}"
            self.state.hint = "fault.txt in the run's folder has the details."
        self._save()

    def _save(self) -> None:
        write_text(self._folder / STATE, self.state.model_dump_json() + "\n", private=True)


def work(workspace: Path, run_id: str, decisions: str) -> None:
    """Make the run that was ordered; its errors are written down before they are raised."""
    folder = workspace / JOBS / run_id
    order = Order.model_validate_json((folder / ORDER).read_bytes())
    with locked(folder), _told(folder) as told, _until_cancelled(folder / CANCEL):
        uploads = Uploads(workspace)
        pipeline.run(
            uploads.paths(order.uploads),
            settings=settings_of(order, uploads, decisions),
            workspace=workspace,
            run_id=run_id,
            progress=told,
        )


@contextmanager
def _told(folder: Path) -> Iterator[Told]:
    told = Told(folder)
    error: BaseException | None = None
    try:
        yield told
    except BaseException as raised:
        error = raised
        raise
    finally:
        told.ended(error)


@contextmanager
def _until_cancelled(cancel: Path) -> Iterator[None]:
    """Interrupt the block, as Ctrl-C would, when the file `cancel` appears."""
    done = threading.Event()

    def look() -> None:
        while not done.wait(_LOOK_SECONDS):
            if cancel.exists():
                _thread.interrupt_main()
                return

    threading.Thread(target=look, daemon=True).start()
    try:
        yield
    finally:
        done.set()


if __name__ == "__main__":
    sys.excepthook = tell_of_fault  # its log is no place for what a library quotes
    try:
        work(Path(sys.argv[1]), sys.argv[2], sys.stdin.read())
    except KeeponeError as error:
        sys.exit(error.message)
    except KeyboardInterrupt:
        sys.exit("cancelled")
