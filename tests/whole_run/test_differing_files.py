"""Exports of several systems in one run: what one file would give, several give as well."""

from __future__ import annotations

import csv
import importlib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import xlsxwriter

import keepone
from keepone.children import ChildExports
from keepone.decisions.effective import Effective
from keepone.engines.duckdb import DuckDBEngine
from keepone.generate import generate
from keepone.generate import write as write_export
from keepone.pipeline import STAGES
from keepone.readers import open_sources
from keepone.settings import Settings

_RECORDS = 2_000
# What the generator calls after Salesforce, in HubSpot's words.
_WORDS = {
    "Account ID": "Record ID",
    "Account Name": "Company name",
    "Account Owner": "Company owner",
    "Relationship": "Lifecycle Stage",
    "Website": "Company Domain Name",
    "Phone": "Phone Number",
    "Billing Street": "Street Address",
    "Billing City": "City",
    "Billing State": "State/Region",
    "Billing Postal Code": "Postal Code",
    "Billing Country": "Country/Region",
    "Parent Account ID": "Parent Company",
    "Created Date": "Create Date",
}
_LEFT_OUT = "Industry"

Rows = list[list[str]]


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "accounts.csv"
    write_export(generate(_RECORDS, profile="crm", seed=21), path)
    return path


def _rows(path: Path) -> Rows:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def _write(path: Path, rows: Rows) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


def _hubspot(rows: Rows) -> Rows:
    """Return the rows as HubSpot would export them: one column less, and one of its own."""
    left_out = rows[0].index(_LEFT_OUT)
    header = [_WORDS.get(name, name) for name in rows[0]]
    told = [[*header, "Number of Associated Contacts"]]
    told += [[*row, str(at % 7)] for at, row in enumerate(rows[1:])]
    return [[cell for at, cell in enumerate(row) if at != left_out] for row in told]


def _pairs(groups: Mapping[str, str]) -> int:
    return sum(count * (count - 1) // 2 for count in Counter(groups.values()).values())


def _f1(result: keepone.Result, truth: Path) -> float:
    """Return the pairwise F1 of the groups; the records keep their ids in all files."""
    table = result.review_ready.to_arrow()
    found = dict(zip(table["record_id"].to_pylist(), table["group_id"].to_pylist(), strict=True))
    known = pq.read_table(truth)
    true = dict(zip(known["record_id"].to_pylist(), known["entity_id"].to_pylist(), strict=True))
    assert found.keys() == true.keys()
    right = _pairs({key: f"{found[key]} {true[key]}" for key in true})
    return 2 * right / (_pairs(found) + _pairs(true))


@pytest.fixture(scope="module")
def whole(export: Path, tmp_path_factory: pytest.TempPathFactory) -> float:
    """Return the F1 of the export in one file."""
    result = keepone.run(export, workspace=tmp_path_factory.mktemp("whole"))
    return _f1(result, export.with_name("accounts.truth.parquet"))


def _fields(result: keepone.Result) -> dict[str, str | None]:
    return {column["header"]: column["field"] for column in result.manifest["columns"]}


def test_two_files_in_words_of_their_own_give_what_one_file_gives(
    export: Path, whole: float, tmp_path: Path
) -> None:
    rows = _rows(export)
    one = _write(tmp_path / "salesforce.csv", [rows[0], *rows[1::2]])
    other = _write(tmp_path / "hubspot.csv", _hubspot([rows[0], *rows[2::2]]))
    result = keepone.run([one, other], workspace=tmp_path)
    fields = _fields(result)
    assert {name: fields[name] for name in _WORDS} == {
        name: fields[word] for name, word in _WORDS.items()
    }
    assert _f1(result, export.with_name("accounts.truth.parquet")) == pytest.approx(whole, abs=0.01)


def test_three_files_of_which_two_share_headers(export: Path, whole: float, tmp_path: Path) -> None:
    rows = _rows(export)
    files = [
        _write(tmp_path / "east.csv", [rows[0], *rows[1::3]]),
        _write(tmp_path / "west.csv", [rows[0], *rows[2::3]]),
        _write(tmp_path / "hubspot.csv", _hubspot([rows[0], *rows[3::3]])),
    ]
    result = keepone.run(files, workspace=tmp_path)
    assert len(set(result.table("records").to_arrow()["dataset"].to_pylist())) == 2
    assert _fields(result)["Account Name"] == _fields(result)["Company name"] == "name"
    assert _f1(result, export.with_name("accounts.truth.parquet")) == pytest.approx(whole, abs=0.01)
    again = keepone.run(files[::-1], workspace=tmp_path / "other")
    tables = [each.review_ready.to_arrow() for each in (result, again)]
    assert tables[0].equals(tables[1])


def test_two_sheets_of_different_headers(export: Path, whole: float, tmp_path: Path) -> None:
    rows = _rows(export)
    sheets = {"Accounts": [rows[0], *rows[1::2]], "Companies": _hubspot([rows[0], *rows[2::2]])}
    path = tmp_path / "accounts.xlsx"
    with xlsxwriter.Workbook(path, {"strings_to_numbers": False}) as book:
        for name, cells in sheets.items():
            sheet = book.add_worksheet(name)
            for at, row in enumerate(cells):
                sheet.write_row(at, 0, row)
    result = keepone.run(path, workspace=tmp_path)
    assert result.counts["records"] == _RECORDS
    assert _f1(result, export.with_name("accounts.truth.parquet")) == pytest.approx(whole, abs=0.01)


def test_ids_are_qualified_only_where_one_stands_in_two_files(tmp_path: Path) -> None:
    cells = [["1", "Acme Bakery", "Rome"], ["2", "Borealis Freight", "Oslo"]]
    one = _write(tmp_path / "a.csv", [["Id", "Name", "City"], *cells])
    other = _write(tmp_path / "b.csv", [["Record ID", "Company", "Town"], *cells])
    result = keepone.run([one, other], workspace=tmp_path)
    ids = result.review_ready.to_arrow()["record_id"].to_pylist()
    assert sorted(ids) == ["a:1", "a:2", "b:1", "b:2"]


def test_every_stage_and_its_reference_agree_on_differing_files(
    export: Path, tmp_path: Path
) -> None:
    rows = _rows(export)[:121]
    one = _write(tmp_path / "salesforce.csv", [rows[0], *rows[1::2]])
    other = _write(tmp_path / "hubspot.csv", _hubspot([rows[0], *rows[2::2]]))
    settings = Settings.model_validate(
        {"survivorship": {"criteria": ["rank", "Create Date:max", "most_complete", "oldest"]}}
    )
    given = Effective()
    artifacts: dict[str, Any] = {
        "sources": open_sources([one, other], settings.ingest),
        "child_exports": ChildExports(),
        "decisions": given.decisions,
        "statements": given.statements,
    }
    engine = DuckDBEngine(threads=1)
    for stage in STAGES:
        twin = getattr(importlib.import_module(f"keepone.reference.{stage.name}"), stage.name)
        slices = {name: getattr(settings, name) for name in stage.also}
        reads = {name: artifacts[name] for name in stage.reads}
        found, expected = (
            run(engine, getattr(settings, stage.name), **slices, **reads)
            for run in (stage.run, twin)
        )
        for name, table in found.items():
            if name == "model":
                assert table == expected[name]
            else:
                assert table.to_pylist() == expected[name].to_pylist(), (stage.name, name)
        artifacts |= found
    columns = Counter(filter(None, artifacts["fields"]["field"].to_pylist()))
    assert {field for field, count in columns.items() if count == 2} >= {"name", "created_date"}
    engine.close()
