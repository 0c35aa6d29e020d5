"""Runs in the app: handed in, inspected, started, followed, cancelled, compared, taken away."""

from __future__ import annotations

import io
import json
import shutil
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response

import keepone
from keepone.decisions.log import DecisionLog
from keepone.review.app import create_app
from keepone.review.jobs import Jobs, Order
from keepone.review.uploads import safe_name
from tests.review.conftest import HOST, Browser, People

EXPORT = (
    b"id,name,city,phone\n1,Blue Fox Ltd,Leeds,0113 496 0001\n2,Blue Fox Limited,Leeds,\n"
    b"3,=cmd(),York,\n4,<script>alert(1)</script>,York,0113 496 0002\n"
)


@pytest.fixture
def adam(app: FastAPI) -> Browser:
    return Browser.of(TestClient(app), "Adam:admin")


@pytest.fixture
def vera(app: FastAPI) -> Browser:
    return Browser.of(TestClient(app), "Vera:viewer")


def hand_in(browser: Browser, content: bytes, name: str = "a.csv") -> Response:
    answer: Response = browser.client.post(
        "/api/uploads", params={"name": name}, content=content,
        headers={"x-keepone-csrf": browser.csrf},
    )  # fmt: skip
    return answer


def handed(browser: Browser, content: bytes = EXPORT, name: str = "a.csv") -> str:
    answer = hand_in(browser, content, name)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["upload_id"])


