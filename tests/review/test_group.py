"""The page of one group: golden values, what decisions make of it, near misses, large groups."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

import keepone
from keepone.review.desk import OpenRun
from keepone.review.group_page import MEMBERS_SHOWN
from tests.review.conftest import Browser


def group(ann: Browser, group_id: str, first: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = ann.get(f"/api/runs/one/groups/{group_id}?first={first}").json()
    return found


def listed(ann: Browser, query: str, at: int = 0) -> dict[str, Any]:
    lines = ann.get(f"/api/runs/one/groups?{query}").json()["lines"]
    return group(ann, lines[at]["group_id"])


def decide(ann: Browser, page: dict[str, Any], **asked: Any) -> None:
    answer = ann.post("/api/runs/one/decisions", {"group_id": page["group_id"]} | asked)
    assert answer.status_code == 201, answer.text


def ids(page: dict[str, Any]) -> list[str]:
    return [member["record_id"] for member in page["members"]]


def test_golden_values_are_those_of_the_run(ann: Browser, workspace: Path) -> None:
    page = listed(ann, "size_from=3&sort=size")
    told = {
        golden.header: golden
        for golden in keepone.open_run("one", workspace=workspace).group(page["group_id"]).golden
    }
    shown = {row["header"]: row["golden"] for row in page["fields"] if row["golden"]}
    assert shown.keys() == told.keys()
    for header, cell in shown.items():
        assert (cell["value"], cell["record_id"]) == (told[header].value, told[header].record_id)
        beaten = [(each["record_id"], each["value"]) for each in cell["beaten"]]
        assert tuple(beaten) == told[header].beaten


def test_reasons_call_members_by_name_alone(ann: Browser) -> None:
    page = listed(ann, "size_from=3&sort=size")
    named = [
        each for each in ids(page) if any(f'" ({each})' in m["reason"] for m in page["members"])
    ]
    assert named
    shown = ann.get(f"/runs/one/groups/{page['group_id']}").text
    assert not [each for each in named if f"({each})" in shown]


def test_of_many_links_the_weakest_stand_there_first(ann: Browser) -> None:
    page = listed(ann, "size_from=3&sort=size")
    shown = ann.get(f"/runs/one/groups/{page['group_id']}").text
    links = shown.partition('id="links"')[2]
    assert len(page["members"]) > 12
    assert links.count("<tr><td>") == 12
    hidden = links.count("<tr hidden><td>")
    assert hidden == len(page["links"]) - 12
    assert f"Show the {hidden} stronger ones" in links
    scores = [link["score"] for link in page["links"]]
    assert scores == sorted(scores)


def test_a_value_that_is_chosen_is_golden_in_the_next_run(
    ann: Browser, made: Path, workspace: Path
) -> None:
    page = listed(ann, "size_from=2&sort=size")
    row = next(row for row in page["fields"] if row["golden"] and row["golden"]["beaten"])
    other = row["golden"]["beaten"][0]
    value = {"field": row["field"] or row["header"], "value": other["value"]}
    decide(ann, page, kind="value", parts=[[page["primary_id"]]], **value)
    again = group(ann, page["group_id"])
    (override,) = again["outcome"]["overrides"]
    assert (override["now"], override["then"]) == (row["golden"]["value"], other["value"])
    shown = ann.get(f"/runs/one/groups/{page['group_id']}").text
    assert "In the next run" in shown

    keepone.run(made.parent / "accounts.csv", workspace=workspace, run_id="two")
    found = keepone.open_run("two", workspace=workspace).group(page["group_id"])
    golden = {each.header: each for each in found.golden}[row["header"]]
    assert (golden.value, golden.strategy) == (other["value"], "decided")


def test_the_page_tells_which_parts_a_group_falls_into(ann: Browser) -> None:
    page = listed(ann, "size_from=4&sort=size")
    one, second, *others = ids(page)
    decide(ann, page, kind="split", parts=[[one, second], others], names=["Two", ""])
    decide(ann, page, kind="primary", parts=[[second]])
    outcome = group(ann, page["group_id"])["outcome"]
    parts = {part["name"]: part for part in outcome["parts"]}
    assert parts["Two"]["members"] == 2
    assert parts["Two"]["primary"]["record_id"] == second
    assert parts["Two"]["new_primary"]
    assert parts[None]["members"] == page["size"] - 2
    assert parts[None]["primary"] is None


def test_a_decision_that_gave_way_says_to_which(ann: Browser, app: Any) -> None:
    bob = Browser.of(TestClient(app), "Bob:reviewer")
    page = listed(ann, "size_from=3&sort=size")
    one, second, *_ = ids(page)
    decide(ann, page, kind="different", parts=[[one], [second]])
    decide(bob, page, kind="same", parts=[[one, second]])
    newer, older = group(ann, page["group_id"])["decisions"]
    assert newer["gave_way_to"] is None
    assert "Bob" in older["gave_way_to"]
    assert len(group(ann, page["group_id"])["outcome"]["parts"]) == 1
    log = ann.get("/api/runs/one/decisions?sort=conflicts").json()
    assert [line["state"] for line in log["lines"]] == ["gave way", "holds"]
    assert log["conflicts"] == 1
    assert "gave way" in ann.get("/runs/one/decisions").text


def test_near_misses_say_why_and_can_be_joined(ann: Browser, opened: OpenRun) -> None:
    near = opened.prepared.table("near").column("l").to_pylist()
    position = int(opened.prepared.group_at[near[0]])
    group_id = opened.prepared.groups.column("group_id")[position].as_py()
    page = group(ann, group_id)
    first = page["near"][0]
    assert "below the 50 % that join" in first["why"] or "groups as a whole" in first["why"]
    shown = ann.get(f"/runs/one/groups/{group_id}").text
    assert first["why"][1:] in shown.replace("&#39;", "'")
    decide(ann, page, kind="same", parts=[[first["member"], first["record_id"]]])
    (part,) = group(ann, group_id)["outcome"]["parts"]
    assert part["joined"] == first["group_size"]
    assert [other["group_id"] for other in part["joins"]] == [first["group_id"]]


def test_the_rest_of_a_group_is_all_of_it(ann: Browser, opened: OpenRun) -> None:
    page = listed(ann, "size_from=3&sort=size")
    chosen = ids(page)[0]
    decide(ann, page, kind="split", parts=[[chosen]], rest=True)
    (entry,) = opened.log.entries()
    assert sorted(map(len, entry.parts)) == [1, page["size"] - 1]
    refused = ann.post(
        "/api/runs/one/decisions",
        {"kind": "same", "parts": [[chosen]], "rest": True, "group_id": page["group_id"]},
    )
    assert refused.status_code == 400


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Give a workspace with the run `one`, in which a company stands 100 times."""
    accounts = tmp_path / "many.csv"
    lines = [f"{at:04d},Vezatex Photography Inc,+1847311{9000 + at % 3},Salem" for at in range(100)]
    lines += [f"9{at:03d},Company {at} of {'abcdefgh'[at % 8] * 5},,Rome" for at in range(40)]
    accounts.write_text("\n".join(["id,name,phone,city", *lines]) + "\n", encoding="utf-8")
    keepone.run(accounts, workspace=tmp_path / "ws", run_id="one")
    return tmp_path / "ws"


