"""The lists of a workspace: every run takes them, and keeps what it was given."""

from __future__ import annotations

from pathlib import Path

import pytest

import keepone
from keepone.errors import ChangedError, SettingsError
from keepone.settings import Settings
from keepone.word_lists import (
    LISTS_FILE,
    WordLists,
    read_lists,
    with_workspace_lists,
    write_lists,
)

LISTS = WordLists(
    blacklist=("Old Vendor", "no"),
    legal_forms={"zrt": ("zrt",)},
    abbreviations={"harbour": ("hbr",)},
)


def test_lists_are_kept_as_they_are(tmp_path: Path) -> None:
    assert read_lists(tmp_path) == WordLists()
    write_lists(tmp_path, LISTS, version=WordLists().version)
    assert read_lists(tmp_path) == LISTS
    with pytest.raises(ChangedError):
        write_lists(tmp_path, WordLists(), version=WordLists().version)
    assert read_lists(tmp_path) == LISTS


def test_settings_come_first(tmp_path: Path) -> None:
    write_lists(tmp_path, LISTS, version=WordLists().version)
    given = Settings.model_validate(
        {"disposition": {"blacklist": ["first"]}, "normalize": {"abbreviations": {"hub": "hb"}}}
    )
    found = with_workspace_lists(given, tmp_path)
    assert found.disposition.blacklist == ("first", "Old Vendor", "no")
    assert found.normalize.abbreviations == {"harbour": ("hbr",), "hub": ("hb",)}
    assert with_workspace_lists(given, tmp_path / "elsewhere") == given


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("blacklist: [a\n", "cannot read"),
        ("blacklists: [a]\n", "blacklists"),
        ("abbreviations: {a: b}\n", "abbreviations.a"),
    ],
)
def test_a_file_that_is_no_list_is_told(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / LISTS_FILE).write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=says):
        read_lists(tmp_path)


@pytest.mark.parametrize(
    "lists",
    [
        WordLists(blacklist=("--",)),
        WordLists(abbreviations={"a": ("x",), "b": ("x",)}),
        WordLists(abbreviations={"ctr": ("center",)}),
    ],
)
def test_what_no_run_could_take_is_not_kept(tmp_path: Path, lists: WordLists) -> None:
    with pytest.raises(SettingsError):
        write_lists(tmp_path, lists, version=WordLists().version)
    assert not (tmp_path / LISTS_FILE).exists()


def test_a_run_takes_the_lists_and_is_redone_when_they_change(tmp_path: Path) -> None:
    export = tmp_path / "a.csv"
    export.write_text(
        "id,name,city,phone\n1,Sydney Hbr,Sydney,555 123 4567\n2,Sydney Harbour,Sydney,\n"
        "3,Old Vendor Ltd,Perth,\n4,Blue Fox,Perth,555 999 1111\n",
        encoding="utf-8",
    )
    before = keepone.run(export, workspace=tmp_path / "ws", run_id="one")
    assert "Delete" not in {
        row["proposed_disposition"] for row in before.review_ready.to_arrow().to_pylist()
    }
    write_lists(tmp_path / "ws", LISTS, version=WordLists().version)
    after = keepone.run(export, workspace=tmp_path / "ws", run_id="one")
    assert after.manifest["settings"]["normalize"]["abbreviations"] == {"harbour": ["hbr"]}
    rows = after.review_ready.to_arrow().to_pylist()
    (vendor,) = [row for row in rows if row["record_id"] == "3"]
    # Without child exports nobody knows what refers to it, so a person looks first.
    assert vendor["proposed_disposition"] == "Delete"
    assert "Old Vendor" in vendor["reason"]
