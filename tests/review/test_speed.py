"""What keeps the app quick gives what the slow way would: search, queue, scores, laying out."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from shutil import rmtree
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from keepone.decisions.log import DecisionLog
from keepone.errors import KeeponeError
from keepone.review import desk, search
from keepone.review.ahead import Ahead, NotYetError
from keepone.review.app import create_app
from keepone.review.desk import Desk, OpenRun
from keepone.review.search import Search
from keepone.runs import Run
from keepone.traces import LAID_OUT
from tests.review.conftest import HOST, Browser, People


@pytest.mark.parametrize("few", [0, 3, 20_000])
@pytest.mark.parametrize("sought", ["inc", "a", "photo", "zzzz", "s & c"])
def test_search_finds_each_group_that_holds_the_text(
    few: int, sought: str, opened: OpenRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often it is there, and not where it only stands across two texts."""
    monkeypatch.setattr(search, "_FEW", few)
    names = ("name",) if " " in sought else ("name", "website")
    held = set()
    for name in names:
        texts = opened.prepared.table(f"sought_{name}").column("text").to_pylist()
        groups = opened.prepared.array(f"sought_{name}_held")
        begins = opened.prepared.array(f"sought_{name}_begins")
        for at, text in enumerate(texts):
            if sought in text:
                held |= set(groups[begins[at] : begins[at + 1]].tolist())
    assert set(Search(opened.prepared).groups(sought).tolist()) == held


def test_a_record_is_found_by_its_id(opened: OpenRun) -> None:
    record_id = opened.prepared.records.column("record_id")[7].as_py()
    assert Search(opened.prepared).groups(record_id).tolist() == [opened.prepared.group_at[7]]


def test_two_people_are_not_led_to_one_group(app: Any, ann: Browser) -> None:
    ben = Browser.of(TestClient(app), "Ben:reviewer")
    path = "/api/runs/one/queue?size_from=2"
    assert ann.get(path).json()["group_id"] != ben.get(path).json()["group_id"]


def test_scores_of_pairs_are_those_of_the_table(opened: OpenRun) -> None:
    pairs = opened.prepared.table("pairs")
    known = {
        (line["l"], line["r"]): line["probability"]
        for line in pairs.select(["l", "r", "probability"]).to_pylist()
    }
    stands_for = opened.prepared.table("distinct").column("representative").to_pylist()
    some = list(combinations(range(0, len(stands_for), 17), 2)) + list(known)[:200]
    left, right = (np.array(side, dtype=np.int64) for side in zip(*some, strict=True))
    probability = pairs.column("probability").to_pylist()
    places = opened.pairs.places(left, right).tolist()
    told = [-1 if place < 0 else probability[place] for place in places]
    ends = [tuple(sorted((stands_for[one], stands_for[other]))) for one, other in some]
    assert told == [known.get(pair, -1) for pair in ends]


@pytest.fixture
def large(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a workspace whose run counts as large, and was never opened."""
    monkeypatch.setattr(desk, "FEW_RECORDS", 0)
    rmtree(workspace / "runs" / "one" / LAID_OUT)
    return workspace


def test_a_large_run_is_laid_out_by_another_process(large: Path, log: DecisionLog) -> None:
    client = TestClient(create_app(large, People(), [HOST], log))
    ann = Browser.of(client, "Ann:reviewer")
    page = ann.get("/runs/one/groups")
    assert page.status_code == 503
    assert page.headers["retry-after"] == "1"
    assert 'http-equiv="refresh"' in page.text
    assert ann.get("/api/runs/one/groups").status_code == 503
    client.app.state.office.desk.open("one", patience=60)  # type: ignore[attr-defined]
    assert ann.get("/api/runs/one/groups").json()["groups"] > 0


def test_what_goes_wrong_in_the_other_process_is_told(tmp_path: Path) -> None:
    with pytest.raises(KeeponeError):
        Ahead(Run(tmp_path / "nowhere")).wait(60)


def test_who_does_not_wait_is_told_to_come_back(large: Path, log: DecisionLog) -> None:
    with pytest.raises(NotYetError, match="laid out"):
        Desk(large, log).open("one", patience=0)
