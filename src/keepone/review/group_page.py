"""One group as its page shows it: members side by side, fields aligned, links, near misses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keepone.counts import DISPOSITIONS
from keepone.group_pairs import THOUSAND
from keepone.ids import name_fields
from keepone.review.beside import golden_cells, relations
from keepone.review.differences import Piece, marked
from keepone.review.group_shapes import (
    NAMELESS,
    Cell,
    FieldRow,
    GoldenCell,
    GroupLink,
    GroupPage,
    Member,
    Target,
    percent,
)
from keepone.review.near import near, near_lines
from keepone.review.pairs import Pairs
from keepone.review.prepared import Prepared, Rows, at

# Members on one page; of a larger group the rest are on further pages.
MEMBERS_SHOWN = 40
_LINKS_SHOWN = 200
_TARGETS_SHOWN = 20
# Characters of one value; texts that are compared word by word are never longer.
_VALUE_SHOWN = 1_000
_SAYS_SHOWN = 200


class GroupPages:
    """Puts together the pages of one run's groups."""

    def __init__(self, prepared: Prepared, pairs: Pairs) -> None:
        self._prepared = prepared
        self._pairs = pairs
        self._run_id = prepared.tables.run.run_id

    def page(self, position: int, first: int = 0) -> GroupPage:
        """Return the group at a position, with its members from the `first` on.

        A `first` beyond the group, as an old link may have it, gives the last page.
        """
        stats = at(self._prepared.groups, [position], self._prepared.groups.column_names)[0]
        rows = self._prepared.rows_of(position)
        first = min(first, (len(rows) - 1) // MEMBERS_SHOWN * MEMBERS_SHOWN)
        ordered = self._members_in_order(rows)
        shown = ordered[first : first + MEMBERS_SHOWN]
        names = self.names(shown)
        links, more = self._links(rows)
        return GroupPage(
            run_id=self._run_id,
            group_id=stats["group_id"],
            name=stats["primary_name"] or NAMELESS,
            size=stats["size"],
            primary_id=stats["primary_id"],
            flags=[flag for flag in stats["flags"].split(", ") if flag],
            priority=stats["review_priority"],
            dispositions={name.lower(): stats[name.lower()] for name in DISPOSITIONS},
            first=first,
            members=self._members(shown, names),
            fields=self._fields(shown, golden_cells(self._prepared, self.names, position)),
            links=links,
            more_links=more,
            near=near(self._prepared, self._pairs, self.names, rows),
            relations=relations(self._prepared, self.names, shown),
        )

    def names(self, rows: Sequence[int] | Rows) -> list[str]:
        """Return what records are called, by row; a record without a name is called so."""
        told = []
        for line in at(self._prepared.inputs, rows, self._name_columns):
            words = " ".join(value.strip() for value in line.values() if value and value.strip())
            told.append(words or NAMELESS)
        return told

    def linked(self, rows: Sequence[int]) -> list[tuple[int, int]]:
        """Return the pairs of these rows that were scored, the likeliest first.

        Of rows that are equal in all that is compared, each of the rest is paired with the first.
        """
        links = self._pairs.within(rows)
        weights = self._prepared.table("pairs").column("weight")
        links.sort(key=lambda link: (-weights[link[0]].as_py(), link[1:]))
        return [link[1:] for link in links]

    def primary(self, rows: Sequence[int]) -> int:
        """Return the row of the primary among the rows of a group."""
        lines = at(self._prepared.records, rows, ["is_primary"])
        return next(row for row, line in zip(rows, lines, strict=True) if line["is_primary"])

    def disposition(self, row: int) -> str:
        """Return what the run does with a record."""
        (line,) = at(self._prepared.records, [row], ["disposition"])
        return str(line["disposition"])

    def members(self, position: int, text: str) -> list[int]:
        """Return the rows of the members that hold `text` in any column, in small or capitals."""
        rows = pa.array(self._prepared.rows_of(position))
        columns = [column["column"] for column in self._columns]
        cells = self._prepared.inputs.select(columns).take(rows)
        found = np.zeros(len(rows), dtype=bool)
        for column in cells.columns:
            held = pc.match_substring(column, text, ignore_case=True)
            found |= pc.fill_null(held, False).to_numpy()  # noqa: FBT003
        kept: list[int] = rows.filter(pa.array(found)).to_pylist()
        return kept

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
                score=None if line["probability"] is None else percent(line["probability"]),
                disposition=line["disposition"],
                proposed=line["proposed_disposition"],
                reason=line["reason"],
                rule=line["rule"],
                source_file=line["source_file"],
            )
            for line, name in zip(lines, names, strict=True)
        ]

    def golden_value(self, position: int, name: str) -> str | None:
        """Return the golden value of a field by its name, or else its header."""
        golden = golden_cells(self._prepared, self.names, position)
        for key in ("field", "header"):
            for column in self._columns:
                if column[key] == name and column["column"] in golden:
                    return golden[column["column"]].value
        return None

    def _fields(self, rows: Rows, golden: Mapping[str, GoldenCell]) -> list[FieldRow]:
        columns = [column["column"] for column in self._columns]
        lines = at(self._prepared.inputs, rows, columns)
        ids = [line["record_id"] for line in at(self._prepared.records, rows, ["record_id"])]
        found = []
        for column in self._columns:
            values = [line[column["column"]] for line in lines]
            if not any(values) and column["column"] not in golden:
                continue
            first = values[0]
            cells = [
                _cell(record_id, value, first if at_ else None, same=value == first)
                for at_, (record_id, value) in enumerate(zip(ids, values, strict=True))
            ]
            found.append(
                FieldRow(
                    header=column["header"],
                    field=column["field"],
                    compared=column["compared"],
                    differs=len({value for value in values if value}) > 1,
                    golden=golden.get(column["column"]),
                    cells=cells,
                )
            )
        return found

    def _links(self, rows: Rows) -> tuple[list[GroupLink], int]:
        """Return the pairs of members that were compared, the weakest first."""
        linked = self._pairs.within(rows)
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
                score=percent(line["probability"]),
                weight=line["weight"] / THOUSAND,
            )
            for place, line in enumerate(scored)
        ]
        return links, len(linked) - len(shown)

    def targets(self, position: int, among: Sequence[int] | None) -> list[Target]:
        """Return groups that records of the group at a position may be moved to.

        Those that nearly joined come first, the likeliest of them before others; then the rest of
        `among`, which are the positions that may be, None for any that nearly joined.
        """
        scored: dict[int, tuple[int, float]] = {}
        rows_here = self._prepared.rows_of(position)
        for line in near_lines(self._prepared, self._pairs, rows_here):
            group = int(self._prepared.group_at[line["r"]])
            scored.setdefault(group, (line["r"], percent(line["probability"])))
        if among is None:
            chosen = list(scored)
        else:
            there = set(among)
            nearest = [group for group in scored if group in there]
            rest = (each for each in among if each not in scored and each != position)
            chosen = [*nearest, *islice(rest, max(0, _TARGETS_SHOWN - len(nearest)))]
        rows, scores = [], []
        for group in chosen:
            row, score = scored.get(group, (None, None))
            rows.append(
                self.primary(self._prepared.rows_of(group).tolist()) if row is None else row
            )
            scores.append(score)
        ids = at(self._prepared.records, rows, ["record_id"])
        stats = at(self._prepared.groups, chosen, ["group_id", "size"])
        told = at(self._prepared.inputs, rows, self._telling)
        return [
            Target(
                record_id=ids[place]["record_id"],
                name=name,
                group_id=stats[place]["group_id"],
                group_size=stats[place]["size"],
                says=" · ".join(value for value in told[place].values() if value)[:_SAYS_SHOWN],
                score=scores[place],
            )
            for place, name in enumerate(self.names(rows))
        ]

    @cached_property
    def _columns(self) -> list[dict[str, Any]]:
        """The input columns: what is compared first, the record id left out."""
        fields = self._prepared.tables.whole("fields").to_pylist()
        shown = [field for field in fields if field["type"] != "record_id"]
        return sorted(shown, key=lambda field: not field["compared"])

    @cached_property
    def _telling(self) -> list[str]:
        """The columns that tell companies of one name apart at a glance."""
        by_type = {column["type"]: column["column"] for column in reversed(self._columns)}
        return [by_type[each] for each in _TELLING if each in by_type]

    @cached_property
    def _name_columns(self) -> list[str]:
        found = name_fields(self._prepared.tables.whole("fields"))
        return [column for columns in found.values() for column in columns]


def _cell(record_id: str, value: str | None, first: str | None, *, same: bool) -> Cell:
    pieces = [
        Piece(text=piece.text[:_VALUE_SHOWN], differs=piece.differs)
        for piece in marked(value or "", first)
    ]
    cut = len(value or "") - sum(len(piece.text) for piece in pieces)
    return Cell(record_id=record_id, value=value, pieces=pieces, cut=cut, same=same)


_TELLING = ("city", "region", "country", "web")
_SCORED = ["weight", "probability"]
_OF_MEMBER = [
    "record_id", "is_primary", "probability", "disposition", "proposed_disposition", "reason",
    "rule", "source_file",
]  # fmt: skip
