"""A run beside a truth in full: the figures, other thresholds, and the worst mistakes explained."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from keepone.evaluation.figures import Evaluation, figures
from keepone.evaluation.mistakes import Mistake, worst_mistakes
from keepone.evaluation.replay import Replay
from keepone.evaluation.sweep import SweepPoint, sweep
from keepone.evaluation.truth import Trial, trial
from keepone.explain import Explainer, Explanation
from keepone.runs import Run

_RECORD_IDS = "SELECT row, record_id FROM records WHERE row IN $rows"


@dataclass(frozen=True, slots=True)
class ExplainedMistake:
    """A mistake, and how the run came to it."""

    mistake: Mistake
    explanation: Explanation

    def as_dict(self) -> dict[str, Any]:
        """Return the mistake as plain data."""
        told = asdict(self.mistake)
        del told["one"], told["other"]
        return told | {"explanation": self.explanation.as_dict()}


@dataclass(frozen=True, slots=True)
class Study:
    """All that a truth says of a run.

    `mistakes` are the worst of each kind and stage, the worst first; `unread` are ids of records
    that the truth knows and the run does not have, as many as there are mistakes of a kind at most.
    """

    run_id: str
    truth: str
    evaluation: Evaluation
    sweep: tuple[SweepPoint, ...]
    mistakes: tuple[ExplainedMistake, ...]
    unread: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return everything for a machine to read; the figures of pairs stand at the top."""
        return {
            "run_id": self.run_id,
            **self.evaluation.as_dict(),
            "sweep": [point.as_dict() for point in self.sweep],
            "mistakes": [each.as_dict() for each in self.mistakes],
            "unread": list(self.unread),
        }


def study_run(
    run: Run,
    truth: Path,
    *,
    id_column: str = "record_id",
    entity_column: str = "entity_id",
    mistakes: int = 10,
) -> Study:
    """Judge a finished run as `evaluate_run` does, and look closer.

    Gives up to `mistakes` of each kind and stage. Raises as `evaluate_run` does, and `RunError`
    where the run's settings are not known to this release.
    """
    with trial(run, truth, id_column=id_column, entity_column=entity_column) as opened:
        evaluation = figures(opened)
        replay = Replay(run)
        found = worst_mistakes(opened, replay, mistakes)
        return Study(
            run_id=run.run_id,
            truth=truth.name,
            evaluation=evaluation,
            sweep=sweep(opened, replay, evaluation.pairs.true),
            mistakes=tuple(_explained(opened, found.pairs)),
            unread=found.unread,
        )


def _explained(opened: Trial, mistakes: tuple[Mistake, ...]) -> list[ExplainedMistake]:
    rows = sorted({row for each in mistakes for row in (each.one, each.other)})
    id_of = dict(opened.rows(_RECORD_IDS, rows=rows))
    explainer = Explainer(opened.run)
    return [
        ExplainedMistake(each, explainer.explain(id_of[each.one], id_of[each.other]))
        for each in mistakes
    ]
