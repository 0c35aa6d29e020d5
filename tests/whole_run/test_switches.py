"""Switches of how files are written change files, and nothing that is read from them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pytest

import keepone
from keepone.difference import compare_runs
from keepone.generate import generate
from keepone.generate import write as write_export
from keepone.group_pairs import GROUP_PAIRS_FILE
from keepone.runs import Run
from keepone.schema import REVIEW_READY, TABLES

VERDICT = [column.name for column in REVIEW_READY.columns]


_EXPORTS = [
    "dense 1000",
    "crm 1000",
    *(
        pytest.param(f"{profile} {size}", marks=pytest.mark.slow)
        for profile in ("dense", "crm")
        for size in (5_000, 10_000)
    ),
    pytest.param("chicago", marks=[pytest.mark.slow, pytest.mark.data]),
]


@pytest.fixture(scope="module", params=_EXPORTS)
def accounts(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    benchmark_data: Callable[[str], Path],
) -> Path:
    path = tmp_path_factory.mktemp("export") / "accounts.csv"
    name, _, size = request.param.partition(" ")
    if size:
        profile: Literal["crm", "dense"] = "dense" if name == "dense" else "crm"
        write_export(generate(int(size), profile=profile, seed=4), path)
    else:
        shutil.copyfile(benchmark_data(name) / "records.csv", path)
    return path


@pytest.fixture(scope="module")
def usual(accounts: Path) -> keepone.Result:
    return run(accounts)


def run(accounts: Path, **machine: Any) -> keepone.Result:
    settings = keepone.Settings.model_validate({"machine": machine})
    return keepone.run(accounts, workspace=accounts.parent, settings=settings)


@pytest.mark.parametrize(
    "machine", [{"narrow_types": False}, {"compression": "snappy"}, {"compression": "none"}]
)
def test_every_table_reads_the_same(
    accounts: Path, usual: keepone.Result, machine: dict[str, Any]
) -> None:
    other = run(accounts, **machine)
    for name in TABLES:
        assert other.table(name).to_arrow().equals(usual.table(name).to_arrow()), name
    assert other.counts == usual.counts
    assert compare_runs(Run(usual.path), Run(other.path), limit=1).is_none
    for name in ("review_ready.csv", "rejects.csv"):
        assert (usual.path / name).read_bytes() == (other.path / name).read_bytes()


def test_groups_are_the_same_looked_up_as_made_beforehand(
    accounts: Path, usual: keepone.Result
) -> None:
    eager = run(accounts, group_details="eager")
    assert (eager.path / GROUP_PAIRS_FILE).is_file()
    assert not (usual.path / GROUP_PAIRS_FILE).exists()
    largest = usual.group_stats.to_arrow().sort_by([("size", "descending")])
    linked = 0
    for group_id in largest.column("group_id").to_pylist()[:300]:
        group = usual.group(group_id)
        assert eager.group(group_id) == group
        linked += len(group.pairs)
    assert linked > 100


def test_details_that_are_asked_for_later_are_made_then(accounts: Path, tmp_path: Path) -> None:
    for details, there in (("lazy", False), ("eager", True), ("lazy", True)):
        settings = keepone.Settings.model_validate({"machine": {"group_details": details}})
        made = keepone.run(accounts, workspace=tmp_path, run_id="r", settings=settings)
        assert (made.path / GROUP_PAIRS_FILE).is_file() == there


@pytest.mark.parametrize("columns", [["review"], ["Phone", "field_name"]])
def test_written_columns_change_no_value(
    accounts: Path, usual: keepone.Result, columns: list[str]
) -> None:
    settings = keepone.Settings.model_validate({"publish": {"columns": columns}})
    fewer = keepone.run(accounts, workspace=accounts.parent, settings=settings)
    written, whole = fewer.review_ready.to_arrow(), usual.review_ready.to_arrow()
    assert written.equals(whole.select(written.column_names))
    assert written.column_names[: len(VERDICT)] == VERDICT
    assert written.num_columns < whole.num_columns
    assert fewer.counts == usual.counts
    assert fewer.manifest["columns"] == usual.manifest["columns"]
    for group_id in whole.column("group_id").unique().to_pylist()[:40]:
        assert fewer.group(group_id) == usual.group(group_id)


def test_a_group_is_what_its_tables_say(usual: keepone.Result) -> None:
    stats = usual.group_stats.to_arrow().to_pylist()
    review: dict[str, list[dict[str, Any]]] = {}
    for line in usual.review_ready.to_arrow().to_pylist():
        review.setdefault(line["group_id"], []).append(line)
    links = all_links(usual)
    for line in stats:
        group = usual.group(line["group_id"])
        assert (group.size, group.primary_id) == (line["size"], line["primary_id"])
        assert [record.record_id for record in group.records] == [
            one["record_id"] for one in review[group.group_id]
        ]
        for record, one in zip(group.records, review[group.group_id], strict=True):
            assert (record.disposition, record.reason) == (one["disposition"], one["reason"])
            assert record.fields == {
                name.removeprefix("field_"): one[name] for name in one if name.startswith("field_")
            }
            assert record.inputs
            assert record.inputs.items() <= one.items()
        told = {(pair.left, pair.right): pair.match_weight for pair in group.pairs}
        ids = {record.record_id for record in group.records}
        assert told == {link: w for link, w in links.items() if ids.issuperset(link)}


def all_links(result: keepone.Result) -> dict[tuple[str, str], float]:
    """Return the weight of each pair of records; of equal records the first stands for all."""
    tables: dict[str, pa.Table] = {
        name: result.table(name).to_arrow() for name in ("records", "distinct", "pairs")
    }
    ids = tables["records"].column("record_id").to_pylist()
    first = tables["distinct"].column("representative").to_pylist()
    found: dict[tuple[str, str], float] = {}
    for pair in tables["pairs"].to_pylist():
        left, right, bits = pair["l"], pair["r"], pair["weight"] / 1000
        ends = [right] if left != right else [r for r, f in enumerate(first) if f == left != r]
        found |= {(ids[left], ids[end]): bits for end in ends}
    return found
