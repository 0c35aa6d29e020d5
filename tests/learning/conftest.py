"""One run over generated accounts for the suite, with the truth of it."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

import keepone
from keepone.generate import generate
from keepone.generate import write as write_export
from keepone.runs import Run


@pytest.fixture(scope="session")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("learning") / "accounts.csv"
    write_export(generate(1_500, profile="dense", seed=9), path)
    return path


@pytest.fixture(scope="session")
def truth(accounts: Path) -> Path:
    return accounts.with_name("accounts.truth.parquet")


@pytest.fixture(scope="session")
def entity_of(truth: Path) -> dict[str, str]:
    table = pq.read_table(truth)
    ids, entities = (table.column(name).to_pylist() for name in ("record_id", "entity_id"))
    return dict(zip(ids, entities, strict=True))


@pytest.fixture(scope="session")
def done(accounts: Path) -> Run:
    """Give a run on two telling columns: weights are as believed, with much to learn."""
    left_out = ["Phone", "Website", "Billing Street", "Billing Postal Code", "Billing Country"]
    settings = keepone.Settings.model_validate({"profile": {"ignore": left_out}})
    result = keepone.run(accounts, workspace=accounts.parent, run_id="done", settings=settings)
    return Run(result.path)
