"""One group as its page shows it: members side by side, fields aligned, links, near misses."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from pydantic import BaseModel

from keepone.group_pairs import MILLION, THOUSAND
from keepone.ids import name_fields
from keepone.review.differences import marked
from keepone.review.prepared import Prepared, Rows, at

# Members on one page; of a larger group the rest are on further pages.
MEMBERS_SHOWN = 40
_LINKS_SHOWN = 200
_NEAR_SHOWN = 20


class Piece(BaseModel):
    """A stretch of a value; `differs` if the primary's value does not have it."""

    text: str
    differs: bool


class Cell(BaseModel):
    """A member's value of one field, None where it has none."""

    record_id: str
    value: str | None
    pieces: list[Piece]
    same: bool


class FieldRow(BaseModel):
    """One field across the members, in their order."""

    header: str
    field: str | None
    compared: bool
    differs: bool
    cells: list[Cell]


class Member(BaseModel):
    """One record of the group, and the run's verdict on it."""

    record_id: str
    name: str
    is_primary: bool
    score: float | None
    disposition: str
    proposed: str | None
    reason: str
    rule: str
    source_file: str


class GroupLink(BaseModel):
    """Two members that were compared; the score is in percent."""

    left: str
    right: str
    left_name: str
    right_name: str
    score: float
    weight: float


class Near(BaseModel):
    """A record of another group that scored high with a member, and stayed out."""

    record_id: str
    name: str
    group_id: str
    group_name: str
    group_size: int
    member: str
    member_name: str
    score: float


class DecisionLine(BaseModel):
    """One decision on the group that is in force."""

    id: str
    kind: str
    author: str
    time: str
    says: str
    why: str


class GroupPage(BaseModel):
    """One group: its figures, its members, its fields, its links, and what nearly joined.

    `open` says whether it waits for a decision, `version` at which position of the log it stands,
    `holder` who else has it open.
    """

    run_id: str
    group_id: str
    name: str
    size: int
    flags: list[str]
    priority: float
    dispositions: dict[str, int]
    first: int
    members: list[Member]
    fields: list[FieldRow]
    links: list[GroupLink]
    more_links: int
    near: list[Near]
    open: bool = False
    version: int = 0
    holder: str | None = None
    decisions: list[DecisionLine] = []


