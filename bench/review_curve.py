"""What decisions are worth: how groups get better while a reviewer settles the doubtful ones.

    python -m bench.review_curve [--records N] [--seed S] [--out DIR]

Makes accounts whose truth is known, runs Keepone on them, and decides their doubtful groups as a
reviewer would who knows the truth: these records are the same, or the group is split into the
companies it holds; a record of another group that nearly joined is said to be the same where it is.
After so many groups the export is run again with what the log of decisions holds by then, and
judged by the truth. Groups are taken by review priority, by score (the least sure first), and in
random order, three times. Prints the table of docs/review.md, and writes `review_curve.svg` and
`review_curve.json`.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq

import keepone
from bench.review_curve_chart import drawn
from keepone.decisions import Decision, RecordKey
from keepone.decisions.decision import Kind
from keepone.decisions.workspace import LOG_FILE, open_log
from keepone.evaluation import evaluate_run
from keepone.generate import generate, write
from keepone.review.desk import Desk, OpenRun
from keepone.review.listing import ListQuery
from keepone.runs import find_run

_RUN = "curve"
_REVIEWER = "reviewer"
# Shares of the doubtful groups after which the export is run again.
_SHARES = (0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1)
_RANDOM_ORDERS = 3


@dataclass(frozen=True, slots=True)
class Point:
    """How well groups agree with the truth after so many of the doubtful ones were decided."""

    decided: int
    precision: float
    recall: float
    f1: float


@dataclass
class Curve:
    """One order of deciding, and what came of it."""

    order: str
    points: list[Point]

    @property
    def gained(self) -> float:
        """The mean gain of F1 over the whole way, in points: more is had of it the sooner."""
        start = self.points[0].f1
        area = sum(
            (one.f1 + other.f1 - 2 * start) / 2 * (other.decided - one.decided)
            for one, other in zip(self.points, self.points[1:], strict=False)
        )
        return 100 * area / self.points[-1].decided


class Reviewer:
    """Knows the truth, and decides on groups as the page of a group lets people do."""

    def __init__(self, opened: OpenRun, entities: Mapping[str, str]) -> None:
        self._opened = opened
        self._entities = entities

    def decisions(self, group: int) -> list[Decision]:
        """Return what the reviewer decides on a group."""
        prepared = self._opened.prepared
        ids = [
            prepared.records.column("record_id")[int(row)].as_py()
            for row in prepared.rows_of(group)
        ]
        parts: defaultdict[str, list[str]] = defaultdict(list)
        for each in ids:
            parts[self._entities[each]].append(each)
        near = [each.record_id for each in self._opened.pages.page(group).near]
        told = [self._decision("same" if len(parts) == 1 else "split", list(parts.values()))]
        for entity, mine in parts.items():
            others = [each for each in near if self._entities[each] == entity]
            told += [self._decision("same", [[mine[0], other]]) for other in dict.fromkeys(others)]
        return told

    def _decision(self, kind: Kind, parts: Sequence[Sequence[str]]) -> Decision:
        keys = tuple(tuple(RecordKey.of(each) for each in part) for part in parts)
        return Decision(kind, _REVIEWER, keys, seen=("ids_differ", "low_score"))


class Trial:
    """One export of known truth, run again and again with ever more decided."""

    def __init__(self, folder: Path, records: int, seed: int) -> None:
        self._workspace = folder / "workspace"
        self._export = folder / "accounts.csv"
        self._truth = write(generate(records, seed=seed), self._export)
        keepone.run(self._export, workspace=self._workspace, run_id=_RUN)
        truth = pq.read_table(self._truth)
        ids, told = (truth.column(name).to_pylist() for name in ("record_id", "entity_id"))
        entities = dict(zip(ids, told, strict=True))
        with open_log(self._workspace) as log:
            opened = Desk(self._workspace, log).open(_RUN)
            doubtful = ListQuery(size_from=2, state="open")
            asked = {
                "priority": doubtful,
                "score": doubtful.changed(sort="score", reverse=True),
            }
            self.orders: dict[str, list[int]] = {
                order: opened.listing.positions(query, opened.standing.overlay).tolist()
                for order, query in asked.items()
            }
            reviewer = Reviewer(opened, entities)
            self._decisions = {each: reviewer.decisions(each) for each in self.orders["priority"]}

    def judged(self, groups: Sequence[int]) -> Point:
        """Run the export again with these groups decided, and nothing else."""
        for file in self._workspace.glob(f"{LOG_FILE}*"):
            file.unlink()
        with open_log(self._workspace) as log:
            log.extend(each for group in groups for each in self._decisions[group])
        keepone.run(self._export, workspace=self._workspace, run_id=_RUN)
        pairs = evaluate_run(find_run(_RUN, self._workspace), self._truth).pairs
        assert pairs.precision is not None
        assert pairs.recall is not None
        assert pairs.f1 is not None
        return Point(len(groups), pairs.precision, pairs.recall, pairs.f1)

    def curve(self, order: str, groups: Sequence[int]) -> Curve:
        """Return how F1 rises as the groups are decided in this order."""
        return Curve(
            order, [self.judged(groups[: round(share * len(groups))]) for share in _SHARES]
        )


def curves(records: int, seed: int) -> list[Curve]:
    """Return what comes of each order, the random ones as the mean of several."""
    with TemporaryDirectory() as folder:
        trial = Trial(Path(folder), records, seed)
        found = [trial.curve(order, groups) for order, groups in trial.orders.items()]
        shuffled = []
        for at in range(_RANDOM_ORDERS):
            groups = sorted(trial.orders["priority"])
            random.Random(at).shuffle(groups)  # noqa: S311 - no secret
            shuffled.append(trial.curve("random", groups).points)
    means = [
        Point(
            at[0].decided,
            mean(each.precision for each in at),
            mean(each.recall for each in at),
            mean(each.f1 for each in at),
        )
        for at in zip(*shuffled, strict=True)
    ]
    return [*found, Curve("random", means)]


def markdown(found: Sequence[Curve]) -> str:
    """Return the figures as a table."""
    orders = " | ".join(
        f"by {each.order}" if each.order != "random" else "random" for each in found
    )
    lines = [f"| groups decided | {orders} |", f"|---:|{'---:|' * len(found)}"]
    for at, point in enumerate(found[0].points):
        figures = " | ".join(f"{each.points[at].f1:.4f}" for each in found)
        lines.append(f"| {point.decided} | {figures} |")
    gained = " | ".join(f"{each.gained:.2f}" for each in found)
    lines.append(f"| mean gain on the way, in points | {gained} |")
    first, last = found[0].points[0], found[0].points[-1]
    precision = f"{first.precision:.4f} to {last.precision:.4f}"
    recall = f"{first.recall:.4f} to {last.recall:.4f}"
    lines += ["", f"Precision rises from {precision}, recall from {recall}."]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Decide, judge, print the table, and draw it."""
    parser = argparse.ArgumentParser(description="What decisions are worth.")
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("demo/bench"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    found = curves(options.records, options.seed)
    told = json.dumps([asdict(each) for each in found], indent=2)
    (options.out / "review_curve.json").write_text(told + "\n", encoding="utf-8")
    lines = {each.order: [(point.decided, point.f1) for point in each.points] for each in found}
    (options.out / "review_curve.svg").write_text(drawn(lines), encoding="utf-8")
    sys.stdout.write(markdown(found))


if __name__ == "__main__":
    main()