class TestOfALargeGroup:
    """A group of which not all members are on one page."""

    @pytest.fixture
    def workspace(self, large: Path) -> Path:
        return large

    def test_members_are_found_and_decided_beyond_the_page(
        self, ann: Browser, opened: OpenRun
    ) -> None:
        page = listed(ann, "sort=size")
        assert page["size"] > len(page["members"]) == MEMBERS_SHOWN
        later = group(ann, page["group_id"], first=MEMBERS_SHOWN)
        assert not set(ids(page)) & set(ids(later))
        base = f"/api/runs/one/groups/{page['group_id']}"
        found = ann.get(f"{base}/members?q=PHOTOGRAPHY").json()["members"]
        assert len(found) == page["size"]
        some = ann.get(f"{base}/members?q=3119001").json()["members"]
        assert 0 < len(some) < page["size"]
        chosen = [member["record_id"] for member in some]
        decide(ann, page, kind="split", parts=[chosen], rest=True)
        parts = group(ann, page["group_id"])["outcome"]["parts"]
        assert sorted(part["members"] for part in parts) == sorted(
            [len(chosen), page["size"] - len(chosen)]
        )
        shown = ann.get(f"/runs/one/groups/{page['group_id']}").text
        assert f"All {page['size']} records are meant, shown or not" in shown
        assert "data-find" in shown

    def test_a_page_beyond_the_group_is_its_last(self, ann: Browser, opened: OpenRun) -> None:
        page = listed(ann, "sort=size")
        last = group(ann, page["group_id"], first=80)
        beyond = group(ann, page["group_id"], first=4835)
        assert last["members"]
        assert beyond == last
        shown = ann.get(f"/runs/one/groups/{page['group_id']}?first=4835")
        assert shown.status_code == 200

    def test_a_decision_on_all_is_on_all(self, ann: Browser, opened: OpenRun) -> None:
        page = listed(ann, "sort=size")
        decide(ann, page, kind="same", everyone=True)
        (entry,) = opened.log.entries()
        position = opened.prepared.position(page["group_id"])
        assert position is not None
        assert len(list(entry.records)) == len(opened.prepared.rows_of(position)) == page["size"]
        opened.standing.update()
        assert opened.standing.overlay.decided[position]
