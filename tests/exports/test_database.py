"""Tables in PostgreSQL and SQLite: what the run says, replaced whole, and only what is ours."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa

import keepone
from keepone import ExportError, RunError
from keepone.exports import database
from keepone.exports.connection import database_url
from keepone.exports.source import Source

Lines = list[dict[str, Any]]


class Database:
    """A database that is written to, and what stands in it."""

    def __init__(self, url: str, *, schemas: bool) -> None:
        self.url = url
        self.schemas = schemas
        self.engine = sa.create_engine(database_url(url), poolclass=sa.NullPool)

    def table(self, name: str, schema: str = "keepone") -> str:
        return f'"{schema}"."{name}"' if self.schemas else f'"{schema}_{name}"'

    def lines(self, name: str, schema: str = "keepone") -> Lines:
        with self.engine.connect() as connection:
            rows = connection.exec_driver_sql(f"SELECT * FROM {self.table(name, schema)}")
            return [dict(row) for row in rows.mappings()]

    def run(self, sql: str) -> None:
        with self.engine.begin() as connection:
            connection.exec_driver_sql(sql)

    def names(self, schema: str = "keepone") -> set[str]:
        found = sa.inspect(self.engine)
        if self.schemas:
            return set(found.get_table_names(schema=schema))
        return {name.removeprefix(f"{schema}_") for name in found.get_table_names()}


@pytest.fixture(params=["postgresql", "sqlite"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Give an empty database of each kind."""
    if request.param == "sqlite":
        yield Database(f"sqlite:///{tmp_path / 'out.db'}", schemas=False)
        return
    server = Database(request.getfixturevalue("postgresql"), schemas=True)
    name = f"test_{uuid.uuid4().hex}"
    with server.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield Database(server.url.replace("/postgres?", f"/{name}?"), schemas=True)


def _sorted(lines: Lines) -> Lines:
    return sorted(lines, key=lambda line: json.dumps(line, default=str, sort_keys=True))


def _typed(lines: Lines, *, as_int: bool) -> Lines:
    """Return the lines as a database without truths gives them."""
    return [
        {
            name: int(value) if as_int and isinstance(value, bool) else value
            for name, value in line.items()
        }
        for line in lines
    ]


def test_tables_hold_what_the_run_says(crm: keepone.Result, target: Database) -> None:
    made = crm.export(target.url)
    assert (made.format, made.rows, made.bytes) == ("sql", 600, None)
    assert target.names() == {"review_ready", "group_stats", "rejects", "crosswalk", "exports"}
    for name in ("review_ready", "group_stats", "rejects"):
        ours = _typed(crm.table(name).to_arrow().to_pylist(), as_int=not target.schemas)
        assert _sorted(target.lines(name)) == _sorted(ours)
    assert {line["table_name"].removeprefix("keepone_") for line in target.lines("exports")} == {
        "review_ready", "group_stats", "rejects", "crosswalk",
    }  # fmt: skip
    assert len(target.lines("crosswalk")) == 600
    inspected = sa.inspect(target.engine)
    name, schema = ("review_ready", "keepone") if target.schemas else ("keepone_review_ready", None)
    key = inspected.get_pk_constraint(name, schema=schema)
    assert key["constrained_columns"] == ["record_id", "group_id"] or sorted(
        key["constrained_columns"]
    ) == ["group_id", "record_id"]
    if target.schemas:
        comment = inspected.get_table_comment(name, schema=schema)["text"]
        assert str(comment).startswith("one record")


def test_another_export_takes_the_place_of_the_last(
    crm: keepone.Result, later: keepone.Result, target: Database
) -> None:
    crm.export(target.url)
    target.run(f"CREATE VIEW mine AS SELECT record_id FROM {target.table('review_ready')}")
    later.export(target.url, dispositions=["Verify"])
    found = target.lines("review_ready")
    assert {line["disposition"] for line in found} == {"Verify"}
    assert {line["run_id"] for line in target.lines("exports")} == {"later"}
    assert {line["selection"] for line in target.lines("exports")} == {"disposition Verify"}
    with target.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM mine").scalar() == len(found)


def test_tables_of_other_columns_are_made_anew(
    crm: keepone.Result, target: Database, tmp_path: Path
) -> None:
    crm.export(target.url)
    other = keepone.run(
        pa.table({"Id": ["1", "2"], "Company": ["Acme Inc", "Borealis Ltd"]}),
        workspace=tmp_path,
        run_id="small",
    )
    other.export(target.url)
    assert {line["Company"] for line in target.lines("review_ready")} == {
        "Acme Inc", "Borealis Ltd",
    }  # fmt: skip


