"""No value of a record gets into logs, errors or manifests; a redacted report has none either."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.operations.conftest import MARK
from tests.processes import ENVIRONMENT, keepone_process

RUN = "keepone-data/runs/one"


def holds_mark(text: str) -> bool:
    return MARK.lower() in text.lower()


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "accounts.csv", "--run-id", "fresh", "--no-cache"],
        ["run", "accounts.csv", "--run-id", "events", "--no-cache", "--log-format", "json"],
        ["run", "accounts.csv", "--run-id", "profiled", "--no-cache", "--profile"],
        ["run", "accounts.csv", "--set", "ingest.id_column=nothing"],
        ["run", "accounts.csv", "--memory", "64MB", "--no-cache"],
        ["run", "accounts.csv", "accounts.csv"],
        ["inspect", "accounts.csv"],
        ["explain", RUN, "A000", "nobody"],
        ["explain", RUN, "A000", "A000"],
        ["explain", RUN, "A000", "A001"],
        ["runs", "group", RUN, "nothing"],
        ["plan", "make", RUN, "--out", "plan"],
        ["plan", "make", RUN, "--out", "plan", "--log-format", "json"],
        ["plan", "verify", "nowhere"],
        ["export", RUN, "--out", "out.csv"],
        ["export", RUN, "--out", "accounts.csv"],
        ["export", RUN, "--out", "out.xlsx"],
        ["evaluate", RUN, "--truth", "accounts.csv"],
        ["train", RUN, "--labels", "accounts.csv"],
        ["decisions", "import", "accounts.csv"],
        ["decisions", "add", "same", "A000", "A001"],
        ["doctor"],
    ],
    ids=" ".join,
)
def test_what_is_told_beside_the_result_has_no_values(place: Path, arguments: list[str]) -> None:
    done = keepone_process(*arguments, cwd=place)
    assert "Traceback" not in done.stderr
    assert not holds_mark(done.stderr)
    manifests = [*place.rglob("manifest.json"), *place.rglob("state.json")]
    assert manifests
    for manifest in manifests:
        assert not holds_mark(manifest.read_text(encoding="utf-8")), manifest


def test_the_values_are_there_to_be_told(made: Path) -> None:
    """The other tests would pass over an export without the mark."""
    assert holds_mark((made / RUN / "review_ready.csv").read_text(encoding="utf-8"))
    assert holds_mark((made / RUN / "rejects.csv").read_text(encoding="utf-8"))
    assert holds_mark((made / RUN / "report.html").read_text(encoding="utf-8"))


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_fault_that_quotes_a_value_is_told_without_it(place: Path, log_format: str) -> None:
    code = (
        "import sys\n"
        "from keepone import cli\n"
        "from keepone.stages import block\n"
        f"def fail(*args, **kwargs): raise ValueError('cannot convert {MARK}')\n"
        "block.block = fail\n"
        f"sys.argv = ['keepone', 'run', 'accounts.csv', '--run-id', 'f', '--no-cache',"
        f" '--log-format', '{log_format}']\n"
        "cli.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        capture_output=True,
        text=True,
        cwd=place,
        env=ENVIRONMENT,
    )
    run = place / "keepone-data" / "runs" / "f"
    manifest = (run / "manifest.json").read_text(encoding="utf-8")
    assert done.returncode == 1
    assert "ValueError" in done.stderr
    assert "fault.txt" in done.stderr
    assert "Traceback" not in done.stderr
    assert json.loads(manifest)["error"].startswith("ValueError in ")
    assert not holds_mark(done.stderr + done.stdout + manifest)
    details = run / "fault.txt"
    assert holds_mark(details.read_text(encoding="utf-8"))
    assert details.read_text(encoding="utf-8").startswith("Look through this before")
    if os.name == "posix":
        assert details.stat().st_mode & 0o777 == 0o600


def test_a_redacted_report_has_ids_and_no_values(place: Path) -> None:
    done = keepone_process("run", "accounts.csv", "--run-id", "one", "--redact", cwd=place)
    assert done.returncode == 0, done.stderr
    page = (place / RUN / "report.html").read_text(encoding="utf-8")
    assert not holds_mark(page)
    assert re.search(r"\bA0\d\d\b", page)  # the members of groups, by their ids
    assert "are masked" in page
    again = keepone_process("run", "accounts.csv", "--run-id", "one", cwd=place)
    assert again.returncode == 0, again.stderr
    assert holds_mark((place / RUN / "report.html").read_text(encoding="utf-8"))
