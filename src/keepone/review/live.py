"""Tells open pages what changed: server-sent events, as many listeners as there are pages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

# Events that a page has not read yet; one that is further behind loads anew.
_BEHIND = 256
_HEARTBEAT_SECONDS = 15


class Live:
    """Hands each event to every listener; may be told of them from any thread."""

    def __init__(self) -> None:
        self._listeners: dict[asyncio.Queue[str | None], asyncio.AbstractEventLoop] = {}

    def tell(self, kind: str, **facts: Any) -> None:
        """Tell all pages that listen."""
        text = f"event: {kind}\ndata: {json.dumps(facts)}\n\n"
        for queue, loop in list(self._listeners.items()):
            if not loop.is_closed():
                loop.call_soon_threadsafe(_put, queue, text)

    @property
    def has_listeners(self) -> bool:
        """Whether any page listens."""
        return bool(self._listeners)

    async def listen(self) -> AsyncIterator[str]:
        """Give events as they come, and a sign of life in between."""
        queue: asyncio.Queue[str | None] = asyncio.Queue(_BEHIND)
        self._listeners[queue] = asyncio.get_running_loop()
        try:
            yield "retry: 2000\n\n"
            while True:
                try:
                    text = await asyncio.wait_for(queue.get(), _HEARTBEAT_SECONDS)
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                if text is None:
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
