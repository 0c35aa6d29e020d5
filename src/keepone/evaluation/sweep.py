"""What another `cluster.join` would give: the run's own scores at other thresholds.

Two things are swept. *Links*: the pairs scored at or above a threshold, each for itself, whatever
it makes of others, by the model alone as groups are joined; this tells how well scores part true
pairs from others. *Groups*: the records grouped anew, by the same stage over the same scores, with
the threshold as `cluster.join`; this is what a run with that setting would give. Neither compares
pairs anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from keepone.evaluation.agreement import NOWHERE, Counted, Longs, PartitionAgreement
from keepone.evaluation.figures import grouped_agreement
from keepone.evaluation.replay import Replay
from keepone.evaluation.truth import Trial

# In percent; cluster.join cannot be set below the first.
THRESHOLDS = (25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90, 95, 99)

_LABELLED_ROWS = "SELECT row_l, row_r, CAST(is_match AS BIGINT) AS is_match FROM labels"


@dataclass(frozen=True, slots=True)
class SweepPoint:
    """One threshold, in percent: pairs of records by their links alone, and by groups made anew.

    `partition` says more of those groups where the truth knows entities. `current` marks the
    threshold that the run has.
    """

    threshold: float
    links: Counted
    groups: Counted
    partition: PartitionAgreement | None
    current: bool

    def as_dict(self) -> dict[str, Any]:
        """Return the figures of this threshold."""
        found: dict[str, Any] = {
            "threshold": self.threshold,
            "current": self.current,
            "links": self.links.as_dict(),
            "groups": self.groups.as_dict(),
        }
        if self.partition is not None:
            found["b_cubed"] = self.partition.b_cubed.as_dict()
            found["whole_groups"] = self.partition.groups.as_dict()
            found["larger_whole_groups"] = self.partition.larger_groups.as_dict()
        return found


def sweep(opened: Trial, replay: Replay, true_pairs: int) -> tuple[SweepPoint, ...]:
    """Return the figures at each of `THRESHOLDS` and at the run's own, in rising order."""
    scores = opened.judged_scores("model_probability")
    own = opened.join / 10_000
    points = []
    for threshold in sorted({*map(float, THRESHOLDS), own}):
        table = replay.stage("cluster", {"join": threshold})["groups"]
        group = table.column("group").to_numpy().astype(np.int64)
        partition = grouped_agreement(opened, group) if opened.by_entity else None
        points.append(
            SweepPoint(
                threshold=threshold,
                links=scores.reaching(round(threshold * 10_000), true_pairs),
                groups=_labels_grouped(opened, group) if partition is None else partition.pairs,
                partition=partition,
                current=threshold == own,
            )
        )
    return tuple(points)


def _labels_grouped(opened: Trial, group: Longs) -> Counted:
    labels = opened.columns(_LABELLED_ROWS)
    left, right, is_match = labels["row_l"], labels["row_r"], labels["is_match"] == 1
    read = np.flatnonzero((left != NOWHERE) & (right != NOWHERE))
    together = read[group[left[read]] == group[right[read]]]
    return Counted(int(is_match[together].sum()), len(together), int(is_match.sum()))
