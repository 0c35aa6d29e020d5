"""Tables in memory and typed columns."""

from __future__ import annotations

import datetime
import decimal
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from keepone.errors import InputError
from keepone.readers import open_sources
from keepone.readers.cells import cell_text
from keepone.settings import IngestSettings

from .conftest import Run

_ROWS = {
    "Id": ["a", "b"],
    "Phone": [5551234567.0, None],
    "Ratio": [0.5, 2.0],
    "Day": [datetime.date(2024, 2, 29), None],
}
_TEXT = [["a", "b"], ["5551234567", None], ["0.5", "2"], ["2024-02-29", None]]


def _columns(found: Any) -> list[list[str | None]]:
    return [found.column(header) for header in found.headers]


@pytest.mark.parametrize(
    "frame",
    [pa.table(_ROWS), pa.table(_ROWS).to_reader(), pd.DataFrame(_ROWS), pl.DataFrame(_ROWS)],
    ids=["arrow", "reader", "pandas", "polars"],
)
def test_frames_of_any_library(run: Run, frame: Any) -> None:
    found = run(frame)
    assert found.ids == ["a", "b"]
    assert _columns(found) == _TEXT
    assert found.tables["records"].column("source_file").to_pylist() == ["table", "table"]


def test_pandas_with_repeated_names_mixed_types_and_an_index(run: Run) -> None:
    frame = pd.DataFrame(
        [["1", 2, pd.NA], ["2", "x", 5.0]], columns=["Id", "Id", 7], index=["p", "q"]
    )
    found = run(frame)
    assert found.headers == ["Id", "Id (2)", "7"]
    assert _columns(found) == [["1", "2"], ["2", "x"], [None, "5"]]


def test_the_digest_is_of_the_content() -> None:
    table = pa.table({"Id": ["a", None, "bc"]})
    chunked = pa.concat_tables([table.slice(0, 1), table.slice(1)])
    other = pa.table({"Id": ["a", "b", "c"]})
    digests = [open_sources(t, IngestSettings())[0].sha256 for t in (table, chunked, other)]
    assert digests[0] == digests[1] != digests[2]


def test_typed_parquet_becomes_text(run: Run, tmp_path: Path) -> None:
    table = pa.table(
        {
            "Id": pa.array([1, 2], pa.int64()),
            "Kind": pa.array(["x", None]).dictionary_encode(),
            "Price": pa.array([decimal.Decimal("1.50"), None], pa.decimal128(9, 2)),
            "Seen": pa.array([datetime.datetime(2024, 1, 2, 3, 4), datetime.datetime(2024, 1, 2)]),
            "Tags": pa.array([["a", "ü"], None]),
            "Geo": pa.array([{"lat": 1.5}, None]),
            "Raw": pa.array([b"caf\xc3\xa9", b"\xff"]),
            "Open": pa.array([True, None]),
            "None": pa.nulls(2),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    found = run(tmp_path / "a.parquet")
    assert _columns(found) == [
        ["1", "2"], ["x", None], ["1.50", None], ["2024-01-02T03:04:00", "2024-01-02"],
        ['["a", "ü"]', None], ['{"lat": 1.5}', None], ["café", "\\xff"], ["true", None],
        [None, None],
    ]  # fmt: skip


def test_parquet_cut_short(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"Id": [str(i) for i in range(1_000)]}), path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match="cut short"):
        run(path)


def test_no_columns(run: Run) -> None:
    with pytest.raises(InputError, match="no columns"):
        run(pa.table({}))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5551234567.0, "5551234567"),
        (-0.1, "-0.1"),
        (1e300, "1" + "0" * 300),
        (float("nan"), None),
        (float("inf"), "inf"),
        (True, "true"),
        (datetime.time(9, 30), "09:30:00"),
        (datetime.timedelta(hours=25), "1 day, 1:00:00"),
        ("", None),
        (" ", " "),
    ],
)
def test_values_as_text(value: Any, text: str | None) -> None:
    assert cell_text(value) == text
