"""The tables of a log of decisions, and how SQLite and PostgreSQL are asked to keep them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, Text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from keepone.errors import DecisionError

# What the tables below are; it rises when an older release could not read them.
FORMAT = 1
_PATIENCE = 60  # seconds to wait for others who write
HINT = "Name the file or the database with --decisions, or leave the option out."

METADATA = MetaData()
FORMAT_TABLE = Table("decision_format", METADATA, Column("version", Integer, primary_key=True))
ENTRIES = Table(
    "decisions",
    METADATA,
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("id", String, nullable=False, unique=True),
    Column("author", String, nullable=False, index=True),
    Column("undoes", String, index=True),
    Column("body", Text, nullable=False),
)
TOUCHED = Table(
    "decision_records",
    METADATA,
    Column("record_id", String, primary_key=True),
    Column("dataset", String, primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
)


def url_of(where: Path | str) -> URL:
    """Return where the log is: SQLite for a path, else what the URL says."""
    if isinstance(where, Path):
        return URL.create("sqlite", database=str(where))
    try:
        url = make_url(where) if "://" in where else URL.create("sqlite", database=where)
    except ArgumentError as error:
        message = "--decisions is no URL of a database"
        raise DecisionError(message, hint=HINT) from error
    if url.drivername in {"postgresql", "postgres"}:
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() not in {"sqlite", "postgresql"}:
        message = f"decisions are kept in SQLite or PostgreSQL, not in {url.get_backend_name()}"
        raise DecisionError(message, hint=HINT)
    return url


def options_of(url: URL) -> dict[str, Any]:
    """Return what an engine for the URL is made with; a file's folder is made where it is missing.

    Raises `DecisionError` where that cannot be.
    """
    if url.get_backend_name() == "sqlite":
        folder = Path(url.database or "").parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            message = f"cannot make the folder {folder}: {(error.strerror or str(error)).lower()}"
            raise DecisionError(message, hint=HINT) from error
        return {"connect_args": {"timeout": _PATIENCE}}
    return {"pool_pre_ping": True}


def prepare(connection: Any, _record: object) -> None:
    """Have SQLite wait for the disk at each commit, and wipe what is erased."""
    connection.isolation_level = None  # transactions begin where `_begin` says
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
        connection.execute(f"PRAGMA {pragma}")


def begin(connection: Connection) -> None:
    """Begin a transaction that writes by taking the lock, so that none has to give up later."""
    writes = connection.get_execution_options().get("keepone_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def wipe(connection: Connection) -> bool:
    """Pack an SQLite file anew and empty its write-ahead log; return whether readers kept it."""
    direct: Any = connection.connection.driver_connection
    direct.execute("VACUUM")
    (busy, *_) = direct.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return bool(busy)
