"""Runs whose files an earlier release wrote are open everywhere."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import keepone
from keepone.cli import app
from keepone.difference import compare_runs
from keepone.errors import RunError
from keepone.evaluation import evaluate_run
from keepone.report import render_report
from keepone.runs import Run
from keepone.schema import TABLES

# What tables have gained since.
_LATER = {"blocking": {"cap", "cost", "lost_pairs"}, "pairs": {"model_probability"}}
# Tables that there were none of.
_NEW = {
    "origins", "scored", "missed", "calibration", "golden", "golden_fields", "golden_records",
    "judgements", "blacklisted", "left_out", "decided", "relations", "related", "children",
    "verdicts",
}  # fmt: skip
VERSION_1 = Path(__file__).parents[1] / "fixtures" / "version_1"


@pytest.fixture
def old(tmp_path: Path) -> Run:
    folder = tmp_path / "runs" / "version-1"
    shutil.copytree(VERSION_1, folder)
    return Run(folder)


@pytest.fixture
def new(tmp_path: Path) -> Run:
    result = keepone.run(VERSION_1 / "accounts.csv", workspace=tmp_path, run_id="now")
    return Run(result.path)


def test_the_fixture_is_of_an_earlier_version() -> None:
    assert b"keepone.schema_version" not in (
        pq.read_schema(VERSION_1 / "review_ready.parquet").metadata or {}
    )


def test_the_api_reads_every_table(old: Run) -> None:
    result = keepone.open_run("version-1", workspace=old.path.parents[1])
    for name in TABLES.keys() - _NEW:
        columns = [c for c in TABLES[name].columns if c.name not in _LATER.get(name, ())]
        declared = result.table(name).to_arrow().select([column.name for column in columns])
        assert [field.type for field in declared.schema] == [c.type for c in columns]
    assert result.review_ready.to_arrow().num_rows == 60


def test_a_group_is_found(old: Run) -> None:
    result = keepone.open_run(str(old.path))
    stats = result.group_stats.to_arrow().to_pylist()
    largest = max(stats, key=lambda line: line["size"])
    group = result.group(largest["group_id"])
    assert len(group.records) == group.size == largest["size"] > 1
    assert len(group.pairs) >= group.size - 1


def test_it_is_compared_with_a_run_of_today(old: Run, new: Run) -> None:
    found = compare_runs(old, new, limit=3)
    assert found.records["both"] == 60
    assert found.columns_alone == ([], [])


def test_it_is_judged_by_a_truth(old: Run) -> None:
    judged = evaluate_run(old, VERSION_1 / "accounts.truth.parquet")
    assert judged.records == 60
    assert judged.f1 is not None
    assert judged.f1 > 0.9


def test_its_report_is_rendered(old: Run) -> None:
    assert "version-1" in render_report(old.path)


def test_commands_show_it(old: Run) -> None:
    shown = CliRunner().invoke(app, ["runs", "show", str(old.path), "--json"])
    assert json.loads(shown.stdout)["run_id"] == "version-1"


def test_a_group_is_shown_to_people_and_machines(old: Run) -> None:
    result = keepone.open_run(str(old.path))
    line = max(result.group_stats.to_arrow().to_pylist(), key=lambda line: line["size"])
    arguments = ["runs", "group", str(old.path), line["group_id"]]
    told = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
    assert told == json.loads(json.dumps(result.group(line["group_id"]).as_dict()))
    shown = CliRunner().invoke(app, arguments).stdout
    assert f"Group {line['group_id']}, {line['primary_name']}, {line['size']} records" in shown
    for record in told["records"]:
        assert record["record_id"] in shown
        assert record["reason"] in shown


def test_a_group_that_is_not_there_is_told(old: Run) -> None:
    with pytest.raises(RunError, match="has no group g-none"):
        keepone.open_run(str(old.path)).group("g-none")


def test_a_pair_is_not_explained_by_a_model_that_says_something_else(old: Run) -> None:
    result = keepone.open_run(str(old.path))
    one, other, *_ = result.table("records").to_arrow().column("record_id").to_pylist()
    with pytest.raises(RunError, match="a model of another release") as error:
        result.explain(one, other)
    assert "with this release" in (error.value.hint or "")
