"""Which groups a list shows, and in what order: what its URL asks for, found in a run's files."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from keepone.review.prepared import Prepared
from keepone.review.search import Search

Disposition = Literal["keep", "enrich", "merge", "delete", "verify"]
Order = Literal["priority", "size", "score", "verify", "name"]
Mask = npt.NDArray[np.bool_]

# Lists that are kept as they were found: so many, and so many positions in all of them.
_KEPT_VIEWS = 32
_KEPT_POSITIONS = 4_000_000


class ListQuery(BaseModel):
    """What a list of groups is asked for; every field is a parameter of its URL."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    q: str = Field("", max_length=200, description="Name, id, web site or phone of a record.")
    disposition: tuple[Disposition, ...] = Field(
        (), description="Groups that hold a record with one of these dispositions."
    )
    rule: tuple[str, ...] = Field(
        (), description="Groups that hold a record which one of these rules took."
    )
    flag: tuple[str, ...] = Field((), description="Groups with one of these flags.")
    size_from: int = Field(1, ge=1, description="Records in the group, at least.")
    size_to: int | None = Field(None, ge=1, description="Records in the group, at most.")
    score_from: float = Field(0, ge=0, le=100, description="Least score in the group, from.")
    score_to: float = Field(100, ge=0, le=100, description="Least score in the group, to.")
    state: Literal["all", "open", "decided"] = Field(
        "all", description="Groups with something left to decide, or with decisions."
    )
    by: str | None = Field(None, max_length=200, description="Groups that this person decided.")
    sort: Order = Field("priority", description="What comes first.")
    reverse: bool = Field(default=False, description="The other way round.")
    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    per_page: Annotated[int, Field(ge=10, le=200)] = 50

    def changed(self, **changes: Any) -> ListQuery:
        """Return the query with some parameters changed, on its first page unless one is given."""
        return self.model_copy(update={"page": 1} | changes)

    def walked(self) -> ListQuery:
        """Return the list that a queue goes through, whatever is decided of it meanwhile."""
        return ListQuery(**self.model_dump(include={*ListQuery.model_fields} - {"page", "state"}))

    def parameters(self) -> list[tuple[str, str]]:
        """Return the parameters that differ from their defaults, for a URL."""
        told = self.model_dump(exclude_defaults=True)
        return [
            (name, str(each).lower() if isinstance(each, bool) else str(each))
            for name, value in told.items()
            for each in (value if isinstance(value, tuple) else (value,))
        ]


class QueueQuery(ListQuery):
    """What the queue is asked for: the open groups of a list, from one of them on."""

    after: str | None = Field(None, max_length=200, description="Id of the group one is at.")
    step: Annotated[Literal[-1, 1], BeforeValidator(int)] = Field(
        1, description="1 for the next, -1 for the one before."
    )


class GroupQuery(ListQuery):
    """What the page of a group is asked for; in the queue, also which list that goes through."""

    first: int = Field(0, ge=0, le=10_000_000, description="Members left out at the start.")
    queue: bool = Field(default=False, description="In the queue: a decision leads to the next.")
    blind: bool = Field(default=False, description="Without what the run made of it.")


