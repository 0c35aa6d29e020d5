"""Models side by side."""

from __future__ import annotations

from typing import Any

import pytest

_TOLERANCE = 1e-9
_FITTED = ("m", "u")


def assert_same_model(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    """Hold two models to each other: weights exactly, fitted shares within rounding."""
    assert _shares(ours) == pytest.approx(_shares(theirs), abs=_TOLERANCE)
    assert _whole(ours) == _whole(theirs)


def _shares(model: dict[str, Any]) -> list[float]:
    levels = [level for field in model["fields"] for level in field["levels"]]
    fitted = [level[share] for level in levels for share in _FITTED if share in level]
    return [model["match_share"], *fitted]


def _whole(model: dict[str, Any]) -> dict[str, Any]:
    """Return a model without what was computed in floating point."""
    fields = [
        field
        | {
            "levels": [
                {name: value for name, value in level.items() if name not in _FITTED}
                for level in field["levels"]
            ]
        }
        for field in model["fields"]
    ]
    return {name: value for name, value in model.items() if name != "match_share"} | {
        "fields": fields
    }