def until(look: Callable[[], Any], seconds: float = 90) -> Any:
    """Wait for what a process is to do."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if found := look():
            return found
        time.sleep(0.1)
    pytest.fail("it did not come to that")


def ended(browser: Browser, run_id: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        job: dict[str, Any] = browser.get(f"/api/jobs/{run_id}").json()
        return job["state"] if job["state"]["status"] not in {"starting", "running"} else None

    state: dict[str, Any] = until(look)
    return state


def test_a_run_is_started_from_a_file(adam: Browser, workspace: Path) -> None:
    upload = handed(adam, name="../../etc/My Export (1).csv")
    inspected = adam.post("/api/inspect", {"uploads": [upload]}).json()
    assert inspected["records"] == 4
    assert {each["header"]: each["field"] for each in inspected["columns"]}["name"] == "name"

    asked = {"uploads": [upload], "name": "mine", "ignore": ["city"], "join": 60}
    started = adam.post("/api/jobs", asked)
    assert started.status_code == 201, started.text
    assert started.json()["files"] == ["My Export (1).csv"]
    assert ended(adam, "mine")["status"] == "finished"

    manifest = keepone.open_run("mine", workspace=workspace).manifest
    assert manifest["settings"]["cluster"]["join"] == 60
    assert manifest["settings"]["profile"]["ignore"] == ["city"]
    assert manifest["inputs"][0]["file"] == "My Export (1).csv"
    assert adam.get("/runs/mine/groups").status_code == 200
    page = adam.get("/jobs/mine").text
    assert "Finished." in page
    assert "mine" in adam.get("/runs").text
    assert adam.post("/api/jobs", asked).status_code == 404  # the name is taken
    assert adam.post("/api/jobs/mine/again").status_code == 404  # it is finished

    anew = adam.post("/api/jobs/mine/anew")
    assert anew.status_code == 201, anew.text
    assert ended(adam, anew.json()["run_id"])["status"] == "finished"
    shutil.rmtree(workspace / "runs" / "mine")
    assert adam.post("/api/jobs", asked).status_code == 201  # the name is free again
    assert ended(adam, "mine")["status"] == "finished"


def test_what_goes_wrong_is_told_in_plain_words_and_the_run_goes_on_later(
    adam: Browser, workspace: Path
) -> None:
    upload = handed(adam)
    asked = {"uploads": [upload], "name": "bad", "id_column": "no such column"}
    assert adam.post("/api/jobs", asked).status_code == 201
    state = ended(adam, "bad")
    assert state["status"] == "failed"
    assert "no such column" in state["error"]
    assert "Traceback" not in adam.get("/jobs/bad").text
    assert not (workspace / "runs" / "bad").exists()
    assert adam.post("/api/inspect", asked | {"name": ""}).status_code == 422  # no such choice
    refused = adam.post("/api/inspect", {"uploads": [upload], "id_column": "no such column"})
    assert refused.status_code == 400
    assert "no such column" in refused.json()["detail"]

    order = workspace / "jobs" / "bad" / "order.json"
    told = json.loads(order.read_text())
    order.write_text(json.dumps(told | {"settings": {}}))
    assert adam.post("/api/jobs/bad/again").status_code == 200
    assert ended(adam, "bad")["status"] == "finished"


def test_a_run_is_cancelled_and_the_app_may_end_meanwhile(
    adam: Browser, workspace: Path, made: Path
) -> None:
    upload = handed(adam, (made.parent / "accounts.csv").read_bytes())
    assert adam.post("/api/jobs", {"uploads": [upload], "name": "off"}).status_code == 201
    until(lambda: adam.get("/api/jobs/off").json()["state"]["status"] == "running")
    # Another app over the same workspace sees the run and can end it.
    others = Jobs(workspace, "workspace", lambda _: None)
    assert others.cancel("off").is_under_way
    assert ended(adam, "off")["status"] == "cancelled"
    assert others.again("off").is_under_way
    assert ended(adam, "off")["status"] == "finished"


def test_a_process_that_is_gone_is_told(adam: Browser, workspace: Path) -> None:
    folder = workspace / "jobs" / "gone"
    folder.mkdir(parents=True)
    order = Order(run_id="gone", by="x", started="2026-01-01", uploads=[], files=["a.csv"])
    (folder / "order.json").write_text(order.model_dump_json())
    (folder / "state.json").write_text('{"status": "running", "stage": "block"}')
    state = adam.get("/api/jobs/gone").json()["state"]
    assert (state["status"], state["error"]) == ("failed", "its process ended before the run did")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"%PDF-1.7 ...", "a PDF"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "a picture"),
        (b"<html><body>sign in</body></html>", "a web page"),
        (bytes(range(256)) * 20, "binary data"),
    ],
)
def test_what_is_no_export_is_refused_and_removed(
    adam: Browser, workspace: Path, content: bytes, says: str
) -> None:
    answer = hand_in(adam, content)
    assert answer.status_code == 400
    assert says in answer.json()["detail"]
    assert not list((workspace / "uploads").glob("*"))


def test_what_is_too_large_is_refused_whatever_it_announces(
    workspace: Path, log: DecisionLog
) -> None:
    app = create_app(workspace, People(), [HOST], log, upload_megabytes=1)
    adam = Browser.of(TestClient(app), "Adam:admin")
    line = b"1,some name of a company,Leeds\n"
    large = b"id,name,city\n" + line * (1_100_000 // len(line))

    def unannounced() -> Any:
        for start in range(0, len(large), 50_000):
            yield large[start : start + 50_000]

    for content in (large, unannounced()):
        answer = adam.client.post(
            "/api/uploads?name=a.csv", content=content, headers={"x-keepone-csrf": adam.csrf}
        )
        assert answer.status_code == 400
        assert "larger than the 1 MB" in answer.json()["detail"]
        assert not list((workspace / "uploads").glob("*"))


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a.csv", "a.csv"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\accounts 2024.xlsx", "accounts 2024.xlsx"),
        ("..", "export"),
        ("", "export"),
        (".hidden", "hidden"),
        ("a\0b<c>.csv", "a_b_c_.csv"),
        ("CON.csv", "_CON.csv"),
        ("Schöne Kunden.csv", "Schöne Kunden.csv"),
        ("x" * 300 + ".parquet", "x" * 100 + ".parquet"),
    ],
)
def test_names_of_files_are_made_safe(name: str, safe: str) -> None:
    assert safe_name(name) == safe
    assert safe_name(safe) == safe


@pytest.mark.parametrize("run_id", ["%2e%2e", "..%2f..%2fetc", "nothing", "a%00b"])
def test_no_address_reaches_the_file_system(adam: Browser, run_id: str) -> None:
    for path in (f"/api/jobs/{run_id}", f"/jobs/{run_id}", f"/api/runs/{run_id}/files"):
        assert adam.get(path).status_code in {404, 405}, path
    for path in (f"/api/jobs/{run_id}/cancel", f"/api/jobs/{run_id}/again"):
        assert adam.post(path).status_code in {404, 405}, path
    assert adam.post("/api/inspect", {"uploads": [run_id]}).status_code == 422
    unknown = adam.post("/api/jobs", {"uploads": ["0" * 32]})
    assert unknown.status_code == 404
    assert adam.post("/api/jobs", {"uploads": [handed(adam)], "name": "../x"}).status_code == 404


def test_only_admins_change_runs_and_lists(vera: Browser, adam: Browser) -> None:
    upload = handed(adam)
    assert hand_in(vera, EXPORT).status_code == 403
    for path, body in (
        ("/api/inspect", {"uploads": [upload]}),
        ("/api/jobs", {"uploads": [upload]}),
        ("/api/jobs/one/cancel", None),
        ("/api/jobs/one/again", None),
        ("/api/jobs/one/anew", None),
    ):
        assert vera.post(path, body).status_code == 403, path
    headers = {"x-keepone-csrf": vera.csrf}
    assert (
        vera.client.put(
            "/api/lists", json=vera.get("/api/lists").json(), headers=headers
        ).status_code
        == 403
    )
    assert vera.client.delete(f"/api/uploads/{upload}", headers=headers).status_code == 403
    assert vera.get("/start").status_code == 403
    assert "Start a run" not in vera.get("/runs").text
    for path in ("/runs", "/lists", "/lists?run=one", "/runs/one/files", "/compare?a=one&b=one"):
        assert vera.get(path).status_code == 200, path


def test_a_file_is_taken_back_until_a_run_has_it(adam: Browser, workspace: Path) -> None:
    upload = handed(adam)
    headers = {"x-keepone-csrf": adam.csrf}
    assert adam.client.delete(f"/api/uploads/{upload}", headers=headers).status_code == 204
    assert not list((workspace / "uploads").glob("*"))
    assert adam.client.delete(f"/api/uploads/{upload}", headers=headers).status_code == 204


def test_two_runs_are_compared(adam: Browser, workspace: Path, made: Path) -> None:
    settings = {"cluster": {"join": 80}, "disposition": {"auto": 97}}
    keepone.run(
        made.parent / "accounts.csv", settings=settings, workspace=workspace, run_id="strict"
    )
    found = adam.get("/api/compare?a=one&b=strict").json()
    counts = found["regrouping"]["counts"]
    assert counts["new"]["groups"] == counts["gone"]["groups"] == 0
    assert counts["split"]["groups"] > 0
    assert found["circumstances"]["settings"]["cluster.join"] == [50.0, 80.0]
    page = adam.get("/compare?a=one&b=strict").text
    (example, *_) = found["regrouping"]["examples"]["split"]
    assert f"/runs/one/groups/{example['group_id']}" in page
    assert f"/runs/strict/groups/{example['others'][0]['group_id']}" in page
    assert adam.get(f"/runs/one/groups/{example['group_id']}").status_code == 200
    assert adam.get("/compare?a=one&b=nothing").status_code == 404
    assert "Compare the two" in adam.get("/compare?a=one").text


def test_exports_are_made_on_demand_and_leave_nothing(adam: Browser, workspace: Path) -> None:
    before = sorted(workspace.iterdir())
    listed = {each["kind"]: each for each in adam.get("/api/runs/one/files").json()}
    for kind, start in (("csv", b"Account ID"), ("xlsx", b"PK"), ("json", b"{")):
        answer = adam.get(listed[kind]["address"])
        assert answer.status_code == 200, answer.text
        assert answer.content.lstrip(b'\xef\xbb\xbf"').startswith(start) or kind == "csv"
        assert listed[kind]["name"] in answer.headers["content-disposition"]
    parquet = pq.read_table(io.BytesIO(adam.get(listed["parquet"]["address"]).content))
    assert parquet.num_rows == 1_200
    assert sorted(workspace.iterdir()) == before
    assert adam.get("/runs/one/files/nothing").status_code == 422


def test_a_merge_plan_is_made_on_demand(adam: Browser, workspace: Path) -> None:
    answer = adam.get("/runs/one/files/plan?accept=owners_differ")
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as plan:
        assert "README.txt" in plan.namelist()
    refused = adam.get("/runs/one/files/plan?accept=nonsense")
    assert refused.status_code == 400
    assert not list(workspace.glob(".takeaway-*"))
