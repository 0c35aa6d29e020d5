"""One group in full: its records with their verdicts, fields and inputs, and what links them.

It is put together when it is asked for, from the row groups that hold it, however many groups the
run has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import pyarrow as pa

from keepone.counts import DISPOSITIONS
from keepone.errors import RunError
from keepone.group_pairs import GROUP_PAIRS, GROUP_PAIRS_FILE, MILLION, THOUSAND
from keepone.ids import FIELD_PREFIX, SOURCE_FILE, input_names
from keepone.parquet import Lookup
from keepone.run_tables import RunTables
from keepone.runs import Run
from keepone.schema import REVIEW_READY

_OF_GROUP = {"group_id", "group_size", "primary_id"}
_OF_RECORD = [*(c.name for c in REVIEW_READY.columns if c.name not in _OF_GROUP), SOURCE_FILE]
_OF_PAIR = ["left", "right", "match_probability", "match_weight"]
_OF_LINK = ["l", "r", "weight", "probability"]


@dataclass(frozen=True, slots=True)
class GroupRecord:
    """One record of a group: the verdict on it, as in review_ready, and its values.

    `fields` are the recognised fields by name, cleaned; `inputs` the input columns by header, as
    they came.
    """

    record_id: str
    is_primary: bool
    score: float | None
    disposition: str
    reason: str
    proposed_disposition: str | None
    match_probability: float | None
    match_weight: float | None
    source_file: str
    fields: Mapping[str, str | None]
    inputs: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class GroupPair:
    """Two records of a group that were compared; `left` comes first by dataset and record id.

    `match_weight` is in bits. Of records that are equal in all that is compared, the first is
    compared with others, and each of the rest with the first.
    """

    left: str
    right: str
    match_probability: float
    match_weight: float


@dataclass(frozen=True, slots=True)
class GoldenValue:
    """One field of a group's golden record: the value, the record it is from, and what it beat.

    `value` is None where no record that may give one has any, `record_id` also for a union of
    several. `beaten` are pairs of record id and value. `gained` says that the primary had none,
    `changed` that it had another.
    """

    header: str
    value: str | None
    record_id: str | None
    strategy: str
    beaten: tuple[tuple[str, str], ...]
    gained: bool
    changed: bool


@dataclass(frozen=True, slots=True)
class GroupRelation:
    """What a record of a group is to another record, of this group or of another, and why."""

    record_id: str
    kind: str
    related_id: str
    why: str
    same_group: bool


@dataclass(frozen=True, slots=True)
class GroupDetail:
    """One group: its figures as in group_stats, its records by record id, its pairs, relations.

    `golden` are the fields of its golden record, in the order of the input's columns; none for a
    record alone, nor in runs of releases without golden records.

    `dispositions` counts the records by what is to be done with them: keep, enrich, merge, delete
    and verify, whatever these are called in the run. `scores` are the least, the mean and the
    greatest of the records that are not the primary, None if there are none.
    """

    group_id: str
    size: int
    primary_id: str
    primary_name: str | None
    scores: tuple[float, float, float] | None
    dispositions: Mapping[str, int]
    flags: tuple[str, ...]
    review_priority: float
    records: tuple[GroupRecord, ...]
    pairs: tuple[GroupPair, ...]
    golden: tuple[GoldenValue, ...]
    relations: tuple[GroupRelation, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the group as plain data."""
        return asdict(self)


