"""How the groups of one run became those of another: kept, split, merged, new and gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import duckdb

from keepone.difference import reading
from keepone.runs import Run

Kind = Literal["kept", "split", "merged", "new", "gone"]
KINDS: tuple[Kind, ...] = get_args(Kind)

# Groups of the other run that an example lists.
OTHERS_SHOWN = 6

_SIDE = """
CREATE TEMPORARY TABLE {side} AS
SELECT
    record_id,
    row_number() OVER (PARTITION BY record_id ORDER BY source_file, group_id) AS copy,
    group_id
FROM read_parquet($path)
"""
"""One record of a run; an id that several sources use is told apart by their order."""

_STATS = """
CREATE TEMPORARY TABLE stats_{side} AS
SELECT group_id, size, coalesce(primary_name, '') AS name FROM read_parquet($path)
"""
"""One group of a run."""

_SHARED = """
CREATE TEMPORARY TABLE shared AS
WITH linked AS (
    SELECT a.group_id AS group_a, b.group_id AS group_b, count(*) AS records
    FROM a JOIN b USING (record_id, copy)
    GROUP BY a.group_id, b.group_id
)
SELECT
    group_a, group_b, records,
    count(*) OVER (PARTITION BY group_a) AS becomes,
    count(*) OVER (PARTITION BY group_b) AS comes_of
FROM linked
"""
"""One group of a and one of b that share records: how many, and with how many others each does."""

_CHANGED = """
CREATE TEMPORARY TABLE changed AS
SELECT 'kept' AS kind, group_a AS group_id, a.name, a.size, a.size <> b.size AS first
FROM shared
JOIN stats_a AS a ON a.group_id = shared.group_a
JOIN stats_b AS b ON b.group_id = shared.group_b
WHERE becomes = 1 AND comes_of = 1
UNION ALL
SELECT 'split', group_id, name, size, FALSE
FROM stats_a WHERE group_id IN (SELECT group_a FROM shared WHERE becomes > 1)
UNION ALL
SELECT 'merged', group_id, name, size, FALSE
FROM stats_b WHERE group_id IN (SELECT group_b FROM shared WHERE comes_of > 1)
UNION ALL
SELECT 'new', group_id, name, size, FALSE
FROM stats_b WHERE group_id NOT IN (SELECT group_b FROM shared)
UNION ALL
SELECT 'gone', group_id, name, size, FALSE
FROM stats_a WHERE group_id NOT IN (SELECT group_a FROM shared)
"""
"""One group of what kind; of those kept, first come those that have more or fewer records now."""

_COUNTS = """
SELECT kind, count(*), sum(size), count(*) FILTER (WHERE size > 1) FROM changed GROUP BY kind
"""

_EXAMPLES = """
SELECT group_id, name, size FROM changed WHERE kind = $kind
ORDER BY first DESC, size DESC, group_id
LIMIT $limit
"""

_BECAME = """
SELECT group_b, stats.name, stats.size, records
FROM shared JOIN stats_b AS stats ON stats.group_id = group_b
WHERE group_a = $group ORDER BY records DESC, group_b
"""

_CAME_OF = """
SELECT group_a, stats.name, stats.size, records
FROM shared JOIN stats_a AS stats ON stats.group_id = group_a
WHERE group_b = $group ORDER BY records DESC, group_a
"""


@dataclass(frozen=True, slots=True)
class Counted:
    """How many groups are of a kind, how many of them have several records, and all records."""

    groups: int = 0
    several: int = 0
    records: int = 0


@dataclass(frozen=True, slots=True)
class OtherGroup:
    """A group of the other run, and how many records it shares with the one it is told of."""

    group_id: str
    name: str
    size: int
    shared: int


@dataclass(frozen=True, slots=True)
class Example:
    """A group, and the first of those of the other run with records of it; `more` are left out.

    The group is of the run b if it is merged or new, else of the run a.
    """

    group_id: str
    name: str
    size: int
    others: tuple[OtherGroup, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Regrouping:
    """What became of the groups of the run a in the run b.

    Groups are told by the records that both runs have. A group is `kept` if it and one of b share
    records with no third one, whatever records came or went; `split` if its records stand in
    several groups of b; a group of b is `merged` if its records come of several of a, `new` if a
    has none of its records; and `gone` is a group of which b has none. A group may be split and go
    into one that is merged.
    """

    runs: tuple[str, str]
    counts: dict[Kind, Counted]
    examples: dict[Kind, list[Example]]


def compare_groups(a: Run, b: Run, *, limit: int) -> Regrouping:
    """Return what became of the groups of a finished run in another, with `limit` of each kind.

    Raises `RunError` for a run that is not finished, or whose files are missing or damaged.
    """
    a.finished()
    b.finished()
    with reading(a, b) as connection:
        for side, run in (("a", a), ("b", b)):
            for statement, file in ((_SIDE, "review_ready"), (_STATS, "group_stats")):
                path = {"path": str(run.path / f"{file}.parquet")}
                connection.execute(statement.format(side=side), path)
        connection.execute(_SHARED)
        connection.execute(_CHANGED)
        counted = {
            kind: Counted(groups, several, int(records))
            for kind, groups, records, several in connection.execute(_COUNTS).fetchall()
        }
        return Regrouping(
            (a.run_id, b.run_id),
            {kind: counted.get(kind, Counted()) for kind in KINDS},
            {kind: _examples(connection, kind, limit) for kind in KINDS},
        )


def _examples(connection: duckdb.DuckDBPyConnection, kind: Kind, limit: int) -> list[Example]:
    statement = _CAME_OF if kind == "merged" else _BECAME
    examples = []
    listed = connection.execute(_EXAMPLES, {"kind": kind, "limit": limit}).fetchall()
    for group_id, name, size in listed:
        found = (
            []
            if kind in {"new", "gone"}
            else connection.execute(statement, {"group": group_id}).fetchall()
        )
        others = tuple(OtherGroup(*line) for line in found[:OTHERS_SHOWN])
        examples.append(Example(group_id, name, size, others, len(found) - len(others)))
    return examples
