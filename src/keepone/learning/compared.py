"""The pairs of a finished run as its model sees them: levels, weights, patterns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from keepone.artifacts import read_artifact
from keepone.kernels.comparisons import COMPARISONS
from keepone.kernels.encoding import Ints, Longs
from keepone.kernels.evidence import add_evidence
from keepone.kernels.pair_levels import compared_fields, levels_of_pairs
from keepone.model import FieldWeights, Model
from keepone.parquet import Lookup
from keepone.runs import Run
from keepone.schema import TABLES

Floats = npt.NDArray[np.float64]
Patterns = npt.NDArray[np.int8]

_LEAST_BITS, _MOST_BITS = -60, 60


@dataclass(frozen=True, slots=True)
class Weights:
    """A model as arrays: `levels` holds each field's weights of levels, 1/1000 bit."""

    levels: tuple[Ints, ...]
    families: tuple[str, ...]
    falling: tuple[tuple[tuple[int, ...], ...], ...]
    prior: int
    overlap: int
    slope: float

    @classmethod
    def of(cls, model: Model) -> Weights:
        """Return the weights of a model, in its order of fields."""
        return cls(
            levels=tuple(_in_order(field) for field in model.fields),
            families=tuple(field.family for field in model.fields),
            falling=tuple(COMPARISONS[field.type].falling for field in model.fields),
            prior=model.prior_weight,
            overlap=model.overlap,
            slope=model.slope,
        )

    def evidence(self, patterns: Patterns) -> Ints:
        """Return the match weight of each row of levels, 1/1000 bit."""
        shown = [own[patterns[:, at]] for at, own in enumerate(self.levels)]
        return self.prior + add_evidence(shown, self.families, self.overlap)

    def probability(self, patterns: Patterns) -> Floats:
        """Return the probability of each row of levels, as the stage `score` has it."""
        bits = self.slope * self.evidence(patterns) / 1000
        odds = np.exp2(np.clip(bits, _LEAST_BITS, _MOST_BITS))
        probability: Floats = odds / (1 + odds)
        return probability


def _in_order(field: FieldWeights) -> Ints:
    """Return what the levels of a field weigh, in the order of their codes."""
    weights = {level.level: level.weight for level in field.levels}
    return np.array([weights[name] for name in COMPARISONS[field.type].levels], dtype=np.int32)


class ComparedRun:
    """A finished run: its tables, its model, and the levels of pairs of its representatives."""

    def __init__(self, run: Run, threads: int = 0) -> None:
        manifest = run.finished()
        self.run_id = run.run_id
        self.thresholds = manifest.thresholds
        self._path = run.path
        self._files = [file for stage in manifest.stages for file in stage.artifacts]
        self._threads = threads
        told = self._read("model")
        self.model = Model.model_validate(told)

    def table(self, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Return a table of the run, or these columns of it."""
        table: pa.Table = read_artifact(self._path, name, self._files, columns)
        return table

    def lookup(self, name: str) -> Lookup:
        """Return the table of that name for single rows of it."""
        paths = [self._path / file.file for file in self._files if file.name == name]
        return Lookup(next(path for path in paths if path.suffix == ".parquet"), TABLES[name])

    def _read(self, name: str) -> object:
        return read_artifact(self._path, name, self._files)

    @cached_property
    def weights(self) -> Weights:
        """The run's own model."""
        return Weights.of(self.model)

    def patterns(self, left: Longs, right: Longs) -> Patterns:
        """Return the level of each field for each pair: a row a pair, a column a field."""
        fields = compared_fields(
            self.table("fields"),
            self.table("features"),
            self.table("distinct"),
            self.table("frequencies"),
        )
        found = np.zeros((len(left), len(fields)), dtype=np.int8)
        for part, levels in levels_of_pairs(fields, left, right, self._threads):
            found[part] = np.stack(levels, axis=1) if levels else found[part]
        return found


def counted(patterns: Patterns) -> tuple[Patterns, Longs]:
    """Return the distinct rows, in order, and which of them each row is."""
    rows = np.ascontiguousarray(patterns)
    kinds, which = np.unique(rows, axis=0, return_inverse=True)
    return kinds, which.reshape(-1).astype(np.int64)
