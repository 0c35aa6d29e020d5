"""Lays large runs out in processes of their own: the app answers meanwhile, and stays small."""

from __future__ import annotations

from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Event, Thread

from keepone.errors import KeeponeError, WorkspaceError
from keepone.review.prepared import prepare
from keepone.runs import Run

# Fewer records are laid out sooner than a process starts.
FEW_RECORDS = 50_000


class NotYetError(Exception):
    """The run is being laid out; `share` of that is done."""

    def __init__(self, run_id: str, share: float) -> None:
        super().__init__(f"the run {run_id} is being laid out for reading")
        self.run_id = run_id
        self.share = share


class Ahead:
    """One run that is being laid out by a process of its own, from when this is made."""

    def __init__(self, run: Run) -> None:
        self._share = 0.0
        self._run_id = run.run_id
        self._error: KeeponeError | None = None
        self._ended = Event()
        context = get_context("spawn")
        self._told, telling = context.Pipe(duplex=False)
        process = context.Process(target=_work, args=(run.path, telling), daemon=True)
        process.start()
        telling.close()
        Thread(target=self._listen, daemon=True).start()

    def wait(self, seconds: float) -> None:
        """Return once it is done; raises `NotYetError` if it is not within so many seconds.

        What went wrong there is raised here.
        """
        if not self._ended.wait(seconds):
            raise NotYetError(self._run_id, self._share)
        if self._error is not None:
            raise self._error

    def _listen(self) -> None:
        """Note what the process tells until it is done, or gone."""
        try:
            while self._share < 1:
                told = self._told.recv()
                if isinstance(told, KeeponeError):
                    self._error = told
                    break
                self._share = told
        except EOFError:
            message = f"laying out the run {self._run_id} came to a sudden end"
            hint = "There may be too little memory. Try again when other programs have ended."
            self._error = WorkspaceError(message, hint=hint)
        self._told.close()
        self._ended.set()


def _work(folder: Path, telling: Connection) -> None:
    """Lay the run in a folder out, and tell how far that is, or why it failed."""

    def tell(share: float) -> None:
        if share < 1:  # all is done when the files have their place
            telling.send(share)

    try:
        prepare(Run(folder), tell)
        telling.send(1.0)
    except KeeponeError as error:
        telling.send(error)
    except (KeyboardInterrupt, BrokenPipeError):
        pass  # the app was ended, and with it this
