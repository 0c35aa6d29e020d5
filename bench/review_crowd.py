"""Many reviewers at once, each at a steady pace, and whether all they were told is on the disk."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

from bench.review_actions import Timed
from bench.review_app import App, Memory, Person
from keepone.decisions.workspace import open_log

# What one reviewer does, over and over: three groups, and one decision taken back.
_ROUND = ("next", "group", "decide") * 3 + ("undo",)
# Of so many decisions one says that the records are not the same.
_DIFFERENT = 3
_SAMPLE_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Crowd:
    """What came of it; `changed` were told that somebody had decided on the group meanwhile.

    `processor` is what the server took of its processor for one action, in milliseconds.
    """

    reviewers: int
    actions: int
    seconds: float
    processor: float
    timed: tuple[Timed, ...]
    acknowledged: int
    changed: int
    errors: tuple[str, ...]
    lost: int
    peak: Memory


@dataclass
class _Reviewer:
    """One of them: what they did, how long it took, and what they were told was written."""

    person: Person
    run: str
    took: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    acknowledged: list[tuple[str, int]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    changed: int = 0
    _group: dict[str, Any] | None = None
    _next: str | None = None
    _decided: int = 0

    def work(self, begin: float, until: float, pace: float) -> None:
        """Do one thing each `pace` seconds; an answer's time counts from when it was due."""
        for at in range(int((until - begin) / pace)):
            due = begin + at * pace
            time.sleep(max(0.0, due - time.perf_counter()))
            self._act(_ROUND[at % len(_ROUND)], due)

    def _act(self, what: str, due: float) -> None:
        request = self._request(what)
        if request is None:
            return
        try:
            status, body = self.person.asked(*request)
        except OSError as error:
            self.errors.append(f"{what}: {error}")
            return
        self.took[what].append(time.perf_counter() - due)
        if status == 409:
            self.changed += 1
        elif status >= 400:
            self.errors.append(f"{what}: {status} {body[:200]!r}")
        else:
            self._note(what, json.loads(body))

    def _request(self, what: str) -> tuple[Any, ...] | None:
        base = f"/api/runs/{self.run}"
        match what:
            case "next":
                after = f"&after={self._next}" if self._next else ""
                return "GET", f"{base}/queue?size_from=2{after}"
            case "group":
                return "GET", f"{base}/groups/{self._next}"
            case "decide":
                if self._group is None:
                    return None
                self._decided += 1
                kind = "same" if self._decided % _DIFFERENT else "different"
                told = {"group_id": self._group["group_id"], "version": self._group["version"]}
                return "POST", f"{base}/decisions", {"kind": kind, "everyone": True, **told}
            case _:
                return "POST", f"{base}/undo"

    def _note(self, what: str, answer: dict[str, Any]) -> None:
        if what == "next":
            self._next = answer["group_id"]
        elif what == "group":
            self._group = answer
        else:
            self.acknowledged.append((answer["decision_id"], answer["position"]))


def crowd(
    app: App, workspace: Path, run: str, names: list[str], *, seconds: float, pace: float
) -> Crowd:
    """Let all of them work at once for so long, kill the app, and look at what the log holds."""
    reviewers = [_Reviewer(app.person(name), run) for name in names]
    busy = app.processor
    begin = time.perf_counter() + 0.5
    threads = [
        Thread(
            target=each.work,
            args=(begin + at * pace / len(names), begin + seconds, pace),
            daemon=True,
        )
        for at, each in enumerate(reviewers)
    ]
    for thread in threads:
        thread.start()
    peak = Memory(0, 0)
    while any(thread.is_alive() for thread in threads):
        now = app.memory
        peak = Memory(max(peak.proportional, now.proportional), max(peak.own, now.own))
        time.sleep(_SAMPLE_SECONDS)
    took = time.perf_counter() - begin
    busy = app.processor - busy
    app.kill()
    with open_log(workspace) as log:
        written = {(entry.id, entry.position) for entry in log.entries()}
    acknowledged = [told for each in reviewers for told in each.acknowledged]
    every: defaultdict[str, list[float]] = defaultdict(list)
    for each in reviewers:
        for what, times in each.took.items():
            every[what] += times
            every["all"] += times
    return Crowd(
        reviewers=len(names),
        actions=len(every["all"]),
        seconds=took,
        processor=1000 * busy / len(every["all"]),
        timed=tuple(Timed.of(what, every[what]) for what in (*dict.fromkeys(_ROUND), "all")),
        acknowledged=len(acknowledged),
        changed=sum(each.changed for each in reviewers),
        errors=tuple(error for each in reviewers for error in each.errors),
        lost=sum(told not in written for told in acknowledged),
        peak=peak,
    )
