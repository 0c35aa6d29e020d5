"""Publish, compared with its row-by-row twin, and the names that columns get."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from keepone.cli import app
from keepone.config import load_settings, parse_published
from keepone.engines.duckdb import DuckDBEngine
from keepone.errors import SettingsError
from keepone.golden_tables import GOLDEN_RECORDS
from keepone.reference.publish import publish as reference_publish
from keepone.schema import REVIEW_READY
from keepone.settings import PublishSettings
from keepone.stages.publish import publish
from tests.runner.toy_pipeline import table

VERDICT = [column.name for column in REVIEW_READY.columns]
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=6)
HEADERS = st.sampled_from(
    [
        "Name",
        "name",
        "score",
        "Score",
        "input_score",
        "input_input_score",
        "field_name",
        "FIELD_NAME",
        "source_file",
        "record_id",
        "Phone",
        "ß",
        "",
    ]
)


@pytest.fixture(scope="module")
def engine() -> DuckDBEngine:
    return DuckDBEngine(threads=2)


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, pa.Table]:
    """Draw what publish reads: records of two datasets in groups, with odd headers and texts."""
    keys = draw(st.lists(st.tuples(st.sampled_from(["", "a", "b"]), TEXT), unique=True, max_size=6))
    # Ids are qualified where datasets meet, so they are unique in the run.
    keys = sorted({record_id: (dataset, record_id) for dataset, record_id in keys}.values())
    headers = draw(st.lists(HEADERS, unique=True, max_size=5))
    fields = draw(st.lists(st.sampled_from(["name", "phone", "city"]), unique=True, max_size=2))
    columns = [f"c{index:03d}" for index in range(len(headers))]
    cell = st.none() | TEXT
    rows = range(len(keys))
    groups = [draw(st.sampled_from(rows[: row + 1])) for row in rows]
    groups = [groups[group] for group in groups]
    primaries: dict[int, int] = {}
    for row, group in enumerate(groups):
        if group not in primaries or draw(st.booleans()):
            primaries[group] = row
    members = []
    for row, group in enumerate(groups):
        kept = row == primaries[group]
        members.append(
            {
                "row": row,
                "group": group,
                "size": groups.count(group),
                "primary": primaries[group],
                "criterion": "record id",
                "probability": None if kept else draw(st.integers(0, 1_000_000)),
                "weight": None if kept else draw(st.integers(-50_000, 90_000)),
                "conflicts": 0,
            }
        )
    return {
        "records": table(
            "records",
            [
                {"row": row, "dataset": key[0], "record_id": key[1], "source_file": f"{key[0]}.csv"}
                for row, key in enumerate(keys)
            ],
        ),
        "headers": table(
            "headers",
            [{"column": c, "header": h} for c, h in zip(columns, headers, strict=True)],
        ),
        "inputs": table(
            "inputs", [{"row": row} | {c: draw(cell) for c in columns} for row in rows], *columns
        ),
        "normalized": table(
            "normalized", [{"row": row} | {f: draw(cell) for f in fields} for row in rows], *fields
        ),
        "members": table("members", members),
        "fields": _fields(columns, headers),
        "golden": table("golden", _golden(draw, members, columns)),
        "dispositions": table(
            "dispositions",
            [
                {
                    "row": row,
                    "disposition": draw(st.sampled_from(["Keep", "Merge", "Verify"])),
                    "rule": "r",
                    "reason": draw(TEXT),
                    "proposed_disposition": draw(st.none() | st.just("Merge")),
                }
                for row in rows
            ],
        ),
    }


def _fields(columns: list[str], headers: list[str]) -> pa.Table:
    """Return the first column as the record id, the last two as one field."""
    joined = columns[-2:] if len(columns) > 2 else []
    lines = [
        {
            "column": column,
            "header": header,
            "field": "phone" if column in joined else None,
            "type": "record_id" if at == 0 else "phone",
            "filled": 1,
            "distinct": 1,
            "compared": False,
            "why": "",
        }
        for at, (column, header) in enumerate(zip(columns, headers, strict=True))
    ]
    return table("fields", lines)


def _golden(
    draw: st.DrawFn, members: list[dict[str, Any]], columns: list[str]
) -> list[dict[str, Any]]:
    """Draw golden values for some columns of groups of two and more."""
    lines = []
    for group in sorted({member["group"] for member in members if member["size"] > 1}):
        rows = st.sampled_from([m["row"] for m in members if m["group"] == group])
        for column in columns[1:]:
            if draw(st.booleans()):
                value = draw(st.none() | TEXT)
                beaten = draw(st.lists(st.tuples(rows, TEXT), max_size=2))
                lines.append(
                    {
                        "group": group,
                        "column": column,
                        "value": value,
                        "source": None,
                        "strategy": "primary",
                        "beaten": [{"row": row, "value": text} for row, text in beaten],
                        "gained": False,
                        "changed": False,
                    }
                )
    return lines


@given(world=worlds(), data=st.data())
@hypothesis_settings(max_examples=60)
def test_publish_is_its_twin(
    engine: DuckDBEngine, world: dict[str, pa.Table], data: st.DataObject
) -> None:
    names = publish(engine, PublishSettings(), **world)["review_ready"].column_names
    sets = st.sampled_from(["all", "review", *names])
    settings = PublishSettings(columns=tuple(data.draw(st.lists(sets, max_size=4))))
    ours, theirs = publish(engine, settings, **world), reference_publish(engine, settings, **world)
    for name, schema in (("review_ready", REVIEW_READY), ("golden_records", GOLDEN_RECORDS)):
        made, told = schema.conform(ours[name]), schema.conform(theirs[name])
        assert made.schema == told.schema
        assert made.to_pylist() == told.to_pylist()


@given(world=worlds())
@hypothesis_settings(max_examples=30)
def test_every_cell_is_published_under_a_name_of_its_own(
    engine: DuckDBEngine, world: dict[str, pa.Table]
) -> None:
    made = publish(engine, PublishSettings(), **world)["review_ready"]
    names = made.column_names
    assert len({name.lower() for name in names}) == len(names)
    assert names[: len(VERDICT)] == VERDICT
    assert names[-1] == "source_file"
    ids = world["records"].column("record_id").to_pylist()
    count = world["headers"].num_rows
    published = dict(
        zip(
            made.column("record_id").to_pylist(),
            zip(*(made.column(name).to_pylist() for name in names[-1 - count : -1]), strict=True),
            strict=False,
        )
    )
    for row, line in enumerate(world["inputs"].drop_columns("row").to_pylist()):
        if count:
            assert published[ids[row]] == tuple(line.values())


def one_record(headers: list[str]) -> dict[str, Any]:
    columns = {f"c{index:03d}": header for index, header in enumerate(headers)}
    member = {"row": 0, "group": 0, "size": 1, "primary": 0, "criterion": "alone", "conflicts": 0}
    verdict = {"row": 0, "disposition": "Keep", "rule": "alone", "reason": "alone"}
    record = {"row": 0, "dataset": "", "record_id": "1", "source_file": "f.csv"}
    return {
        "records": table("records", [record]),
        "headers": table("headers", [{"column": c, "header": h} for c, h in columns.items()]),
        "inputs": table("inputs", [{"row": 0} | columns], *columns),
        "normalized": table("normalized", [{"row": 0, "name": "n"}], "name"),
        "members": table("members", [member]),
        "fields": _fields([*columns], headers),
        "golden": table("golden", []),
        "dispositions": table("dispositions", [verdict]),
    }


@pytest.mark.parametrize(
    ("headers", "names"),
    [
        (["Name", "City"], ["Name", "City"]),
        (["record_id", "Score"], ["input_record_id", "input_Score"]),
        (["score", "input_score"], ["input_input_score", "input_score"]),
        (["Name", "NAME"], ["Name", "input_NAME"]),
        (["field_name", "source_file"], ["input_field_name", "input_source_file"]),
    ],
)
def test_a_taken_name_gets_input_before_it(
    engine: DuckDBEngine, headers: list[str], names: list[str]
) -> None:
    made = publish(engine, PublishSettings(), **one_record(headers))["review_ready"]
    assert made.column_names == [*VERDICT, "field_name", *names, "source_file"]
    assert [made.column(name)[0].as_py() for name in names] == headers


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        (("all",), ["field_name", "Name", "City"]),
        (("review",), ["field_name"]),
        (("City",), ["City"]),
        (("City", "review", "score"), ["field_name", "City"]),
        ((), []),
    ],
)
def test_the_columns_asked_for_follow_the_verdict(
    engine: DuckDBEngine, columns: tuple[str, ...], names: list[str]
) -> None:
    settings = PublishSettings(columns=columns)
    made = publish(engine, settings, **one_record(["Name", "City"]))["review_ready"]
    assert made.column_names == [*VERDICT, *names, "source_file"]


def test_a_column_that_is_not_there_is_told_with_those_that_are(engine: DuckDBEngine) -> None:
    settings = PublishSettings(columns=("Citty",))
    with pytest.raises(SettingsError, match="no column 'Citty'") as caught:
        publish(engine, settings, **one_record(["Name", "City"]))
    assert "field_name, Name, City, source_file" in (caught.value.hint or "")
    with pytest.raises(SettingsError, match="no column 'Citty'"):
        reference_publish(engine, settings, **one_record(["Name", "City"]))


@pytest.mark.parametrize(
    ("probability", "score"),
    [(0, 0.0), (49, 0.0), (50, 0.01), (949_949, 94.99), (949_950, 95.0), (1_000_000, 100.0)],
)
def test_the_score_is_a_percentage_rounded_half_up(
    engine: DuckDBEngine, probability: int, score: float
) -> None:
    world = one_record(["Name"])
    member = world["members"].to_pylist()[0] | {"probability": probability, "weight": 1500}
    world["members"] = table("members", [member])
    (line,) = publish(engine, PublishSettings(), **world)["review_ready"].to_pylist()
    assert line["score"] == score
    assert line["match_probability"] == probability / 1_000_000
    assert line["match_weight"] == 1.5


@pytest.mark.parametrize(
    ("texts", "names"),
    [
        (["review"], ["review"]),
        (["Phone, Web", "all"], ["Phone", "Web", "all"]),
    ],
)
def test_columns_are_named_with_commas_or_again(texts: list[str], names: list[str]) -> None:
    assert parse_published(texts) == names
    assert load_settings(published=names).publish.columns == tuple(names)


@pytest.mark.parametrize("text", ["", "Phone,", " "])
def test_a_column_without_a_name_is_told(text: str) -> None:
    with pytest.raises(SettingsError, match="without a name"):
        parse_published([text])


def test_an_unknown_column_ends_the_command_with_what_there_is(tmp_path: Path) -> None:
    export = tmp_path / "a.csv"
    export.write_text("id,Company,City\n1,Acme,Bonn\n2,Borealis,Kiel\n")
    command = ["run", str(export), "--workspace", str(tmp_path), "--run-id", "r", "-q"]
    with pytest.raises(SettingsError, match="no column 'Citty'") as caught:
        CliRunner().invoke(app, [*command, "--columns", "Citty"], catch_exceptions=False)
    assert "Company, City" in (caught.value.hint or "")
    assert CliRunner().invoke(app, [*command, "--columns", "City"]).exit_code == 0
    header = (tmp_path / "runs/r/review_ready.csv").read_text().splitlines()[0]
    assert header.replace('"', "").endswith("match_weight,City,source_file")