class GroupPages:
    """Puts together the pages of one run's groups."""

    def __init__(self, prepared: Prepared) -> None:
        self._prepared = prepared
        self._run_id = prepared.tables.run.run_id

    def page(self, position: int, first: int = 0) -> GroupPage:
        """Return the group at a position, with its members from the `first` on."""
        stats = at(self._prepared.groups, [position], self._prepared.groups.column_names)[0]
        rows = self._prepared.rows_of(position)
        ordered = self._members_in_order(rows)
        shown = ordered[first : first + MEMBERS_SHOWN]
        names = self.names(shown)
        links, more = self._links(rows)
        return GroupPage(
            run_id=self._run_id,
            group_id=stats["group_id"],
            name=stats["primary_name"] or names[0] if len(shown) else "",
            size=stats["size"],
            flags=[flag for flag in stats["flags"].split(", ") if flag],
            priority=stats["review_priority"],
            dispositions={name: stats[name] for name in _DISPOSITIONS},
            first=first,
            members=self._members(shown, names),
            fields=self._fields(shown),
            links=links,
            more_links=more,
            near=self._near(rows),
        )

    def names(self, rows: Sequence[int] | Rows) -> list[str]:
        """Return what records are called, by row; a record without a name is called so."""
        told = []
        for line in at(self._prepared.inputs, rows, self._name_columns):
            words = " ".join(value.strip() for value in line.values() if value and value.strip())
            told.append(words or NAMELESS)
        return told

    def _members_in_order(self, rows: Rows) -> Rows:
        """Return the primary first, then what has to be verified, the least sure first."""
        lines = at(
            self._prepared.records, rows, ["is_primary", "proposed_disposition", "probability"]
        )
        keys = [
            (not line["is_primary"], line["proposed_disposition"] is None, line["probability"] or 0)
            for line in lines
        ]
        order = sorted(range(len(keys)), key=keys.__getitem__)
        ordered: Rows = np.asarray(rows)[order]
        return ordered

    def _members(self, rows: Rows, names: Sequence[str]) -> list[Member]:
        lines = at(self._prepared.records, rows, _OF_MEMBER)
        return [
            Member(
                record_id=line["record_id"],
                name=name,
                is_primary=line["is_primary"],
                score=None if line["probability"] is None else _percent(line["probability"]),
                disposition=line["disposition"],
                proposed=line["proposed_disposition"],
                reason=line["reason"],
                rule=line["rule"],
                source_file=line["source_file"],
            )
            for line, name in zip(lines, names, strict=True)
        ]

    def _fields(self, rows: Rows) -> list[FieldRow]:
        columns = [column["column"] for column in self._columns]
        lines = at(self._prepared.inputs, rows, columns)
        ids = [line["record_id"] for line in at(self._prepared.records, rows, ["record_id"])]
        found = []
        for column in self._columns:
            values = [line[column["column"]] for line in lines]
            if not any(values):
                continue
            first = values[0]
            cells = [
                Cell(
                    record_id=record_id,
                    value=value,
                    pieces=[
                        Piece(text=piece.text, differs=piece.differs)
                        for piece in marked(value or "", first if at_ else None)
                    ],
                    same=value == first,
                )
                for at_, (record_id, value) in enumerate(zip(ids, values, strict=True))
            ]
            found.append(
                FieldRow(
                    header=column["header"],
                    field=column["field"],
                    compared=column["compared"],
                    differs=len({value for value in values if value}) > 1,
                    cells=cells,
                )
            )
        return found

    def _links(self, rows: Rows) -> tuple[list[GroupLink], int]:
        """Return the pairs of members that were compared, the weakest first."""
        stands_for = self._distinct[rows]
        firsts = np.unique(stands_for)
        linked = []
        for left in firsts:
            begin, end = np.searchsorted(self._left, [left, left + 1])
            for place in range(int(begin), int(end)):
                right = int(self._right[place])
                if right == left:
                    copies = rows[(stands_for == left) & (rows != left)]
                    linked += [(place, int(left), int(copy)) for copy in copies]
                elif right in firsts:
                    linked.append((place, int(left), right))
        weights = self._prepared.table("pairs").column("weight")
        linked.sort(key=lambda link: (weights[link[0]].as_py(), link[1:]))
        shown = linked[:_LINKS_SHOWN]
        ends = [row for link in shown for row in link[1:]]
        names = self.names(ends)
        ids = [line["record_id"] for line in at(self._prepared.records, ends, ["record_id"])]
        scored = at(self._prepared.table("pairs"), [link[0] for link in shown], _SCORED)
        links = [
            GroupLink(
                left=ids[2 * place],
                right=ids[2 * place + 1],
                left_name=names[2 * place],
                right_name=names[2 * place + 1],
                score=_percent(line["probability"]),
                weight=line["weight"] / THOUSAND,
            )
            for place, line in enumerate(scored)
        ]
        return links, len(linked) - len(shown)

    def _near(self, rows: Rows) -> list[Near]:
        """Return records of other groups that scored high with a member, the likeliest first."""
        near = self._prepared.table("near")
        left = near.column("l").to_numpy()
        places = [
            place
            for row in np.unique(self._distinct[rows])
            for place in range(*(int(end) for end in np.searchsorted(left, [row, row + 1])))
        ]
        lines = sorted(at(near, places, near.column_names), key=lambda line: -line["probability"])
        shown = lines[:_NEAR_SHOWN]
        others, mine = [line["r"] for line in shown], [line["l"] for line in shown]
        groups = at(
            self._prepared.groups,
            [int(self._prepared.group_at[row]) for row in others],
            ["group_id", "primary_name", "size"],
        )
        ids = at(self._prepared.records, others, ["record_id"])
        my_ids = at(self._prepared.records, mine, ["record_id"])
        names, my_names = self.names(others), self.names(mine)
        return [
            Near(
                record_id=ids[place]["record_id"],
                name=names[place],
                group_id=groups[place]["group_id"],
                group_name=groups[place]["primary_name"] or NAMELESS,
                group_size=groups[place]["size"],
                member=my_ids[place]["record_id"],
                member_name=my_names[place],
                score=_percent(line["probability"]),
            )
            for place, line in enumerate(shown)
        ]

    @cached_property
    def _distinct(self) -> Rows:
        stands: Rows = self._prepared.table("distinct").column("representative").to_numpy()
        return stands

    @cached_property
    def _left(self) -> Rows:
        left: Rows = self._prepared.table("pairs").column("l").to_numpy()
        return left

    @cached_property
    def _right(self) -> Rows:
        right: Rows = self._prepared.table("pairs").column("r").to_numpy()
        return right

    @cached_property
    def _columns(self) -> list[dict[str, Any]]:
        """The input columns: what is compared first, the record id left out."""
        fields = self._prepared.tables.whole("fields").to_pylist()
        shown = [field for field in fields if field["type"] != "record_id"]
        return sorted(shown, key=lambda field: not field["compared"])

    @cached_property
    def _name_columns(self) -> list[str]:
        found = name_fields(self._prepared.tables.whole("fields"))
        return [column for columns in found.values() for column in columns]


NAMELESS = "(no name)"
_DISPOSITIONS = ("keep", "enrich", "merge", "delete", "verify")
_SCORED = ["weight", "probability"]
_OF_MEMBER = [
    "record_id", "is_primary", "probability", "disposition", "proposed_disposition", "reason",
    "rule", "source_file",
]  # fmt: skip


def _percent(probability: int) -> float:
    return round(100 * probability / MILLION, 2)
