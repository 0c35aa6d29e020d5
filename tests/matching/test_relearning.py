"""Weights that are learned anew from what ends in one group."""

from __future__ import annotations

import math
from contextlib import closing
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from keepone.engines.duckdb import DuckDBEngine
from keepone.generate import generate
from keepone.kernels.held_logistic import Shown, moved_weights
from keepone.rules import model_prior
from tests.matching.runs import STAGES, assert_same_by_both, made_by, read

Floats = npt.NDArray[np.float64]
_NAT = math.log(2)
_HELD = {"spread": 1.0, "spread_of_start": 3.0}
# All rows of three fields that agree (1) or differ (2).
_ROWS = np.array([[a, b, c] for a in (1, 2) for b in (1, 2) for c in (1, 2)], dtype=np.int64)


def _shown(log_odds: Floats, pairs: float) -> Shown:
    """Return as many pairs of each row, matches among them as log-odds in bits say."""
    share = 1 / (1 + np.exp2(-log_odds))
    levels = list(_ROWS.T)
    whole = np.full(len(_ROWS), pairs)
    return Shown(levels, [np.full(len(_ROWS), _NAT)] * 3, _NAT, whole, whole * share)


def _weights(*agree: float) -> list[Floats]:
    return [np.array([0.0, each, -each]) for each in agree]


def test_many_pairs_move_weights_to_what_they_show() -> None:
    """The third field says nothing beside the others: pairs show it, though 4 were believed."""
    signs = 3.0 - 2.0 * _ROWS
    shown = _shown(-2 + 3 * signs[:, 0] + 2 * signs[:, 1], 1e7)
    moved, start = moved_weights(shown, _weights(3.0, 3.0, 4.0), -4.0, **_HELD)
    sways = [float(own[1] - own[2]) for own in moved]
    assert sways == pytest.approx([6.0, 4.0, 0.0], abs=0.01)
    assert all(own[0] == 0 for own in moved)
    means = sum(float(own[1] + own[2]) / 2 for own in moved)
    assert start + means == pytest.approx(-2.0, abs=0.01)


@pytest.mark.parametrize("pairs", [0.0, 0.001])
def test_few_pairs_leave_weights_as_they_were(pairs: float) -> None:
    before = _weights(3.0, 3.0, 4.0)
    moved, start = moved_weights(_shown(np.full(8, 5.0), pairs), before, -4.0, **_HELD)
    assert start == pytest.approx(-4.0, abs=0.2)
    for own, was in zip(moved, before, strict=True):
        assert own == pytest.approx(was, abs=0.1)


def test_pairs_that_contradict_the_weights_outright_are_learned_from() -> None:
    """Newton's whole step overshoots by far there: it is halved until it helps."""
    log_odds: Floats = np.where(_ROWS[:, 0] == 1, -20.0, 20.0)
    shown = _shown(log_odds, 1e6)
    moved, start = moved_weights(shown, _weights(30.0, 5.0, 5.0), 10.0, **_HELD)
    odds = start + sum(own[level] for own, level in zip(moved, _ROWS.T, strict=True))
    assert (np.sign(odds) == np.sign(log_odds)).all()


def test_a_file_of_many_columns_is_relearned_by_both_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """And differently from what the mixture gave."""
    accounts = generate(120, profile="dense", seed=3).accounts
    with closing(DuckDBEngine()) as engine:
        tables = read(accounts, engine)
        made = assert_same_by_both(tables, engine, until="cluster")
        rules = replace(model_prior.model_rules(), relearned=0)
        monkeypatch.setattr("keepone.kernels.relearning.model_rules", lambda: rules)
        as_fitted = made_by(STAGES[:3], tables, engine)
    assert made["model"]["match_share"] == as_fitted["model"]["match_share"]
    assert made["model"]["fields"] != as_fitted["model"]["fields"]
