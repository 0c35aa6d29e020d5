"""From levels to weights, probabilities and conflicts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

import keepone.reference.score
import keepone.stages.fit
import keepone.stages.score
from keepone.engines.duckdb import DuckDBEngine
from keepone.schema import CONFLICT_COUNTRY, CONFLICT_IDS, CONFLICT_LEGAL, FREQUENCIES
from keepone.settings import FitSettings, ScoreSettings
from tests.matching.tables import Matchable, Record, all_pairs

_ENGINE = DuckDBEngine(threads=2)
_SCORE: list[Callable[..., dict[str, pa.Table]]] = [
    keepone.stages.score.score,
    keepone.reference.score.score,
]
_LEVELS = ("missing", "same, shared by 2", "same, shared by 5", "same, shared by 15",
           "same, shared by 60", "same, shared by 300", "same, shared by more",
           "nearly the same", "different")  # fmt: skip


def _model(*fields: tuple[str, str, int, int], slope: float = 1.0) -> dict[str, Any]:
    """Return a model of fields (name, family, weight if the same, weight if different)."""
    return {
        "prior_weight": 0,
        "overlap": 400,
        "slope": slope,
        "fields": [
            {
                "field": name,
                "type": "city",
                "family": family,
                "levels": [
                    {
                        "level": level,
                        "weight": same if level.startswith("same") else other * at // 8,
                    }
                    for at, level in enumerate(_LEVELS)
                ],
            }
            for name, family, same, other in fields
        ],
    }


def _scored(
    score: Callable[..., dict[str, pa.Table]],
    types: dict[str, str],
    records: list[Record],
    model: dict[str, Any],
) -> list[dict[str, int]]:
    tables = Matchable(types, records).compared_tables()
    candidates = all_pairs(tables["distinct"])
    found = score(
        _ENGINE, ScoreSettings(), candidates=candidates, model=model,
        frequencies=FREQUENCIES.empty(), **tables,
    )  # fmt: skip
    lines: list[dict[str, int]] = found["scored"].to_pylist()
    return lines


@pytest.mark.parametrize("score", _SCORE, ids=["stage", "reference"])
@pytest.mark.parametrize(
    ("weight", "slope", "probability"),
    [
        (0, 1.0, 500_000),
        (1000, 1.0, 666_667),
        (-1000, 1.0, 333_333),
        (10_000, 1.0, 999_024),
        (10_000, 0.5, 969_697),
        (90_000, 1.0, 1_000_000),
        (-6600, 1.0, 10_203),
        # Below a hundredth nothing is kept.
        (-6700, 1.0, None),
    ],
)
def test_a_weight_is_a_probability(
    score: Callable[..., dict[str, pa.Table]], weight: int, slope: float, probability: int | None
) -> None:
    acme = {"value": "acme"}
    records: list[Record] = [{"city": acme, "other": {"value": name}} for name in ("x", "yyy")]
    model = _model(("city", "a", weight, 0), ("other", "b", 0, 0), slope=slope)
    expected = {
        "l": 0, "r": 1, "weight": weight, "probability": probability, "conflicts": 0,
    }  # fmt: skip
    lines = _scored(score, {"city": "city", "other": "city"}, records, model)
    assert lines == ([] if probability is None else [expected])


@pytest.mark.parametrize("score", _SCORE, ids=["stage", "reference"])
def test_equal_records_are_scored_like_any_pair(
    score: Callable[..., dict[str, pa.Table]],
) -> None:
    records: list[Record] = [{"city": {"value": "acme"}}] * 3
    (line,) = _scored(score, {"city": "city"}, records, _model(("city", "a", 2000, 0)))
    assert (line["l"], line["r"], line["weight"]) == (0, 0, 2000)


_EIN = {"value": "042103594", "valid": "ein"}
_OTHER_EIN = {"value": "951234567", "valid": "ein"}


@pytest.mark.parametrize(
    ("type_", "one", "other", "conflict"),
    [
        ("organisation", {"legal": "llc"}, {"legal": "inc"}, CONFLICT_LEGAL),
        ("organisation", {"legal": "llc"}, {"legal": "llc"}, 0),
        ("organisation", {"legal": "llc"}, {"legal": None}, 0),
        ("country", {"value": "us"}, {"value": "de"}, CONFLICT_COUNTRY),
        ("country", {"value": "us"}, {"value": "us"}, 0),
        ("country", {"value": None}, {"value": "us"}, 0),
        ("identifier", _EIN, _EIN | {"valid": None}, 0),
        ("identifier", _EIN, {"value": "951234567", "valid": None}, 0),
        ("identifier", _EIN, _EIN, 0),
        ("identifier", _EIN, _OTHER_EIN, CONFLICT_IDS),
        ("identifier", _EIN, {"value": "5493001kjtiigc8y1r12", "valid": "lei"}, 0),
    ],
)
def test_conflicts(type_: str, one: dict[str, Any], other: dict[str, Any], conflict: int) -> None:
    """Both sides say something, and not the same; numbers conflict within one scheme."""
    name = {"tokens": ["acme"]}
    records: list[Record] = [
        {"field": name | one, "city": {"value": "york"}},
        {"field": name | other, "city": {"value": "bath"}},
    ]
    types = {"field": type_, "city": "city"}
    empty = Matchable(types, []).tables()
    candidates = all_pairs(empty["distinct"])
    fitted = keepone.stages.fit.fit(_ENGINE, FitSettings(), candidates=candidates, **empty)
    shown = [
        _scored(score, types, records, fitted["model"] | {"prior_weight": 9_000})
        for score in _SCORE
    ]
    assert [line["conflicts"] for lines in shown for line in lines] == [conflict, conflict]
