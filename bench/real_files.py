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
from bench import real_files_sql as statements
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
        self._base.execute(statements.SEEN.format(shown=shown))
        review_at = round(self.result.manifest["thresholds"]["review"] * 10_000)
        self._base.execute(statements.POSSIBLE_MATCHES, {"review": review_at})
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
    for row in reading.rows(statements.DISPOSITIONS):
        yield f"- {row['disposition']} by {row['rule']}: {row['records']:,}"
    for row in reading.rows(statements.SIZES):
        yield f"- groups of {row['group_size']}: {row['groups']:,}"
    (groups,) = reading.rows(statements.GROUPS_COUNTED)
    yield (
        f"- groups of two or more: {groups['groups']:,} of {groups['records']:,} records; in"
        f" {groups['equal_groups']:,} of them ({groups['equal_records']:,} records) all records"
        " are equal to a reader"
    )
    yield f"- pairs within groups: {groups['pairs']:,}, {groups['equal_pairs']:,} of them equal"
    (equal,) = reading.rows(statements.EQUAL_COUNTED)
    yield f"- equal pairs in the file: {equal['pairs']:,}, {equal['together']:,} of them grouped"
    differing = ", ".join(
        f'CASE WHEN one."{name}" IS DISTINCT FROM kept."{name}" THEN \'{name}\' END'
        for name in reading.file.columns
    )
    for row in reading.rows(statements.UNEQUAL_MERGES.format(differing=differing)):
        yield f"- grouped though {row['differing']} differ: {row['records']:,}"
    for row in reading.rows(statements.NAMES_MERGED):
        yield f"- grouped, {row['kind']}: {row['records']:,}, median score {row['score']:.1f}"
    for row in reading.rows(statements.COPIES):
        yield (
            f"- equal records, {row['copies']} of a kind: {row['records']:,} in {row['forms']:,}"
            f" kinds, {row['alone']:,} of them left alone"
        )
    join_at = reading.result.manifest["thresholds"]["join"]
    (possible,) = reading.rows(statements.POSSIBLE_COUNTED, join=join_at)
    yield (
        f"- possible matches: {possible['pairs']:,}, {possible['equal']:,} of them equal,"
        f" {possible['above']:,} at or above cluster.join"
    )
    yield ""
    yield "The largest groups, with the first and the last of their records:"
    yield ""
    for row in reading.rows(statements.LARGEST):
        yield f"- {row['size']}: {row['first']} … {row['last']}"


def judged(reading: Reading) -> Iterator[str]:
    """Yield how the run deals with the pairs that were judged by hand."""
    yield ""
    yield f"## {reading.file.name}: judged pairs"
    yield ""
    outcomes: Counter[tuple[str, str]] = Counter()
    lines = []
    for (one, other), row in reading.judged.items():
        found = reading.rows(statements.PAIR, one=one, other=other)
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
    for number, group in enumerate(reading.rows(statements.SAMPLED_GROUPS, most=_GROUPS), 1):
        yield ""
        yield f"{number}."
        for row in reading.rows(statements.GROUP, group=group["group_id"], most=_MEMBERS):
            if row["is_primary"]:
                yield f"   - {row['record_id']} primary: {row['shown']}"
            else:
                verdict = reading.verdict(row["record_id"], row["primary_id"])
                yield (
                    f"   - {row['record_id']} {row['score']} {row['disposition']}"
                    f" [{verdict}]: {row['shown']}"
                )
    for title, sql in (
        ("possible matches", statements.SAMPLED_POSSIBLE),
        ("highest pairs apart", statements.HIGHEST),
    ):
        yield ""
        yield f"## {reading.file.name}: {_POSSIBLE} {title}"
        yield ""
        for row in reading.rows(sql, most=_POSSIBLE):
            yield (
                f"- {row['one']} {row['other']} {row['probability']:.1f}"
                f" [{reading.verdict(row['one'], row['other'])}]:"
                f" {row['shown']} ⟷ {row['other_shown']}"
            )
    yield ""
    yield f"## {reading.file.name}: {_VERIFY} records to verify"
    yield ""
    for row in reading.rows(statements.SAMPLED_VERIFY, most=_VERIFY):
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
