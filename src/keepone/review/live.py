"""Tells open pages what changed: server-sent events, as many listeners as there are pages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from keepone.event_log import EventLog

# Events that a page has not read yet; one that is further behind loads anew.
_BEHIND = 256
_HEARTBEAT_SECONDS = 15
# What the log gets of an event; the rest may hold names.
_LOGGED = ("run_id", "by", "position")


class Live:
    """Hands each event to every listener; may be told of them from any thread."""

    def __init__(self) -> None:
        self.log: EventLog | None = None
        self._listeners: dict[asyncio.Queue[str | None], asyncio.AbstractEventLoop] = {}

    def tell(self, kind: str, **facts: Any) -> None:
        """Tell all pages that listen, and the log of events where there is one."""
        if self.log is not None:
            self.log.tell(kind, **{name: facts[name] for name in _LOGGED if name in facts})
        text = f"event: {kind}\ndata: {json.dumps(facts)}\n\n"
        for queue, loop in list(self._listeners.items()):
            if not loop.is_closed():
                loop.call_soon_threadsafe(_put, queue, text)

    async def listen(self, may: Callable[[], bool]) -> AsyncIterator[str]:
        """Give events as they come, and a sign of life in between, while the listener `may`."""
        queue: asyncio.Queue[str | None] = asyncio.Queue(_BEHIND)
        self._listeners[queue] = asyncio.get_running_loop()
        try:
            yield "retry: 2000\n\n"
            while True:
                try:
                    text = await asyncio.wait_for(queue.get(), _HEARTBEAT_SECONDS)
                except TimeoutError:
                    text = ": still here\n\n"
                if text is None or not may():
                    return
                yield text
        finally:
            del self._listeners[queue]


def _put(queue: asyncio.Queue[str | None], text: str) -> None:
    """Add an event; a listener that does not keep up is sent away, and comes back by itself."""
    if queue.full():
        while not queue.empty():
            queue.get_nowait()
        queue.put_nowait(None)
    else:
        queue.put_nowait(text)
