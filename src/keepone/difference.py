"""What two runs say differently: settings, counts, and each record's verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from keepone.engine import quote
from keepone.errors import RunError
from keepone.manifest import Manifest
from keepone.runs import Run

Sides = tuple[Any, Any]
"""What the one run says, and what the other."""

_MEMBERS_SHOWN = 6

_COLUMNS = "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet($path))"
"""The columns of a published table, in order."""

_RECORDS = """
CREATE TEMPORARY TABLE {side} AS
SELECT
    file_row_number AS place,
    record_id,
    row_number() OVER (PARTITION BY record_id ORDER BY source_file, group_id) AS copy,
    group_id,
    hash({columns}) AS digest
FROM read_parquet($path, file_row_number = TRUE)
"""
"""One record: where it stands in the file, and a digest of all that both runs say of it.

An id that several sources use is told apart by their order.
"""

_PAIRED = """
CREATE TEMPORARY TABLE paired AS
SELECT
    a.place AS place_a, b.place AS place_b, record_id, copy,
    a.group_id AS group_a, b.group_id AS group_b,
    a.digest IS DISTINCT FROM b.digest AS changed
FROM a JOIN b USING (record_id, copy)
"""
"""One record that both runs have."""

_DIFFERING = """
CREATE TEMPORARY TABLE differing AS
WITH shared AS (
    SELECT group_a, group_b, count(*) AS records FROM paired GROUP BY group_a, group_b
),
parted AS (
    SELECT
        group_a, group_b,
        records <> sum(records) OVER (PARTITION BY group_a)
            OR records <> sum(records) OVER (PARTITION BY group_b) AS regrouped
    FROM shared
)
SELECT paired.*, parted.regrouped
FROM paired JOIN parted USING (group_a, group_b)
WHERE paired.changed OR parted.regrouped
"""
"""One record of both that is said otherwise, or has other records in its group.

What a group is called does not matter here: two groups are the same if neither shares a record with
a third one.
"""

_TOLD = """
SELECT
    (SELECT count(*) FROM a), (SELECT count(*) FROM b), (SELECT count(*) FROM paired),
    (SELECT count(*) FROM differing), (SELECT count(*) FROM differing WHERE regrouped)
"""

_CHANGES = """
SELECT {counts}
FROM differing
JOIN read_parquet($a, file_row_number = TRUE) AS a ON a.file_row_number = differing.place_a
JOIN read_parquet($b, file_row_number = TRUE) AS b ON b.file_row_number = differing.place_b
"""
"""Per column, the records for which its value is another one."""

_EXAMPLES = """
WITH shown AS (SELECT * FROM differing ORDER BY record_id, copy LIMIT $limit)
SELECT shown.record_id, shown.regrouped, shown.group_a, shown.group_b, {columns}
FROM shown
JOIN read_parquet($a, file_row_number = TRUE) AS a ON a.file_row_number = shown.place_a
JOIN read_parquet($b, file_row_number = TRUE) AS b ON b.file_row_number = shown.place_b
ORDER BY shown.record_id, shown.copy
"""

_ALONE = """
SELECT record_id FROM {side} ANTI JOIN {other} USING (record_id, copy)
ORDER BY record_id, copy LIMIT $limit
"""
"""Records that the one run has and the other has not."""

_NEW_OR_CHANGED = """
SELECT place_b AS place FROM differing
UNION ALL
SELECT place FROM b ANTI JOIN paired USING (record_id, copy)
ORDER BY place
"""
"""Where the records of b stand that a does not have, or says otherwise of."""

_MEMBERS = """
SELECT list(record_id ORDER BY record_id, copy) FROM {side} WHERE group_id = $group
"""

_GROUP_STATS = """
SELECT
    count(*) FILTER (WHERE b.group_id IS NULL),
    count(*) FILTER (WHERE a.group_id IS NULL),
    {counts}
