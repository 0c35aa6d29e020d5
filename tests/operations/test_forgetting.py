"""What was forgotten is nowhere in the bytes of the log."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from keepone.decisions.decision import Decision, same
from keepone.decisions.keys import RecordKey
from keepone.decisions.workspace import LOG_FILE, open_log
from keepone.errors import DecisionError

SECRET, TEXT = "Q0ZFORGETME0Q", "zqxwhatwassaid"


def bytes_beside(path: Path) -> bytes:
    return b"".join(each.read_bytes() for each in sorted(path.parent.glob(f"{path.name}*")))


def fill(workspace: Path, count: int = 300) -> None:
    keys = [RecordKey.of(f"R{number:05d}") for number in range(count)]
    with open_log(workspace) as log:
        log.extend(
            [
                same("ann", [RecordKey.of(SECRET), key], why=f"{TEXT} {'x' * (at * 37 % 4000)}")
                for at, key in enumerate(keys)
            ]
        )
        note = Decision("note", "ann", ((RecordKey.of(SECRET),),), value=TEXT * 500)
        log.append(note)
        log.undo("ann")


def test_no_byte_of_it_is_left(tmp_path: Path) -> None:
    fill(tmp_path)
    assert SECRET.encode() in bytes_beside(tmp_path / LOG_FILE)
    with open_log(tmp_path) as log:
        assert log.forget(SECRET, "bob") == 301
        held = bytes_beside(tmp_path / LOG_FILE)
        assert SECRET.encode() not in held
        assert TEXT.encode() not in held
        assert b"R00007" in held
        assert log.faults() == []
    assert SECRET.encode() not in bytes_beside(tmp_path / LOG_FILE)


def test_what_others_left_in_the_file_goes_too(tmp_path: Path) -> None:
    """Another program may have written to the file, and not wiped what it erased."""
    fill(tmp_path, 40)
    with sqlite3.connect(tmp_path / LOG_FILE) as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("CREATE TABLE scratch (text TEXT)")
        connection.executemany(
            "INSERT INTO scratch VALUES (?)", [(f"{SECRET} {TEXT} {n}" * 50,) for n in range(200)]
        )
        connection.execute("DROP TABLE scratch")
    connection.close()
    with open_log(tmp_path) as log:
        log.forget(SECRET, "bob")
    assert SECRET.encode() not in bytes_beside(tmp_path / LOG_FILE)


def test_somebody_who_reads_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keepone.decisions.database._PATIENCE", 0.2)
    fill(tmp_path, 5)
    reader = sqlite3.connect(tmp_path / LOG_FILE, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM decisions").fetchone()
    with open_log(tmp_path) as log:
        with pytest.raises(DecisionError, match="another process reads"):
            log.forget(SECRET, "bob")
        reader.execute("COMMIT")
        reader.close()
        assert log.forget(SECRET, "bob") == 0
    assert SECRET.encode() not in bytes_beside(tmp_path / LOG_FILE)
