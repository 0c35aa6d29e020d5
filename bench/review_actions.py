"""What a reviewer does, one thing after the other, and how long the app takes to answer."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from typing import Any
from urllib.parse import quote, urlencode

import numpy as np

from bench.review_app import Person

_ORDERS = ("priority", "size", "score", "verify", "name")
_PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Timed:
    """How long an action took, in milliseconds, over so many times."""

    name: str
    times: int
    half: float
    p95: float
    longest: float

    @classmethod
    def of(cls, name: str, seconds: list[float]) -> Timed:
        """Return the figures of these times."""
        half, p95, longest = (float(each) for each in np.percentile(seconds, [50, 95, 100]) * 1000)
        return cls(name, len(seconds), half, p95, longest)


@dataclass
class Rehearsal:
    """One person at one run, who does each thing so many times; draws are the same each time."""

    person: Person
    run: str
    times: int

    def __post_init__(self) -> None:
        """Look around: groups, names, ids, web sites and phones of the run."""
        self._draw = random.Random(1)  # noqa: S311 - no secret
        self._pages = f"/runs/{self.run}"
        self._api = f"/api/runs/{self.run}"
        total = self.person.told(f"{self._api}/groups")["pages"]
        shown = [self._draw.randint(1, total) for _ in range(max(8, self.times // _PER_PAGE + 1))]
        self._groups = [
            line["group_id"]
            for page in shown
            for line in self.person.told(f"{self._api}/groups?page={page}")["lines"]
        ]
        self._draw.shuffle(self._groups)
        self._last_page = total
        self._open = self._doubtful()
        self._looked = [
            self.person.told(f"{self._api}/groups/{group}")
            for group in [*self._open[-self.times :], *self._groups[: self.times]]
        ]

    def timed(self) -> Iterator[Timed]:
        """Do everything, and give how long each took."""
        for name, act in self._acts():
            seconds = []
            for _ in range(self.times):
                request = act()
                began = time.perf_counter()
                status, body = self.person.asked(*request)
                seconds.append(time.perf_counter() - began)
                assert status < 400, (request, status, body[:300])
            yield Timed.of(name, seconds)
        yield from self._bulk()

    def _acts(self) -> Iterator[tuple[str, Callable[[], tuple[Any, ...]]]]:
        """Give what is done, each with what makes its next request: no two are alike."""
        for order in _ORDERS:
            yield f"list, by {order}", self._asks(f"sort={order}", page=True)
        for name, query in (
            ("disposition", "disposition=verify"),
            ("reason", "rule=weak_link&sort=name"),
            ("flag", "flag=weak_link&sort=score"),
        ):
            yield f"list, filtered by {name}", self._asks(query)
        draw = self._draw
        yield "list, filtered by size", self._varied(lambda: f"size_from={draw.randint(2, 9)}")
        yield (
            "list, filtered by score",
            self._varied(lambda: f"score_to={draw.uniform(20, 99):.4f}"),
        )
        yield "list, what is open", self._asks("state=open")
        yield "list, what is decided", self._asks("state=decided")
        yield "list, by who decided", self._asks(f"by={quote(self.person.name)}")
        for what, sought in self._sought().items():
            each = cycle(sought)
            yield f"search by {what}", self._varied(partial(_search, each))
        yield "search, no such name", self._varied(lambda: f"q=zq{draw.randint(10_000, 99_999)}q")
        groups = cycle(self._groups)
        yield "group", lambda: ("GET", f"{self._pages}/groups/{next(groups)}")
        yield "group, JSON", lambda: ("GET", f"{self._api}/groups/{next(groups)}")
        waiting = cycle(self._open)
        yield "queue: next", lambda: ("GET", f"{self._api}/queue?after={next(waiting)}")
        queued = "?queue=true"
        yield "group of the queue", lambda: ("GET", f"{self._pages}/groups/{next(waiting)}{queued}")
        links = cycle([(link, page) for page in self._looked for link in page["links"][:1]])
        yield "why (explain)", lambda: self._explains(*next(links))
        fresh = iter(self._open)
        yield "decide: same", lambda: self._decides("same", next(fresh))
        yield "decide: not the same", lambda: self._decides("different", next(fresh))
        yield "undo", lambda: ("POST", f"{self._api}/undo")
        yield "redo", lambda: ("POST", f"{self._api}/redo")
        yield "dashboard", lambda: ("GET", self._pages)
        yield "log of decisions", lambda: ("GET", f"{self._pages}/decisions")

    def _asks(self, query: str, *, page: bool = False) -> Callable[[], tuple[str, str]]:
        return self._varied(
            lambda: f"{query}&page={self._draw.randint(1, self._last_page)}" if page else query
        )

    def _varied(self, query: Callable[[], str]) -> Callable[[], tuple[str, str]]:
        return lambda: ("GET", f"{self._pages}/groups?{query()}")

    def _explains(self, link: dict[str, Any], page: dict[str, Any]) -> tuple[str, str]:
        assert page["run_id"] == self.run
        return "GET", f"{self._pages}/explain?a={link['left']}&b={link['right']}&part=true"

    def _decides(self, kind: str, group: str) -> tuple[str, str, dict[str, Any]]:
        body = {"kind": kind, "everyone": True, "group_id": group, "version": 0}
        return "POST", f"{self._api}/decisions", body

    def _doubtful(self) -> list[str]:
        """Return open groups of several records, enough to decide each once."""
        wanted = 3 * self.times
        found: list[str] = []
        page = pages = 1
        while len(found) < wanted and page <= pages:
            listed = self.person.told(
                f"{self._api}/groups?state=open&size_from=2&per_page=200&page={page}"
            )
            found += [line["group_id"] for line in listed["lines"]]
            page, pages = page + 1, listed["pages"]
        return found[:wanted]

    def _sought(self) -> dict[str, list[str]]:
        """Return what people search by: words of names, ids, web sites, phones of the run."""
        names = [page["name"] for page in self._looked]
        words = [max(name.split(), key=len) for name in names if name.split()]
        ids = [page["members"][0]["record_id"] for page in self._looked]
        cells: dict[str, list[str]] = {"website": [], "phone": []}
        for page in self._looked:
            for row in page["fields"]:
                if row["field"] in cells:
                    cells[row["field"]] += [cell["value"] for cell in row["cells"] if cell["value"]]
        return {
            "word": words,
            "name": names,
            "id": ids,
            "web site": [site.removeprefix("www.").split("/")[0] for site in cells["website"]],
            "phone": cells["phone"],
        }

    def _bulk(self) -> Iterator[Timed]:
        """Give how long it takes to decide on every group of a list, and to take that back."""
        query = {"disposition": ["verify"], "size_from": 2, "state": "open"}
        address = f"{self._api}/groups?disposition=verify&size_from=2&state=open"
        there = self.person.told(address)["groups"]
        name = f"bulk: {min(there, 10_000):,} groups"
        if there > 10_000:
            query["score_to"] = self._score_for(address, 10_000)
            there = self.person.told(f"{address}&score_to={query['score_to']}")["groups"]
            name = f"bulk: {there:,} groups"
        wrote, took_back = [], []
        for _ in range(3):
            began = time.perf_counter()
            done = self.person.act(
                f"{self._api}/bulk", {"query": query, "kind": "same", "groups": there}
            )
            wrote.append(time.perf_counter() - began)
            began = time.perf_counter()
            ends = {"first": done["first"], "last": done["last"]}
            self.person.act(f"{self._api}/bulk/back", ends)
            took_back.append(time.perf_counter() - began)
        yield Timed.of(name, wrote)
        yield Timed.of(f"{name}, taken back", took_back)

    def _score_for(self, address: str, most: int) -> float:
        """Return the highest score up to which a list has no more groups than `most`."""
        low, high = 0.0, 100.0
        for _ in range(12):
            middle = (low + high) / 2
            few = self.person.told(f"{address}&score_to={middle}")["groups"] <= most
            low, high = (middle, high) if few else (low, middle)
        return low


def _search(texts: Iterator[str]) -> str:
    return urlencode({"q": next(texts)})
