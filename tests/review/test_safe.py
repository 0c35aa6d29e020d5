"""Who is let in, and for how long; what each role may do; what answers carry; what is too much."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from starlette.routing import Mount

from keepone.decisions.log import DecisionLog
from keepone.errors import SettingsError
from keepone.review import access
from keepone.review.access import Failures, Person, Sessions, TokenDoor, hashed, matches
from keepone.review.app import create_app
from keepone.review.users import Users
from tests.review.conftest import HOST, Browser, People

PASSWORD = "a long enough password"


def signed_in(app: FastAPI, name: str, password: str = PASSWORD) -> Browser:
    """Return the browser of a user who came in by password."""
    client = TestClient(app)
    page = client.post("/login", data={"name": name, "password": password, "next": "/runs"})
    assert page.url.path == "/runs", page.text
    return Browser(client, page.text.split('name="csrf" content="')[1].split('"')[0])


@pytest.fixture
def users(workspace: Path) -> Users:
    users = Users(workspace)
    users.put("Cleo", "reviewer", PASSWORD)
    users.put("Root", "admin", PASSWORD)
    return users


@pytest.fixture
def team(workspace: Path, users: Users, log: DecisionLog) -> FastAPI:
    return create_app(workspace, users, [HOST], log)


# --- sessions ---


def test_a_session_ends_when_its_user_is_removed(team: FastAPI, users: Users) -> None:
    cleo = signed_in(team, "Cleo")
    assert cleo.get("/api/runs").status_code == 200
    users.remove("Cleo")
    assert cleo.get("/api/runs").status_code == 401
    users.put("Cleo", "reviewer", PASSWORD)
    assert cleo.get("/api/runs").status_code == 401


def test_a_session_ends_with_the_password_it_began_with(team: FastAPI, users: Users) -> None:
    cleo = signed_in(team, "Cleo")
    users.put("Cleo", "reviewer", PASSWORD)  # the same again is a new one, too
    assert cleo.get("/api/runs").status_code == 401


def test_a_session_has_the_role_that_its_user_has_now(
    workspace: Path, team: FastAPI, users: Users
) -> None:
    cleo = signed_in(team, "Cleo")
    assert cleo.post("/api/runs/one/undo").status_code == 404  # may, and there is nothing
    file = workspace / "users.json"
    file.write_text(file.read_text().replace('"reviewer"', '"viewer"  '))
    assert users.by_password("Cleo", PASSWORD) is not None
    assert cleo.post("/api/runs/one/undo").status_code == 403


def test_nobody_is_let_in_while_the_users_cannot_be_read(workspace: Path, team: FastAPI) -> None:
    cleo = signed_in(team, "Cleo")
    (workspace / "users.json").write_text("{")
    assert cleo.get("/api/runs").status_code == 503
    with pytest.raises(SettingsError):
        Users(workspace).all()


def test_nobody_is_let_in_once_the_users_are_gone(workspace: Path, team: FastAPI) -> None:
    cleo = signed_in(team, "Cleo")
    (workspace / "users.json").unlink()
    assert cleo.get("/api/runs").status_code == 401
    again = TestClient(team, follow_redirects=False)
    assert again.post("/login", data={"name": "Cleo", "password": PASSWORD}).status_code == 401


def test_signing_out_ends_the_session_for_all_copies_of_its_cookie(team: FastAPI) -> None:
    cleo = signed_in(team, "Cleo")
    thief = TestClient(team, cookies=dict(cleo.client.cookies), follow_redirects=False)
    assert thief.get("/api/runs").status_code == 200
    assert "data-logout" in cleo.get("/runs").text
    left = cleo.post("/logout")
    assert left.status_code == 204
    assert 'keepone_session_80=""' in left.headers["set-cookie"]
    assert thief.get("/api/runs").status_code == 401
    assert cleo.get("/api/runs").status_code == 401


def test_a_page_elsewhere_signs_nobody_out(team: FastAPI) -> None:
    cleo = signed_in(team, "Cleo")
    assert cleo.client.post("/logout").status_code == 403
    assert cleo.get("/api/runs").status_code == 200


def test_who_was_let_in_by_the_token_has_nothing_to_sign_out_of(
    workspace: Path, log: DecisionLog
) -> None:
    door = TokenDoor("somebody")
    client = TestClient(create_app(workspace, door, [HOST], log))
    assert "data-logout" not in client.get(f"/enter?token={door.token}&next=/runs").text


def test_signing_in_again_ends_the_session_before(team: FastAPI) -> None:
    cleo = signed_in(team, "Cleo")
    before = dict(cleo.client.cookies)
    page = cleo.client.post("/login", data={"name": "Root", "password": PASSWORD, "next": "/runs"})
    assert "Root" in page.text
    assert dict(cleo.client.cookies) != before
    assert TestClient(team, cookies=before).get("/api/runs").status_code == 401


@pytest.mark.parametrize(("seconds", "left"), [(8 * 3600 - 60, True), (8 * 3600 + 60, False)])
def test_a_session_that_nobody_uses_ends(
    seconds: int,
    left: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sessions = Sessions()
    secret = sessions.begin(Person("Ann", "viewer"))
    began = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: began + seconds)
    assert (sessions.find(secret) is not None) == left


def test_a_session_ends_with_the_day_however_much_it_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sessions = Sessions()
    secret = sessions.begin(Person("Ann", "viewer"))
    began = time.monotonic()
    hours = []
    for hour in range(20):
        monkeypatch.setattr(time, "monotonic", lambda hour=hour: began + 3600 * hour + 1)
        if sessions.find(secret) is not None:
            hours.append(hour)
    assert hours == list(range(16))


def test_sessions_have_a_bound_and_the_one_unused_longest_goes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(access, "_MOST_SESSIONS", 3)
    sessions = Sessions()
    first, second, third = (sessions.begin(Person(name, "viewer")) for name in "abc")
    assert sessions.find(first)
    fourth = sessions.begin(Person("d", "viewer"))
    assert [bool(sessions.find(each)) for each in (first, second, third, fourth)] == [
        True,
        False,
        True,
        True,
    ]


# --- passwords ---


def test_a_password_is_known_by_its_key_alone() -> None:
    kept = hashed(PASSWORD)
    assert matches(PASSWORD, kept)
    assert not matches(PASSWORD + " ", kept)
    assert not matches("\ud800", kept)
    assert PASSWORD not in kept
    assert hashed(PASSWORD) != kept


def test_guessing_waits_ever_longer_and_is_forgiven_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failures, now = Failures(), [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    waits = []
    for _ in range(12):
        if wait := failures.begin("who"):
            waits.append(wait)
            now[0] += wait
            assert failures.begin("who") == 0
    assert waits == sorted(waits)
    assert waits[0] >= 1
    assert waits[-1] > 30
    assert failures.begin("somebody else") == 0
    now[0] += 3600
    assert failures.begin("who") == 0


def test_who_knows_the_password_is_not_made_to_wait() -> None:
    failures = Failures()
    for _ in range(50):
        assert failures.begin("who") == 0
        failures.forgive("who")


def test_the_wait_holds_for_the_right_password_too(team: FastAPI) -> None:
    client = TestClient(team, follow_redirects=False)
    for _ in range(5):
        client.post("/login", data={"name": "Root", "password": "guess"})
    refused = client.post("/login", data={"name": "Root", "password": PASSWORD})
    assert refused.status_code == 429
    assert "Wait" in refused.text
    assert client.post("/login", data={"name": "Cleo", "password": PASSWORD}).status_code == 303


def test_unknown_users_are_refused_in_the_words_of_wrong_passwords(team: FastAPI) -> None:
    client = TestClient(team)
    told = [
        client.post("/login", data={"name": name, "password": "guess"}).text
        for name in ("Cleo", "Nobody")
    ]
    assert told[0] == told[1]


# --- where requests come from ---


@pytest.mark.parametrize("host", ["", "evil.example", "testserver:80", "testserver.evil.example"])
def test_only_the_hosts_of_the_app_are_served(host: str, app: FastAPI) -> None:
    client = TestClient(app, follow_redirects=False)
    for path in ("/runs", "/api/runs", "/enter?token=Ann:admin", "/static/x"):
        answer = client.get(path, headers={"host": host})
        assert answer.status_code == 421, path
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"origin": f"http://{HOST}"}, 303),
        ({"origin": f"http://{HOST}", "sec-fetch-site": "same-origin"}, 303),
        ({"origin": "null", "sec-fetch-site": "same-origin"}, 303),
        ({"origin": "null"}, 403),
        ({"origin": "null", "sec-fetch-site": "cross-site"}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": f"http://{HOST}.evil.example"}, 403),
        ({"origin": "http://[", "sec-fetch-site": "same-origin"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
    ],
)
def test_only_a_page_of_the_app_signs_anybody_in(
    headers: dict[str, str], status: int, team: FastAPI
) -> None:
    client = TestClient(team, follow_redirects=False)
    right = {"name": "Cleo", "password": PASSWORD}
    assert client.post("/login", data=right, headers=headers).status_code == status


@pytest.mark.parametrize("path", ["/enter2", "/loginx", "/staticx", "/enter/../runs", "//runs"])
def test_the_ways_in_are_those_and_no_more(path: str, app: FastAPI) -> None:
    client = TestClient(app, follow_redirects=False)
    answer = client.get(f"http://{HOST}{path}")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/enter?next=")


@pytest.mark.parametrize(
    "goal",
    ["http://[", "///evil.example", "/\t/evil.example", "\\\\evil.example", "/\x00", "", "runs"],
)
def test_the_way_in_leads_to_pages_of_the_app(goal: str, app: FastAPI) -> None:
    client = TestClient(app, follow_redirects=False)
    answer = client.get("/enter", params={"token": "Ann:reviewer", "next": goal})
    assert answer.headers["location"] == "/"


def test_the_cookie_is_for_this_app_alone(app: FastAPI) -> None:
    plain = TestClient(app, follow_redirects=False).get("/enter?token=Ann:admin")
    flags = {each.strip().lower() for each in plain.headers["set-cookie"].split(";")[1:]}
    assert flags == {"httponly", "samesite=strict", "path=/"}
    secure = TestClient(app, base_url=f"https://{HOST}", follow_redirects=False)
    assert "secure" in secure.get("/enter?token=Ann:admin").headers["set-cookie"].lower()


# --- what answers carry ---


def test_apps_on_other_ports_leave_the_session_alone(app: FastAPI) -> None:
    """Cookies of a host are for all its ports."""
    names = set()
    for port in (8001, 8002):
        hosts = create_app(app.state.office.desk.workspace, People(), [f"{HOST}:{port}"], _log(app))
        client = TestClient(hosts, base_url=f"http://{HOST}:{port}", follow_redirects=False)
        client.get("/enter?token=Ann:admin")
        names |= set(client.cookies)
    assert len(names) == 2


def _log(app: FastAPI) -> DecisionLog:
    log: DecisionLog = app.state.office.desk.log
    return log


def test_every_answer_carries_the_policy_whatever_it_answers(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = TestClient(app, follow_redirects=False, raise_server_exceptions=False)
    answers = [client.get("/runs"), client.get("/api/runs"), client.post("/api/runs/one/undo")]
    answers += [client.get("/runs", headers={"host": "evil.example"}), client.get("/enter")]
    ann = Browser.of(TestClient(app, raise_server_exceptions=False), "Ann:reviewer")
    answers += [
        ann.get(path)
        for path in (
            "/", "/runs", "/nowhere", "/api/nowhere", "/runs/one/report", "/runs/one/groups?page=x",
            "/static/nothing", "/api/docs", "/api/openapi.json",
        )
    ]  # fmt: skip
    answers.append(ann.client.request("DELETE", "/runs", headers={"x-keepone-csrf": ann.csrf}))

    def broken(*_: object) -> None:
        message = "a fault of ours"
        raise ValueError(message)

    monkeypatch.setattr("keepone.review.shapes.run_lines", broken)
    answers += [ann.get("/runs"), ann.get("/api/runs")]
    assert {answer.status_code for answer in answers} >= {200, 303, 401, 404, 405, 421, 422, 500}
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy, answer.url
        assert "frame-ancestors 'none'" in policy, answer.url
        assert "unsafe" not in policy.replace("style-src 'unsafe-inline'", "") or "report" in str(
            answer.url
        )
        assert answer.headers["referrer-policy"] == "no-referrer", answer.url
        assert answer.headers["x-content-type-options"] == "nosniff", answer.url
        assert answer.headers["cache-control"] == "no-store", answer.url
        assert "a fault of ours" not in answer.text
        assert "Traceback" not in answer.text


def test_no_page_holds_script_or_style_of_its_own(ann: Browser) -> None:
    for path in ("/runs", "/runs/one", "/runs/one/groups", "/runs/one/queue", "/api/docs"):
        text = ann.get(path).text
        assert "<script>" not in text
        assert "<style" not in text
        assert " style=" not in text
        assert " onclick=" not in text
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', text)


@pytest.mark.parametrize("path", ["/nowhere", "/runs/one/groups?page=x", "/runs/two"])
def test_what_went_wrong_is_told_on_a_page_to_people_and_as_json_to_programs(
    path: str, ann: Browser
) -> None:
    page, twin = ann.get(path), ann.get(f"/api{path}")
    assert page.status_code == twin.status_code
    assert page.headers["content-type"].startswith("text/html")
    assert "<h1>" in page.text
    assert twin.json().keys() == {"detail", "hint"}
    assert isinstance(twin.json()["detail"], str)


# --- roles ---

# What a viewer, a reviewer and an admin are answered on each route; 0 where they may.
LOOK = (0, 0, 0)
DECIDE = (403, 0, 0)
MANAGE = (403, 403, 0)
MAY: dict[tuple[str, str], tuple[int, int, int]] = {
    ("GET", "/"): LOOK,
    ("GET", "/enter"): LOOK,
    ("POST", "/login"): LOOK,
    ("POST", "/logout"): LOOK,
    ("GET", "/runs"): LOOK,
    ("GET", "/runs/{run_id}"): LOOK,
    ("GET", "/runs/{run_id}/report"): LOOK,
    ("GET", "/runs/{run_id}/groups"): LOOK,
    ("GET", "/runs/{run_id}/groups/{group_id}"): LOOK,
    ("GET", "/runs/{run_id}/queue"): LOOK,
    ("GET", "/runs/{run_id}/decisions"): LOOK,
    ("GET", "/runs/{run_id}/sample"): LOOK,
    ("GET", "/runs/{run_id}/explain"): LOOK,
    ("GET", "/api/docs"): LOOK,
    ("GET", "/api/openapi.json"): LOOK,
    ("GET", "/api/events"): LOOK,
    ("GET", "/api/runs"): LOOK,
    ("GET", "/api/runs/{run_id}"): LOOK,
    ("GET", "/api/runs/{run_id}/groups"): LOOK,
    ("GET", "/api/runs/{run_id}/groups/{group_id}"): LOOK,
    ("GET", "/api/runs/{run_id}/queue"): LOOK,
    ("GET", "/api/runs/{run_id}/decisions"): LOOK,
    ("GET", "/api/runs/{run_id}/sample"): LOOK,
    ("GET", "/api/runs/{run_id}/groups/{group_id}/members"): LOOK,
    ("GET", "/api/runs/{run_id}/groups/{group_id}/targets"): LOOK,
    ("GET", "/api/runs/{run_id}/decisions/export"): LOOK,
    ("GET", "/api/runs/{run_id}/explain"): LOOK,
    ("POST", "/api/runs/{run_id}/decisions"): DECIDE,
    ("POST", "/api/runs/{run_id}/undo"): DECIDE,
    ("POST", "/api/runs/{run_id}/redo"): DECIDE,
    ("POST", "/api/runs/{run_id}/bulk"): DECIDE,
    ("POST", "/api/runs/{run_id}/bulk/back"): DECIDE,
    ("GET", "/compare"): LOOK,
    ("GET", "/start"): MANAGE,
    ("GET", "/jobs/{run_id}"): LOOK,
    ("GET", "/lists"): LOOK,
    ("GET", "/runs/{run_id}/files"): LOOK,
    ("GET", "/runs/{run_id}/files/{kind}"): LOOK,
    ("POST", "/runs/{run_id}/lists"): LOOK,
    ("GET", "/api/compare"): LOOK,
    ("POST", "/api/uploads"): MANAGE,
    ("DELETE", "/api/uploads/{upload_id}"): MANAGE,
    ("POST", "/api/inspect"): MANAGE,
    ("GET", "/api/jobs"): LOOK,
    ("POST", "/api/jobs"): MANAGE,
    ("GET", "/api/jobs/{run_id}"): LOOK,
    ("POST", "/api/jobs/{run_id}/cancel"): MANAGE,
    ("POST", "/api/jobs/{run_id}/again"): MANAGE,
    ("POST", "/api/jobs/{run_id}/anew"): MANAGE,
    ("GET", "/api/runs/{run_id}/files"): LOOK,
    ("GET", "/api/lists"): LOOK,
    ("PUT", "/api/lists"): MANAGE,
    ("POST", "/api/runs/{run_id}/lists"): LOOK,
}
# Open before anybody has a session; all else answers 401 or leads to the way in.
OPEN = {"/enter", "/login"}


def routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    for context in iter_route_contexts(app.routes):
        if isinstance(context.route, Mount):
            continue
        for method in sorted((context.methods or set()) - {"HEAD"}):
            assert context.path is not None
            yield method, context.path


def test_every_route_says_who_may(app: FastAPI) -> None:
    assert set(routes(app)) == set(MAY)


def _body(path: str) -> Any:
    if path.endswith("/decisions"):
        return {"kind": "note", "value": "x"}
    if path.endswith("/bulk"):
        return {"query": {}, "kind": "same", "groups": 1}
    return {"first": 1, "last": 1} if path.endswith("/back") else None


@pytest.mark.parametrize(("method", "path"), [each for each in MAY if "events" not in each[1]])
def test_each_role_may_what_the_table_says(method: str, path: str, app: FastAPI) -> None:
    address = path.replace("{run_id}", "one").replace("{group_id}", "g-0")
    for role, refused in zip(access.ROLES, MAY[method, path], strict=True):
        browser = Browser.of(TestClient(app), f"Ann:{role}")
        browser.client.follow_redirects = False
        answer = browser.client.request(
            method, address, json=_body(path), headers={"x-keepone-csrf": browser.csrf}
        )
        if refused:
            assert answer.status_code == refused, role
        else:
            assert answer.status_code not in {401, 403, 405, 500}, (role, answer.text)


@pytest.mark.parametrize(("method", "path"), [each for each in MAY if each[1] not in OPEN])
def test_nothing_is_answered_without_a_session(method: str, path: str, app: FastAPI) -> None:
    client = TestClient(app, follow_redirects=False)
    answer = client.request(method, path.replace("{run_id}", "one").replace("{group_id}", "g-0"))
    if method == "GET" and not path.startswith("/api/"):
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/enter?next=")
    else:
        assert answer.status_code == 401


# --- what is too much, and what is none of ours ---


def test_a_body_has_an_end(ann: Browser, log: DecisionLog) -> None:
    form = "application/x-www-form-urlencoded"
    for path in ("/api/runs/one/decisions", "/api/runs/one/bulk", "/login"):
        kind = form if path == "/login" else "application/json"
        headers = {"x-keepone-csrf": ann.csrf, "content-type": kind}
        told = ann.client.post(path, content=b" " * (3 << 20), headers=headers)
        assert told.status_code == 413, path

        def endless() -> Iterator[bytes]:
            for _ in range(48):
                yield b" " * (1 << 16)

        streamed = ann.client.post(path, content=endless(), headers=headers)
        assert streamed.status_code == 413, path
    assert log.entries() == []


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body | {"parts": [["x" * 1001]]},
        lambda body: body | {"why": "x" * 2001},
        lambda body: body | {"kind": "forget"},
        lambda body: body | {"author": "Somebody else"},
        lambda body: body | {"version": -1},
        lambda body: body | {"parts": [["\ud800"]]},
        lambda body: body | {"value": float("nan")},
        lambda _: [],
        lambda _: None,
    ],
)
def test_what_has_another_form_is_refused_in_words(
    change: Callable[[dict[str, Any]], Any], ann: Browser, log: DecisionLog
) -> None:
    import json  # noqa: PLC0415 - as a client may spell it, which httpx would not

    body = json.dumps(change({"kind": "note", "value": "x"}))
    headers = {"x-keepone-csrf": ann.csrf, "content-type": "application/json"}
    answer = ann.client.post("/api/runs/one/decisions", content=body, headers=headers)
    assert answer.status_code == 422
    assert isinstance(answer.json()["detail"], str)
    assert log.entries() == []


@pytest.mark.parametrize(
    "run_id",
    [
        "...", "%2e", "%2e%2e", "..%2f..", "%2fetc%2fpasswd", "one%2f..%2fone", "one%00", "~",
        "C:%5cWindows", "one%2fmanifest.json", "%ff", "x" * 5000,
    ],
)  # fmt: skip
def test_no_address_reaches_beyond_the_runs(run_id: str, ann: Browser, workspace: Path) -> None:
    before = sorted(path.name for path in workspace.parent.rglob("*"))
    for path in ("", "/groups", "/report", "/queue", "/groups/g-0"):
        answer = ann.client.get(f"http://{HOST}/runs/{run_id}{path}", follow_redirects=False)
        assert answer.status_code in {404, 307, 303}, path
        if answer.is_redirect:
            assert answer.headers["location"] in {"/runs", f"http://{HOST}/runs"}, path
    after = sorted(path.name for path in workspace.parent.rglob("*"))
    assert after == before


@pytest.mark.parametrize("group_id", ["%2e%2e", "%00", "'", "%27%20OR%201=1", "%ff", "x" * 5000])
def test_no_group_id_means_anything_but_a_group(group_id: str, ann: Browser) -> None:
    for base in ("/runs/one/groups", "/api/runs/one/groups"):
        answer = ann.client.get(f"http://{HOST}{base}/{group_id}", follow_redirects=False)
        assert answer.status_code == 404


@pytest.mark.parametrize("path", ["..%2f..%2fapp.py", "..%2ftemplates%2fbase.html.j2", "%2fetc"])
def test_static_files_are_those_and_no_others(path: str, ann: Browser) -> None:
    style = ann.get("/runs").text.split('stylesheet" href="')[1].split('"')[0]
    assert ann.get(style).headers["cache-control"].startswith("public")
    folder = style.rpartition("/")[0]
    assert ann.client.get(f"http://{HOST}{folder}/{path}").status_code == 404