FROM read_parquet($a) AS a
FULL JOIN read_parquet($b) AS b ON a.group_id = b.group_id
"""

"""Groups that only the one run has, only the other, and per column those that differ."""

_GROUPS = "SELECT count(*) FROM read_parquet($a) AS a JOIN read_parquet($b) AS b USING (group_id)"
"""The groups of both runs."""


@dataclass(frozen=True, slots=True)
class Changed:
    """One record: `where` it is (`both`, or only `a` or `b`), and the values that differ.

    `group` stands among them, with the ids of the records in it, where the group is another one.
    """

    record_id: str
    where: str
    values: dict[str, Sides]


@dataclass(frozen=True, slots=True)
class Difference:
    """How the run `b` differs from the run `a`; in all but `settings` and `inputs`, which may.

    `counts`, `columns` and `group_stats` hold only what differs; `columns` and `group_stats` say by
    column for how many records or groups. `records` counts those of each run, of both, and those of
    both that differ (`changed`), among them those whose group is another one (`regrouped`).
    `examples` are the first of all that differ, by record id.
    """

    runs: tuple[str, str]
    settings: dict[str, Sides]
    inputs: Sides | None
    counts: dict[str, Sides]
    columns_alone: tuple[list[str], list[str]]
    records: dict[str, int]
    columns: dict[str, int]
    group_stats: dict[str, int]
    examples: list[Changed]

    @property
    def is_none(self) -> bool:
        """Whether the runs say the same of every record and group."""
        records = self.records
        alone = records["only_a"] + records["only_b"]
        found = (self.counts, *self.columns_alone, alone, records["changed"], self.group_stats)
        return not any(found)

    def as_dict(self) -> dict[str, Any]:
        """Return the difference as plain data."""
        return {"equal": self.is_none} | asdict(self)


def compare_runs(a: Run, b: Run, *, limit: int) -> Difference:
    """Return how two finished runs differ, with the first `limit` records that do.

    Reads the published tables alone. Raises `RunError` for a run that is not finished, or whose
    files are missing or damaged.
    """
    manifests = (a.finished(), b.finished())
    with _side_by_side(a, b) as comparison:
        return comparison.difference(manifests, limit)


def places_changed(since: Run, run: Run) -> npt.NDArray[np.int64]:
    """Return which rows of the review_ready of `run` are new or changed since the run `since`.

    Positions, which rise; changed is what `compare_runs` calls differing. Raises `RunError` as it
    does.
    """
    since.finished()
    run.finished()
    with _side_by_side(since, run) as comparison:
        return comparison.places_in_b()


@contextmanager
def _side_by_side(a: Run, b: Run) -> Iterator[_Comparison]:
    try:
        with closing(duckdb.connect(":memory:")) as connection:
            yield _Comparison(connection, a, b)
    except duckdb.IOException as error:
        message = f"cannot read the tables of {a.run_id} and {b.run_id}: {error}"
        hint = "Run them again with the same inputs and --run-id; what is missing is made."
        raise RunError(message, hint=hint) from error


@dataclass(frozen=True, slots=True)
class _Value:
    """One column of both runs; as text where their types differ."""

    name: str
    as_text: bool

    def of(self, side: str = "") -> str:
        """Return SQL for its value in the table `side`, or in the only table there is."""
        column = f"{side}.{quote(self.name)}" if side else quote(self.name)
        return f"CAST({column} AS VARCHAR)" if self.as_text else column


class _Comparison:
    """Two runs side by side on one connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, a: Run, b: Run) -> None:
        self._connection = connection
        self._paths = {
            "a": str(a.path / "review_ready.parquet"),
            "b": str(b.path / "review_ready.parquet"),
        }
        self._groups = {
            "a": str(a.path / "group_stats.parquet"),
            "b": str(b.path / "group_stats.parquet"),
        }

    def difference(self, manifests: tuple[Manifest, Manifest], limit: int) -> Difference:
        """Compare the runs that these manifests tell of."""
        one, other = manifests
        values, alone = self._pair()
        in_a, in_b, in_both, changed, regrouped = self._row(_TOLD, {})
        return Difference(
            runs=(one.run_id, other.run_id),
            settings=_differing(dict(_flat(one.settings)), dict(_flat(other.settings))),
            inputs=_inputs(one, other),
            counts=_differing(_counts(one), _counts(other)),
            columns_alone=alone,
            records={
                "a": in_a,
                "b": in_b,
                "both": in_both,
                "only_a": in_a - in_both,
                "only_b": in_b - in_both,
                "changed": changed,
                "regrouped": regrouped,
            },
            columns=self._changes(values) if changed else {},
            group_stats=self._group_stats(),
            examples=self._examples(values, limit),
        )

    def places_in_b(self) -> npt.NDArray[np.int64]:
        """Return where the records stand in b that a does not have, or says otherwise of."""
        self._pair()
        places = self._connection.execute(_NEW_OR_CHANGED).fetchnumpy()["place"]
        return np.asarray(places, dtype=np.int64)

    def _pair(self) -> tuple[list[_Value], tuple[list[str], list[str]]]:
        """Find the records of both runs and those that differ; return columns as `_common` does."""
        values, alone = self._common(self._paths)
        for side, path in self._paths.items():
            columns = ", ".join(value.of() for value in values)
            statement = _RECORDS.format(side=side, columns=columns)
            self._connection.execute(statement, {"path": path})
        self._connection.execute(_PAIRED)
        self._connection.execute(_DIFFERING)
        return values, alone

    def _row(self, sql: str, params: Mapping[str, Any]) -> tuple[Any, ...]:
        row = self._connection.execute(sql, dict(params)).fetchone()
        assert row is not None
        return row

    def _common(self, paths: Mapping[str, str]) -> tuple[list[_Value], tuple[list[str], list[str]]]:
        """Return the columns of both tables, and the names of those that only one of them has."""
        a, b = (
            dict(self._connection.execute(_COLUMNS, {"path": path}).fetchall())
            for path in paths.values()
        )
        values = [_Value(name, as_text=a[name] != b[name]) for name in a if name in b]
        return values, (
            [name for name in a if name not in b],
            [name for name in b if name not in a],
        )

    def _changes(self, values: Sequence[_Value]) -> dict[str, int]:
        counted = self._row(_CHANGES.format(counts=_changed_sql(values)), self._paths)
        return {value.name: number for value, number in zip(values, counted, strict=True) if number}

    def _group_stats(self) -> dict[str, int]:
        values, alone = self._common(self._groups)
        values = [value for value in values if value.name != "group_id"]
        statement = _GROUP_STATS.format(counts=_changed_sql(values, "a.group_id = b.group_id"))
        only_a, only_b, *counted = self._row(statement, self._groups)
        found = {"only_a": only_a, "only_b": only_b}
        found |= {value.name: number for value, number in zip(values, counted, strict=True)}
        # A column that one of the tables lacks is another one for each group of the other.
        found |= {name: self._row(_GROUPS, self._groups)[0] for names in alone for name in names}
        return {name: number for name, number in found.items() if number}

    def _examples(self, values: Sequence[_Value], limit: int) -> list[Changed]:
        columns = ", ".join(value.of(side) for side in "ab" for value in values)
        rows = self._connection.execute(
            _EXAMPLES.format(columns=columns), {**self._paths, "limit": limit}
        ).fetchall()
        examples = []
        for record_id, regrouped, group_a, group_b, *cells in rows:
            names = [value.name for value in values]
            both = zip(names, cells[: len(names)], cells[len(names) :], strict=True)
            told: dict[str, Sides] = {name: (a, b) for name, a, b in both if a != b}
            if regrouped:
                told = {"group": (self._members("a", group_a), self._members("b", group_b))} | told
            examples.append(Changed(record_id, "both", told))
        for side, other in (("a", "b"), ("b", "a")):
            statement = _ALONE.format(side=side, other=other)
            found = self._connection.execute(statement, {"limit": limit}).fetchall()
            examples += [Changed(record_id, side, {}) for (record_id,) in found]
        examples.sort(key=lambda example: example.record_id)
        return examples[:limit]

    def _members(self, side: str, group: str) -> str:
        (ids,) = self._row(_MEMBERS.format(side=side), {"group": group})
        more = f" and {len(ids) - _MEMBERS_SHOWN:,} more" if len(ids) > _MEMBERS_SHOWN else ""
        return ", ".join(ids[:_MEMBERS_SHOWN]) + more


def _changed_sql(values: Sequence[_Value], where: str = "TRUE") -> str:
    """Return SQL that counts, per column, the rows of a and b for which it differs."""
    return ", ".join(
        f"count(*) FILTER (WHERE {where} AND {value.of('a')} IS DISTINCT FROM {value.of('b')})"
        for value in values
    )


def _differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Sides]:
    """Return what the two say differently; None for what one does not say."""
    return {
        name: (one.get(name), other.get(name))
        for name in {**one, **other}
        if one.get(name) != other.get(name)
    }


def _flat(tree: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the leaves of nested settings under names such as `cluster.join`."""
    for name, value in tree.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _counts(manifest: Manifest) -> dict[str, Any]:
    return dict(_flat(manifest.counts.model_dump() if manifest.counts else {}))


def _inputs(one: Manifest, other: Manifest) -> Sides | None:
    """Return the names of the inputs, each with the head of its digest, where they differ."""
    a, b = (
        [f"{file.file} ({file.sha256[:12]})" for file in manifest.inputs]
        for manifest in (one, other)
    )
    return None if a == b else (a, b)
