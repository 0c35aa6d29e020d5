"""Golden records of a whole run: published, counted, shown, and found again."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow.compute as pc
import pytest
from typer.testing import CliRunner

import keepone
from keepone.cli import app

_ACCOUNTS = Path(__file__).parents[1] / "house" / "accounts.csv"


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> keepone.Result:
    return keepone.run(_ACCOUNTS, workspace=tmp_path_factory.mktemp("golden"), run_id="one")


def test_every_group_has_a_golden_record_of_values_from_its_records(
    result: keepone.Result,
) -> None:
    cells = {line["record_id"]: line for line in result.review_ready.to_arrow().to_pylist()}
    lines = result.golden.to_arrow().to_pylist()
    assert len(lines) == result.counts["groups"]
    headers = [name.removesuffix(" from") for name in lines[0] if name.endswith(" from")]
    assert headers
    for line in lines:
        for header in headers:
            giver = line[f"{header} from"]
            if line["group_size"] == 1:
                assert line[header] == cells[line["primary_id"]][header]
                assert (giver, line[f"{header} strategy"], line[f"{header} beat"]) == (None,) * 3
            elif giver is not None:
                assert line[header] == cells[giver][header]
                assert cells[giver]["group_id"] == line["group_id"]


def test_the_csv_file_says_what_the_table_says(result: keepone.Result) -> None:
    with (result.path / "golden.csv").open(encoding="utf-8", newline="") as file:
        written = list(csv.DictReader(file))
    told = result.golden.to_arrow().to_pylist()
    assert written == [
        {name: "" if value is None else str(value) for name, value in line.items()} for line in told
    ]


def test_what_is_counted_is_what_reasons_and_groups_tell(result: keepone.Result) -> None:
    golden = result.table("golden").to_arrow()
    gained = sum(field["gained"] for field in result.counts["golden"])
    assert 0 < gained == pc.sum(golden.column("gained")).as_py()
    told = result.review_ready.to_arrow().to_pylist()
    enriched = [line for line in told if line["disposition"] == "Enrich"]
    assert len(enriched) == result.counts["dispositions"]["Enrich"]
    for line in enriched:
        gains = [value for value in result.group(line["group_id"]).golden if value.gained]
        assert gains
        for value in gains:
            assert value.record_id in line["reason"]
            assert value.record_id != line["record_id"]


def test_report_and_command_show_them(result: keepone.Result) -> None:
    page = (result.path / "report.html").read_text(encoding="utf-8")
    assert '<h2 id="golden">Golden records</h2>' in page
    group = next(
        line["group_id"]
        for line in result.review_ready.to_arrow().to_pylist()
        if line["disposition"] == "Enrich"
    )
    shown = CliRunner().invoke(app, ["runs", "group", str(result.path), group])
    assert shown.exit_code == 0
    assert "Golden value" in shown.stdout