@dataclass(frozen=True, slots=True)
class Overlay:
    """What decisions make of groups, by position: whether something is open, who decided.

    `left` counts the open ones. `by` gives the groups that a person decided. `version` changes
    whenever any of this does.
    """

    version: int
    open: Mask
    decided: Mask
    left: int
    by: Callable[[str], npt.NDArray[np.int32]]


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of a list: the positions it shows, and how many groups and records there are."""

    positions: list[int]
    groups: int
    records: int
    pages: int


@dataclass(frozen=True, slots=True)
class _View:
    """All groups of a list in its order, and how many records they have.

    `own` counts the positions that memory holds for it: those of a whole order are in its file.
    """

    positions: npt.NDArray[np.int32]
    records: int
    own: int


class Listing:
    """Finds the groups of one run that a query asks for; views that were looked at are kept."""

    def __init__(self, prepared: Prepared) -> None:
        self._prepared = prepared
        self._search = Search(prepared)
        self._views: OrderedDict[tuple[int, str], _View] = OrderedDict()
        self._held = 0
        self._finding: dict[tuple[int, str], Lock] = {}
        self._lock = Lock()

    def page(self, query: ListQuery, overlay: Overlay) -> Listed:
        """Return the page of the list that `query` asks for."""
        view = self._view(query, overlay)
        start = (query.page - 1) * query.per_page
        return Listed(
            positions=view.positions[start : start + query.per_page].tolist(),
            groups=len(view.positions),
            records=view.records,
            pages=max(1, -(-len(view.positions) // query.per_page)),
        )

    def positions(self, query: ListQuery, overlay: Overlay) -> npt.NDArray[np.int32]:
        """Return the positions of all groups that `query` asks for, in its order."""
        return self._view(query, overlay).positions

    def _view(self, query: ListQuery, overlay: Overlay) -> _View:
        whole = query.changed(page=1, per_page=50)
        version = overlay.version if query.state != "all" or query.by else -1
        key = (version, whole.model_dump_json())
        with self._lock:
            if (kept := self._kept(key)) is not None:
                return kept
            finding = self._finding.setdefault(key, Lock())
        # Many who ask for one list at once wait for the first of them to find it.
        with finding:
            with self._lock:
                if (kept := self._kept(key)) is not None:
                    return kept
            view = self._found(query, overlay)
            with self._lock:
                self._keep(key, view)
                self._finding.pop(key, None)
        return view

    def _kept(self, key: tuple[int, str]) -> _View | None:
        if key in self._views:
            self._views.move_to_end(key)
        return self._views.get(key)

    def _found(self, query: ListQuery, overlay: Overlay) -> _View:
        order = self._prepared.array(f"by_{query.sort}")
        mask = self._mask(query, overlay)
        found = np.asarray(order[::-1] if query.reverse else order)
        if mask is None:
            return _View(found, len(self._prepared.records), 0)
        found = found[mask[found]]
        return _View(found, int(self._size[mask].sum()), len(found))

    def _keep(self, key: tuple[int, str], view: _View) -> None:
        """Keep a view, and let those go that nobody looked at for longest."""
        former = self._views.pop(key, None)
        self._held += view.own - (former.own if former else 0)
        self._views[key] = view
        while len(self._views) > _KEPT_VIEWS or self._held > _KEPT_POSITIONS:
            _, gone = self._views.popitem(last=False)
            self._held -= gone.own

    def _mask(self, query: ListQuery, overlay: Overlay) -> Mask | None:
        masks = []
        if query.disposition:
            masks.append(np.any([self._column(name) > 0 for name in query.disposition], axis=0))
        if query.rule:
            wanted = np.int64(
                sum(1 << self.rules[name] for name in query.rule if name in self.rules)
            )
            masks.append((self._column("rules") & wanted) != 0)
        if query.flag:
            masks.append(np.any([self._flagged(flag) for flag in query.flag], axis=0))
        if query.size_from > 1:
            masks.append(self._size >= query.size_from)
        if query.size_to is not None:
            masks.append(self._size <= query.size_to)
        if query.score_from > 0 or query.score_to < 100:
            score = self._column("min_score")
            masks.append((score >= query.score_from) & (score <= query.score_to))
        if query.state == "open":
            masks.append(overlay.open)
        elif query.state == "decided":
            masks.append(overlay.decided)
        if query.by:
            masks.append(self._at(overlay.by(query.by)))
        if query.q.strip():
            masks.append(self._at(self._search.groups(query.q.strip())))
        return np.logical_and.reduce(masks) if masks else None

    def _at(self, positions: npt.NDArray[np.int32]) -> Mask:
        mask = np.zeros(len(self._size), dtype=np.bool_)
        mask[positions] = True
        return mask

    @cached_property
    def rules(self) -> dict[str, int]:
        """The rules that took records of this run, each with its bit."""
        names = self._prepared.table("rules").column("rule").to_pylist()
        return {name: bit for bit, name in enumerate(names)}

    @cached_property
    def flags(self) -> tuple[str, ...]:
        """The flags that groups of this run have."""
        told, _ = self._flags
        return tuple(sorted({flag for each in told for flag in each.split(", ") if flag}))

    def _flagged(self, flag: str) -> Mask:
        told, at = self._flags
        having = np.array([flag in each.split(", ") for each in told], dtype=np.bool_)
        held: Mask = having[at]
        return held

    @cached_property
    def _flags(self) -> tuple[list[str], npt.NDArray[np.int32]]:
        """The different texts that tell of flags, and which of them each group has."""
        column = self._prepared.groups.column("flags").combine_chunks().dictionary_encode()
        return column.dictionary.to_pylist(), column.indices.to_numpy()

    @cached_property
    def _size(self) -> npt.NDArray[np.int32]:
        return self._column("size")

    def _column(self, name: str) -> npt.NDArray[Any]:
        values: npt.NDArray[Any] = self._prepared.groups.column(name).to_numpy()
        return values
