"""Compares two records as the run did, with its own model, and says what each field adds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from keepone.artifacts import read_artifact
from keepone.errors import RunError
from keepone.explain.explanation import Step, Waterfall, Worth
from keepone.explain.levels import level_in_words
from keepone.fields import recognised_fields
from keepone.group_pairs import MILLION, THOUSAND
from keepone.kernels.calibration import Calibration, no_calibration
from keepone.kernels.evidence import match_probability
from keepone.kernels.pair_levels import ComparedField, compared_rows, known_counts
from keepone.run_tables import RunTables

_ANOTHER_RELEASE = (
    "Run the same inputs again with this release, then explain the pair in the new run."
)


class Comparer:
    """Compares any two records of a run; what the whole run shares is read once."""

    def __init__(self, tables: RunTables, unequal: int) -> None:
        """Read the model; `unequal` is the number of records that are not equal to another."""
        self._tables = tables
        self._unequal = unequal
        files = [file for stage in tables.manifest.stages for file in stage.artifacts]
        self._model: dict[str, Any] = read_artifact(tables.run.path, "model", files)
        # Runs of earlier releases have none.
        has_any = tables.has("calibration")
        self._calibration = (
            Calibration.of(tables.whole("calibration")) if has_any else no_calibration()
        )
        self._known = known_counts(tables.whole("frequencies"))
        self._fields = tables.whole("fields")
        self._columns = {
            field.name: field.columns for field in recognised_fields(self._fields) if field.compared
        }
        self._cells = [column for columns in self._columns.values() for column in columns]
        self._headers = dict(
            zip(*(self._fields.column(name).to_pylist() for name in ("column", "header")),
                strict=True)
        )  # fmt: skip

    def compare(
        self,
        rows: tuple[int, int],
        ends: tuple[int, int],
        stored: tuple[int, int, int] | None,
        *,
        compared: bool,
    ) -> Waterfall:
        """Return what each field adds for the records at `rows`.

        `ends` are those that stand for them among pairs. `stored` holds weight (1/1000 bit),
        probability by the model and calibrated (millionths) of the pair in the run, if it kept it.
        Raises `RunError` where this release finds something else.
        """
        features = self._tables.at("features", ends, self._tables.columns("features"))
        found = compared_rows(self._fields, features, self._unequal, self._known)
        # As the run did it: the smaller row first.
        order = (0, 1) if ends[0] <= ends[1] else (1, 0)
        pair = (np.array([order[0]]), np.array([order[1]]))
        shown = [int(each.comparison.compare(each.column, *pair)[0]) for each in found]
        levels = self._levels(found, shown)
        weights = [level["weight"] for level in levels]
        families = [field["family"] for field in self._model["fields"]]
        added = shared_evidence(weights, families, self._model["overlap"])
        weight = self._model["prior_weight"] + sum(added)
        score = self._score(weight)
        if stored is not None and stored != (weight, *score):
            message = (
                f"the run {self._tables.run.run_id} was made by another release, to which these"
                f" two weigh {stored[0] / THOUSAND:.3f} bits and not {weight / THOUSAND:.3f}"
            )
            raise RunError(message, hint=_ANOTHER_RELEASE)
        by_itself, probability = score
        cells = self._tables.at("inputs", rows, self._cells).to_pylist()
        return Waterfall(
            start=self._model["prior_weight"] / THOUSAND,
            steps=tuple(
                self._step(each, level, bits, cells, features)
                for each, level, bits in zip(found, levels, added, strict=True)
            ),
            weight=weight / THOUSAND,
            slope=self._model["slope"],
            model_probability=by_itself / MILLION,
            worth=self._worth(weight),
            probability=probability / MILLION,
            score=round(probability / (MILLION / 100), 2),
            compared=compared,
            kept=stored is not None,
        )

    def _score(self, weight: int) -> tuple[int, int]:
        """Return the probability of a weight, in millionths: by the model, and calibrated."""
        weights = np.array([weight], dtype=np.int32)
        by_itself = match_probability(weights, self._model["slope"])
        return int(by_itself[0]), int(self._calibration.apply(weights, by_itself)[0])

    def _worth(self, weight: int) -> Worth | None:
        """Return the step of the calibration that pairs of this weight are on, if any."""
        step = int(np.searchsorted(self._calibration.weight, weight, side="right")) - 1
        if step < 0:
            return None
        return Worth(
            share=int(self._calibration.share[step]) / MILLION,
            pairs=int(self._calibration.pairs[step]),
        )

    def _levels(self, found: Sequence[ComparedField], shown: Sequence[int]) -> list[dict[str, Any]]:
        """Return what the model says of the level that each field shows."""
        known = [
            (field["field"], tuple(level["level"] for level in field["levels"]))
            for field in self._model["fields"]
        ]
        if known != [(each.field, each.comparison.levels) for each in found]:
            message = f"the run {self._tables.run.run_id} has a model of another release"
            raise RunError(message, hint=_ANOTHER_RELEASE)
        return [
            field["levels"][level]
            for field, level in zip(self._model["fields"], shown, strict=True)
        ]

    def _step(
        self,
        each: ComparedField,
        level: Mapping[str, Any],
        bits: int,
        cells: Sequence[Mapping[str, str | None]],
        features: pa.Table,
    ) -> Step:
        name = each.field.removesuffix(".legal") if each.type == "legal_form" else each.field
        columns = self._columns[name]
        came = [next((line[column] for column in columns if line[column]), None) for line in cells]
        left, right = (_as_compared(each, features, at) for at in (0, 1))
        says = level_in_words(each.type, level["level"], (left, right))
        if _says_town_once(each):
            says += "; the words of their town do not count"
        field = next(field for field in self._model["fields"] if field["field"] == each.field)
        return Step(
            field=each.field,
            type=each.type,
            header=" / ".join(self._headers[column] for column in columns),
            family=field["family"],
            level=level["level"],
            says=says,
            weight=level["weight"] / THOUSAND,
            bits=bits / THOUSAND,
            match_share=level.get("m"),
            other_share=level.get("u"),
            left=came[0],
            right=came[1],
            left_compared=left,
            right_compared=right,
        )


def shared_evidence(weights: Sequence[int], families: Sequence[str], overlap: int) -> list[int]:
    """Return what is left of each field's weight beside the others of its family.

    The sum is that of `keepone.kernels.evidence.add_evidence`: the strongest for and the strongest
    against count whole (of equals the first), the others by `overlap` thousandths; of what is lost
    in rounding their sum down, each bears its part.
    """
    added = list(weights)
    for family in set(families):
        own = [at for at, name in enumerate(families) if name == family]
        for sign in (1, -1):
            side = [at for at in own if sign * weights[at] > 0]
            if not side:
                continue
            strongest = max(side, key=lambda at: sign * weights[at])
            before = total = 0
            for at in side:
                if at != strongest:
                    total += weights[at]
                    added[at] = total * overlap // 1000 - before
                    before = total * overlap // 1000
    return added


def _says_town_once(each: ComparedField) -> bool:
    """Return whether the two records are of one town, of which their names have other words."""
    of_towns = each.column.of_towns
    if of_towns is None or of_towns.towns[0] != of_towns.towns[1]:
        return False
    names = each.column.tokens["tokens"].matrix
    one, other = (set(names[at][of_towns.words[at]].tolist()) for at in (0, 1))
    return one != other


def _as_compared(each: ComparedField, features: pa.Table, row: int) -> str | None:
    """Return the parts of a value that its comparison looks at, as one text."""
    if each.type == "legal_form":
        legal: str | None = features.column(each.field)[row].as_py()
        return legal
    words = []
    for part in (*each.comparison.parts, *each.comparison.lists, "aliases"):
        if f"{each.field}.{part}" in features.column_names:
            value = features.column(f"{each.field}.{part}")[row].as_py()
            if part == "aliases":
                words += [f"({alias})" for alias in value or ()]
            else:
                words.append("; ".join(value or ()) if part == "people" else _joined(value))
    return " ".join(filter(None, words)) or None


def _joined(value: str | Sequence[str] | None) -> str:
    return value if isinstance(value, str) else " ".join(value or ())
