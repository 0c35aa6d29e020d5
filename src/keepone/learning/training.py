"""Trains a run's model on labels and says what that gained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from keepone.errors import InputError
from keepone.kernels.encoding import Longs
from keepone.learning.compared import ComparedRun, Floats, Patterns, Weights, counted
from keepone.learning.folds import Folds, parted
from keepone.learning.judgement import judged, log_loss
from keepone.learning.labels import Labels, pair_digest, read_labels
from keepone.learning.refit import Counted, refit
from keepone.model import Judged, LevelWeight, Model, Training
from keepone.model_files import write_model
from keepone.runs import Run

FOLDS = 5
# How far weights may go, in bits; 0 leaves them and fits slope and prior odds alone.
STRENGTHS = (0.0, 0.5, 1.0, 2.0, 4.0)
# With fewer labels, or fewer of either kind, folds say nothing.
_LEAST_LABELS, _LEAST_OF_A_KIND = 20, 5
# A model names the pairs that it has seen up to this many.
_MOST_SEEN = 20_000
# Fewer labels than these that a standing model has not seen do not judge it.
_LEAST_UNSEEN = 20
_DIGITS = 9


@dataclass(frozen=True)
class Lesson:
    """The labels of a run, with what the pairs show and the folds they are judged in."""

    weights: Weights
    labels: Labels
    patterns: Patterns
    folds: Folds
    join: float

    @cached_property
    def _kinds(self) -> tuple[Patterns, Longs]:
        return counted(self.patterns)

    def seen(self, kept: npt.NDArray[np.bool_]) -> Counted:
        """Return the kept labels, counted by what their pairs show."""
        kinds, which = self._kinds
        match = self.labels.match
        matches, others = (
            np.bincount(which[kept & kind], minlength=len(kinds)).astype(np.float64)
            for kind in (match, ~match)
        )
        return Counted(kinds, matches, others)

    def strength(self, without: Sequence[int] = ()) -> float:
        """Return the strength whose models judge folds they have not learned from best.

        The folds `without` have no part in it.
        """
        folds = [fold for fold in range(self.folds.count) if fold not in without]
        losses = []
        for strength in STRENGTHS:
            loss = 0.0
            for fold in folds:
                kept = self.folds.judged(fold) & (
                    self.folds.learned(*without) if without else np.ones(len(self.labels), bool)
                )
                fitted = refit(
                    self.weights, self.seen(self.folds.learned(fold, *without)), strength
                )
                found = fitted.probability(self.patterns[kept])
                loss += log_loss(found, self.labels.match[kept]) * int(kept.sum())
            losses.append(loss)
        return STRENGTHS[int(np.argmin(losses))]

    def cross_validated(self) -> Floats:
        """Return the probability of each label's pair by a model that learned from other folds.

        Each of these models has its strength chosen among the folds that it learned from.
        """
        found = np.zeros(len(self.labels))
        for fold in range(self.folds.count):
            own = self.folds.judged(fold)
            fitted = refit(
                self.weights, self.seen(self.folds.learned(fold)), self.strength((fold,))
            )
            found[own] = fitted.probability(self.patterns[own])
        return found

    def judge(self, probability: Floats, among: npt.NDArray[np.bool_] | None = None) -> Judged:
        """Judge probabilities by the labels, or by those `among` them."""
        kept = np.ones(len(self.labels), dtype=bool) if among is None else among
        return judged(probability[kept], self.labels.match[kept], self.join)


@dataclass(frozen=True)
class Trained:
    """A trained model with its labels, and the lesson it was learned in."""

    model: Model
    training: Training
    labels: Labels
    lesson: Lesson
    probability: Floats
    digests: tuple[str, ...]

    @property
    def is_better(self) -> bool:
        """Whether it judges labels that it has not learned from better than the run's own model."""
        return self.training.after.log_loss < self.training.before.log_loss

    def save(self, path: Path) -> None:
        """Write the model, for `fit.model` and `keepone run --model`."""
        write_model(path, self.model)

    def against(self, standing: Model) -> Standing:
        """Compare it with another model, on the labels which that one has not seen."""
        fields = {(field.field, field.type): field for field in standing.fields}
        ours = [(field.field, field.type) for field in self.model.fields]
        learned = standing.training.labels if standing.training else 0
        known = set(standing.training.seen if standing.training else ())
        fresh = np.array([digest not in known for digest in self.digests])
        count = int(fresh.sum())
        if fields.keys() != set(ours):
            return Standing(learned, count, None, None, is_worse=False)
        if count < _LEAST_UNSEEN:
            return Standing(learned, count, None, None, is_worse=len(self.labels) >= learned)
        alike = standing.model_copy(update={"fields": tuple(fields[key] for key in ours)})
        theirs = self.lesson.judge(Weights.of(alike).probability(self.lesson.patterns), fresh)
        own = self.lesson.judge(self.probability, fresh)
        return Standing(learned, count, theirs, own, is_worse=own.log_loss < theirs.log_loss)


