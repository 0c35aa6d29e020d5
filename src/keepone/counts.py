"""The figures and columns of a run that its manifest carries, taken from its artifacts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from keepone.decisions.effective import Effective
from keepone.ids import input_names
from keepone.manifest import (
    Counts,
    DecisionCounts,
    GoldenCounts,
    InputColumn,
    KeyCounts,
    Manifest,
    Missed,
)
from keepone.rules.dispositions import Disposition
from keepone.rules.relations import PARENT, SUBSIDIARY
from keepone.settings import Settings

DISPOSITIONS: tuple[Disposition, ...] = get_args(Disposition)

ColumnReader = Callable[[str, str], pa.ChunkedArray]
"""Gives one column of one artifact: `read(table, column)`."""


def count_run(read: ColumnReader, settings: Settings) -> Counts:
    """Count the records, rejects, pairs, groups and dispositions of a run."""
    records = len(read("records", "row"))
    rejects = _tally(read("rejects", "code"))
    review = round(settings.score.review * 10_000)
    groups = pc.count_distinct(read("members", "group")).as_py()
    labels = [settings.disposition.labels.get(name, name) for name in DISPOSITIONS]
    return Counts(
        records=records,
        rejects=sum(rejects.values()),
        rejects_by_code=rejects,
        candidate_pairs=len(read("candidates", "l")),
        uncollapsed_pairs=uncollapsed_pairs(read),
        survivors=pc.sum(pc.greater_equal(read("pairs", "probability"), review)).as_py() or 0,
        groups=groups,
        duplicates=records - groups,
        dispositions=dict.fromkeys(labels, 0) | _tally(read("dispositions", "disposition")),
        relations=_relations(read),
        missed=_missed(read),
        keys=_keys(read, review),
        golden=_golden(read),
    )


def labels_of(manifest: Manifest) -> dict[str, str]:
    """Return what the run calls each disposition, by Keepone's own name for it."""
    renamed = manifest.settings["disposition"]["labels"]
    return {name: renamed.get(name, name) for name in DISPOSITIONS}


def count_decisions(read: ColumnReader, effective: Effective) -> DecisionCounts:
    """Count what became of the decisions that people made."""
    found = dict.fromkeys(("applied", "overruled", "contradicted"), 0)
    return DecisionCounts(
        in_force=effective.in_force,
        without_records=effective.without_records,
        **found | _tally(read("decided", "status")),
    )


def uncollapsed_pairs(read: ColumnReader) -> int:
    """Count the pairs of records whose representatives are candidates, or one and the same."""
    equal = np.bincount(read("distinct", "representative").to_numpy())
    left, right = (read("candidates", side).to_numpy() for side in ("l", "r"))
    same = left == right
    within = equal[left[same]]
    across = equal[left[~same]] @ equal[right[~same]]
    return int((within * (within - 1) // 2).sum() + across)


def _relations(read: ColumnReader) -> dict[str, int]:
    """Count related records by kind; each two of them, which see each other, once."""
    kinds = _tally(read("relations", "kind"))
    together = kinds.pop(PARENT, 0)
    kinds.pop(SUBSIDIARY, None)
    halves = {kind: number // 2 for kind, number in kinds.items()}
    return ({f"{PARENT} and {SUBSIDIARY}": together} if together else {}) | halves


def _missed(read: ColumnReader) -> Missed | None:
    """Return what the table `missed` tells of all parts, and of the pairs within groups.

    None where there was no time to estimate.
    """
    parts = read("missed", "part").to_pylist()
    if not parts:
        return None
    whole, grouped = parts.index("all"), parts.index("within groups")
    pairs, low, high = (read("missed", name).to_pylist() for name in ("pairs", "low", "high"))
    return Missed(pairs=pairs[whole], low=low[whole], high=high[whole], grouped=pairs[grouped])


def _golden(read: ColumnReader) -> list[GoldenCounts]:
    """Return the table `golden_fields`, in the order of the input's columns."""
    told = ("column", "strategy", "groups", "differ", "gained", "changed")
    counted = {
        column: counts
        for column, *counts in zip(
            *(read("golden_fields", name).to_pylist() for name in told), strict=True
        )
    }
    known = (read("fields", name).to_pylist() for name in ("column", "header", "field"))
    return [
        GoldenCounts(
            header=header, field=field, **dict(zip(told[1:], counted[column], strict=True))
        )
        for column, header, field in zip(*known, strict=True)
        if column in counted
    ]


def _keys(read: ColumnReader, review: int) -> list[KeyCounts]:
    """Return the table `blocking`, and how many of each kind's pairs reach `review`."""
    told = ("name", "blocks", "pairs", "alone", "cost")
    capped = ("capped_blocks", "capped_pairs", "lost_pairs")
    columns = [read("blocking", name).to_pylist() for name in (*told, *capped)]
    found = _keys_of_matches(read, review)
    keys = []
    for at, line in enumerate(zip(*columns, strict=True)):
        bit = 1 << at
        matches = {"matches": np.count_nonzero(found & bit), "matches_alone": (found == bit).sum()}
        keys.append(KeyCounts(**dict(zip((*told, *capped), line, strict=True)), **matches))
    return keys


def _keys_of_matches(read: ColumnReader, review: int) -> npt.NDArray[np.int64]:
    """Return the keys of each pair that reaches `review`; scored pairs are candidates in order."""
    rows = len(read("distinct", "row"))
    places = {}
    for table in ("candidates", "pairs"):
        left, right = (read(table, side).to_numpy().astype(np.int64) for side in ("l", "r"))
        places[table] = left * rows + right
    matched = places["pairs"][read("pairs", "probability").to_numpy() >= review]
    keys = read("candidates", "keys").to_numpy().astype(np.int64)
    found: npt.NDArray[np.int64] = keys[np.searchsorted(places["candidates"], matched)]
    return found


def describe_columns(fields: pa.Table, normalized: list[str]) -> list[InputColumn]:
    """Say of each input column what it was taken for and what review_ready calls it.

    `normalized` holds that table's column names: `row`, then those of the recognised fields.
    """
    names = input_names(fields.column("header").to_pylist(), normalized[1:])
    columns = fields.select(["header", "field", "type", "compared", "why", "datasets"]).to_pylist()
    return [InputColumn(column=name, **column) for name, column in zip(names, columns, strict=True)]


def describe_model(model: Mapping[str, Any]) -> list[str]:
    """Say in sentences how a model that was given fits the file; nothing of one fitted to it."""
    return [
        f"the model given {says}: {', '.join(model[name])}"
        for name, says in (
            ("believed", "does not know these fields, which weigh what is usual"),
            ("unused", "weighs these fields, which the file does not have"),
        )
        if model.get(name)
    ]


def _tally(values: pa.ChunkedArray) -> dict[str, int]:
    """Count each value, the most frequent first."""
    counted = [(entry["values"], entry["counts"]) for entry in values.value_counts().to_pylist()]
    return dict(sorted(counted, key=lambda pair: (-pair[1], pair[0])))
