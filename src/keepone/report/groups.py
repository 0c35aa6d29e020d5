"""The groups a person looks at first: the largest and the least certain, with their members."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from keepone.ids import name_fields
from keepone.report.folder import RunFolder

GROUPS_SHOWN = 10
MEMBERS_SHOWN = 12

# What tells two records of one name apart.
_DETAILS = (
    "street", "address", "city", "region", "postal_code", "country", "phone", "website", "email",
)  # fmt: skip
_MEMBER = ("record_id", "group_id", "is_primary", "score", "disposition", "reason")
_STATS = ("group_id", "size", "min_score", "mean_score", "flags")


@dataclass(frozen=True, slots=True)
class Member:
    """One record of a group. `details` are the further values that tell it apart."""

    record_id: str
    name: str
    details: tuple[str, ...]
    is_primary: bool
    score: float | None
    disposition: str
    reason: str


@dataclass(frozen=True, slots=True)
class Group:
    """One group of two or more. `members` begins with the primary and may be cut short."""

    group_id: str
    size: int
    min_score: float | None
    mean_score: float | None
    flags: tuple[str, ...]
    members: tuple[Member, ...]

    @property
    def name(self) -> str:
        """The primary's name."""
        return self.members[0].name if self.members else ""

    @property
    def hidden(self) -> int:
        """How many members are not listed."""
        return self.size - len(self.members)


def notable_groups(folder: RunFolder) -> tuple[tuple[Group, ...], tuple[Group, ...]]:
    """Return the ten largest and the ten least certain groups of two or more.

    The largest come by size, the least certain by their members' lowest score; ties by group id.
    """
    stats = folder.read("group_stats", _STATS)
    by_size = _first(stats, [("size", "descending"), ("group_id", "ascending")])
    by_score = _first(stats, [("min_score", "ascending"), ("group_id", "ascending")])
    members = _members(folder, pa.concat_tables([by_size, by_score])["group_id"])
    largest = [row for row in by_size.to_pylist() if row["size"] > 1]
    # What stands alone has no score, and comes last.
    least = [row for row in by_score.to_pylist() if row["min_score"] is not None]
    return (
        tuple(_group(row, members) for row in largest),
        tuple(_group(row, members) for row in least),
    )


def _first(stats: pa.Table, order: list[tuple[str, str]]) -> pa.Table:
    return stats.take(pc.sort_indices(stats, order).slice(0, GROUPS_SHOWN))


def _members(folder: RunFolder, group_ids: pa.ChunkedArray) -> dict[str, list[Member]]:
    """Return the members of these groups, by group: the primary first, then the least certain."""
    if not len(group_ids):
        return {}
    known = folder.columns("review_ready")
    names = [
        f"field_{field}"
        for field in name_fields(folder.read("fields", ["column", "field"]))
        if f"field_{field}" in known
    ]
    details = [f"field_{field}" for field in _DETAILS if f"field_{field}" in known]
    wanted = group_ids.combine_chunks()
    columns = list(dict.fromkeys((*_MEMBER, *names, *details)))
    found = pa.Table.from_batches(
        [
            batch.filter(pc.is_in(batch["group_id"], wanted))
            for batch in folder.batches("review_ready", columns)
        ]
    )
    members: dict[str, list[Member]] = {}
    for row in found.to_pylist():
        members.setdefault(row["group_id"], []).append(
            Member(
                record_id=row["record_id"],
                name=" ".join(row[column] for column in names if row[column]),
                details=tuple(row[column] for column in details if row[column]),
                is_primary=row["is_primary"],
                score=row["score"],
                disposition=row["disposition"],
                reason=row["reason"],
            )
        )
    for group in members.values():
        group.sort(
            key=lambda member: (
                not member.is_primary,
                101.0 if member.score is None else member.score,
                member.record_id,
            )
        )
    return members


def _group(row: dict[str, Any], members: dict[str, list[Member]]) -> Group:
    return Group(
        group_id=row["group_id"],
        size=row["size"],
        min_score=row["min_score"],
        mean_score=row["mean_score"],
        flags=tuple(row["flags"].replace(",", " ").replace(";", " ").split()),
        members=tuple(members.get(row["group_id"], [])[:MEMBERS_SHOWN]),
    )
