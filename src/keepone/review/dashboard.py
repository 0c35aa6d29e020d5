"""How a run and its review stand: the funnel, what is settled, and what decisions say of scores."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from pydantic import BaseModel

from keepone.decisions import Decision
from keepone.evaluation.calibration import wilson
from keepone.report.sections import funnel
from keepone.review.desk import OpenRun

_HOURS = 24
# Bins of the agreement of decisions with scores, in percent.
_EDGES = (1, 20, 35, 50, 65, 80, 90, 95, 99, 100)


class FunnelStep(BaseModel):
    """One step from records to duplicates."""

    label: str
    count: int
    note: str


class Hour(BaseModel):
    """How many decisions were made in the hour that begins at `start` (UTC)."""

    start: str
    decisions: int


class Bin(BaseModel):
    """Judged pairs whose score was from `low` to `high`, and how many were judged the same."""

    low: float
    high: float
    pairs: int
    same: int


class Sampled(BaseModel):
    """What the blind sample says of groups that nobody would look at otherwise.

    Of `groups` drawn, `decided` were, `right` of them as the run has them; `low` and `high` are the
    95 % interval of the share that is right.
    """

    groups: int
    decided: int
    right: int
    low: float | None
    high: float | None


class Dashboard(BaseModel):
    """One run: its funnel, the progress of its review, and what the decisions say."""

    run_id: str
    funnel: list[FunnelStep]
    dispositions: dict[str, int]
    doubtful: int
    open: int
    decisions: int
    by: dict[str, int]
    hours: list[Hour]
    agreement: list[Bin]
    sample: Sampled
    thresholds: dict[str, float]


def dashboard(opened: OpenRun) -> Dashboard:
    """Return how the run and its review stand now."""
    standing = opened.standing
    counts = opened.manifest.counts
    assert counts is not None  # of a finished run
    held = standing.in_force()
    mine = [each for each in held if standing.rows(each)]
    return Dashboard(
        run_id=opened.run.run_id,
        funnel=[
            FunnelStep(label=step.label, count=step.count, note=step.note)
            for step in funnel(counts)
        ],
        dispositions=counts.dispositions,
        doubtful=int((opened.prepared.groups.column("verify").to_numpy() > 0).sum()),
        open=standing.overlay.left,
        decisions=len(mine),
        by=dict(Counter(each.author for each in mine).most_common()),
        hours=_hours(mine),
        agreement=_agreement(opened, mine),
        sample=_sampled(opened, mine),
        thresholds=opened.manifest.thresholds,
    )


def _hours(decisions: list[Decision]) -> list[Hour]:
    """Return the last hours, the newest last."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    made = Counter(each.time[:13] for each in decisions)
    starts = [now - timedelta(hours=back) for back in range(_HOURS - 1, -1, -1)]
    return [
        Hour(start=start.isoformat(timespec="minutes"), decisions=made[f"{start:%Y-%m-%dT%H}"])
        for start in starts
    ]


def _agreement(opened: OpenRun, decisions: list[Decision]) -> list[Bin]:
    """Return how pairs that were judged had been scored."""
    pairs, same = opened.judged.counts(decisions, _EDGES)
    return [
        Bin(low=low, high=high, pairs=count, same=agreed)
        for (low, high), count, agreed in zip(pairwise(_EDGES), pairs, same, strict=True)
    ]


def _sampled(opened: OpenRun, decisions: list[Decision]) -> Sampled:
    drawn = set(opened.sample.tolist())
    verdicts: dict[int, bool] = {}
    for decision in decisions:
        if decision.kind not in {"same", "different", "split", "move"}:
            continue
        part_of = opened.standing.parts(decision)
        for group in {int(opened.prepared.group_at[row]) for row in part_of} & drawn:
            rows = opened.prepared.rows_of(group).tolist()
            verdicts[group] = decision.kind == "same" and all(row in part_of for row in rows)
    right = sum(verdicts.values())
    low, high = wilson(right, len(verdicts)) if verdicts else (None, None)
    return Sampled(groups=len(drawn), decided=len(verdicts), right=right, low=low, high=high)
