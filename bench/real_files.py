"""What a run with no settings does to two real files that have no truth, counted and sampled.

`python -m bench.real_files ieee_oui` (or `gleif`) runs the pipeline on the file in ../shared/data
and prints Markdown: the counts, what was judged by hand, and samples to read. The samples hang on
record ids alone, so that a later run shows the same groups as far as they still stand.

Judgements by hand are in `real_files_judged.csv`: two records, whether they are the same company
(yes, no, or open where the file cannot tell), and why.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

import keepone
from bench.accuracy.sets import DATA

JUDGED = Path(__file__).with_name("real_files_judged.csv")

# How many groups, possible matches and records to verify are shown; members of a group at most.
_GROUPS, _POSSIBLE, _VERIFY, _MEMBERS = 40, 40, 20, 5


@dataclass(frozen=True, slots=True)
class RealFile:
    """A file to read; `columns` are those that a reader compares."""

    name: str
    path: Path
    columns: tuple[str, ...]


FILES = {
    file.name: file
    for file in (
        RealFile("ieee_oui", DATA / "ieee_oui" / "records.csv", ("name", "address")),
        RealFile(
            "gleif",
            DATA / "gleif" / "records.parquet",
            ("legal_name", "country", "category"),
        ),
    )
}

_SEEN = """
CREATE TABLE seen AS
SELECT
    records.row, review.*, members.primary,
    concat_ws(' | ', {shown}) AS shown,
    lower(trim(regexp_replace(concat_ws(chr(31), {shown}), '[[:punct:][:space:]]+', ' ', 'g')))
        AS plain
FROM review
JOIN records USING (record_id)
JOIN members ON members.row = records.row
"""
"""One record: its verdict, what a reader compares, and the same without case and punctuation."""

_POSSIBLE_MATCHES = """
CREATE TABLE possible AS
SELECT a.record_id AS one, b.record_id AS other, pairs.probability / 10000 AS probability,
    a.shown AS shown, b.shown AS other_shown, a.plain = b.plain AS equal
