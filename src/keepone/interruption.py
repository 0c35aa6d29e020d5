"""Ctrl-C and SIGTERM: a process that is told to stop stops soon, whatever it is busy with."""

from __future__ import annotations

import os
import signal
import sys
import threading
from types import FrameType, TracebackType
from typing import Any, Self

# From the signal to the end of the process, at most; what a run has to put in order takes less.
GRACE_SECONDS = 1.5
_SHOW_CURSOR = "\x1b[?25h"
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """While this is entered, SIGINT and SIGTERM raise `KeyboardInterrupt`, and end the process.

    Native code lets Python hear of a signal when it returns, and an exception can be lost where
    nothing can take it, as in a finaliser. So a thread of its own hears of the signal too:
    `GRACE_SECONDS` later, if the block has not ended, it says `last_words` on standard error and
    ends the process with `exit_code`, as a kill would; what a killed run leaves is resumed. An
    error that comes of the interruption is a `KeyboardInterrupt` to the caller. Signals that were
    ignored before stay so. To be entered in the main thread.
    """

    def __init__(self, last_words: str) -> None:
        self._last_words = last_words
        self._signal: int | None = None
        self._ended = threading.Event()
        self._former: dict[signal.Signals, Any] = {}

    @property
    def exit_code(self) -> int:
        """What the process ends with: 130 after SIGINT, 143 after SIGTERM."""
        return 128 + (self._signal or signal.SIGINT)

    def __enter__(self) -> Self:
        self._hears, self._tells = os.pipe()
        if os.name == "posix":  # the handler may not wait; elsewhere pipes cannot be told
            os.set_blocking(self._tells, False)
        self._former_descriptor = signal.set_wakeup_fd(self._tells, warn_on_full_buffer=False)
        threading.Thread(target=self._watch, name="keepone-interruption", daemon=True).start()
        for number in _SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._former[number] = signal.signal(number, self._interrupt)
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._former.items():
            # Once told, the process is about to end, and needs no second telling: also not while
            # Python takes itself down, which would give a handler of ours back to the system.
            signal.signal(number, handler if self._signal is None else signal.SIG_IGN)
        signal.set_wakeup_fd(self._former_descriptor)
        os.close(self._tells)
        self._ended.set()
        if self._signal and error is not None and not isinstance(error, KeyboardInterrupt):
            raise KeyboardInterrupt from error

    def _interrupt(self, number: int, _frame: FrameType | None) -> None:
        if self._signal is None:  # once is enough: what is being put in order is let be
            self._signal = number
            raise KeyboardInterrupt

    def _watch(self) -> None:
        while (heard := os.read(self._hears, 1)) and heard[0] not in _SIGNALS:
            pass  # a signal that somebody else asked for
        if not heard or self._ended.wait(GRACE_SECONDS):
            os.close(self._hears)
            return
        self._signal = heard[0]
        cursor = _SHOW_CURSOR if sys.stderr.isatty() else ""
        os.write(sys.stderr.fileno(), f"{cursor}{self._last_words}\n".encode())
        os._exit(self.exit_code)
