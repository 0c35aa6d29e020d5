"""Where a log is kept: which databases, how SQLite is asked to keep it, and what cannot be."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import inspect

from keepone.decisions import Decision, RecordKey
from keepone.decisions.database import TOUCHED, options_of, url_of
from keepone.decisions.decision import same
from keepone.decisions.log import DecisionLog
from keepone.errors import DecisionError

A, B = (RecordKey.of(name) for name in "ab")
HINT = "Name the file or the database with --decisions, or leave the option out."


@pytest.mark.parametrize(
    ("where", "url"),
    [
        (Path("logs/a b.sqlite"), "sqlite:///logs/a b.sqlite"),
        ("logs/team.sqlite", "sqlite:///logs/team.sqlite"),
        ("sqlite:////data/team.sqlite", "sqlite:////data/team.sqlite"),
        ("postgresql://ann@host/db", "postgresql+psycopg://ann@host/db"),
        ("postgres://ann@host/db", "postgresql+psycopg://ann@host/db"),
        ("postgresql+psycopg://ann@host/db", "postgresql+psycopg://ann@host/db"),
    ],
)
def test_a_log_is_a_file_or_a_postgresql_database(where: Path | str, url: str) -> None:
    assert url_of(where).render_as_string() == url


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("mysql://host/db", "decisions are kept in SQLite or PostgreSQL, not in mysql"),
        ("://", "--decisions is no URL of a database"),
    ],
)
def test_other_databases_are_refused(where: str, said: str) -> None:
    with pytest.raises(DecisionError) as told:
        url_of(where)
    assert (told.value.message, told.value.hint) == (said, HINT)


def test_connections_to_servers_are_tried_before_they_are_used() -> None:
    assert options_of(url_of("postgresql://ann@host/db")) == {"pool_pre_ping": True}


def test_the_folder_of_a_log_is_made(tmp_path: Path) -> None:
    where = tmp_path / "of" / "the team" / "log.sqlite"
    for _ in range(2):
        with DecisionLog(where) as log:
            log.append(same("ann", [A, B]))
            assert log.where == str(where)
    assert where.is_file()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DecisionError) as told:
        DecisionLog(tmp_path / "file" / "log.sqlite")
    assert told.value.message == f"cannot make the folder {tmp_path / 'file'}: file exists"
    assert told.value.hint == HINT


def test_a_commit_is_on_the_disk_and_what_is_erased_is_wiped(tmp_path: Path) -> None:
    with DecisionLog(tmp_path / "log.sqlite") as log, log._engine.connect() as connection:
        asked = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "secure_delete")
        }
    assert asked == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1}


def test_a_log_that_others_write_to_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keepone.decisions.database._PATIENCE", 0.1)
    path = tmp_path / "log.sqlite"
    DecisionLog(path).close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with DecisionLog(path) as log:  # whoever reads need not wait
        assert log.entries() == []
        with pytest.raises(DecisionError) as told:
            log.append(same("ann", [A, B]))
        assert told.value.message == f"cannot use the log of decisions {path}: database is locked"
        assert told.value.hint == HINT
        other.execute("COMMIT")
        assert log.append(same("ann", [A, B])).position == 1
    other.close()


def test_a_record_stands_beside_an_entry_once_and_an_entry_has_one_position(tmp_path: Path) -> None:
    with DecisionLog(tmp_path / "log.sqlite") as log:
        found = inspect(log._engine)
        keys = {
            table: found.get_pk_constraint(table)["constrained_columns"]
            for table in ("decisions", "decision_records", "decision_format")
        }
        assert keys == {
            "decisions": ["position"],
            "decision_records": ["record_id", "dataset", "position"],
            "decision_format": ["version"],
        }
        assert found.get_unique_constraints("decisions")[0]["column_names"] == ["id"]
        columns = found.get_columns("decisions")
        assert [each["name"] for each in columns if each["nullable"]] == ["undoes"]
        log.append(Decision("split", "ann", ((A,), (B,))))
        with log._engine.connect() as connection:
            assert len(connection.execute(TOUCHED.select()).all()) == 2
