"""What the report says of a run, section by section, counted from its tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from keepone.counts import labels_of
from keepone.manifest import Counts, Manifest, StageRun
from keepone.report.charts import BarChart, Histogram, bar_chart, histogram
from keepone.report.folder import RunFolder
from keepone.report.values import count, seconds, share

_BINS = 100
_MILLION = 1_000_000
_SIZES = ((1, 1), (2, 2), (3, 3), (4, 5), (6, 10), (11, 20), (21, 50), (51, 100), (101, None))
# What a person has to look at stands before what goes.
_DISPOSITIONS = ("Keep", "Enrich", "Merge", "Verify", "Delete")
_REJECT_EXAMPLES = 12
_DECISION_EXAMPLES = 50


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The three thresholds of the run, in percent."""

    review: float
    join: float
    auto: float

    @classmethod
    def of(cls, manifest: Manifest) -> Thresholds:
        """Return the thresholds that the manifest's settings name."""
        settings = manifest.settings
        return cls(
            settings["score"]["review"],
            settings["cluster"]["join"],
            settings["disposition"]["auto"],
        )


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the funnel: its count, and what that is a share of."""

    label: str
    count: int
    whole: int
    tone: str
    note: str


def funnel(counts: Counts) -> tuple[Step, ...]:
    """Return the steps from records to duplicates."""
    records, candidates = counts.records, counts.candidate_pairs
    possible = records * (records - 1) // 2
    looked = (
        f"{share(candidates, possible)} of all possible pairs" if possible else "none is possible"
    )
    matched = f"{share(counts.survivors, candidates)} of the candidate pairs"
    merged = f"{share(counts.duplicates, records)} of the records"
    return (
        Step("Records", records, records, "record", "rows accepted as records"),
        Step("Candidate pairs", candidates, candidates, "pair", looked),
        Step("Match pairs", counts.survivors, candidates, "pair", matched),
        Step("Groups", counts.groups, records, "record", "companies, as far as can be told"),
        Step("Duplicates", counts.duplicates, records, "record", merged),
    )


def score_histogram(folder: RunFolder, thresholds: Thresholds) -> Histogram:
    """Return how many scored pairs have which probability."""
    counts = np.zeros(_BINS, dtype=np.int64)
    for batch in folder.batches("pairs", ["probability"]):
        bins = _numbers(batch.column(0)) * _BINS // _MILLION
        counts += np.bincount(np.clip(bins, 0, _BINS - 1), minlength=_BINS)
    return histogram(
        "scores",
        "Scored pairs by probability, in percent",
        counts.tolist(),
        marks=[
            ("review", thresholds.review),
            ("join", thresholds.join),
            ("auto", thresholds.auto),
        ],
        tones=["apart", "possible", "doubtful", "sure"],
    )


def group_sizes(folder: RunFolder) -> BarChart:
    """Return how many groups have how many records; sizes that no group has are left out."""
    sizes = _numbers(folder.read("group_stats", ["size"])["size"].combine_chunks())
    rows = []
    for low, high in _SIZES:
        number = int(np.count_nonzero((sizes >= low) & (sizes <= (high or sizes.max(initial=0)))))
        if number:
            rows.append((_size_label(low, high), number, "record"))
    return _shares("sizes", "Groups by number of records", rows, len(sizes))


def _shares(id: str, title: str, rows: list[tuple[str, int, str]], whole: int) -> BarChart:  # noqa: A002
    """Return a bar chart whose figures tell the count and its share of the whole."""
    return bar_chart(
        id, title, rows, whole=whole, figure=lambda part: f"{count(part)} ({share(part, whole)})"
    )


def _size_label(low: int, high: int | None) -> str:
    if low == 1:
        return "1 record, alone"
    if low == high:
        return f"{low} records"
    return f"{low} to {high} records" if high else f"{low} records and more"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many records one rule gave one disposition."""

    disposition: str
    tone: str
    rule: str
    records: int


