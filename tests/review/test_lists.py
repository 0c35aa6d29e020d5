"""The lists of a workspace in the app: shown, previewed on a run, saved for the next one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

import keepone
from keepone.review.desk import OpenRun
from keepone.review.list_preview import preview
from keepone.word_lists import WordLists, read_lists
from tests.review.conftest import Browser

LISTS: dict[str, Any] = {
    "blacklist": ["services"],
    "legal_forms": {"llc": ["services"]},
    "abbreviations": {"construction": ["builders"]},
}


@pytest.fixture
def adam(app: FastAPI) -> Browser:
    return Browser.of(TestClient(app), "Adam:admin")


def save(browser: Browser, lists: dict[str, Any], version: str) -> Any:
    return browser.client.put(
        "/api/lists",
        json={"lists": lists, "version": version},
        headers={"x-keepone-csrf": browser.csrf},
    )


def test_lists_are_saved_for_the_runs_to_come(adam: Browser, workspace: Path) -> None:
    version = adam.get("/api/lists").json()["version"]
    saved = save(adam, LISTS, version)
    assert saved.status_code == 200, saved.text
    assert read_lists(workspace) == WordLists.model_validate(LISTS)
    assert "llc: services" in adam.get("/lists").text
    again = save(adam, {}, version)
    assert again.status_code == 409
    assert "meanwhile" in again.json()["detail"]
    assert save(adam, {}, saved.json()["version"]).status_code == 200


@pytest.mark.parametrize(
    "lists",
    [
        {"abbreviations": {"a": ["x"], "b": ["x"]}},
        {"legal_forms": {"llc": ["!!"]}},
        {"blacklist": ["--"]},
    ],
)
def test_what_contradicts_itself_is_told(adam: Browser, lists: dict[str, Any]) -> None:
    version = adam.get("/api/lists").json()["version"]
    for answer in (save(adam, lists, version), adam.post("/api/runs/one/lists", lists)):
        assert answer.status_code == 400
        assert answer.json()["detail"]
    assert save(adam, {"blacklists": []}, version).status_code == 422


def test_the_preview_says_what_the_next_run_does(
    opened: OpenRun, workspace: Path, made: Path
) -> None:
    lists = WordLists.model_validate(LISTS)
    found = preview(opened, WordLists(), lists)
    assert found.junk > 0
    assert found.names > 0
    assert found.looked_at == found.held
    assert all("services" in line.name.lower() for line in found.junked)
    (line, *_) = found.refolded
    assert line.before != line.after

    settings = {
        "normalize": {
            "legal_forms": LISTS["legal_forms"],
            "abbreviations": LISTS["abbreviations"],
        },
        "disposition": {"blacklist": LISTS["blacklist"]},
    }
    after = keepone.run(
        made.parent / "accounts.csv", settings=settings, workspace=workspace, run_id="after"
    )
    before = keepone.open_run("one", workspace=workspace)
    old, new = (
        run.table("features").to_arrow().select(["name.tokens", "name.legal"]).to_pylist()
        for run in (before, after)
    )
    assert found.records == sum(one != other for one, other in zip(old, new, strict=True))


def test_what_is_saved_already_changes_nothing_and_what_goes_is_told(
    adam: Browser, workspace: Path, made: Path
) -> None:
    save(adam, LISTS, adam.get("/api/lists").json()["version"])
    keepone.run(made.parent / "accounts.csv", workspace=workspace, run_id="listed")
    same = adam.post("/api/runs/listed/lists", LISTS).json()
    assert (same["names"], same["junk"], same["spared"]) == (0, 0, 0)
    assert "Nothing in" in adam.post("/runs/listed/lists", LISTS).text
    gone = adam.post("/api/runs/listed/lists", {}).json()
    anew = adam.post("/api/runs/one/lists", LISTS).json()
    assert gone["spared"] == anew["junk"] > 0
    assert gone["records"] == anew["records"] > 0


def test_names_are_escaped(adam: Browser) -> None:
    page = adam.post("/runs/one/lists", {"blacklist": ["<b>services</b>"]}).text
    assert "<b>services" not in page
