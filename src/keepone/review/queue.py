"""What comes next for a reviewer: the open group worth most, which nobody else has open."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from threading import Lock

import numpy as np

from keepone.review.desk import OpenRun
from keepone.review.listing import QueueQuery

# A group that somebody has had open for so long without deciding is anybody's again.
_CLAIM_SECONDS = 120
# Groups that are looked through for one that nobody has open.
_AHEAD = 2_000


@dataclass(slots=True)
class Claims:
    """Who has which group open, so that two people are not given the same one."""

    _by: dict[tuple[str, int], tuple[str, float]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def take(self, run_id: str, group: int, person: str) -> None:
        """Note that a person has a group open."""
        now = time.monotonic()
        with self._lock:
            self._by = {
                key: claim for key, claim in self._by.items() if now - claim[1] < _CLAIM_SECONDS
            }
            self._by[run_id, group] = (person, now)

    def holder(self, run_id: str, group: int, person: str) -> str | None:
        """Return who else has the group open, None if nobody."""
        claim = self._by.get((run_id, group))
        if claim is None or claim[0] == person:
            return None
        return claim[0] if time.monotonic() - claim[1] < _CLAIM_SECONDS else None


def next_group(opened: OpenRun, claims: Claims, person: str, query: QueueQuery) -> int | None:
    """Return the position of the open group that follows the one that `query` names, in its order.

    Without one, or where it is the last, the first. None where nothing is open. A group that
    somebody else has open is passed over, unless there is no other.
    """
    after = opened.prepared.position(query.after) if query.after else None
    overlay = opened.standing.overlay
    order = opened.listing.positions(query.as_list(), overlay)
    if not len(order):
        return None
    start = 0
    if after is not None:
        place = np.flatnonzero(order == after)
        start = int(place[0]) + query.step if len(place) else 0
    turned = np.roll(order, -start) if query.step > 0 else np.roll(order, -start - 1)[::-1]
    waiting = turned[overlay.open[turned]]
    waiting = waiting[waiting != after] if after is not None and len(waiting) > 1 else waiting
    for group in waiting[:_AHEAD].tolist():
        if claims.holder(opened.run.run_id, group, person) is None:
            return int(group)
    return int(waiting[0]) if len(waiting) else None
