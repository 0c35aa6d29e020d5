"""The page of decisions: what is listed, taken back, done again and taken along."""

from __future__ import annotations

import json

from keepone.decisions import Decision
from keepone.decisions.log import DecisionLog
from tests.review.conftest import Browser
from tests.review.test_app import doubtful, same


def test_the_first_state_says_what_to_do(ann: Browser) -> None:
    assert "Nothing was decided yet" in ann.get("/runs/one/decisions").text
    assert ann.get("/api/runs/one/decisions").json()["lines"] == []


def test_what_was_taken_back_can_be_done_again(ann: Browser, log: DecisionLog) -> None:
    done = ann.post("/api/runs/one/decisions", same(doubtful(ann), why="rang them")).json()
    ann.post(f"/api/runs/one/undo?decision_id={done['decision_id']}")
    (line,) = ann.get("/api/runs/one/decisions?state=taken+back").json()["lines"]
    assert line["taken_back_said"].startswith("by Ann on ")
    assert "Do again" in ann.get("/runs/one/decisions").text
    again = ann.post(f"/api/runs/one/undo?decision_id={line['taken_back_by']}").json()
    assert again["kind"] == "redo"
    (line,) = ann.get("/api/runs/one/decisions").json()["lines"]
    assert (line["state"], line["taken_back_by"]) == ("holds", None)
    assert [entry.kind for entry in log.entries()] == ["same", "undo", "redo"]


def test_the_log_is_exported_whole(ann: Browser, log: DecisionLog) -> None:
    ann.post("/api/runs/one/decisions", same(doubtful(ann)))
    ann.post("/api/runs/one/undo")
    answer = ann.get("/api/runs/one/decisions/export")
    assert "attachment" in answer.headers["content-disposition"]
    told = [Decision.from_dict(json.loads(line)) for line in answer.text.splitlines()]
    assert [each.id for each in told] == [each.id for each in log.entries()]
