"""What is measured of a labelled file, and which of it a change must answer for."""

from __future__ import annotations

from dataclasses import dataclass

from keepone.evaluation import Evaluation
from keepone.evaluation.agreement import Counted

Figures = dict[str, float | None]

_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Measured:
    """One file: its size, and its figures with each prior that it was run with.

    `shipped` is the prior as it ships, `unseen` one that was learned without the file's own set.
    """

    records: int
    true_pairs: int
    figures: dict[str, Figures]

    def as_dict(self) -> dict[str, int | Figures]:
        """Return the figures in four digits, as the frozen file has them."""
        rounded: dict[str, int | Figures] = {
            prior: {
                name: None if value is None else round(value, _DIGITS)
                for name, value in own.items()
            }
            for prior, own in self.figures.items()
        }
        return {"records": self.records, "true_pairs": self.true_pairs} | rounded


def figures_of(judged: Evaluation) -> Figures:
    """Return what is kept of an evaluation.

    Of a file without true pairs that is how many wrong pairs were joined for each record.
    """
    if not judged.pairs.true:
        return {"wrong_pairs": (judged.pairs.found - judged.pairs.correct) / judged.records}
    calibrated = judged.calibration
    gap = calibrated.largest_gap
    return ratios(judged.pairs) | {
        "b_cubed": None if judged.b_cubed is None else judged.b_cubed.f1,
        "whole_groups": None if judged.groups is None else judged.groups.f1,
        "wrong_pairs": (judged.pairs.found - judged.pairs.correct) / judged.records,
        "calibration_error": calibrated.expected_error,
        "largest_gap": None if gap is None else gap / 100,
    }


def ratios(pairs: Counted) -> Figures:
    """Return precision, recall and F1."""
    return {"precision": pairs.precision, "recall": pairs.recall, "f1": pairs.f1}
