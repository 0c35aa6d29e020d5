"""The app in one process: who is let in, what may be changed, what decisions do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from keepone.decisions import RecordKey
from keepone.decisions.log import DecisionLog
from keepone.review.access import TokenDoor
from keepone.review.app import create_app
from keepone.review.desk import OpenRun
from keepone.review.users import Users
from tests.review.conftest import HOST, Browser


def doubtful(ann: Browser, at: int = 0) -> dict[str, Any]:
    """Return the page of an open group of several records."""
    listed = ann.get("/api/runs/one/groups?state=open&size_from=2").json()
    group: dict[str, Any] = ann.get(
        f"/api/runs/one/groups/{listed['lines'][at]['group_id']}"
    ).json()
    return group


def same(group: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "kind": "same",
        "everyone": True,
        "group_id": group["group_id"],
        "version": group["version"],
    } | more


def test_nobody_comes_in_without_the_token(workspace: Path, log: DecisionLog) -> None:
    door = TokenDoor("somebody")
    client = TestClient(create_app(workspace, door, [HOST], log), follow_redirects=False)
    assert client.get("/api/runs").status_code == 401
    assert (
        client.get("/runs/one/groups?q=a").headers["location"]
        == "/enter?next=/runs/one/groups%3Fq%3Da"
    )
    assert client.get("/enter?token=wrong").status_code == 401

    entered = client.get(f"/enter?token={door.token}&next=/runs")
    assert entered.status_code == 303
    assert entered.headers["location"] == "/runs"
    cookie = entered.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert door.token.lower() not in cookie
    assert client.get("/api/runs").json()[0]["run_id"] == "one"


@pytest.mark.parametrize(
    "goal",
    ["//evil.example/x", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb"],
)
def test_the_way_in_leads_nowhere_else(goal: str, app: Any) -> None:
    client = TestClient(app, follow_redirects=False)
    answer = client.get("/enter", params={"token": "Ann:reviewer", "next": goal})
    assert answer.headers["location"] == "/"


def test_another_host_name_is_not_served(app: Any) -> None:
    client = TestClient(app, base_url="http://evil.example")
    assert client.get("/runs").status_code == 421


def test_every_answer_forbids_what_is_not_its_own(ann: Browser) -> None:
    for path in ("/runs", "/api/runs", "/runs/one/groups", "/nowhere", "/enter"):
        headers = ann.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"], path
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-keepone-csrf": "guessed"},
        {"origin": "http://evil.example"},
        {"sec-fetch-site": "cross-site"},
    ],
)
def test_a_page_from_elsewhere_decides_nothing(
    headers: dict[str, str], ann: Browser, log: DecisionLog
) -> None:
    own = {"x-keepone-csrf": ann.csrf} if headers.keys() & {"origin", "sec-fetch-site"} else {}
    answer = ann.client.post(
        "/api/runs/one/decisions", json=same(doubtful(ann)), headers=own | headers
    )
    assert answer.status_code == 403
    assert log.entries() == []


def test_a_viewer_looks_and_does_not_decide(app: Any, ann: Browser, log: DecisionLog) -> None:
    viewer = Browser.of(TestClient(app), "Vic:viewer")
    group = doubtful(viewer)
    for path, body in {
        "decisions": same(group),
        "undo": None,
        "redo": None,
        "bulk": {"query": {}, "kind": "same", "groups": 1},
        "bulk/back": {"first": 1, "last": 2},
    }.items():
        assert viewer.post(f"/api/runs/one/{path}", body).status_code == 403, path
    assert log.entries() == []
    page = viewer.get(f"/runs/one/groups/{group['group_id']}").text
    assert "data-act" not in page
    assert "data-act" in ann.get(f"/runs/one/groups/{group['group_id']}").text


def test_a_decision_settles_its_group_and_is_taken_back(ann: Browser, log: DecisionLog) -> None:
    group = doubtful(ann)
    assert group["open"]
    done = ann.post("/api/runs/one/decisions", same(group, why="I called them")).json()
    assert done["groups"] == [
        {"group_id": group["group_id"], "open": False, "decided": True, "version": 1}
    ]
    (entry,) = log.entries()
    assert (entry.kind, entry.author, entry.why) == ("same", "Ann", "I called them")
    assert {key.record_id for key in entry.records} == {
        RecordKey.of(member["record_id"]).record_id for member in group["members"]
    }
    listed = ann.get("/api/runs/one/groups?state=decided&by=Ann").json()
    assert [line["group_id"] for line in listed["lines"]] == [group["group_id"]]

    ann.post("/api/runs/one/undo")
    again = ann.get(f"/api/runs/one/groups/{group['group_id']}").json()
    assert again["open"]
    assert again["decisions"] == []
    assert again["version"] == 2
    ann.post("/api/runs/one/redo")
    assert not ann.get(f"/api/runs/one/groups/{group['group_id']}").json()["open"]
    nothing = ann.post("/api/runs/one/redo")
    assert nothing.status_code == 404


def test_the_second_of_two_people_is_told(app: Any, ann: Browser, log: DecisionLog) -> None:
    bob = Browser.of(TestClient(app), "Bob:reviewer")
    mine, his = doubtful(ann), None
    his = bob.get(f"/api/runs/one/groups/{mine['group_id']}").json()
    assert his["holder"] == "Ann"
    ann.post("/api/runs/one/decisions", same(mine))
    refused = bob.post("/api/runs/one/decisions", same(his) | {"kind": "different"})
    assert refused.status_code == 409
    assert "Ann decided" in refused.json()["detail"]
    assert len(log.entries()) == 1
    # Bob's undo does not reach what Ann decided.
    assert bob.post("/api/runs/one/undo").status_code == 404


def test_two_people_are_given_different_groups(app: Any, ann: Browser) -> None:
    bob = Browser.of(TestClient(app), "Bob:reviewer")
    first = ann.get("/api/runs/one/queue").json()["group_id"]
    ann.get(f"/api/runs/one/groups/{first}")
    assert bob.get("/api/runs/one/queue").json()["group_id"] not in {first, None}
    assert ann.get("/api/runs/one/queue").json()["group_id"] == first


def test_the_queue_goes_through_all_that_is_open_and_ends(ann: Browser, opened: OpenRun) -> None:
    waiting = int(opened.standing.overlay.open.sum())
    seen = []
    while (group_id := ann.get("/api/runs/one/queue").json()["group_id"]) is not None:
        seen.append(group_id)
        group = ann.get(f"/api/runs/one/groups/{group_id}").json()
        body = same(group)
        if group["size"] == 1:
            body |= {"kind": "disposition", "value": "Keep"}
        assert ann.post("/api/runs/one/decisions", body).status_code == 201
    assert len(seen) == len(set(seen)) == waiting > 10
    assert "Nothing is left to decide" in ann.get("/runs/one/queue").text
    priorities = {
        group["group_id"]: group["review_priority"] for group in opened.prepared.groups.to_pylist()
    }
    assert [priorities[each] for each in seen] == sorted(
        (priorities[each] for each in seen), reverse=True
    )


def test_a_list_is_decided_whole_or_not_at_all(ann: Browser, log: DecisionLog) -> None:
    query = {"disposition": ["verify"], "size_from": 3}
    listed = ann.get("/api/runs/one/groups?disposition=verify&size_from=3").json()
    assert listed["groups"] > 1
    body = {"query": query, "kind": "same", "groups": listed["groups"] - 1}
    assert ann.post("/api/runs/one/bulk", body).status_code == 409
    assert log.entries() == []
    done = ann.post("/api/runs/one/bulk", body | {"groups": listed["groups"]}).json()
    assert done["decisions"] == len(log.entries()) == listed["groups"]
    ann.post("/api/runs/one/bulk/back", {"first": done["first"], "last": done["last"]})
    left = ann.get("/api/runs/one/groups?state=decided").json()
    assert left["groups"] == 0


def test_every_page_shows_and_has_its_twin(ann: Browser) -> None:
    group = doubtful(ann)
    one, other = (member["record_id"] for member in group["members"][:2])
    for path in (
        "/runs",
        "/runs/one",
        "/runs/one/groups?q=a&sort=size&reverse=true",
        f"/runs/one/groups/{group['group_id']}",
        f"/runs/one/explain?a={one}&b={other}",
        "/runs/one/decisions",
    ):
        page, twin = ann.get(path), ann.get(f"/api{path}")
        assert page.status_code == twin.status_code == 200, path
        assert page.headers["content-type"].startswith("text/html")
        assert twin.headers["content-type"] == "application/json"
    assert "/api/runs/{run_id}/groups" in ann.get("/api/openapi.json").json()["paths"]
    assert "GET /api/runs" in ann.get("/api/docs").text


@pytest.mark.parametrize(
    "path",
    [
        "/runs/two",
        "/runs/..%2f..%2fetc",
        "/runs/one/groups/g-0000000000000000",
        "/runs/one/explain?a=x&b=y",
        "/api/runs/%2e%2e/groups",
    ],
)
def test_what_is_not_there_is_told_plainly(path: str, ann: Browser) -> None:
    answer = ann.get(path)
    assert answer.status_code == 404
    assert "Traceback" not in answer.text


def test_a_user_signs_in_by_password_and_guessing_slows_down(
    workspace: Path, log: DecisionLog
) -> None:
    users = Users(workspace)
    users.put("Cleo", "reviewer", "a long enough password")
    client = TestClient(create_app(workspace, users, [HOST], log), follow_redirects=False)
    wrong = {"name": "Cleo", "password": "guess", "next": "/runs"}
    for _ in range(6):
        assert client.post("/login", data=wrong).status_code in {401, 429}
    assert client.post("/login", data=wrong).status_code == 429
    other = TestClient(create_app(workspace, users, [HOST], log), follow_redirects=False)
    right = {"name": "Cleo", "password": "a long enough password", "next": "/runs"}
    assert other.post("/login", data=right).headers["location"] == "/runs"
    assert other.get("/api/runs").status_code == 200
    assert "a long enough password" not in (workspace / "users.json").read_text()
    assert (workspace / "users.json").stat().st_mode & 0o077 == 0


def test_an_empty_log_says_where_to_begin(ann: Browser) -> None:
    assert "Nothing was decided yet" in ann.get("/runs/one/decisions").text
    doubtful_one = doubtful(ann)
    ann.post("/api/runs/one/decisions", same(doubtful_one))
    assert "No decision is like that" in ann.get("/runs/one/decisions?by=Nobody").text
