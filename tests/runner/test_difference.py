"""`keepone runs diff`: what two runs say differently is told, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from keepone.cli import app
from keepone.difference import compare_runs
from keepone.errors import GateError, RunError
from keepone.runs import Run
from tests.runner.test_run_folder import JOIN_60
from tests.runner.toy_pipeline import ToySource, run_toy

STRICT = {"cluster": {"join": 97}, "disposition": {"auto": 98}}


@dataclass(frozen=True)
class Pair:
    """Two runs of the same input, `b` to be tampered with."""

    a: Run
    b: Run

    def change(self, table: str, column: str, change: Callable[[pa.ChunkedArray], Any]) -> None:
        path = self.b.path / f"{table}.parquet"
        found = pq.read_table(path)
        place = found.column_names.index(column)
        pq.write_table(found.set_column(place, column, change(found.column(column))), path)


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(run_toy(tmp_path, run_id="a"), run_toy(tmp_path, run_id="b"))


def test_equal_runs_differ_in_nothing(pair: Pair) -> None:
    found = compare_runs(pair.a, pair.b, limit=5)
    assert found.is_none
    assert found.records == {
        "a": 4, "b": 4, "both": 4, "only_a": 0, "only_b": 0, "changed": 0, "regrouped": 0,
    }  # fmt: skip
    assert (found.settings, found.inputs, found.examples) == ({}, None, [])


def test_settings_that_change_nothing_are_told_and_are_no_difference(tmp_path: Path) -> None:
    a, b = run_toy(tmp_path, run_id="a"), run_toy(tmp_path, run_id="b", settings=JOIN_60)
    found = compare_runs(a, b, limit=5)
    assert found.settings == {"cluster.join": (50.0, 60.0)}
    assert found.is_none


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("disposition", ["Verify"]),
        ("reason", ["another"]),
        ("match_probability", [0.5]),
        ("primary_id", ["r99"]),
        ("Name", ["Other Inc"]),
        ("field_name", ["other"]),
    ],
)
def test_each_value_is_compared(pair: Pair, column: str, values: Sequence[Any]) -> None:
    def first(old: pa.ChunkedArray) -> pa.Array:
        return pa.array([*values, *old.to_pylist()[1:]], old.type)

    pair.change("review_ready", column, first)
    found = compare_runs(pair.a, pair.b, limit=5)
    assert not found.is_none
    assert found.columns == {column: 1}
    assert found.records["changed"] == 1
    assert found.records["regrouped"] == 0
    (example,) = found.examples
    assert example.values[column][1] == values[0]
    assert list(example.values) == [column]


def test_a_value_that_is_gone_differs(pair: Pair) -> None:
    pair.change("review_ready", "Name", lambda old: pa.nulls(len(old), old.type))
    assert compare_runs(pair.a, pair.b, limit=0).columns == {"Name": 4}


def test_another_name_for_a_group_is_no_other_group(pair: Pair) -> None:
    renamed = lambda old: pc.binary_join_element_wise(old, "", "-x")  # noqa: E731 - said once
    pair.change("review_ready", "group_id", renamed)
    found = compare_runs(pair.a, pair.b, limit=5)
    assert found.columns == {"group_id": 4}
    assert found.records["regrouped"] == 0


def test_other_groups_are_told_with_their_records(tmp_path: Path) -> None:
    from keepone.settings import Settings  # noqa: PLC0415 - for this test alone

    a = run_toy(tmp_path, run_id="a")
    b = run_toy(tmp_path, run_id="b", settings=Settings.model_validate(STRICT))
    found = compare_runs(a, b, limit=1)
    assert found.records["regrouped"] == 3
    assert found.counts["groups"] == (2, 4)
    assert found.group_stats["only_b"] == 2
    (example,) = found.examples
    assert example.values["group"] == ("r02, r03, r06", "r02")


def test_group_stats_are_compared(pair: Pair) -> None:
    pair.change("group_stats", "size", lambda old: pc.add(old, 1).cast(old.type))
    assert compare_runs(pair.a, pair.b, limit=5).group_stats == {"size": 2}


def test_records_of_one_run_alone(tmp_path: Path) -> None:
    a = run_toy(tmp_path, run_id="a")
    b = run_toy(
        tmp_path, ToySource(("Acme Inc", "ACME", "Borealis Ltd", "", "", "New")), run_id="b"
    )
    found = compare_runs(a, b, limit=9)
    assert found.inputs is not None
    assert (found.records["only_a"], found.records["only_b"], found.records["both"]) == (1, 1, 3)
    alone = [(one.record_id, one.where) for one in found.examples if one.where != "both"]
    assert alone == [("r06", "a"), ("r07", "b")]
    # Of what both have, the groups are the same: the record that is gone is told as gone.
    assert found.records["regrouped"] == 0


def test_a_column_of_one_run_alone(pair: Pair) -> None:
    path = pair.b.path / "review_ready.parquet"
    pq.write_table(pq.read_table(path).drop_columns("Name"), path)
    found = compare_runs(pair.a, pair.b, limit=5)
    assert found.columns_alone == (["Name"], [])
    assert not found.is_none


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12))
@hypothesis_settings(max_examples=25)
def test_columns_may_be_called_anything(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    workspace = tmp_path_factory.mktemp("named")
    runs = [run_toy(workspace, run_id=run_id) for run_id in "ab"]
    for number, run in enumerate(runs):
        path = run.path / "review_ready.parquet"
        table = pq.read_table(path).drop_columns("Name")
        if name.lower() in (known.lower() for known in table.column_names):
            return
        pq.write_table(table.append_column(name, pa.array([number] * 4)), path)
    assert compare_runs(*runs, limit=1).columns == {name: 4}


def test_what_cannot_be_read_is_told(pair: Pair) -> None:
    (pair.b.path / "group_stats.parquet").unlink()
    with pytest.raises(RunError, match="cannot read the tables of a and b"):
        compare_runs(pair.a, pair.b, limit=1)


def command(*arguments: str | Path) -> Any:
    return CliRunner().invoke(app, ["runs", *map(str, arguments)])


def test_the_command_tells_the_same(pair: Pair) -> None:
    same = command("diff", pair.a.path, pair.b.path, "--exit-code")
    assert same.exit_code == 0
    assert "Same         4 records" in same.stdout
    pair.change("review_ready", "reason", lambda old: pa.array(["new"] * len(old)))
    told = command("diff", pair.a.path, pair.b.path, "--limit", "1")
    assert told.exit_code == 0
    assert "reviewed from 20 → new" in told.stdout
    assert "and 3 more" in told.stdout
    data = json.loads(command("diff", pair.a.path, pair.b.path, "--json").stdout)
    assert (data["equal"], data["columns"], len(data["examples"])) == (False, {"reason": 4}, 4)
    gate = command("diff", pair.a.path, pair.b.path, "--exit-code")
    assert isinstance(gate.exception, GateError)
    assert gate.exception.exit_code == 3
