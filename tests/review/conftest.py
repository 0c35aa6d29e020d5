"""One run over generated accounts, its log, and clients of the app in one process."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response

import keepone
from keepone.decisions.log import DecisionLog
from keepone.decisions.workspace import open_log
from keepone.generate import generate
from keepone.generate import write as write_export
from keepone.review.access import Person
from keepone.review.app import create_app
from keepone.review.desk import Desk, OpenRun

HOST = "testserver"


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a workspace with the run `one` over 1,200 accounts."""
    folder = tmp_path_factory.mktemp("review")
    accounts = folder / "accounts.csv"
    write_export(generate(1_200, seed=4), accounts)
    keepone.run(accounts, workspace=folder / "ws", run_id="one")
    return folder / "ws"


@pytest.fixture
def workspace(made: Path, tmp_path: Path) -> Path:
    """Give a copy of the workspace, without decisions."""
    return Path(shutil.copytree(made, tmp_path / "ws"))


@pytest.fixture
def log(workspace: Path) -> Iterator[DecisionLog]:
    with open_log(workspace) as opened:
        yield opened


@pytest.fixture
def opened(workspace: Path, log: DecisionLog) -> OpenRun:
    return Desk(workspace, log).open("one")


@dataclass
class People:
    """A door that knows everybody by a token, which is their name and role."""

    asks_password: bool = True
    passwords: dict[str, tuple[str, Person]] = field(default_factory=dict)

    def by_token(self, token: str) -> Person | None:
        name, _, role = token.partition(":")
        return Person(name, role) if role in {"viewer", "reviewer", "admin"} else None  # type: ignore[arg-type]

    def by_password(self, name: str, password: str) -> Person | None:
        known, person = self.passwords.get(name, ("", None))
        return person if known == password else None


@dataclass
class Browser:
    """A client that somebody is signed in with; changes carry what the page has for them."""

    client: TestClient
    csrf: str

    @classmethod
    def of(cls, client: TestClient, token: str) -> Browser:
        page = client.get(f"/enter?token={token}&next=/runs")
        found = re.search(r'<meta name="csrf" content="([^"]+)">', page.text)
        assert found, page.text
        return cls(client, found[1])

    def get(self, path: str) -> Response:
        answer: Response = self.client.get(path)
        return answer

    def post(self, path: str, body: object = None) -> Response:
        headers = {"x-keepone-csrf": self.csrf}
        answer: Response = self.client.post(path, json=body, headers=headers)
        return answer


@pytest.fixture
def app(workspace: Path, log: DecisionLog) -> FastAPI:
    return create_app(workspace, People(), [HOST], log)


@pytest.fixture
def ann(app: FastAPI) -> Browser:
    return Browser.of(TestClient(app), "Ann:reviewer")