@dataclass(frozen=True, slots=True)
class Standing:
    """A model that is to be replaced: it learned from `learned` labels and has not seen `fresh`.

    `theirs` and `ours` judge it and the new one on those, None where they are too few: then the one
    that learned from more labels is taken for the better; nor is one of other fields for the worse.
    """

    learned: int
    fresh: int
    theirs: Judged | None
    ours: Judged | None
    is_worse: bool


def train_run(run: Run, paths: Sequence[Path], *, threads: int = 0) -> Trained:
    """Train the model of a finished run on the labels in these files.

    Raises `InputError` for labels that cannot be used or are too few, `RunError` for a run that is
    not finished.
    """
    compared = ComparedRun(run, threads)
    labels = read_labels(paths, compared)
    matches = int(labels.match.sum())
    if len(labels) < _LEAST_LABELS or min(matches, len(labels) - matches) < _LEAST_OF_A_KIND:
        message = (
            f"{len(labels):,} labelled pairs are of use here, {matches:,} of them matches:"
            f" that is too few to learn from"
        )
        hint = (
            f"There must be {_LEAST_LABELS}, and {_LEAST_OF_A_KIND} of either kind;"
            f" `keepone label {run.run_id}` asks for more."
        )
        raise InputError(message, hint=hint)
    ids = compared.table("records", ["record_id"]).column(0).to_pylist()
    lesson = Lesson(
        weights=compared.weights,
        labels=labels,
        patterns=compared.patterns(labels.left, labels.right),
        folds=parted(labels, ids, FOLDS),
        join=compared.thresholds["join"] / 100,
    )
    probability = lesson.cross_validated()
    strength = lesson.strength()
    everything = lesson.seen(np.ones(len(labels), dtype=bool))
    pairs = zip(labels.left.tolist(), labels.right.tolist(), strict=True)
    digests = tuple(pair_digest(ids[left], ids[right]) for left, right in pairs)
    training = Training(
        labels=len(labels),
        matches=matches,
        folds=FOLDS,
        strength=strength,
        before=lesson.judge(lesson.weights.probability(lesson.patterns)),
        after=lesson.judge(probability),
        seen=tuple(sorted(set(digests))) if len(labels) <= _MOST_SEEN else (),
    )
    fitted = refit(lesson.weights, everything, strength)
    model = _as_model(compared.model, fitted, everything, training)
    return Trained(model, training, labels, lesson, probability, digests)


def _as_model(before: Model, fitted: Weights, seen: Counted, training: Training) -> Model:
    """Return the model with the weights that were fitted, and what of the labels each level had."""
    fields = []
    for at, (field, weights) in enumerate(zip(before.fields, fitted.levels, strict=True)):
        matches, others = (
            np.bincount(seen.patterns[:, at], weights=labels, minlength=len(weights))
            for labels in (seen.matches, seen.others)
        )
        levels = [
            LevelWeight(
                level=level.level,
                weight=int(weights[code]),
                untrained=level.weight,
                matches=int(matches[code]),
                others=int(others[code]),
            )
            for code, level in enumerate(field.levels)
        ]
        fields.append(field.model_copy(update={"levels": tuple(levels)}))
    return before.model_copy(
        update={
            "fields": tuple(fields),
            "prior_weight": fitted.prior,
            "slope": float(f"{fitted.slope:.{_DIGITS}g}"),
            "calibrated": True,
            "training": training,
        }
    )
