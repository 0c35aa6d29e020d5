"""Runs that are exported."""

from __future__ import annotations

from pathlib import Path

import pytest

import keepone
from keepone.generate import generate


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a workspace with the runs `crm` and `later`, in which a threshold is another one."""
    folder = tmp_path_factory.mktemp("exported")
    accounts = generate(600, seed=5).accounts
    keepone.run(accounts, workspace=folder, run_id="crm")
    keepone.run(accounts, workspace=folder, run_id="later", settings={"disposition": {"auto": 99}})
    return folder


@pytest.fixture(scope="session")
def crm(workspace: Path) -> keepone.Result:
    """Give a run of accounts with groups, single records, junk and records to verify."""
    return keepone.open_run("crm", workspace=workspace)


@pytest.fixture(scope="session")
def later(workspace: Path) -> keepone.Result:
    """Give a run of the same accounts that asks people about more of them."""
    return keepone.open_run("later", workspace=workspace)
