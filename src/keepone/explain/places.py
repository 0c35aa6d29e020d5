"""Where the records of a run ended up: equal to which, in which group, with which verdict."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keepone.artifacts import read_artifact
from keepone.explain.explanation import Link, Split, Subject
from keepone.explain.links import Scored, best_path, between_groups, scored_pairs
from keepone.explain.records import Found
from keepone.group_pairs import MILLION, THOUSAND
from keepone.ids import group_id, name_fields
from keepone.kernels.encoding import Longs
from keepone.kernels.leeway import leeway_of
from keepone.run_tables import RunTables

_PAIR = ["l", "r", "weight", "probability"]
_BY_ITSELF = "model_probability"
_MEMBER = ["group", "size", "primary", "probability"]


class Places:
    """The groups of one run, and what links records within and between them.

    A record is its row; equal records are one among pairs, where the first stands for all.
    """

    def __init__(self, tables: RunTables) -> None:
        self._tables = tables

    def stands_for(self, row: int) -> int:
        """Return the record that stands for this one among pairs."""
        return int(self._representative[row])

    def group(self, row: int) -> int:
        """Return the group of a record."""
        return int(self._group[row])

    def is_apart(self, row: int) -> bool:
        """Return whether a record is in another group than the one that stands for it."""
        return self.group(row) != self.group(self.stands_for(row))

    @property
    def link(self) -> str | None:
        """The column of sources that hold no company twice; earlier releases knew none."""
        header: str | None = self._tables.manifest.settings["profile"].get("link")
        return header

    def share_a_source(self, left: int, right: int) -> bool:
        """Return whether both records are from one source by the run's `link`."""
        if self.link is None:
            return False
        origins = self._tables.whole("origins")
        told = origins.filter(pc.is_in(origins.column("row"), pa.array([left, right], pa.int32())))
        return told.num_rows == 2 and len(told.column("origin").unique()) == 1

    def held(self, left: int, right: int) -> str | None:
        """Return who holds two records together, when and why; None where nobody does."""
        sets = [self._same.get(row) for row in (left, right)]
        if None in sets or sets[0] != sets[1]:
            return None
        return max(self._judged[row, "same"] for row in (left, right))[1]

    def parted(self, left: int, right: int) -> str | None:
        """Return who holds two records apart, or those that they are held together with."""
        return self._apart(*(self._with(row) for row in (left, right)))

    def groups_parted(self, left: int, right: int) -> str | None:
        """Return who holds others of the two records' groups apart."""
        return self._apart(
            *(np.flatnonzero(self._group == self.group(row)).tolist() for row in (left, right))
        )

    def _with(self, row: int) -> list[int]:
        """Return the records that people hold together with this one, and itself."""
        own = self._same.get(row)
        return [row, *(each for each, number in self._same.items() if number == own)]

    def _apart(self, ours: Sequence[int], theirs: Sequence[int]) -> str | None:
        sets = [
            {number: said for row in rows for number, said in self._parted.get(row, {}).items()}
            for rows in (ours, theirs)
        ]
        both = sets[0].keys() & sets[1].keys()
        return sets[0][min(both)] if both else None

    @property
    def unequal_count(self) -> int:
        """How many records stand for themselves."""
        rows = np.arange(len(self._representative))
        return int((self._representative == rows).sum())

    @cached_property
    def unequal(self) -> Longs:
        """The records that stand for themselves, in order."""
        return np.unique(self._representative).astype(np.int64)

    def stored(self, pair: tuple[int, int]) -> tuple[int, int, int] | None:
        """Return what the run kept of a pair: its weight (1/1000 bit) and its probability.

        That is in millionths, by the model and calibrated.
        """
        found = self._lines("pairs", pair, [*_PAIR, *self._joined_by])
        if not found:
            return None
        weight, probability = found[0]["weight"], found[0]["probability"]
        return weight, found[0].get(_BY_ITSELF, probability), probability

    def is_candidate(self, pair: tuple[int, int]) -> bool:
        """Return whether the run compared the pair."""
        return bool(self._lines("candidates", pair, ["l", "r"]))

    def subject(self, found: Found) -> Subject:
        """Return what the run says of a record."""
        (place,) = self._tables.at("members", [found.row], _MEMBER).to_pylist()
        (verdict,) = self._tables.at(
            "dispositions", [found.row], ["disposition", "reason"]
        ).to_pylist()
        (key,) = self._tables.at("records", [place["group"]], ["dataset", "record_id"]).to_pylist()
        equal_to = self.stands_for(found.row)
        score = place["probability"]
        return Subject(
            record_id=found.record_id,
            name=self._name(found.row),
            source_file=found.source_file,
            group_id=group_id(**key),
            group_size=place["size"],
            is_primary=place["primary"] == found.row,
            score=None if score is None else round(100 * score / MILLION, 2),
            disposition=verdict["disposition"],
            reason=verdict["reason"],
            equal_to=None if equal_to == found.row else self._id(equal_to),
        )

    def path(self, left: Found, right: Found) -> tuple[Link, ...]:
        """Return the best path between two records of one group; empty where nothing links them.

        Its weakest link is as strong as can be.
        """
        ends = (self.stands_for(left.row), self.stands_for(right.row))
        nodes = self._nodes(self.group(left.row))
        pairs = self._tables.lookup("pairs").where("l", nodes, _PAIR)
        way = best_path(scored_pairs(pairs, nodes), *ends)
        # Of equal records the two that were asked for stand in the path.
        names = {ends[0]: left.record_id, ends[1]: right.record_id}
        weakest = max(range(len(way)), key=lambda at: _order(way[at]), default=0)
        links, here = [], ends[0]
        for at, pair in enumerate(way):
            there = pair[1] if pair[0] == here else pair[0]
            links.append(
                Link(
                    left=names.get(here) or self._id(here),
                    right=names.get(there) or self._id(there),
                    probability=pair[3] / MILLION,
                    weight=pair[2] / THOUSAND,
                    weakest=at == weakest,
                )
            )
            here = there
        return tuple(links)

    def split(self, left: int, right: int, join: float) -> Split:
        """Return what lies between the groups of two records; `join` is in percent."""
        one, other = (self._nodes(self.group(row)) for row in (left, right))
        by_itself = (*self._joined_by, "probability")[0]
        pairs = self._tables.lookup("pairs").where("l", [*one, *other], ["l", "r", by_itself])
        pairs = pairs.rename_columns(["l", "r", "probability"])
        copies = np.bincount(self._representative, minlength=len(self._representative))
        counted = copies.astype(np.int64)
        return between_groups(pairs, one, other, counted, join=join, leeway=self._leeway)

    @cached_property
    def _leeway(self) -> int:
        """What the links of the file leave to groups; runs of earlier releases had none."""
        if not self._joined_by:
            return 0
        scored = self._tables.whole("pairs", ["l", "r", *self._joined_by])
        scored = scored.rename_columns(["l", "r", "probability"])
        candidates = self._tables.whole("candidates", ["l", "r"])
        files = [file for stage in self._tables.manifest.stages for file in stage.artifacts]
        model = read_artifact(self._tables.run.path, "model", files)
        return leeway_of(candidates, scored, model, len(self._representative))

    def _lines(self, table: str, pair: tuple[int, int], columns: list[str]) -> list[dict[str, int]]:
        lines = self._tables.lookup(table).where("l", [pair[0]], columns)
        return [line for line in lines.to_pylist() if line["r"] == pair[1]]

    def _nodes(self, group: int) -> list[int]:
        """Return the records of a group that stand for themselves."""
        members = np.flatnonzero(self._group == group)
        nodes: list[int] = members[self._representative[members] == members].tolist()
        return nodes

    def _name(self, row: int) -> str | None:
        columns = [column for found in self._names for column in found]
        if not columns:
            return None
        (cells,) = self._tables.at("inputs", [row], columns).to_pylist()
        return " ".join(" ".join(filter(None, cells.values())).split()) or None

    def _id(self, row: int) -> str:
        record_id: str = self._tables.at("records", [row], ["record_id"]).column(0)[0].as_py()
        return record_id

    @cached_property
    def _joined_by(self) -> list[str]:
        """The column of the model's own probability; runs of earlier releases have the one."""
        return [name for name in self._tables.columns("pairs") if name == _BY_ITSELF]

    @cached_property
    def _names(self) -> list[tuple[str, ...]]:
        return list(name_fields(self._tables.whole("fields")).values())

    @cached_property
    def _judgements(self) -> list[dict[str, Any]]:
        """The judgements of records; runs of earlier releases have none."""
        if not self._tables.has("judgements"):
            return []
        lines: list[dict[str, Any]] = self._tables.whole("judgements").to_pylist()
        return lines

    @cached_property
    def _judged(self) -> dict[tuple[int, str], tuple[int, str]]:
        """Of each record and kind the decision, as its rank, and who said it."""
        return {
            (line["row"], line["kind"]): (line["decision"], line["said"])
            for line in self._judgements
        }

    @cached_property
    def _same(self) -> dict[int, int]:
        return {line["row"]: line["number"] for line in self._judgements if line["kind"] == "same"}

    @cached_property
    def _parted(self) -> dict[int, dict[int, str]]:
        found: dict[int, dict[int, str]] = {}
        for line in self._judgements:
            if line["kind"] == "apart":
                found.setdefault(line["row"], {})[line["number"]] = line["said"]
        return found

    @cached_property
    def _representative(self) -> Longs:
        return self._rows("distinct", "representative")

    @cached_property
    def _group(self) -> Longs:
        return self._rows("groups", "group")

    def _rows(self, table: str, column: str) -> Longs:
        values: Longs = self._tables.whole(table, [column]).column(0).to_numpy().astype(np.int64)
        return values


def _order(pair: Scored) -> tuple[int, int, int, int]:
    """Return a pair's place from best to worst."""
    return -pair[3], -pair[2], pair[0], pair[1]
