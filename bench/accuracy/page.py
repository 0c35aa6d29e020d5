"""The tables of docs/accuracy.md, made of the frozen figures; the prose around them is written."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.accuracy.frozen import PRIORS, Frozen

PAGE = Path(__file__).resolve().parents[2] / "docs" / "accuracy.md"
_GOALS = Path(__file__).with_name("goals.csv")

_Figures = Mapping[str, Any]


def with_tables(page: str, frozen: Frozen) -> str:
    """Return the page with each table between its marks made anew; the rest stays as it is.

    Raises `ValueError` where the marks of a table are missing.
    """
    for name, lines in (
        ("goals", goals_table(frozen)),
        ("sets", sets_table(frozen)),
        ("calibration", calibration_table(frozen)),
        ("hard", hard_table(frozen)),
        ("reasons", reasons_list(frozen)),
    ):
        begin, end = f"<!-- {name}: made by `make accuracy-freeze` -->\n", f"<!-- end of {name} -->"
        before, found, rest = page.partition(begin)
        _, closed, after = rest.partition(end)
        if not (found and closed):
            message = f"the page has no {begin.strip()} … {end}"
            raise ValueError(message)
        page = "".join((before, begin, "\n", "\n".join(lines), "\n\n", end, after))
    return page


def goals_table(frozen: Frozen) -> list[str]:
    """Return what others reach, what is to be reached, and what was measured."""
    columns = ["set", "Splink by hand, best threshold", "published elsewhere", "prototype", "reach"]
    rows = []
    with _GOALS.open(encoding="utf-8", newline="") as file:
        for goal in csv.DictReader(file):
            own = frozen["sets"].get(goal["set"], {})
            told = [goal["set"], goal["splink"], goal["elsewhere"], goal["prototype"]]
            measured = [_deciding(own.get(prior, {})) for prior in PRIORS]
            rows.append([*told, goal["reach"], *measured])
    return _table([*columns, "measured, shipped", "measured, unseen"], rows, left=5)


def _deciding(figures: _Figures) -> str:
    if "merged_unequal" in figures:
        unequal, equal = figures["merged_unequal"], figures["merged_equal"]
        return f"{100 * unequal:.2f} % (equal records {100 * equal:.2f} %)"
    return _digits(figures.get("f1"))


def sets_table(frozen: Frozen) -> list[str]:
    """Return the figures of every set that has true pairs, with both priors."""
    columns = ["set", "records", "true pairs"]
    for suffix in ("", ", unseen"):
        columns += [f"precision{suffix}", f"recall{suffix}", f"F1{suffix}"]
    columns += ["B-cubed F1, unseen", "whole groups F1, unseen"]
    rows = []
    for name, own in _scored(frozen["sets"]):
        parts = [own[prior].get(each) for prior in PRIORS for each in ("precision", "recall", "f1")]
        parts += [own["unseen"].get(each) for each in ("b_cubed", "whole_groups")]
        rows.append([name, *_size(own), *map(_digits, parts)])
    return _table(columns, rows, left=1)


def calibration_table(frozen: Frozen) -> list[str]:
    """Return how far scores are from the share of true pairs."""
    columns = ["set"]
    for suffix in ("", ", unseen"):
        columns += [f"expected error{suffix}", f"largest gap, points{suffix}"]
    rows = []
    for name, own in _scored(frozen["sets"]):
        cells = []
        for prior in PRIORS:
            gap = own[prior].get("largest_gap")
            cells.append(_digits(own[prior].get("calibration_error")))
            cells.append("-" if gap is None else f"{100 * gap:.1f}")
        rows.append([name, *cells])
    return _table(columns, rows, left=1)


def hard_table(frozen: Frozen) -> list[str]:
    """Return the figures of the hard files; where there is no true pair, what was merged counts."""
    columns = ["file", "records", "true pairs", "precision", "recall", "F1"]
    rows = []
    for name, own in frozen["hard"].items():
        figures = own["unseen"]
        ratios = [_digits(figures.get(each)) for each in ("precision", "recall", "f1")]
        rows.append([name, *_size(own), *ratios, f"{100 * figures['wrong_pairs']:.2f}"])
    return _table([*columns, "wrong pairs per 100 records"], rows, left=1)


def reasons_list(frozen: Frozen) -> list[str]:
    """Return why the frozen figures were changed, the first first."""
    lines = []
    for number, each in enumerate(frozen["reasons"], 1):
        fell = [f"{name} {before:.4f} → {now:.4f}" for name, (before, now) in each["fell"].items()]
        lines.append(f"{number}. {each['reason']}" + (f" ({'; '.join(fell)})" if fell else ""))
    return lines


def _scored(sets: Mapping[str, _Figures]) -> Iterable[tuple[str, _Figures]]:
    return [(name, own) for name, own in sets.items() if own["true_pairs"]]


def _size(own: _Figures) -> list[str]:
    return [f"{own['records']:,}", f"{own['true_pairs']:,}"]


def _digits(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, left: int) -> list[str]:
    """Return a Markdown table whose first `left` columns are aligned left, the others right."""
    rule = "|---" * left + "|---:" * (len(columns) - left) + "|"
    return [
        f"| {' | '.join(columns)} |",
        rule,
        *(f"| {' | '.join(cell or '-' for cell in row)} |" for row in rows),
    ]
