"""How well a run's groups agree with a known truth, and where what is lost was lost.

All counts are exact. Where the truth says which entity each record is, they are made from counts of
records that share a group, an entity or both, and no pair is listed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from keepone.evaluation.agreement import (
    NOWHERE,
    Agreement,
    Counted,
    Longs,
    PartitionAgreement,
    agreement,
)
from keepone.evaluation.calibration import Calibration, calibration
from keepone.evaluation.truth import Trial, trial
from keepone.runs import Run

_PARTITIONS = """
SELECT dense_rank() OVER (ORDER BY entity) AS entity, row FROM labelled ORDER BY id
"""

_UNREAD_PAIRS = """
SELECT CAST(coalesce(sum(n * (n - 1) // 2 - seen * (seen - 1) // 2), 0) AS BIGINT)
FROM (SELECT count(*) AS n, count(row) AS seen FROM labelled GROUP BY entity)
"""

# Of the pairs that were compared, those on which the run and the truth disagree.
_TRACED = """
SELECT
    a.entity = b.entity AS is_match,
    coalesce(pairs.model_probability, 0) >= $join AS scored,
    CAST(sum(a.n * b.n) AS BIGINT)
FROM candidates
LEFT JOIN pairs ON pairs.l = candidates.l AND pairs.r = candidates.r
JOIN cells AS a ON a.representative = candidates.l
JOIN cells AS b ON b.representative = candidates.r
WHERE (a.entity = b.entity) <> (a."group" = b."group")
  AND (candidates.l < candidates.r
    OR a.entity < b.entity
    OR (a.entity = b.entity AND a."group" < b."group"))
GROUP BY is_match, scored
"""

_LABELS_COUNTED = """
SELECT
    count(*) FILTER (is_match),
    count(*) FILTER (is_grouped),
    count(*) FILTER (is_match AND is_grouped),
    count(*) FILTER (is_match AND NOT is_read),
    count(*) FILTER (is_match AND is_read AND NOT is_grouped AND NOT is_candidate),
    count(*) FILTER (is_match AND NOT is_grouped AND is_candidate AND NOT scored),
    count(*) FILTER (is_match AND NOT is_grouped AND is_candidate AND scored),
    count(*) FILTER (NOT is_match AND is_grouped AND scored),
    count(*) FILTER (NOT is_match AND is_grouped AND NOT scored)
FROM (SELECT *, coalesce(model_probability, 0) >= $join AS scored FROM labels)
"""

_RECORDS = """
SELECT (SELECT count(*) FROM records), count(ids.row), count(*) - count(ids.row)
FROM ({wanted}) AS wanted(id)
LEFT JOIN ids ON ids.id = wanted.id
"""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A run judged by a truth.

    `pairs` are pairs of records; `b_cubed`, `groups` and `larger_groups` are as in
    `PartitionAgreement`, None where the truth labels pairs and knows no groups. `lost` says where
    true pairs that are not grouped were lost: `reading` (a record is not in the run), `blocking`
    (never compared), `score` (scored below `cluster.join`), `grouping` (scored above it, and
    parted). `wrong` says what brought pairs together that are none: their `score`, or `grouping`
    with others.
    """

    records: int
    labelled_records: int
    unknown_records: int
    pairs: Counted
    b_cubed: Agreement | None
    groups: Counted | None
    larger_groups: Counted | None
    lost: Mapping[str, int]
    wrong: Mapping[str, int]
    calibration: Calibration

    @property
    def f1(self) -> float | None:
        """F1 over pairs of records, by which runs are compared; None if there is no pair."""
        return self.pairs.f1

    def as_dict(self) -> dict[str, Any]:
        """Return all figures for a machine to read; those of pairs stand at the top."""
        pairs = self.pairs
        parts = {
            "b_cubed": self.b_cubed,
            "whole_groups": self.groups,
            "larger_whole_groups": self.larger_groups,
        }
        return {
            "precision": pairs.precision,
            "recall": pairs.recall,
            "f1": pairs.f1,
            "records": self.records,
            "labelled_records": self.labelled_records,
            "unknown_records": self.unknown_records,
            "true_pairs": pairs.true,
            "grouped_pairs": pairs.found,
            "correct_pairs": pairs.correct,
            "lost": dict(self.lost),
            "wrong": dict(self.wrong),
            **{name: part and part.as_dict() for name, part in parts.items()},
            "calibration": self.calibration.as_dict(),
        }


def evaluate_run(
    run: Run, truth: Path, *, id_column: str = "record_id", entity_column: str = "entity_id"
) -> Evaluation:
    """Judge a finished run by the truth in a CSV or Parquet file.

    The truth gives each record an entity (`id_column`, `entity_column`), or labels pairs (`id_l`,
    `id_r`, `match`); pairs that are not listed then say nothing. Records of the truth that the run
    does not have count as lost in reading. Raises `InputError` for a truth that cannot be used,
    `RunError` for a run that is not finished.
    """
    with trial(run, truth, id_column=id_column, entity_column=entity_column) as opened:
        return figures(opened)


def figures(opened: Trial) -> Evaluation:
    """Return the run's figures."""
    calibrated = calibration(opened.judged_scores())
    if not opened.by_entity:
        ((true, grouped, correct, *parts),) = opened.rows(_LABELS_COUNTED, join=opened.join)
        return Evaluation(
            **_record_counts(opened, "SELECT id_l FROM truth UNION SELECT id_r FROM truth"),
            pairs=Counted(correct, grouped, true),
            b_cubed=None,
            groups=None,
            larger_groups=None,
            lost=dict(zip(("reading", "blocking", "score", "grouping"), parts[:4], strict=True)),
            wrong=dict(zip(("score", "grouping"), parts[4:], strict=True)),
            calibration=calibrated,
        )
    group = opened.columns('SELECT "group" FROM groups ORDER BY row')["group"]
    found = grouped_agreement(opened, group)
    ((unread,),) = opened.rows(_UNREAD_PAIRS)
    traced = {
        (is_match, scored): count
        for is_match, scored, count in opened.rows(_TRACED, join=opened.join)
    }
    below, above = traced.get((True, False), 0), traced.get((True, True), 0)
    by_score = traced.get((False, True), 0)
    pairs = found.pairs
    return Evaluation(
        **_record_counts(opened, "SELECT id FROM truth"),
        pairs=pairs,
        b_cubed=found.b_cubed,
        groups=found.groups,
        larger_groups=found.larger_groups,
        lost={
            "reading": unread,
            "blocking": pairs.true - unread - pairs.correct - below - above,
            "score": below,
            "grouping": above,
        },
        wrong={"score": by_score, "grouping": pairs.found - pairs.correct - by_score},
        calibration=calibrated,
    )


def grouped_agreement(opened: Trial, group: Longs) -> PartitionAgreement:
    """Return how groups, one number per row of the run, agree with the truth's entities."""
    labelled = opened.columns(_PARTITIONS)
    row = labelled["row"]
    read = row != NOWHERE
    of_record = np.full(len(row), NOWHERE, dtype=np.int64)
    of_record[read] = group[row[read]]
    return agreement(labelled["entity"], of_record)


def _record_counts(opened: Trial, truth_ids: str) -> dict[str, int]:
    (counts,) = opened.rows(_RECORDS.format(wanted=truth_ids))
    return dict(zip(("records", "labelled_records", "unknown_records"), counts, strict=True))
