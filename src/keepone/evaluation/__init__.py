"""A run judged by a known truth: figures, other thresholds, calibration, and the worst mistakes."""

from keepone.evaluation.figures import Evaluation, evaluate_run

__all__ = ["Evaluation", "evaluate_run"]
