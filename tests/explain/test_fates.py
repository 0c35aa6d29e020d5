"""One pair of each fate, as a person meets it: at the terminal, as JSON, as a chart."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import keepone
from keepone.cli import app
from keepone.errors import RunError
from keepone.explain import explain_pair
from keepone.runs import Run
from tests.explain.conftest import Explained

_HEADER = ("Account ID", "Account Name", "Phone", "Street", "City")


def _spelt(number: int) -> str:
    """Return a word that differs from that of any other number in two letters at least."""
    return "".join("abcdefghij"[int(digit)] * 2 for digit in f"{number:04d}")


def _rows() -> list[tuple[str, ...]]:
    """Return a file in which many share a word, and one row is too long."""
    rows: list[tuple[str, ...]] = [
        ("same-1", "Raistsmoox Freight Inc", "(312) 201-3344", "12 Main Street", "Evanston"),
        ("same-2", "Raistsmoox Freight", "312-201-3344", "12 Main St", "Evanston"),
        ("hostile", '<script>alert("x")</script> & \x1b[31m Sons', "", "", ""),
        ("lonely", "Borealis", "", "7 Hill Road", "Springfield"),
        ("city-1", "Quandrix", "", "", "Evanston"),
    ]
    for number in range(260):
        city = "Springfield" if number % 2 else "Evanston"
        rows.append((f"n{number:03d}", f"Holdings {_spelt(number)}", "", "", city))
    rows.append(("broken", "Too Long", "", "", "Evanston", "x", "y"))
    return rows


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fates")
    text = io.StringIO()
    csv.writer(text).writerows([_HEADER, *_rows()])
    (folder / "accounts.csv").write_text(text.getvalue(), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patched:
        # In a short file every block is small enough.
        patched.setattr("keepone.stages.block._FREE_PAIRS", 0)
        keepone.run(folder / "accounts.csv", workspace=folder, run_id="fates")
    return folder


@pytest.mark.parametrize(
    ("ids", "stage", "rule"),
    [
        (("same-1", "same-2"), "cluster", "linked"),
        (("same-1", "lonely"), "block", "no_common_key"),
        (("n001", "n003"), "block", "capped"),
        (("lonely", "n001"), "block", "support_keys"),
        (("same-1", "broken"), "ingest", "ragged_row"),
    ],
)
def test_one_pair_of_each_fate(
    workspace: Path, ids: tuple[str, str], stage: str, rule: str
) -> None:
    found = keepone.open_run("fates", workspace=workspace).explain(*ids)
    assert (found.stage, found.rule) == (stage, rule)
    assert found.together == (rule == "linked")


def test_a_capped_key_is_told_with_its_block_and_the_cap(workspace: Path) -> None:
    found = keepone.open_run("fates", workspace=workspace).explain("n001", "n003")
    assert found.keys is not None
    word = next(key for key in found.keys.shared if key.key == "holdings")
    assert (word.field, word.made_of, word.block) == ("name", "each word", 260)
    assert word.cap is not None
    assert word.cap < word.block
    assert word.verdict == "capped"
    assert (
        f'"holdings" of name, stands in 260 records, and blocks of up to {word.cap}' in found.says
    )


def test_keys_are_told_record_by_record(workspace: Path) -> None:
    result = keepone.open_run("fates", workspace=workspace)
    one, other = result.explain("same-1", "lonely"), result.explain("lonely", "same-1")
    assert one.keys is not None
    assert other.keys is not None
    assert "raistsmoox" in one.keys.left["name"]
    assert "borealis" in one.keys.right["name"]
    assert (one.keys.left, one.keys.right) == (other.keys.right, other.keys.left)
    crowd, mirrored = result.explain("n001", "n003"), result.explain("n003", "n001")
    assert crowd.keys is not None
    assert mirrored.keys is not None
    assert crowd.keys.shared == mirrored.keys.shared


def test_a_rejected_row_is_told_with_its_place(workspace: Path) -> None:
    found = keepone.open_run("fates", workspace=workspace).explain("broken", "same-1")
    (row,) = found.rejected
    assert (row.record_id, row.file, row.row) == ("broken", "accounts.csv", 267)
    assert found.left is None
    assert found.right is not None
    assert "line 267 of accounts.csv" in found.says
    assert row.message in found.says


def test_key_of_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keepone.file_keys._LEAST_LARGEST", 20)
    table = pa.table({"id": [str(at) for at in range(40)],
                      "company": [f"holdings {_spelt(at)}" for at in range(40)]})  # fmt: skip
    found = keepone.run(table, workspace=tmp_path).explain("1", "2")
    assert found.keys is not None
    assert [(key.key, key.verdict) for key in found.keys.shared] == [("holdings", "too_common")]
    assert (found.rule, "too many for a key" in found.says) == ("capped", True)


def test_two_of_one_source(tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": ["1", "2", "3", "4"],
            "company": ["Raistsmoox Freight", "Raistsmoox Freight Inc", "Raistsmoox Freight", "Bo"],
            "phone": ["(312) 201-3344"] * 4,
            "system": ["A", "A", "B", None],
        }
    )
    settings = {"profile": {"link": "system"}}
    run = keepone.run(table, workspace=tmp_path, settings=settings)
    found = run.explain("1", "2")
    assert (found.stage, found.rule, found.together) == ("block", "same_source", False)
    assert '"system"' in found.says
    for other in (("1", "3"), ("1", "4")):
        assert run.explain(*other).rule != "same_source"


def test_a_record_apart_from_its_equals(explained: Explained, tmp_path: Path) -> None:
    """A copy that is not held to the record that it equals is on its own."""
    copy, (first, other) = next(
        (row, pair)
        for row, one in enumerate(explained.representative)
        for pair, (_, probability, _) in explained.pairs.items()
        if row != one and pair[0] == one and pair[1] != one and probability > 500_000
    )
    shutil.copytree(explained.run.path, tmp_path / "run")
    path = next((tmp_path / "run" / "stages").glob("*_groups.parquet"))
    groups = pq.read_table(path)
    alone = [copy if row == copy else group for row, group in enumerate(explained.group)]
    pq.write_table(groups.set_column(1, "group", pa.array(alone, pa.int32())), path)
    found = explain_pair(Run(tmp_path / "run"), explained.ids[other], explained.ids[copy])
    assert (found.stage, found.rule) == ("cluster", "copies_apart")
    assert f"{explained.ids[copy]} is on its own: {explained.ids[first]}" in found.says


def test_groups_that_do_not_match_though_two_records_do(benchmark_data: Callable[[str], Path],
                                                         tmp_path: Path) -> None:  # fmt: skip
    result = keepone.run(benchmark_data("chicago") / "records.csv", workspace=tmp_path)
    group = result.table("groups").to_arrow().column("group").to_pylist()
    ids = result.table("records").to_arrow().column("record_id").to_pylist()
    parted = [
        pair
        for pair in result.table("pairs").to_arrow().to_pylist()
        if pair["model_probability"] >= 500_000 and group[pair["l"]] != group[pair["r"]]
    ]
    assert parted
    for pair in parted:
        found = result.explain(ids[pair["l"]], ids[pair["r"]])
        assert (found.stage, found.rule) == ("cluster", "split")
        assert found.split is not None
        assert found.split.mean < found.split.needed
        assert found.split.possible >= found.split.scored >= 1


@pytest.mark.parametrize(
    ("wanted", "hint"),
    [
        ("same-3", "Did you mean same-1 or same-2?"),
        ("SAME-1", "Did you mean same-1"),
        ("zzzzzzzzzzzzzz", "column record_id of review_ready"),
        ("", "column record_id of review_ready"),
    ],
)
def test_an_id_that_is_not_there(workspace: Path, wanted: str, hint: str) -> None:
    arguments = ["explain", "fates", "same-1", wanted, "--workspace", str(workspace)]
    done = CliRunner().invoke(app, arguments)
    assert isinstance(done.exception, RunError)
    assert f"no record {wanted!r}" in done.exception.message
    assert hint in (done.exception.hint or "")


def test_one_record_is_no_pair(workspace: Path) -> None:
    with pytest.raises(RunError, match="one and the same"):
        keepone.open_run("fates", workspace=workspace).explain("same-1", " same-1")


def test_salesforce_ids_are_found_by_15_characters(explained: Explained) -> None:
    one, other = explained.ids[:2]
    assert len(one) == 18
    found = explained.explainer.explain(one[:15], other)
    assert found.left is not None
    assert found.left.record_id == one
    with pytest.raises(RunError) as error:
        explained.explainer.explain(one[:15].swapcase(), other)
    assert one in (error.value.hint or "")


def test_an_id_of_several_files_is_asked_for(tmp_path: Path) -> None:
    for name, header in (("a", "company"), ("b", "firm")):
        text = f"id,{header},phone\n1,Acme Freight,555\n2,Quandrix {name},556\n"
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    result = keepone.run([tmp_path / "a.csv", tmp_path / "b.csv"], workspace=tmp_path)
    ids = sorted(result.table("records").to_arrow().column("record_id").to_pylist())
    assert ids[0].endswith(":1")
    with pytest.raises(RunError) as error:
        result.explain("1", ids[1])
    assert ids[0] in (error.value.hint or "")
    assert result.explain(ids[0], ids[2]).rule == "linked"


def test_people_and_machines_are_told_the_same(workspace: Path) -> None:
    arguments = ["explain", "fates", "same-1", "same-2", "--workspace", str(workspace)]
    told = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
    found = keepone.open_run("fates", workspace=workspace).explain("same-1", "same-2")
    assert told == json.loads(json.dumps(found.as_dict()))
    shown = CliRunner().invoke(app, arguments).stdout
    assert found.says in shown
    assert found.waterfall is not None
    for step in found.waterfall.steps:
        assert step.field in shown
        if not step.is_missing:
            assert f"{step.bits:+.2f}" in shown
    assert "raistsmoox freight" in shown


@pytest.mark.parametrize("ids", [("same-1", "same-2"), ("hostile", "n001"), ("lonely", "hostile")])
def test_the_chart_is_a_document_that_holds_no_ones_markup(
    workspace: Path, tmp_path: Path, ids: tuple[str, str]
) -> None:
    chart = tmp_path / "chart.svg"
    arguments = ["explain", "fates", *ids, "--workspace", str(workspace), "--svg", str(chart)]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0
    assert "\x1b[31m Sons" not in done.stdout
    root = ElementTree.fromstring(chart.read_text(encoding="utf-8"))
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags == {"svg", "title", "desc", "style", "text", "line", "rect"}
    width = float(root.attrib["width"])
    for rect in root.iter("{http://www.w3.org/2000/svg}rect"):
        assert (
            0
            <= float(rect.attrib["x"])
            <= float(rect.attrib["x"]) + float(rect.attrib["width"])
            <= width
        )


def test_a_rejected_record_has_no_chart(workspace: Path, tmp_path: Path) -> None:
    arguments = ["explain", "fates", "same-1", "broken", "--workspace", str(workspace)]
    done = CliRunner().invoke(app, [*arguments, "--svg", str(tmp_path / "no.svg")])
    assert isinstance(done.exception, RunError)
    assert "nothing to draw" in done.exception.message
    assert CliRunner().invoke(app, arguments).exit_code == 0