FROM pairs
JOIN seen AS a ON a.row = pairs.l
JOIN seen AS b ON b.row = pairs.r
WHERE a.group_id <> b.group_id AND pairs.probability >= $review
"""
"""One match pair whose records ended in different groups."""

_GROUPS_COUNTED = """
SELECT
    count(*) AS groups,
    coalesce(sum(size), 0)::BIGINT AS records,
    count(*) FILTER (forms = 1) AS equal_groups,
    coalesce(sum(size) FILTER (forms = 1), 0)::BIGINT AS equal_records,
    coalesce(sum(size * (size - 1) // 2), 0)::BIGINT AS pairs,
    coalesce(sum(equal_pairs), 0)::BIGINT AS equal_pairs
FROM (
    SELECT group_id, sum(n) AS size, count(*) AS forms, sum(n * (n - 1) // 2) AS equal_pairs
    FROM (SELECT group_id, plain, count(*) AS n FROM seen GROUP BY ALL)
    GROUP BY group_id
    HAVING sum(n) > 1
)
"""
"""Groups of two or more, those whose records are all equal to a reader, and the pairs in them."""

_EQUAL_COUNTED = """
SELECT
    coalesce(sum(n * (n - 1) // 2), 0)::BIGINT AS pairs,
    coalesce(sum(together), 0)::BIGINT AS together
FROM (
    SELECT plain, sum(n) AS n, sum(n * (n - 1) // 2) AS together
    FROM (SELECT plain, group_id, count(*) AS n FROM seen GROUP BY ALL)
    GROUP BY plain
)
"""
"""Pairs of records that are equal to a reader, and how many of them are in one group."""

_DISPOSITIONS = """
SELECT disposition, rule, count(*) AS records
FROM dispositions GROUP BY ALL ORDER BY records DESC, rule
"""

_SIZES = """
SELECT group_size, count(DISTINCT group_id) AS groups
FROM seen WHERE group_size > 1 GROUP BY 1 ORDER BY 1 DESC LIMIT 5
"""

_UNEQUAL_MERGES = """
SELECT concat_ws(', ', {differing}) AS differing, count(*) AS records
FROM seen AS one JOIN seen AS kept ON kept.row = one.primary
WHERE one.row <> one.primary AND one.plain <> kept.plain
GROUP BY 1 ORDER BY records DESC, 1
"""
"""Records in a group whose primary reads otherwise, by the columns in which it does."""

_NAMES_MERGED = """
SELECT CASE
        WHEN one.plain = kept.plain THEN 'rows equal to a reader'
        WHEN a."name.tokens" <> b."name.tokens" THEN 'words spelled otherwise, added or left out'
        WHEN a."name.legal" <> b."name.legal" THEN 'legal forms differ'
        WHEN (a."name.legal" IS NULL) <> (b."name.legal" IS NULL) THEN 'a legal form is missing'
        ELSE 'same words and legal form after normalising'
    END AS kind,
    count(*) AS records
FROM seen AS one
JOIN seen AS kept ON kept.row = one.primary
JOIN features AS a ON a.row = one.row
JOIN features AS b ON b.row = kept.row
WHERE one.row <> one.primary
GROUP BY 1 ORDER BY records DESC, 1
"""
"""Records in a group whose primary is another, by how the two names differ."""

_LARGEST = """
SELECT group_id, any_value(group_size) AS size, min(shown) AS first, max(shown) AS last
FROM seen GROUP BY 1 HAVING any_value(group_size) > 1 ORDER BY size DESC, group_id LIMIT 10
"""

_SAMPLED_GROUPS = """
SELECT group_id FROM seen WHERE group_size > 1
GROUP BY group_id ORDER BY md5(group_id) LIMIT $most
"""

_GROUP = """
SELECT record_id, record_id = primary_id AS is_primary, primary_id, score, disposition, shown
FROM seen WHERE group_id = $group
ORDER BY is_primary DESC, md5(record_id) LIMIT $most
"""

_SAMPLED_POSSIBLE = "SELECT * FROM possible ORDER BY md5(one || ' ' || other) LIMIT $most"

_SAMPLED_VERIFY = """
SELECT v.record_id, v.primary_id, v.reason, v.shown, kept.shown AS primary_shown
FROM seen AS v JOIN seen AS kept ON kept.row = v.primary
WHERE v.proposed_disposition IS NOT NULL
ORDER BY md5('verify ' || v.record_id) LIMIT $most
"""

_PAIR = """
SELECT a.group_id = b.group_id AS together, a.shown AS shown, b.shown AS other_shown,
    a.record_id || b.record_id IN (SELECT one || other FROM possible)
    OR b.record_id || a.record_id IN (SELECT one || other FROM possible) AS possible
FROM seen AS a, seen AS b WHERE a.record_id = $one AND b.record_id = $other
"""


class Reading:
    """A finished run of one file, opened for counting and reading."""

    def __init__(self, file: RealFile, workspace: Path) -> None:
        self.file = file
        self.result = keepone.run(file.path, workspace=workspace, run_id=file.name)
        self._base = duckdb.connect()
        review = self.result.review_ready.to_arrow()
        self._base.register("review", review)
        for name in ("records", "features", "members", "dispositions", "pairs"):
            self._base.register(name, self.result.table(name).to_arrow())
        shown = ", ".join(f"coalesce(nullif(trim(\"{name}\"), ''), '-')" for name in file.columns)
        self._base.execute(_SEEN.format(shown=shown))
        review_at = round(self.result.manifest["thresholds"]["review"] * 10_000)
        self._base.execute(_POSSIBLE_MATCHES, {"review": review_at})
        self.judged = {
            (row["one"], row["other"]): row for row in read_judged() if row["file"] == file.name
        }

    def rows(self, sql: str, **params: Any) -> list[dict[str, Any]]:
        """Return the rows of a SELECT as dictionaries."""
        relation = self._base.sql(sql, params=params)
        found: list[dict[str, Any]] = relation.to_arrow_table().to_pylist()
        return found

    def verdict(self, one: str, other: str) -> str:
        """Return how two records were judged by hand, or a question mark."""
        row = self.judged.get((one, other)) or self.judged.get((other, one))
        return row["same"] if row else "?"


def read_judged() -> list[dict[str, str]]:
    """Return the judgements by hand: file, one, other, same, why."""
    if not JUDGED.exists():
        return []
    with JUDGED.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def counts(reading: Reading) -> Iterator[str]:
    """Yield the lines of what can be counted without judging."""
    result = reading.result
    yield f"## {reading.file.name}: counts"
    yield ""
    for name in ("records", "candidate_pairs", "survivors", "groups", "duplicates"):
        yield f"- {name}: {result.counts[name]:,}"
    yield f"- seconds: {result.manifest['seconds']:.1f}"
    for row in reading.rows(_DISPOSITIONS):
        yield f"- {row['disposition']} by {row['rule']}: {row['records']:,}"
    for row in reading.rows(_SIZES):
        yield f"- groups of {row['group_size']}: {row['groups']:,}"
    (groups,) = reading.rows(_GROUPS_COUNTED)
    yield (
        f"- groups of two or more: {groups['groups']:,} of {groups['records']:,} records; in"
        f" {groups['equal_groups']:,} of them ({groups['equal_records']:,} records) all records"
        " are equal to a reader"
    )
    yield f"- pairs within groups: {groups['pairs']:,}, {groups['equal_pairs']:,} of them equal"
    (equal,) = reading.rows(_EQUAL_COUNTED)
    yield f"- equal pairs in the file: {equal['pairs']:,}, {equal['together']:,} of them grouped"
    differing = ", ".join(
        f'CASE WHEN one."{name}" IS DISTINCT FROM kept."{name}" THEN \'{name}\' END'
        for name in reading.file.columns
    )
    for row in reading.rows(_UNEQUAL_MERGES.format(differing=differing)):
        yield f"- grouped though {row['differing']} differ: {row['records']:,}"
    for row in reading.rows(_NAMES_MERGED):
        yield f"- grouped, {row['kind']}: {row['records']:,}"
    (possible,) = reading.rows("SELECT count(*) AS n, count(*) FILTER (equal) AS e FROM possible")
    yield f"- possible matches: {possible['n']:,}, {possible['e']:,} of them equal"
    yield ""
    yield "The largest groups, with the first and the last of their records:"
    yield ""
    for row in reading.rows(_LARGEST):
        yield f"- {row['size']}: {row['first']} … {row['last']}"


def judged(reading: Reading) -> Iterator[str]:
    """Yield how the run deals with the pairs that were judged by hand."""
    yield ""
    yield f"## {reading.file.name}: judged pairs"
    yield ""
    outcomes: Counter[tuple[str, str]] = Counter()
    lines = []
    for (one, other), row in reading.judged.items():
        found = reading.rows(_PAIR, one=one, other=other)
        if not found:
            continue
        (pair,) = found
        place = "together" if pair["together"] else "possible" if pair["possible"] else "apart"
        outcomes[row["same"], place] += 1
        if (row["same"], place) in {("no", "together"), ("yes", "apart"), ("yes", "possible")}:
            lines.append(
                f"- same: {row['same']}, {place}: {pair['shown']} ⟷ {pair['other_shown']}"
                f" ({row['why']})"
            )
    for (same, place), number in sorted(outcomes.items()):
        yield f"- same: {same}, now {place}: {number}"
    yield ""
    yield from lines


def samples(reading: Reading) -> Iterator[str]:
    """Yield groups, possible matches and records to verify, each with its judgement."""
    yield ""
    yield f"## {reading.file.name}: {_GROUPS} groups"
    for number, group in enumerate(reading.rows(_SAMPLED_GROUPS, most=_GROUPS), 1):
        yield ""
        yield f"{number}."
        for row in reading.rows(_GROUP, group=group["group_id"], most=_MEMBERS):
            if row["is_primary"]:
                yield f"   - {row['record_id']} primary: {row['shown']}"
            else:
                verdict = reading.verdict(row["record_id"], row["primary_id"])
                yield (
                    f"   - {row['record_id']} {row['score']} {row['disposition']}"
                    f" [{verdict}]: {row['shown']}"
                )
    yield ""
    yield f"## {reading.file.name}: {_POSSIBLE} possible matches"
    yield ""
    for row in reading.rows(_SAMPLED_POSSIBLE, most=_POSSIBLE):
        yield (
            f"- {row['one']} {row['other']} {row['probability']:.1f}"
            f" [{reading.verdict(row['one'], row['other'])}]:"
            f" {row['shown']} ⟷ {row['other_shown']}"
        )
    yield ""
    yield f"## {reading.file.name}: {_VERIFY} records to verify"
    yield ""
    for row in reading.rows(_SAMPLED_VERIFY, most=_VERIFY):
        verdict = reading.verdict(row["record_id"], row["primary_id"])
        yield (
            f"- {row['record_id']} {row['primary_id']} [{verdict}]: {row['shown']} ⟷"
            f" {row['primary_shown']}: {row['reason']}"
        )


def main() -> None:
    """Run one file and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", choices=sorted(FILES))
    parser.add_argument("--workspace", type=Path, default=Path("keepone-data"))
    parser.add_argument("--no-samples", action="store_true", help="print the counts alone")
    options = parser.parse_args()
    file = FILES[options.file]
    if not file.path.exists():
        parser.error(f"{file.path} is missing")
    reading = Reading(file, options.workspace)
    lines = [*counts(reading), *judged(reading)]
    if not options.no_samples:
        lines += samples(reading)
    print("\n".join(lines))


if __name__ == "__main__":
    main()
