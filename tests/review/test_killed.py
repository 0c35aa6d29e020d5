"""The served process is killed in mid-write: what it acknowledged is in the log, which opens."""

from __future__ import annotations

import json
import random
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from keepone.decisions.workspace import open_log

_WRITERS = 4


class Served:
    """One process of the app, and a session with it."""

    def __init__(self, workspace: Path) -> None:
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "keepone", "review", "one",
                "--workspace", str(workspace), "--port", "0", "--no-browser",
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        told = self.process.stdout.readline()
        found = re.search(r"(http://\S+)/enter\?token=(\S+)", told)
        assert found, told + self.process.stdout.read()
        self.base = found[1]
        with httpx.Client(base_url=self.base, timeout=60, follow_redirects=True) as client:
            page = client.get(f"/enter?token={found[2]}&next=/runs")
            csrf = re.search(r'name="csrf" content="([^"]+)"', page.text)
            assert csrf, page.text
            self.cookies = dict(client.cookies)
            self.headers = {"x-keepone-csrf": csrf[1]}
            lines = client.get("/api/runs/one/groups?size_from=2&per_page=200").json()["lines"]
            self.groups = [line["group_id"] for line in lines]

    def write_until_it_dies(self, seed: int, acknowledged: list[str]) -> None:
        """Decide and take back as fast as answers come; keep the ids of what was acknowledged."""
        chance = random.Random(seed)
        with httpx.Client(
            base_url=self.base, cookies=self.cookies, headers=self.headers, timeout=60
        ) as client:
            while True:
                body = {
                    "kind": chance.choice(["same", "different", "note"]),
                    "everyone": True,
                    "group_id": chance.choice(self.groups),
                }
                body |= {"value": "x"} if body["kind"] == "note" else {}
                path = "undo" if chance.random() < 0.2 else "decisions"
                try:
                    answer = client.post(
                        f"/api/runs/one/{path}", json=None if path == "undo" else body
                    )
                except httpx.TransportError:
                    return
                if answer.status_code in {200, 201}:
                    acknowledged.append(json.loads(answer.content)["decision_id"])

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def killed(workspace: Path, times: int) -> None:
    """Kill the app `times` times at random moments of its work, and hold the log to its answers."""
    chance = random.Random(7)
    acknowledged: list[str] = []
    written = 0
    for _ in range(times):
        served = Served(workspace)
        writers = [
            threading.Thread(
                target=served.write_until_it_dies, args=(chance.randrange(1 << 30), acknowledged)
            )
            for _ in range(_WRITERS)
        ]
        for writer in writers:
            writer.start()
        time.sleep(chance.uniform(0.02, 0.6))
        served.kill()
        for writer in writers:
            writer.join()
        with open_log(workspace) as log:
            entries = log.entries()
        ids = [entry.id for entry in entries]
        assert set(acknowledged) <= set(ids)
        assert [entry.position for entry in entries] == list(range(1, len(entries) + 1))
        # Beyond that is at most what each writer was waiting for, each time.
        written += _WRITERS
        assert len(entries) <= len(acknowledged) + written
    assert len(acknowledged) > times


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_no_acknowledged_decision_is_lost_when_the_process_is_killed(workspace: Path) -> None:
    killed(workspace, 20)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_none_is_lost_in_two_hundred_times(workspace: Path) -> None:
    killed(workspace, 200)
