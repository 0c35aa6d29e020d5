"""Instructive values and what becomes of them: one file a column, one line a value."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from keepone.kernels.phones import normalize_phone
from keepone.kernels.places import normalize_postal
from keepone.kernels.streets import normalize_street
from keepone.kernels.web import normalize_web
from tests.fields.kinds import KINDS

_CASES = sorted((Path(__file__).parent / "cases").glob("*.csv"))


def _written(part: Any, name: str) -> str:
    """Return a part as the case files write it: tokens spaced, further numbers by semicolons."""
    if isinstance(part, list):
        return (";" if name == "others" else " ").join(part)
    return part or ""


@pytest.mark.parametrize("path", _CASES, ids=lambda path: path.stem)
def test_values_become_what_the_case_file_says(path: Path) -> None:
    stem = path.stem if path.stem in KINDS else path.stem.rpartition("_")[0]
    kind = KINDS[stem]
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    places = [row.get("in") or None for row in rows]
    found = kind.by_kernel([row["input"] for row in rows], places)
    for row, parts in zip(rows, found, strict=True):
        expected = {name: text for name, text in row.items() if name not in ("input", "in")}
        assert {name: _written(part, name) for name, part in parts.items()} == expected, row[
            "input"
        ]


@pytest.mark.parametrize("name", KINDS)
def test_a_column_may_be_empty_or_null(name: str) -> None:
    kind = KINDS[name]
    assert kind.by_kernel([], []) == []
    (row,) = kind.by_kernel([None], [None])
    assert set(row.values()) == {None}


@pytest.mark.parametrize("name", KINDS)
def test_a_column_may_come_in_chunks(name: str) -> None:
    kind = KINDS[name]
    values = ["12 Main St", None, "3/4/2020 acme.com"]
    chunks = pa.chunked_array([values[:1], values[1:]], pa.string())
    places = pa.chunked_array([["US"], ["US", None]], pa.string())
    whole = kind.by_kernel(values, ["US", "US", None])
    table = kind.kernel(*([chunks, places] if kind.local else [chunks]))
    assert table.drop_columns(["display"]).to_pylist() == whole


def test_what_people_see() -> None:
    us = pa.array(["US"])
    assert (
        normalize_phone(pa.array(["(312) 555-0123 x9"]), us)["display"][0].as_py() == "+13125550123"
    )
    assert normalize_phone(pa.array([" none "]), us)["display"][0].as_py() == "none"
    assert normalize_web(pa.array(["http://www.Acme.com/x"]))["display"][0].as_py() == "acme.com"
    assert normalize_street(pa.array([" 12  Main\nSt "]))["display"][0].as_py() == "12 Main St"
    assert normalize_postal(pa.array(["2134.0"]), us)["display"][0].as_py() == "02134"
    assert normalize_postal(pa.array(["02134-1234"]), us)["display"][0].as_py() == "02134-1234"


def test_numbers_without_country_are_north_american_where_nearly_all_look_so() -> None:
    unknown = pa.nulls(5, pa.string())
    shaped = pa.array(["(312) 555-0123", "312-555-0124", "3125550125", "1 312 555 0126", "5550127"])
    assert normalize_phone(shaped, unknown)["value"].to_pylist()[:4] == [
        f"+131255501{digits}" for digits in (23, 24, 25, 26)
    ]
    mixed = pa.array(["3125550123", "030 1234567", "020 7946 0958", "01 42 45 67 80", None])
    assert normalize_phone(mixed, unknown)["value"][0].as_py() == "3125550123"


def test_values_past_the_limit_keep_their_digits_and_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("keepone.kernels.phones.LIBRARY_LIMIT", 1)
    table = normalize_phone(
        pa.array(["Tel 312 555 0123", "Tel 312 555 0124"]), pa.array(["US"] * 2)
    )
    assert table["value"].to_pylist() == ["+13125550123", "3125550124"]
    assert table.schema.metadata[b"beyond_limit"] == b"1"
