from __future__ import annotations

from pathlib import Path

import pytest

from keepone.report import render_report
from tests.report.folder import make_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a run folder with hostile names."""
    return make_run(tmp_path_factory.mktemp("report") / "run")


@pytest.fixture(scope="module")
def page(run: Path) -> str:
    """Give that run's report."""
    return render_report(run)
