"""The log for machines: one event a line, in order, with how the command ended."""

from __future__ import annotations

import io
import json
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from keepone.estimate import Estimate
from keepone.event_log import EventLog, LibraryLog
from keepone.pipeline import STAGES
from keepone.progress import Events
from tests.operations.conftest import MARK
from tests.processes import ENVIRONMENT, keepone_process


def events(text: str) -> list[dict[str, Any]]:
    """Return the events; every line has to be one."""
    return [json.loads(line) for line in text.splitlines()]


def test_a_run_tells_of_its_stages_and_of_what_came_out(place: Path) -> None:
    done = keepone_process(
        "run", "accounts.csv", "--run-id", "told", "--no-cache", "--log-format", "json", cwd=place
    )
    told = events(done.stderr)
    assert done.returncode == 0
    assert told[0]["event"] == "started"
    assert told[0]["inputs"] == 1
    assert [each["stage"] for each in told if each["event"] == "stage_finished"] == [
        stage.name for stage in STAGES
    ]
    for each in told:
        assert (each["command"], each["run"], each["level"]) == ("run", "told", "info")
        assert each["time"] >= told[0]["time"]
    stages = [each for each in told if each["event"] == "stage_finished"]
    assert {"seconds", "rows", "seconds_left", "share_done", "reused"} <= stages[0].keys()
    assert told[-1]["event"] == "finished"
    assert told[-1]["records"] == 60
    assert "Records" in done.stdout


def test_a_users_error_is_the_last_event(place: Path) -> None:
    done = keepone_process("run", "nowhere.csv", "--log-format", "json", cwd=place)
    last = events(done.stderr)[-1]
    assert done.returncode == last["exit_code"] == 2
    assert (last["event"], last["level"]) == ("failed", "error")
    assert "does not exist" in last["message"]
    assert last["hint"]


def test_a_wrong_setting_is_too(place: Path) -> None:
    done = keepone_process(
        "run", "accounts.csv", "--set", "no.such=1", "--log-format", "json", cwd=place
    )
    assert (done.returncode, [each["event"] for each in events(done.stderr)]) == (2, ["failed"])


def test_plans_tell_how_they_ended(place: Path) -> None:
    run = "keepone-data/runs/one"
    made = keepone_process("plan", "make", run, "--out", "plan", "--log-format", "json", cwd=place)
    assert made.returncode == 0, made.stderr
    assert [each["event"] for each in events(made.stderr)] == ["started", "finished"]
    assert events(made.stderr)[-1].keys() >= {"seconds", "groups", "merged", "left_out"}
    verified = keepone_process("plan", "verify", "plan", "--log-format", "json", cwd=place)
    assert [each["event"] for each in events(verified.stderr)] == ["started", "finished"]
    back = keepone_process("plan", "rollback", "plan", "--log-format", "json", cwd=place)
    assert [each["event"] for each in events(back.stderr)] == ["started", "finished"]
    again = keepone_process("plan", "make", run, "--out", "plan", "--log-format", "json", cwd=place)
    assert (again.returncode, events(again.stderr)[-1]["event"]) == (2, "failed")


@pytest.mark.skipif(os.name != "posix", reason="signals are sent the POSIX way")
def test_the_review_app_tells_when_it_begins_and_that_it_was_interrupted(place: Path) -> None:
    process = subprocess.Popen(
        [
            sys.executable, "-m", "keepone", "review",
            "--port", "0", "--no-browser", "--log-format", "json",
        ],
        cwd=place,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert process.stdout is not None
    address = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    told = events(said)
    assert "token=" in address
    assert told[0]["event"] == "started"
    assert told[-1]["event"] in {"interrupted", "finished"}
    assert "token" not in said


def test_what_a_library_quotes_stays_out_of_the_log() -> None:
    for stream, log in ((io.StringIO(), True), (io.StringIO(), False)):
        handler = LibraryLog(EventLog(stream, "review") if log else None, stream)
        logger = logging.getLogger("tests.operations.telling")
        logger.addHandler(handler)
        logger.propagate = False
        try:
            try:
                int(MARK)
            except ValueError:
                logger.exception("it failed")
        finally:
            logger.removeHandler(handler)
            logger.propagate = True
        assert MARK not in stream.getvalue()
        assert "it failed: ValueError" in stream.getvalue()
        assert stream.getvalue().count("\n") == 1


def test_a_stage_that_takes_long_is_told_of_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keepone.progress._EVENT_SECONDS", 0.01)
    stream = io.StringIO()
    with Events(EventLog(stream, "run"), Estimate(1_000)) as progress:
        time.sleep(0.05)
        assert stream.getvalue() == ""  # no stage has begun
        progress.started("ingest", 1, 17)
        while '"progress"' not in stream.getvalue():
            time.sleep(0.01)
    first, second, *_ = events(stream.getvalue())
    assert (first["event"], first["number"], first["steps"]) == ("stage_started", 1, 17)
    assert (second["event"], second["stage"]) == ("progress", "ingest")
    assert second.keys() >= {"share_done", "seconds_left"}
