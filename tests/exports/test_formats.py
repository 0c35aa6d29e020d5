"""Each format holds what the run says, with its types, and leaves out what was not asked for."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import keepone
from keepone import Exported, ExportError, read_export
from keepone.difference import compare_runs
from keepone.exports import duckdb_file
from keepone.generate import generate
from keepone.runs import Run
from keepone.schema import TABLES

Lines = list[dict[str, Any]]


def _lines(
    result: keepone.Result, keep: Callable[[dict[str, Any]], bool] = lambda _: True
) -> Lines:
    return [line for line in result.review_ready.to_arrow().to_pylist() if keep(line)]


def _parquet(path: Path) -> Lines:
    found: Lines = pq.read_table(path).to_pylist()
    return found


def test_csv_holds_every_value_as_text(crm: keepone.Result, tmp_path: Path) -> None:
    made = crm.export(tmp_path / "out.csv")
    assert isinstance(made, Exported)
    assert (made.format, made.table, made.rows) == ("csv", "review_ready", 600)
    assert made.bytes == (tmp_path / "out.csv").stat().st_size
    found, ours = read_export(tmp_path / "out.csv"), crm.review_ready.to_arrow()
    assert found.column_names == ours.column_names
    for name in ours.column_names:
        column = ours.column(name)
        if pa.types.is_string(column.type):
            assert found.column(name).to_pylist() == column.to_pylist()
    assert [float(score) if score else None for score in found["score"].to_pylist()] == ours[
        "score"
    ].to_pylist()


def test_phones_of_an_export_are_as_they_were(crm: keepone.Result, tmp_path: Path) -> None:
    crm.export(tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        phones = [line["Phone"] for line in csv.DictReader(file)]
    assert any(phone.startswith("+1 ") for phone in phones)
    assert phones == [line["Phone"] or "" for line in _lines(crm)]


def test_parquet_has_the_declared_types(crm: keepone.Result, tmp_path: Path) -> None:
    crm.export(tmp_path / "out.parquet")
    found = pq.read_table(tmp_path / "out.parquet")
    assert found.to_pylist() == _lines(crm)
    declared = TABLES["review_ready"].arrow()
    assert [found.schema.field(name).type for name in declared.names] == declared.types


def test_json_lines_are_typed(crm: keepone.Result, tmp_path: Path) -> None:
    crm.export(tmp_path / "out.jsonl")
    text = (tmp_path / "out.jsonl").read_text("utf-8")
    assert [json.loads(line) for line in text.splitlines()] == _lines(crm)


@pytest.mark.parametrize("kind", ["csv", "json", "parquet"])
def test_any_table_can_be_had(crm: keepone.Result, tmp_path: Path, kind: str) -> None:
    for name in TABLES:
        made = crm.export(tmp_path / "out", format=kind, table=name, force=True)
        assert (made.table, made.rows) == (name, crm.table(name).to_arrow().num_rows)


def test_the_crosswalk_says_where_each_record_stands_afterwards(
    crm: keepone.Result, tmp_path: Path
) -> None:
    made = crm.export(tmp_path / "out.csv", format="crosswalk")
    assert (made.table, made.rows) == ("crosswalk", 600)
    after: dict[str, Callable[[dict[str, Any]], Any]] = {
        "Keep": lambda line: line["record_id"],
        "Enrich": lambda line: line["record_id"],
        "Verify": lambda line: line["record_id"],
        "Merge": lambda line: line["primary_id"],
        "Delete": lambda _: None,
    }
    found = read_export(tmp_path / "out.csv")
    assert found.column_names == ["old_id", "new_id", "reason"]
    assert found.to_pylist() == [
        {
            "old_id": line["record_id"],
            "new_id": after[line["disposition"]](line),
            "reason": line["reason"],
        }
        for line in _lines(crm)
    ]
    assert {line["disposition"] for line in _lines(crm)} >= {"Keep", "Merge", "Verify"}


def test_a_duckdb_file_has_all_tables_with_keys_and_comments(
    crm: keepone.Result, tmp_path: Path
) -> None:
    crm.export(tmp_path / "out.duckdb")
    with duckdb.connect(str(tmp_path / "out.duckdb"), read_only=True) as connection:
        tables = connection.execute(
            "SELECT table_name, schema_name, comment, estimated_size FROM duckdb_tables()"
        ).fetchall()
        assert {name for name, *_ in tables} == {*TABLES, "export"}
        for name, schema, comment, rows in tables:
            if name in TABLES:
                ours = crm.table(name).to_arrow()
                assert (rows, comment) == (ours.num_rows, TABLES[name].grain)
                found = connection.sql(f'FROM {schema}."{name}"').to_arrow_table()
                assert found.to_pylist() == ours.to_pylist()
        keys = connection.execute(
            "SELECT table_name, constraint_column_names FROM duckdb_constraints()"
            " WHERE constraint_type = 'PRIMARY KEY'"
        ).fetchall()
        assert {name: tuple(key) for name, key in keys if name in TABLES} == {
            name: table.key for name, table in TABLES.items()
        }
        says = connection.execute(
            "SELECT comment FROM duckdb_columns()"
            " WHERE table_name = 'review_ready' AND column_name = 'reason'"
        ).fetchone()
        assert says == ("why",)


def test_a_key_whose_index_would_not_fit_is_not_declared(
    crm: keepone.Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duckdb_file, "_INDEX_ROW", 10**9)
    crm.export(tmp_path / "out.duckdb")
    with duckdb.connect(str(tmp_path / "out.duckdb"), read_only=True) as connection:
        keyed = connection.execute(
            "SELECT table_name FROM duckdb_constraints() WHERE constraint_type = 'PRIMARY KEY'"
        ).fetchall()
        records = connection.sql("FROM review_ready").to_arrow_table()
    assert "review_ready" not in {name for (name,) in keyed}
    assert records.to_pylist() == crm.table("review_ready").to_arrow().to_pylist()


def test_the_views_of_a_duckdb_file(crm: keepone.Result, tmp_path: Path) -> None:
    crm.export(tmp_path / "out.duckdb")
    records = {line["record_id"]: line for line in _lines(crm)}
    with duckdb.connect(str(tmp_path / "out.duckdb"), read_only=True) as connection:
        groups = connection.execute("SELECT group_id, size, record_ids FROM groups").fetchall()
        verify = connection.execute("SELECT record_id, review_priority FROM to_verify").fetchall()
        possible = connection.sql("FROM possible_matches").to_arrow_table().to_pylist()
    assert {group for group, *_ in groups} == {
        line["group_id"] for line in records.values() if line["group_size"] > 1
    }
    for group, size, ids in groups:
        assert size == len(ids)
        assert records[ids[0]]["is_primary"]
        assert {records[record]["group_id"] for record in ids} == {group}
    assert {record for record, _ in verify} == {
        record for record, line in records.items() if line["disposition"] == "Verify"
    }
    assert [priority for _, priority in verify] == sorted((p for _, p in verify), reverse=True)
    assert len(possible) == crm.table("possible_matches").to_arrow().num_rows > 0
    for pair in possible:
        assert pair["left_group"] == records[pair["left_id"]]["group_id"]
        assert pair["left_group"] != pair["right_group"]


SELECTIONS: dict[str, tuple[dict[str, Any], Callable[[dict[str, Any]], bool]]] = {
    "disposition": ({"dispositions": ["Verify"]}, lambda line: line["disposition"] == "Verify"),
    "two": (
        {"dispositions": ["verify", "Merge"]},
        lambda line: line["disposition"] in ("Verify", "Merge"),
    ),
    "score": (
        {"score": (50, 99)},
        lambda line: line["score"] is not None and 50 <= line["score"] <= 99,
    ),
    "low": ({"score": (None, 95)}, lambda line: line["score"] is not None and line["score"] <= 95),
    "size": ({"group_size": (3, None)}, lambda line: line["group_size"] >= 3),
    "alone": ({"group_size": (1, 1)}, lambda line: line["group_size"] == 1),
    "both": (
        {"dispositions": ["Merge"], "group_size": (2, 2)},
        lambda line: line["disposition"] == "Merge" and line["group_size"] == 2,
    ),
    "none": ({"score": (0, 0)}, lambda _: False),
}


@pytest.mark.parametrize("name", SELECTIONS)
def test_a_selection_leaves_what_was_asked_for(
    crm: keepone.Result, tmp_path: Path, name: str
) -> None:
    asked, keep = SELECTIONS[name]
    made = crm.export(tmp_path / "out.parquet", **asked)
    wanted = _lines(crm, keep)
    assert _parquet(tmp_path / "out.parquet") == wanted
    assert made.rows == len(wanted)
    assert wanted or name == "none"


def test_a_selection_goes_through_all_tables(crm: keepone.Result, tmp_path: Path) -> None:
    asked, keep = SELECTIONS["size"]
    crm.export(tmp_path / "out.duckdb", **asked)
    chosen = _lines(crm, keep)
    rows = {
        line["row"]
        for line in crm.table("records").to_arrow().to_pylist()
        if line["record_id"] in {line["record_id"] for line in chosen}
    }
    with duckdb.connect(str(tmp_path / "out.duckdb"), read_only=True) as connection:

        def told(sql: str) -> list[Any]:
            return [row[0] for row in connection.execute(sql).fetchall()]

        assert set(told("SELECT row FROM stages.inputs")) == rows
        assert set(told("SELECT group_id FROM group_stats")) == {x["group_id"] for x in chosen}
        assert set(told("SELECT unnest([l, r]) FROM stages.pairs")) <= rows
        assert told("SELECT count(*) FROM stages.pairs") > [0]
        assert told("SELECT count(*) FROM stages.headers") == [
            crm.table("headers").to_arrow().num_rows
        ]


def test_what_changed_since_another_run(
    crm: keepone.Result, later: keepone.Result, tmp_path: Path
) -> None:
    made = later.export(tmp_path / "out.parquet", changed_since=crm)
    before = {line["record_id"]: line for line in _lines(crm)}
    wanted = _lines(later, lambda line: before[line["record_id"]] != line)
    assert _parquet(tmp_path / "out.parquet") == wanted
    found = compare_runs(Run(crm.path), Run(later.path), limit=0)
    assert made.rows == found.records["changed"] > 0
    assert crm.export(tmp_path / "same.csv", changed_since=crm).rows == 0


def test_records_that_are_new_have_changed(crm: keepone.Result, tmp_path: Path) -> None:
    inputs = crm.review_ready.to_arrow().select(["Account ID", "Account Name", "Phone", "Website"])
    old = keepone.run(inputs.slice(10), workspace=tmp_path, run_id="old")
    new = keepone.run(inputs, workspace=tmp_path, run_id="new")
    new.export(tmp_path / "out.parquet", changed_since=old)
    found = {line["record_id"] for line in _parquet(tmp_path / "out.parquet")}
    assert found >= set(inputs.column("Account ID").to_pylist()[:10])


def test_labels_of_the_run_are_known_too(tmp_path: Path) -> None:
    accounts = generate(200, seed=2).accounts
    result = keepone.run(
        accounts,
        workspace=tmp_path,
        run_id="x",
        settings={"disposition": {"labels": {"Merge": "Update"}}},
    )
    result.export(tmp_path / "a.csv", format="crosswalk", dispositions=["Merge"])
    result.export(tmp_path / "b.csv", format="crosswalk", dispositions=["update"])
    found = read_export(tmp_path / "a.csv").to_pylist()
    assert found == read_export(tmp_path / "b.csv").to_pylist()
    assert all(line["old_id"] != line["new_id"] for line in found)
    assert found


@pytest.mark.parametrize("suffix", ["csv", "parquet", "xlsx", "jsonl"])
def test_two_exports_are_the_same_file(crm: keepone.Result, tmp_path: Path, suffix: str) -> None:
    for name in ("a", "b"):
        crm.export(tmp_path / f"{name}.{suffix}")
    assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()


def test_a_disposition_that_the_run_has_not(crm: keepone.Result, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="no disposition 'Drop'") as caught:
        crm.export(tmp_path / "out.csv", dispositions=["Drop"])
    assert caught.value.hint == "It has Keep, Enrich, Merge, Delete, Verify."
    assert not list(tmp_path.iterdir())