def verdicts(folder: RunFolder) -> tuple[Verdict, ...]:
    """Return the rules that decided, by disposition, then by how many records each decided."""
    labels = labels_of(folder.manifest)
    places = {labels[name]: place for place, name in enumerate(_DISPOSITIONS)}
    found = []
    for row, records in _kinds(folder.read("dispositions", ["disposition", "rule"])):
        tone = _DISPOSITIONS[places[row["disposition"]]].lower()
        rule = row["rule"].replace("_", " ")
        found.append(Verdict(row["disposition"], tone, rule, records))
    found.sort(key=lambda verdict: (places[verdict.disposition], -verdict.records, verdict.rule))
    return tuple(found)


def dispositions(found: tuple[Verdict, ...]) -> BarChart:
    """Return how many records have which disposition."""
    totals: dict[tuple[str, str], int] = {}
    for verdict in found:
        key = (verdict.disposition, verdict.tone)
        totals[key] = totals.get(key, 0) + verdict.records
    rows = [(label, records, tone) for (label, tone), records in totals.items()]
    return _shares("dispositions", "Records by disposition", rows, sum(totals.values()))


def stage_times(stages: list[StageRun]) -> BarChart:
    """Return the time that each stage took; the longest has the longest bar."""
    rows = [(stage.name, round(1000 * stage.seconds), "time") for stage in stages]
    return bar_chart(
        "times",
        "Time per stage",
        rows,
        whole=max((milliseconds for _, milliseconds, _ in rows), default=0),
        figure=lambda milliseconds: seconds(milliseconds / 1000),
    )


@dataclass(frozen=True, slots=True)
class Rejected:
    """Rejects of one kind in one file, with the first row as an example."""

    file: str
    code: str
    rows: int
    first_row: int
    message: str


def rejected(folder: RunFolder) -> tuple[Rejected, ...]:
    """Return the kinds of reject, most frequent first."""
    table = folder.read("rejects", ["file", "code", "source_row", "message"])
    order = [("file", "ascending"), ("source_row", "ascending"), ("code", "ascending")]
    found = [
        Rejected(row["file"], row["code"], rows, row["source_row"], row["message"])
        for row, rows in _kinds(table.take(pc.sort_indices(table, order)))
    ]
    found.sort(key=lambda kind: (-kind.rows, kind.file, kind.code))
    return tuple(found[:_REJECT_EXAMPLES])


@dataclass(frozen=True, slots=True)
class Doubted:
    """A decision that gave way to another, or that the data speaks against."""

    said: str
    kind: str
    status: str
    detail: str


def doubted(folder: RunFolder) -> tuple[Doubted, ...]:
    """Return such decisions, contradicted ones first, then the newest."""
    columns = ("said", "kind", "status", "detail")
    rows = folder.read("decided", columns).to_pylist()
    found = [Doubted(**row) for row in reversed(rows) if row["status"] != "applied"]
    found.sort(key=lambda each: each.status)
    return tuple(found[:_DECISION_EXAMPLES])


def table_rows(folder: RunFolder, table: str, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the rows of a small table, in its order."""
    rows: list[dict[str, Any]] = folder.read(table, columns).to_pylist()
    return rows


def flagged(folder: RunFolder) -> list[tuple[str, int]]:
    """Return what was noticed about records, most frequent first."""
    counted = pc.value_counts(folder.read("flags", ["flag"])["flag"]).to_pylist()
    pairs = [(each["values"].replace("_", " "), each["counts"]) for each in counted]
    return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))


def _kinds(table: pa.Table) -> list[tuple[dict[str, Any], int]]:
    """Return the first row of each pair of values in the first two columns, and how many have it.

    In plain arrays: Arrow's own grouping loads its engine for datasets first, and that takes longer
    than all the rest of a report.
    """
    one, other = (column.combine_chunks().dictionary_encode() for column in table.columns[:2])
    codes = _numbers(one.indices) * len(other.dictionary) + _numbers(other.indices)
    _, firsts, counts = np.unique(codes, return_index=True, return_counts=True)
    rows = (table.slice(first, 1).to_pylist()[0] for first in firsts.tolist())
    return list(zip(rows, counts.tolist(), strict=True))


def _numbers(column: pa.Array) -> npt.NDArray[np.int64]:
    """Return the numbers of a column in which none is missing.

    Arrow's own way loads pandas, wherever that is installed, and that takes a third of a run whose
    stages all stand.
    """
    return np.asarray(np.from_dlpack(column), dtype=np.int64)
