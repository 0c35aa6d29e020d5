"""Connections to databases: which can be written, and what they say when they cannot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

from keepone.errors import ExportError

POSTGRESQL, _SQLITE = "postgresql", "sqlite"
_DRIVERS = {POSTGRESQL: "postgresql+psycopg", _SQLITE: "sqlite+pysqlite"}
_EXAMPLES = "postgresql://user@host/database or sqlite:///file.db"


def database_url(text: str) -> sa.URL:
    """Return the URL of a database that can be written; `ExportError` for another."""
    try:
        url = sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError) as error:  # the latter of a port
        message = "--out is no URL of a database"
        raise ExportError(message, hint=f"Write one like {_EXAMPLES}.") from error
    kind = url.drivername.partition("+")[0]
    kind = POSTGRESQL if kind == "postgres" else kind
    if kind not in _DRIVERS:
        message = f"cannot write to a database of the kind {url.drivername}"
        raise ExportError(message, hint=f"PostgreSQL and SQLite are known: {_EXAMPLES}.")
    if kind == _SQLITE and not url.database:
        message = "--out names no file for the SQLite database"
        raise ExportError(message, hint="Write it as in sqlite:///file.db.")
    return url.set(drivername=_DRIVERS[kind])


def new_file(url: sa.URL) -> Path | None:
    """Return the file that an SQLite database will be, None where there is one already."""
    if url.get_backend_name() != _SQLITE or url.database is None:
        return None
    path = Path(url.database)
    return None if path.exists() else path


def engine_of(url: sa.URL) -> sa.Engine:
    """Return what connects to a database; of an SQLite one, every change is in the transaction."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    if engine.dialect.name == _SQLITE:
        # The driver begins transactions on its own, and not before every statement: it is told not
        # to, and each one begins here.
        @sa.event.listens_for(engine, "connect")
        def leave_transactions_alone(connection: Any, _record: object) -> None:
            connection.isolation_level = None

        @sa.event.listens_for(engine, "begin")
        def begin(connection: sa.Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


@contextmanager
def plain_errors(shown: str) -> Iterator[None]:
    """Turn what the database says into an `ExportError`; passwords are not in it."""
    try:
        yield
    except sa.exc.OperationalError as error:
        message = f"cannot write to {shown}: {_first_line(error)}"
        hint = "See that the database can be reached and written, and that the URL is right."
        raise ExportError(message, hint=hint) from error
    except (sa.exc.DBAPIError, psycopg.Error) as error:
        message = f"the database {shown} refused: {_first_line(error)}"
        raise ExportError(message, hint="Nothing was changed there.") from error


def _first_line(error: sa.exc.DBAPIError | psycopg.Error) -> str:
    said = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    return str(said).strip().partition("\n")[0]