def test_what_is_not_ours_is_left_alone(crm: keepone.Result, target: Database) -> None:
    if target.schemas:
        target.run("CREATE SCHEMA keepone")
    target.run(f"CREATE TABLE {target.table('group_stats')} (mine int)")
    target.run(f"CREATE TABLE {target.table('notes')} (mine int)")
    with pytest.raises(ExportError, match=r"no export wrote: .*group_stats$") as caught:
        crm.export(target.url, force=True)
    assert caught.value.hint == "Choose another name with --schema."
    assert target.names() == {"group_stats", "notes"}
    crm.export(target.url, schema="elsewhere")
    assert len(target.lines("review_ready", "elsewhere")) == 600
    target.run(f"DROP TABLE {target.table('group_stats')}")
    crm.export(target.url)
    assert "notes" in target.names()
    target.run(f"DROP TABLE {target.table('exports')}")
    target.run(f"CREATE TABLE {target.table('exports')} (mine int)")
    with pytest.raises(ExportError, match="no export wrote"):
        crm.export(target.url)


def test_a_failure_changes_nothing(
    crm: keepone.Result,
    later: keepone.Result,
    target: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(_source: Source) -> Iterator[pa.Table]:
        raise RunError("broken")
        yield

    with monkeypatch.context() as patch:
        patch.setattr(database, "crosswalk", broken)
        with pytest.raises(RunError):
            crm.export(target.url)
    if target.schemas:
        assert "keepone" not in sa.inspect(target.engine).get_schema_names()
    else:
        assert not Path(target.engine.url.database or "").exists()
    crm.export(target.url)
    before = _sorted(target.lines("review_ready"))
    with monkeypatch.context() as patch:
        patch.setattr(database, "crosswalk", broken)
        with pytest.raises(RunError):
            later.export(target.url)
    assert _sorted(target.lines("review_ready")) == before
    assert {line["run_id"] for line in target.lines("exports")} == {"crm"}


@pytest.fixture
def hostile(tmp_path: Path) -> keepone.Result:
    """Give a run of headers and values that SQL and COPY could take for something else."""
    long = "A header that is longer than what PostgreSQL lets a column be called, by far"
    return keepone.run(
        pa.table(
            {
                "Id": ["1", "2", "3"],
                'Company "Name"': ["Acme Inc", "Borealis, Ltd", "Čedar; DROP TABLE x"],
                "100 % : done?": ['"', "\\N", "\\."],
                f"{long} 1": ["a\nb", None, "NULL"],
                f"{long} 2": ["%s", "{}", ":x"],
            }
        ),
        workspace=tmp_path,
        run_id="hostile",
    )


def test_hostile_headers_and_values(hostile: keepone.Result, target: Database) -> None:
    hostile.export(target.url)
    found = {line["record_id"]: list(line.values()) for line in target.lines("review_ready")}
    ours = _typed(hostile.review_ready.to_arrow().to_pylist(), as_int=not target.schemas)
    assert found == {line["record_id"]: list(line.values()) for line in ours}
    names = list(target.lines("review_ready")[0])
    assert len({name.lower() for name in names}) == len(names)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql://host/db", "a database of the kind mysql"),
        ("https://example.com/x", "a database of the kind https"),
        ("sqlite://", "names no file"),
        (
            "postgresql://nobody:secret@127.0.0.1:1/x",
            "cannot write to postgresql://nobody:\\*\\*\\*@",
        ),
        (
            "postgres://nobody:secret@127.0.0.1:1/x",
            "cannot write to postgresql://nobody:\\*\\*\\*@",
        ),
        ("postgresql://host:port/x", "no URL of a database"),
    ],
)
def test_a_database_that_cannot_be_written(crm: keepone.Result, url: str, says: str) -> None:
    with pytest.raises(ExportError, match=says) as caught:
        crm.export(url)
    assert "secret" not in str(caught.value)
    assert caught.value.hint


def test_a_file_that_is_no_database(crm: keepone.Result, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("mine, and long enough to be something\n" * 100)
    with pytest.raises(ExportError, match="file is not a database"):
        crm.export(f"sqlite:///{path}")
    assert path.read_text().startswith("mine")
    with pytest.raises(ExportError, match="unable to open"):
        crm.export(f"sqlite:///{tmp_path / 'none' / 'out.db'}")


def test_names_of_schemas(crm: keepone.Result, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="no name for a schema"):
        crm.export(f"sqlite:///{tmp_path / 'out.db'}", schema="a; DROP")


def test_nul_is_shown_where_postgresql_has_none() -> None:
    told: Callable[[pa.ChunkedArray], pa.ChunkedArray] = database._without_nul
    assert told(pa.chunked_array([["a\0b", None]])).to_pylist() == ["a\N{SYMBOL FOR NULL}b", None]
