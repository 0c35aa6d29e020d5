"""What comes next for a reviewer: the open group worth most, which nobody else has open."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Lock

import numpy as np
import numpy.typing as npt

from keepone.review.desk import OpenRun
from keepone.review.listing import Mask, QueueQuery

# A group that somebody has had open for so long without deciding is anybody's again.
_CLAIM_SECONDS = 120
# How often those are cleared away.
_SWEPT_SECONDS = 10
# Groups that are looked through for one that nobody has open.
_AHEAD = 2_000
# Groups of an order that are looked at together.
_LOOKED_AT = 4_096

Order = npt.NDArray[np.int32]


@dataclass(slots=True)
class Claims:
    """Who has which group open, so that two people are not given the same one."""

    _by: dict[tuple[str, int], tuple[str, float]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)
    _swept: float = 0.0

    def take(self, run_id: str, group: int, person: str) -> bool:
        """Note that a person has a group open; False if somebody else has."""
        now = time.monotonic()
        with self._lock:
            if now - self._swept > _SWEPT_SECONDS:
                self._by = {
                    key: claim for key, claim in self._by.items() if now - claim[1] < _CLAIM_SECONDS
                }
                self._swept = now
            if self.holder(run_id, group, person) is not None:
                return False
            self._by[run_id, group] = (person, now)
            return True

    def holder(self, run_id: str, group: int, person: str) -> str | None:
        """Return who else has the group open, None if nobody."""
        claim = self._by.get((run_id, group))
        if claim is None or claim[0] == person:
            return None
        return claim[0] if time.monotonic() - claim[1] < _CLAIM_SECONDS else None


def next_group(opened: OpenRun, claims: Claims, person: str, query: QueueQuery) -> int | None:
    """Return the position of the open group that follows the one that `query` names, in its order.

    Without one, or where it is the last, the first. None where nothing is open. A group that
    somebody else has open, or was led to, is passed over, unless there is no other.
    """
    after = opened.prepared.position(query.after) if query.after else None
    overlay = opened.standing.overlay
    order = opened.listing.positions(query.walked(), overlay)
    if not len(order):
        return None
    start = 0
    if after is not None:
        place = np.flatnonzero(order == after)
        start = int(place[0]) + query.step if len(place) else 0
    spare = None
    for found, group in enumerate(_waiting(order, overlay.open, start, query.step)):
        if found == _AHEAD:
            break
        if group == after:
            continue
        if claims.take(opened.run.run_id, group, person):
            return group
        spare = group if spare is None else spare
    if spare is not None:
        return spare
    return after if after is not None and overlay.open[after] else None


def _waiting(order: Order, is_open: Mask, start: int, step: int) -> Iterator[int]:
    """Give the open groups of an order from `start` on, each once, round its ends."""
    for turn in range(0, len(order), _LOOKED_AT):
        ahead = np.arange(turn, min(turn + _LOOKED_AT, len(order)))
        groups = order[(start + step * ahead) % len(order)]
        yield from groups[is_open[groups]].tolist()
