"""The review app as a process of its own, and people who use it over HTTP. Linux only."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

from keepone.review.users import Users

_PASSWORD = "a password that is long enough"  # noqa: S105 - guards nothing but a benchmark
_LOOPBACK = "127.0.0.1"
_SAMPLED = re.compile(r"^(Pss|Private_Clean|Private_Dirty|Pss_Anon):\s+(\d+) kB$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Memory:
    """What a process holds, in MB of 10^6 bytes.

    `proportional` counts mapped files that were read lately; `own` only what nothing else could
    give back: what is on no disk.
    """

    proportional: float
    own: float


@dataclass(frozen=True, slots=True)
class Started:
    """Seconds from the start of the command to its address, and to the first page it answers."""

    printed: float
    answered: float


class App:
    """`keepone review` over one run, with as many users as are named, until the block ends."""

    def __init__(self, workspace: Path, run: str, names: list[str]) -> None:
        self._workspace = workspace
        self._run = run
        self._names = names

    def __enter__(self) -> Self:
        """Start it and wait for its first page."""
        users = Users(self._workspace)
        for at, name in enumerate(self._names):
            users.put(name, "admin" if at == 0 else "reviewer", _PASSWORD)
        with socket.socket() as free:
            free.bind((_LOOPBACK, 0))
            self.port = free.getsockname()[1]
        began = time.perf_counter()
        self._process = subprocess.Popen(
            [
                sys.executable, "-m", "keepone", "review", self._run,
                "--workspace", str(self._workspace), "--no-browser",
                "--host", "0.0.0.0", "--port", str(self.port),  # noqa: S104 - so it takes users
                "--name", f"{_LOOPBACK}:{self.port}",
            ],
            stdout=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        if not self._process.stdout.readline().startswith("Review app:"):
            sys.exit("the app did not start")
        printed = time.perf_counter() - began
        connection = http.client.HTTPConnection(_LOOPBACK, self.port)
        connection.request("GET", "/enter")
        connection.getresponse().read()
        connection.close()
        self.started = Started(printed, time.perf_counter() - began)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it."""
        self.kill(signal.SIGINT)

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End it, without a word of warning unless another signal is named."""
        self._process.send_signal(how)
        self._process.wait()

    def person(self, name: str) -> Person:
        """Return somebody who has signed in, in a session of their own."""
        return Person(self.port, name)

    @property
    def memory(self) -> Memory:
        """What the process holds now."""
        text = Path(f"/proc/{self._process.pid}/smaps_rollup").read_text(encoding="ascii")
        found = {name: int(kilobytes) * 1024 / 1e6 for name, kilobytes in _SAMPLED.findall(text)}
        return Memory(found["Pss"], found["Pss_Anon"])

    @property
    def processor(self) -> float:
        """Seconds of processor time that the process has taken."""
        told = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii")
        user, system = told.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


@dataclass
class Person:
    """One browser of somebody who has signed in: a session and a connection that is kept."""

    port: int
    name: str
    csrf: str = field(init=False)
    cookie: str = field(init=False)

    def __post_init__(self) -> None:
        """Sign in."""
        self._connection = http.client.HTTPConnection(_LOOPBACK, self.port, timeout=120)
        form = urlencode({"name": self.name, "password": _PASSWORD, "next": "/runs"})
        kind = {"content-type": "application/x-www-form-urlencoded"}
        self._connection.request("POST", "/login", form, kind)
        answer = self._connection.getresponse()
        answer.read()
        self.cookie = (answer.headers["set-cookie"] or "").partition(";")[0]
        page = self.get("/runs").decode()
        self.csrf = page.partition('<meta name="csrf" content="')[2].partition('"')[0]

    def get(self, path: str) -> bytes:
        """Return what a path answers; `AssertionError` for a problem."""
        status, body = self.asked("GET", path)
        assert status < 400, (path, status, body[:300])
        return body

    def told(self, path: str) -> Any:
        """Return what a path of the API answers."""
        return json.loads(self.get(path))

    def act(self, path: str, body: object = None) -> Any:
        """Do what a path of the API does and return its answer."""
        status, said = self.asked("POST", path, body)
        assert status < 400, (path, status, said[:300])
        return json.loads(said)

    def asked(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        """Return status and body of an answer."""
        headers = {"cookie": self.cookie}
        if method != "GET":
            headers |= {"x-keepone-csrf": self.csrf, "content-type": "application/json"}
        text = None if body is None else json.dumps(body)
        self._connection.request(method, path, text, headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read()
