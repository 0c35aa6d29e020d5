"""What stages cost, as measured: `stage_costs.csv`, which `bench/stage_costs.py` makes."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

COSTS_FILE = Path(__file__).with_name("stage_costs.csv")

# Their work is done pair by pair; of all others it grows with the records.
_BY_PAIR = frozenset({"score", "cluster", "calibrate"})


@dataclass(frozen=True, slots=True)
class Cost:
    """What one stage took of an export with so many records, of which so many pairs were compared.

    `seconds` are wall time, writing included.
    """

    records: int
    pairs: int
    seconds: float


@cache
def measured() -> dict[str, tuple[Cost, ...]]:
    """Return the costs by stage, in the order of stages, each by rising size."""
    lines = [
        line
        for line in COSTS_FILE.read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    ]
    costs: dict[str, list[Cost]] = {}
    for row in csv.DictReader(lines):
        cost = Cost(int(row["records"]), int(row["pairs"]), float(row["seconds"]))
        costs.setdefault(row["stage"], []).append(cost)
    return {
        stage: tuple(sorted(each, key=lambda one: one.records)) for stage, each in costs.items()
    }


def seconds_of(stage: str, records: int, pairs: int | None) -> float:
    """Return what a stage takes on the machine that was measured.

    `pairs` is None as long as nobody has counted them. A stage that was never measured takes no
    time, as far as can be told.
    """
    costs = measured().get(stage, ())
    if not costs:
        return 0.0
    if stage in _BY_PAIR and pairs is not None:
        return _between([(cost.pairs, cost.seconds) for cost in costs], pairs)
    return _between([(cost.records, cost.seconds) for cost in costs], records)


def _between(points: Sequence[tuple[int, float]], size: int) -> float:
    """Return the seconds at `size` by the power with which they grow from one point to the next.

    What is smaller than all points costs what the smallest does; past the largest the last power
    holds.
    """
    if size <= points[0][0] or len(points) == 1:
        return points[0][1]
    upper = next((at for at, point in enumerate(points) if point[0] >= size), len(points) - 1)
    (low, before), (high, after) = points[upper - 1], points[upper]
    before, after = max(before, 1e-4), max(after, 1e-4)
    power = math.log(after / before) / math.log(high / low)
    return before * math.exp(power * math.log(size / low))
