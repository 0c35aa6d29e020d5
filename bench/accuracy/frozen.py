"""The figures that a change must answer for, kept in `frozen.json`, and what a measurement says.

A file's F1 may not fall by more than `TOLERANCE`; where nothing is double, the wrong pairs joined
for each record may not rise by more. The file is changed with a reason, which it keeps.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from bench.accuracy.figures import Figures, Measured

FROZEN = Path(__file__).with_name("frozen.json")
TOLERANCE = 0.005
# What a figure must gain to be called better.
_WORTH_SAYING = 0.001

PRIORS = ("shipped", "unseen")
# The figure that decides, the first that a file has: by how much it may move, and which way is ill.
_DECIDING = (
    ("f1", TOLERANCE, -1),
    ("wrong_pairs", TOLERANCE, 1),
    ("merged_unequal", TOLERANCE / 10, 1),
)

Frozen = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One deciding figure then and now: `new` and `missing` files have one of them."""

    name: str
    prior: str
    figure: str
    before: float | None
    now: float | None
    verdict: Literal["worse", "better", "same", "new", "missing"]

    @property
    def difference(self) -> float | None:
        """How far the figure moved."""
        if self.before is None or self.now is None:
            return None
        return self.now - self.before


def as_frozen(
    sets: Mapping[str, Measured], hard: Mapping[str, Measured], reasons: list[dict[str, Any]]
) -> Frozen:
    """Return what the frozen file says of these figures."""
    return {
        "sets": {name: each.as_dict() for name, each in sets.items()},
        "hard": {name: each.as_dict() for name, each in hard.items()},
        "reasons": reasons,
    }


def read_frozen(path: Path = FROZEN) -> Frozen:
    """Return the frozen figures; nothing is frozen where there is no file."""
    if not path.exists():
        return {"sets": {}, "hard": {}, "reasons": []}
    frozen: Frozen = json.loads(path.read_text(encoding="utf-8"))
    return frozen


def write_frozen(frozen: Frozen, path: Path = FROZEN) -> None:
    """Write the frozen figures, keys sorted."""
    text = json.dumps(frozen, indent=1, sort_keys=True, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def with_reason(before: Frozen, now: Frozen, reason: str) -> Frozen:
    """Return `now` with the reasons so far and this one, which says what it lets fall.

    What could not be measured now stays as it was.
    """
    fell = {
        f"{each.name} ({each.prior})": [each.before, each.now]
        for each in compare(before, now)
        if each.verdict == "worse"
    }
    return {
        "sets": before["sets"] | now["sets"],
        "hard": before["hard"] | now["hard"],
        "reasons": [*before["reasons"], {"reason": reason, "fell": fell}],
    }


def compare(before: Frozen, now: Frozen) -> list[Change]:
    """Return how each deciding figure moved: sets first, then hard files, each by name."""
    return [
        change
        for part in ("sets", "hard")
        for name in sorted(before[part].keys() | now[part].keys())
        for change in _changes(name, before[part].get(name, {}), now[part].get(name, {}))
    ]


def _changes(name: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    for prior in PRIORS:
        then, here = before.get(prior), now.get(prior)
        if then is None and here is None:
            continue
        figure, tolerance, ill = _deciding(then or here or {})
        was = None if then is None else then.get(figure)
        is_now = None if here is None else here.get(figure)
        yield Change(name, prior, figure, was, is_now, _verdict(was, is_now, tolerance, ill))


def _deciding(figures: Figures) -> tuple[str, float, int]:
    return next(each for each in _DECIDING if figures.get(each[0]) is not None)


def _verdict(
    before: float | None, now: float | None, tolerance: float, ill: int
) -> Literal["worse", "better", "same", "new", "missing"]:
    if now is None:
        return "missing"
    if before is None:
        return "new"
    # Figures have four digits: so has what they may move by.
    moved = round(ill * (now - before), 6)
    if moved > tolerance:
        return "worse"
    return "better" if moved <= -_WORTH_SAYING else "same"
