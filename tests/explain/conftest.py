"""A run whose pairs are explained, and its tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

import keepone
from keepone.explain import Explainer
from keepone.generate import generate
from keepone.run_tables import RunTables
from keepone.runs import Run

Lines = list[dict[str, Any]]


@dataclass(frozen=True)
class Explained:
    """A run, its explainer, and what its tables say, row by row."""

    run: Run
    explainer: Explainer
    ids: list[str]
    group: list[int]
    representative: list[int]
    pairs: dict[tuple[int, int], tuple[int, int, int]]
    candidates: set[tuple[int, int]]
    members: Lines


@pytest.fixture(scope="session")
def explained(tmp_path_factory: pytest.TempPathFactory) -> Explained:
    """Give a run of accounts of which many are much alike, and some equal."""
    accounts = generate(500, seed=3).accounts
    result = keepone.run(accounts, workspace=tmp_path_factory.mktemp("explained"), run_id="crm")
    run = Run(result.path)
    tables = RunTables(run)
    pairs = tables.whole("pairs").to_pylist()
    candidates = tables.whole("candidates").to_pylist()
    return Explained(
        run,
        Explainer(run),
        tables.whole("records").column("record_id").to_pylist(),
        tables.whole("groups").column("group").to_pylist(),
        tables.whole("distinct").column("representative").to_pylist(),
        {
            (pair["l"], pair["r"]): (pair["weight"], pair["model_probability"], pair["probability"])
            for pair in pairs
        },
        {(pair["l"], pair["r"]) for pair in candidates},
        tables.whole("members").to_pylist(),
    )