class GroupReader:
    """Finds the groups of one finished run."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._tables = RunTables(run)

    def group(self, group_id: str) -> GroupDetail:
        """Return the group with this id; `RunError` where the run has none."""
        found = self._tables.lookup("group_stats").where("group_id", [group_id]).to_pylist()
        if not found:
            message = f"the run {self._run.run_id} has no group {group_id}"
            hint = "The column group_id of review_ready holds the ids of the run's groups."
            raise RunError(message, hint=hint)
        (stats,) = found
        published = self._tables.lookup("review_ready").where("group_id", [group_id])
        ids = published.column("record_id").to_pylist()
        scores = (stats["min_score"], stats["mean_score"], stats["max_score"])
        return GroupDetail(
            group_id=group_id,
            size=stats["size"],
            primary_id=stats["primary_id"],
            primary_name=stats["primary_name"],
            scores=None if None in scores else scores,
            dispositions={name.lower(): stats[name.lower()] for name in DISPOSITIONS},
            flags=tuple(flag for flag in stats["flags"].split(", ") if flag),
            review_priority=stats["review_priority"],
            records=tuple(self._records(published, ids)),
            pairs=tuple(self._pairs(group_id, ids)),
            golden=tuple(self._golden(ids)),
            relations=tuple(self._relations(ids)),
        )

    def _records(self, published: pa.Table, ids: Sequence[str]) -> Iterator[GroupRecord]:
        """Give the records; what review_ready leaves out of them is in the tables of stages."""
        cleaned = self._tables.columns("normalized")[1:]
        headers = self._tables.whole("headers")
        inputs = headers.column("header").to_pylist()
        columns = {FIELD_PREFIX + name: ("normalized", name) for name in cleaned} | {
            name: ("inputs", column)
            for name, column in zip(
                input_names(inputs, cleaned), headers.column("column").to_pylist(), strict=True
            )
        }
        names = list(columns)
        if missing := [name for name in names if name not in published.column_names]:
            rows = self._rows(ids)
            for table in ("normalized", "inputs"):
                left_out = {name: columns[name][1] for name in missing if columns[name][0] == table}
                order = [rows[record_id] for record_id in ids]
                cells = self._tables.at(table, order, [*left_out.values()])
                for name, column in zip(left_out, cells.columns, strict=True):
                    published = published.append_column(name, column)
        for line in published.to_pylist():
            yield GroupRecord(
                **{name: line[name] for name in _OF_RECORD},
                fields={name: line[FIELD_PREFIX + name] for name in cleaned},
                inputs={
                    header: line[name]
                    for header, name in zip(inputs, names[len(cleaned) :], strict=True)
                },
            )

    def _relations(self, ids: Sequence[str]) -> Iterator[GroupRelation]:
        if not self._tables.has("related"):
            return  # a run of a release that did not look for them
        names = [field.name for field in fields(GroupRelation)]
        found = self._tables.lookup("related").where("record_id", ids, names)
        yield from (GroupRelation(**line) for line in found.to_pylist())

    def _pairs(self, group_id: str, ids: Sequence[str]) -> Iterator[GroupPair]:
        path = self._run.path / GROUP_PAIRS_FILE
        if path.is_file():
            made = Lookup(path, GROUP_PAIRS).where("group_id", [group_id], _OF_PAIR)
            yield from (GroupPair(**line) for line in made.to_pylist())
            return
        if len(ids) == 1:
            return
        rows = self._rows(ids)
        id_of = {row: record_id for record_id, row in rows.items()}
        members = sorted(id_of)
        distinct = self._tables.lookup("distinct").at(members, ["representative"])
        first_of = dict(zip(members, distinct.column(0).to_pylist(), strict=True))
        found = self._tables.lookup("pairs").where("l", set(first_of.values()), _OF_LINK)
        linked = []
        for pair in found.to_pylist():
            left, right = pair["l"], pair["r"]
            ends = [right] if left != right else [row for row in members if first_of[row] == left]
            linked += [
                (left, end, pair) for end in ends if left in id_of and end in id_of and left != end
            ]
        for left, right, pair in sorted(linked, key=lambda link: link[:2]):
            probability, weight = pair["probability"] / MILLION, pair["weight"] / THOUSAND
            yield GroupPair(id_of[left], id_of[right], probability, weight)

    def _golden(self, ids: Sequence[str]) -> Iterator[GoldenValue]:
        if len(ids) == 1 or not self._tables.has("golden"):
            return
        id_of = {row: record_id for record_id, row in self._rows(ids).items()}
        # A group is called after its smallest row.
        lines = self._tables.lookup("golden").where("group", [min(id_of)]).to_pylist()
        found = {line["column"]: line for line in lines}
        for header in self._tables.whole("headers").to_pylist():
            if line := found.get(header["column"]):
                yield GoldenValue(
                    header["header"],
                    line["value"],
                    id_of.get(line["source"]),
                    line["strategy"],
                    tuple((id_of[each["row"]], each["value"]) for each in line["beaten"]),
                    line["gained"],
                    line["changed"],
                )

    def _rows(self, ids: Sequence[str]) -> dict[str, int]:
        """Return the row of each record."""
        found = self._tables.lookup("records").where("record_id", ids, ["record_id", "row"])
        return dict(zip(*(column.to_pylist() for column in found.columns), strict=True))
