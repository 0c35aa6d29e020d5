"""The public API: its names, its signatures, and what a result gives."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import keepone
from keepone import RunError, SettingsError
from tests.runner.toy_pipeline import run_toy


def test_the_public_names_are_these() -> None:
    assert sorted(keepone.__all__) == [
        "ChangedError",
        "Decision",
        "DecisionError",
        "DecisionLog",
        "Explanation",
        "ExportError",
        "Exported",
        "GateError",
        "GroupDetail",
        "GroupPair",
        "GroupRecord",
        "InputError",
        "InternalError",
        "KeeponeError",
        "RecordKey",
        "Result",
        "ResultTable",
        "RunError",
        "Settings",
        "SettingsError",
        "UserError",
        "WorkspaceError",
        "__version__",
        "load_settings",
        "open_log",
        "open_run",
        "read_export",
        "run",
    ]
    for name in keepone.__all__:
        assert getattr(keepone, name) is not None
    assert dir(keepone) == keepone.__all__


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = keepone.nothing


def test_the_signatures_are_these() -> None:
    assert list(inspect.signature(keepone.run).parameters) == [
        "source",
        "workspace",
        "run_id",
        "settings",
        "columns",
        "threads",
        "memory",
        "max_seconds",
    ]
    assert list(inspect.signature(keepone.open_run).parameters) == ["run_id", "workspace"]
    for name in ("to_arrow", "to_polars", "to_pandas", "to_duckdb"):
        assert callable(getattr(keepone.ResultTable, name))
    for name in ("review_ready", "group_stats", "rejects"):
        assert isinstance(inspect.getattr_static(keepone.Result, name), property)


def test_importing_keepone_loads_nothing_heavy() -> None:
    code = (
        "import sys, keepone\n"
        "heavy = {'duckdb', 'pyarrow', 'numpy', 'pydantic', 'scipy', 'typer', 'yaml'}\n"
        "print(*sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == ""


def test_a_table_comes_out_as_anything(tmp_path: Path) -> None:
    run_toy(tmp_path)
    result = keepone.open_run("toy", workspace=tmp_path)
    assert repr(result) == "<Result toy: 4 records in 2 groups>"
    assert result.counts["duplicates"] == 2
    arrow = result.review_ready.to_arrow()
    polars = result.review_ready.to_polars()
    pandas = result.review_ready.to_pandas()
    duckdb = result.review_ready.to_duckdb()
    assert isinstance(polars, pl.DataFrame)
    assert isinstance(pandas, pd.DataFrame)
    ids = arrow.column("record_id").to_pylist()
    assert len(ids) == 4
    assert polars["record_id"].to_list() == ids
    assert pandas["record_id"].tolist() == ids
    assert [row[0] for row in duckdb.project("record_id").fetchall()] == ids
    assert result.rejects.to_arrow().num_rows == 1
    assert result.group_stats.to_arrow().num_rows == 2
    assert result.table("pairs").to_arrow().num_rows == 3


@pytest.mark.parametrize("library", ["arrow", "pandas", "polars"])
def test_a_table_of_any_library_is_run(tmp_path: Path, library: str) -> None:
    columns = {
        "id": ["1", "2", "3"],
        "company": ["Raistsmoox Holdings Inc", "Raistsmoox Holdings, Inc.", "Borealis Freight LLC"],
        "phone": ["(555) 201-3344", "555-201-3344", "(555) 330-1002"],
    }
    make = {"arrow": pa.table, "pandas": pd.DataFrame, "polars": pl.DataFrame}[library]
    settings = keepone.Settings.model_validate({"disposition": {"labels": {"Keep": "Stay"}}})
    result = keepone.run(
        make(columns),
        workspace=tmp_path,
        run_id="one",
        settings=settings,
        columns={"name": "company"},
        threads=1,
        memory="1GB",
    )
    assert result.counts["records"] == 3
    assert "Stay" in result.counts["dispositions"]
    published = result.review_ready.to_arrow().sort_by("id")
    assert {name: published.column(name).to_pylist() for name in columns} == columns
    assert result.manifest["settings"]["profile"]["map"] == {"name": ["company"]}
    assert result.manifest["machine"]["threads"] == 1


@pytest.mark.parametrize("how", ["settings", "mapping", "file"])
def test_settings_are_given_in_any_of_three_ways(tmp_path: Path, how: str) -> None:
    mapping = {"disposition": {"labels": {"Keep": "Stay"}}}
    file = tmp_path / "settings.yaml"
    file.write_text(json.dumps(mapping), "utf-8")  # JSON is YAML
    settings: dict[str, Any] = {
        "settings": keepone.Settings.model_validate(mapping),
        "mapping": mapping,
        "file": file,
    }
    table = pa.table({"company": ["Raistsmoox Holdings Inc", "Borealis Freight LLC"]})
    result = keepone.run(
        table, workspace=tmp_path, settings=settings[how], columns={"name": "company"}
    )
    assert result.counts["dispositions"]["Stay"] == 2
    assert result.manifest["settings"]["profile"]["map"] == {"name": ["company"]}
    assert mapping == {"disposition": {"labels": {"Keep": "Stay"}}}
    with pytest.raises(SettingsError, match=r"cluster\.jion is no setting"):
        keepone.run(table, workspace=tmp_path, settings={"cluster": {"jion": 60}})


def test_a_table_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    run_toy(tmp_path)
    with pytest.raises(RunError, match="no table 'nothing'") as caught:
        keepone.open_run("toy", workspace=tmp_path).table("nothing")
    assert "candidates" in str(caught.value.hint)
