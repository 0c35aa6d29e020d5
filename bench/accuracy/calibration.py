"""Whether scores mean what they say: of the pairs of a score, the share that is true.

    python -m bench.accuracy.calibration [--out FILE]

Counts pairs of records among the scored pairs, in ten bins of probability: before calibration
(`model_probability`) and after (`probability`). The expected calibration error is the mean distance
of score and share over the bins, by pairs. Bins of 100 pairs or more are counted, and smaller ones
shown with a 90 % interval. Of a set that labels pairs, labelled pairs are counted alone. Last, how
many pairs are scored at `disposition.auto` and above, and how many of those are false.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.accuracy.sets import LabelledSet
from bench.accuracy.unseen import judged, unseen_runs
from keepone.runs import Run

_COUNTED = 100
_DEVIATIONS = 1.645

# A representative's equal records are pairs with those of another, and among themselves.
_SCORED = """
SELECT p.{column} AS probability, a.entity = b.entity AS is_match
FROM pairs AS p
JOIN rows AS a ON a.representative = p.l
JOIN rows AS b ON b.representative = p.r
WHERE p.l < p.r OR a.row < b.row
"""

_SCORED_BY_LABELS = """
SELECT p.{column} AS probability, t.is_match
FROM labelled AS t
JOIN rows AS a ON a.row = t.l
JOIN rows AS b ON b.row = t.r
JOIN pairs AS p
  ON p.l = least(a.representative, b.representative)
 AND p.r = greatest(a.representative, b.representative)
"""

_BINS = """
SELECT
    least(probability // 100000, 9) AS bin,
    count(*) AS pairs,
    avg(probability) / 1000000 AS score,
    avg(is_match::INTEGER) AS share
FROM ({scored})
GROUP BY bin
ORDER BY bin
"""


_SURE = """
SELECT count(*), count(*) FILTER (NOT is_match)
FROM ({scored})
WHERE probability >= 950000
"""


@dataclass(frozen=True, slots=True)
class Bin:
    """The pairs of one tenth of probability: their mean score, and the share that is true."""

    bin: int
    pairs: int
    score: float
    share: float

    @property
    def distance(self) -> float:
        """How far the score is from the share."""
        return abs(self.score - self.share)

    def __str__(self) -> str:
        """Return the distance with its sign; of few pairs, the interval of the share."""
        if self.pairs >= _COUNTED:
            return f"{100 * (self.share - self.score):+.1f}"
        # Wilson's interval.
        square = _DEVIATIONS**2 / self.pairs
        middle = (self.share + square / 2) / (1 + square)
        spread = self.share * (1 - self.share) / self.pairs + (square / _DEVIATIONS / 2) ** 2
        half = _DEVIATIONS * math.sqrt(spread) / (1 + square)
        return f"({100 * (middle - half):.0f} to {100 * (middle + half):.0f})"


@dataclass(frozen=True, slots=True)
class Scores:
    """The scores of a run in bins; pairs at `disposition.auto` and above, and the false ones."""

    bins: list[Bin]
    sure: int
    false: int

    @property
    def told(self) -> str:
        """Return what is sure, and what share of it is false."""
        return f"{self.sure:,} | {self.false:,} | {self.false / max(self.sure, 1):.3%}"


def scores_of(labelled: LabelledSet, run: Run) -> tuple[Scores, Scores]:
    """Return the scores of a run before calibration and after."""
    scored = _SCORED if labelled.kind == "clusters" else _SCORED_BY_LABELS
    with judged(labelled, run) as connection:
        before, after = (
            Scores(
                [Bin(*line) for line in connection.execute(_BINS.format(scored=one)).fetchall()],
                *connection.execute(_SURE.format(scored=one)).fetchall()[0],
            )
            for one in (scored.format(column=name) for name in ("model_probability", "probability"))
        )
    return before, after


def summary(bins: list[Bin]) -> str:
    """Return expected calibration error and the worst counted bin, in points."""
    pairs = sum(each.pairs for each in bins)
    error = sum(each.pairs * each.distance for each in bins) / max(pairs, 1)
    worst = max((each.distance for each in bins if each.pairs >= _COUNTED), default=0.0)
    return f"{error:.3f} | {100 * worst:.1f}"


def main() -> None:
    """Measure every set and print the tables."""
    parser = argparse.ArgumentParser(description="Calibration on every labelled set.")
    parser.add_argument("--out", type=Path, help="also write the tables here")
    options = parser.parse_args()
    errors = ["| set | pairs | ECE before | worst bin before | ECE | worst bin |",
              "|---|---:|---:|---:|---:|---:|"]  # fmt: skip
    tenths = " | ".join(f"{10 * at} to {10 * at + 10}" for at in range(10))
    shown = [f"| set | {tenths} |", "|---" + "|---:" * 10 + "|"]
    sure = ["| set | sure before | false | share | sure | false | share |",
            "|---|---:|---:|---:|---:|---:|---:|"]  # fmt: skip
    with tempfile.TemporaryDirectory() as scratch:
        for labelled, run in unseen_runs(Path(scratch)):
            before, after = scores_of(labelled, run)
            pairs = sum(each.pairs for each in after.bins)
            both = f"{summary(before.bins)} | {summary(after.bins)}"
            errors.append(f"| {labelled.name} | {pairs:,} | {both} |")
            sure.append(f"| {labelled.name} | {before.told} | {after.told} |")
            by_bin = {each.bin: str(each) for each in after.bins}
            cells = " | ".join(by_bin.get(at, "") for at in range(10))
            shown.append(f"| {labelled.name} | {cells} |")
    table = "\n".join([*errors, "", *shown, "", *sure]) + "\n"
    sys.stdout.write(table)
    if options.out:
        options.out.write_text(table, encoding="utf-8")


if __name__ == "__main__":
    main()
