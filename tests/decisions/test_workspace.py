"""Which log a workspace has: its own, a named one, or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from keepone.decisions import RecordKey
from keepone.decisions.decision import same
from keepone.decisions.workspace import LOG_FILE, decided_in, find_log, open_log
from keepone.errors import DecisionError
from keepone.settings import NO_DECISIONS

PAIR = [RecordKey.of("a"), RecordKey.of("b")]


def test_looking_for_a_log_makes_none(tmp_path: Path) -> None:
    assert find_log(tmp_path) is None
    assert not decided_in(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_workspace_has_its_own_log_and_may_set_it_aside(tmp_path: Path) -> None:
    with open_log(tmp_path / "new") as log:
        log.append(same("ann", PAIR))
    assert (tmp_path / "new" / LOG_FILE).is_file()
    assert decided_in(tmp_path / "new")
    found = find_log(tmp_path / "new")
    assert found is not None
    with found:
        assert len(found.entries()) == 1
    assert find_log(tmp_path / "new", NO_DECISIONS) is None
    assert not decided_in(tmp_path / "new", NO_DECISIONS)


def test_a_named_log_is_used_in_place_of_the_workspaces(tmp_path: Path) -> None:
    where = str(tmp_path / "team.sqlite")
    with open_log(tmp_path, where) as log:
        log.append(same("ann", PAIR))
    assert not (tmp_path / LOG_FILE).exists()
    assert decided_in(tmp_path, where)
    assert decided_in(tmp_path, f"sqlite:///{where}")
    assert not decided_in(tmp_path)


def test_a_named_log_that_is_not_there_is_told_and_not_made(tmp_path: Path) -> None:
    where = tmp_path / "no.sqlite"
    with pytest.raises(DecisionError) as told:
        find_log(tmp_path, str(where))
    assert told.value.message == f"there is no log of decisions {where}"
    assert told.value.hint == (
        "Check the path; it starts where you are. `keepone decisions add` makes a log."
    )
    assert not where.exists()


def test_a_workspace_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DecisionError) as told:
        open_log(tmp_path / "file")
    assert told.value.message == f"cannot make {tmp_path / 'file' / LOG_FILE}: not a directory"
    assert told.value.hint == (
        "Name a workspace that you may write to, or the log with --decisions."
    )
