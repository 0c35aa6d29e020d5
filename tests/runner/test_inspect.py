"""`keepone inspect`: what it says is what a run does, and nothing is left."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import keepone
from keepone.cli import app
from keepone.config import load_settings
from keepone.errors import InputError, SettingsError
from keepone.generate import generate
from keepone.inspection import inspect
from keepone.kernels.comparisons import COMPARISONS

Write = Callable[[str, str | bytes], Path]

_CSV = (
    "Account ID,Account Name,Phone,Notes,Empty,Flag\n"
    "1,Raistsmoox Freight,(312) 201-3344,a\x1b[31mb,,yes\n"
    '2,"Quandrix, Inc",312-330-1002,,,no\n'
    "3,Borealis,312-330-1003,c,,yes\n"
    "4,too,many,cells,here,,,\n"
)


def _inspected(*arguments: str) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["inspect", *arguments, "--json"])
    assert done.exit_code == 0, done.output
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_it_says_what_a_run_takes_columns_for(tmp_path: Path) -> None:
    accounts = generate(300).accounts
    result = keepone.run(accounts, workspace=tmp_path)
    found = inspect(accounts)
    fields = result.table("fields").to_arrow().to_pylist()
    assert found.records == 300
    for column, line in zip(found.columns, fields, strict=True):
        assert column.header == line["header"]
        assert (column.field, column.type) == (line["field"], line["type"])
        assert (column.filled, column.distinct) == (line["filled"], line["distinct"])
        assert column.compared == line["compared"]
        assert column.why in line["why"]
        assert column.left_out in line["why"]
        assert (column.levels != ()) == column.compared
        values = set(accounts.column(column.header).to_pylist())
        for example in column.examples:
            assert any(value and " ".join(value.split()) == example for value in values)


def test_nothing_is_left(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write("accounts.csv", _CSV)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    monkeypatch.chdir(tmp_path)
    _inspected(str(file))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["accounts.csv", "scratch"]
    assert not list(scratch.iterdir())


def test_machines_are_told_all(write: Write) -> None:
    told = _inspected(str(write("accounts.csv", _CSV)))
    assert (told["records"], told["rejects"]) == (3, {"ragged_row": 1})
    assert [file["file"] for file in told["files"]] == ["accounts.csv"]
    name = told["columns"][1]
    assert (name["header"], name["field"], name["type"]) == ("Account Name", "name", "organisation")
    assert name["compared"]
    assert name["filled_share"] == 1.0
    assert name["examples"] == ["Raistsmoox Freight", "Quandrix, Inc", "Borealis"]
    assert "words one letter apart" in name["keys"]
    assert name["levels"] == list(COMPARISONS["organisation"].levels)
    empty = told["columns"][4]
    assert (empty["type"], empty["compared"], empty["why"]) == ("ignored", False, "empty")
    assert (empty["examples"], empty["keys"], empty["levels"]) == ([], [], [])


def test_people_are_told_all(write: Write) -> None:
    done = CliRunner().invoke(app, ["inspect", str(write("accounts.csv", _CSV))])
    assert done.exit_code == 0
    assert "accounts.csv: 3 records, 1 reject, 6 columns" in done.stdout
    assert "Account Name → name (organisation)" in done.stdout
    assert "100.0 % filled, 3 values, such as Raistsmoox Freight | Quandrix, Inc" in done.stdout
    assert "the last seven digits" in done.stdout
    assert '--map name="Account Name"' in done.stdout
    assert "\x1b[31mb" not in done.stdout


def test_options_are_those_of_a_run(write: Write) -> None:
    file = str(write("accounts.csv", _CSV))
    told = _inspected(file, "--map", "name_2=Notes", "--set", "profile.types={Flag: identifier}")
    notes, flag = told["columns"][3], told["columns"][5]
    assert (notes["field"], notes["why"]) == ("name_2", "mapped to name_2 by --map")
    assert (flag["type"], flag["compared"]) == ("identifier", True)
    settings = load_settings(assignments=['profile.types={"Flag": identifier}'])
    assert inspect(file, settings).columns[5].why == "typed identifier by profile.types"


def test_several_files_are_told_apart(write: Write) -> None:
    files = [
        str(write("crm.csv", "id,company,phone\n1,Acme,5551234567\n2,Borealis,5551234568\n")),
        str(write("erp.csv", "key,firm,fax,vat\na,Acme,5551234567,\nb,Zonk,5551234569,X1\n")),
    ]
    told = _inspected(*files)
    firm = next(column for column in told["columns"] if column["header"] == "firm")
    assert (firm["field"], firm["datasets"], firm["records"]) == ("name", ["erp"], 2)
    assert firm["filled_share"] == 1.0


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["missing.csv"], InputError),
        (["accounts.csv", "--map", "fone=Phone"], SettingsError),
        (["accounts.csv", "--set", "profile.types={Phone: fone}"], SettingsError),
    ],
)
def test_what_is_wrong_is_told(
    write: Write, monkeypatch: pytest.MonkeyPatch, arguments: list[str], error: type[Exception]
) -> None:
    monkeypatch.chdir(write("accounts.csv", _CSV).parent)
    done = CliRunner().invoke(app, ["inspect", *arguments])
    assert isinstance(done.exception, error)
