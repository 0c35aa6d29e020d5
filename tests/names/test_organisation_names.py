"""Organisation names: instructive cases, the reference, and what must hold for any text."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepone.kernels.names import normalize_names
from keepone.reference.names import ReferenceName, normalize_name

from .strategies import name

CASES = list(csv.DictReader((Path(__file__).parent / "cases.csv").open(encoding="utf-8")))


def rows_of(values: Sequence[str | None]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = normalize_names(pa.array(values, pa.string())).to_pylist()
    return rows


@pytest.fixture(scope="module")
def case_rows() -> list[dict[str, Any]]:
    return rows_of([case["name"] for case in CASES])


@pytest.mark.parametrize("index", range(len(CASES)), ids=[case["name"] for case in CASES])
def test_case(index: int, case_rows: list[dict[str, Any]]) -> None:
    case, row = CASES[index], case_rows[index]
    assert {
        "tokens": " ".join(row["tokens"] or []),
        "legal": row["legal"] or "",
        "aliases": " | ".join(row["aliases"] or []),
        "flag": row["flag"] or "",
    } == {part: case[part] for part in ("tokens", "legal", "aliases", "flag")}


def as_reference(row: dict[str, Any]) -> ReferenceName:
    return ReferenceName(
        row["tokens"] or [], row["legal"], row["aliases"] or [], row["flag"], row["detail"]
    )


def test_cases_agree_with_the_reference(case_rows: list[dict[str, Any]]) -> None:
    assert [as_reference(row) for row in case_rows] == [
        normalize_name(case["name"]) for case in CASES
    ]


@settings(max_examples=150, deadline=None)
@given(st.lists(name, min_size=1, max_size=8))
def test_any_names_agree_with_the_reference_and_tokens_are_settled(values: list[str]) -> None:
    rows = rows_of(values)
    assert [as_reference(row) for row in rows] == [normalize_name(value) for value in values]
    again = rows_of([" ".join(row["tokens"] or []) for row in rows])
    assert [row["tokens"] for row in again] == [row["tokens"] for row in rows]


@settings(max_examples=50, deadline=None)
@given(st.lists(name, min_size=2, max_size=6))
def test_a_name_reads_the_same_whatever_stands_beside_it(values: list[str]) -> None:
    assert rows_of(values) == [rows_of([value])[0] for value in values]


@pytest.mark.parametrize("values", [[], [None], [None, ""], ["\x00", "\n", " "]])
def test_nothing_gives_nulls(values: list[str | None]) -> None:
    for row in rows_of(values):
        assert set(row.values()) == {None}


def test_output_types_hold_for_no_rows_and_for_chunks() -> None:
    empty = normalize_names(pa.chunked_array([], pa.string()))
    chunked = normalize_names(pa.chunked_array([["Acme Inc."], [None, "Beta (Closed)"]]))
    assert empty.schema == chunked.schema
    assert empty.schema.types == [
        pa.list_(pa.string()), pa.string(), pa.list_(pa.string()),
        pa.string(), pa.string(), pa.string(),
    ]  # fmt: skip
    assert chunked["tokens"].to_pylist() == [["acme"], None, ["beta"]]


def test_display_is_the_name_cleaned_for_people() -> None:
    values = ["  Acme\t\u00a0 Foods\n", "Cafe\u0301", "AT&T"]
    assert [row["display"] for row in rows_of(values)] == ["Acme Foods", "Café", "AT&T"]


def test_newlines_inside_names_do_not_shift_rows() -> None:
    rows = rows_of(["Carole\nRobertson", "Acme\r\nFoods", "Beta"])
    assert [row["tokens"] for row in rows] == [["carole", "robertson"], ["acme", "foods"], ["beta"]]


@pytest.mark.data
def test_name_cases_of_the_benchmark_set(benchmark_data: Callable[[str], Path]) -> None:
    path = benchmark_data("name_cases") / "cases.csv"
    cases = list(csv.DictReader(path.open(encoding="utf-8")))
    left = rows_of([case["name1"] for case in cases])
    right = rows_of([case["name2"] for case in cases])
    same = [one["tokens"] == two["tokens"] for one, two in zip(left, right, strict=True)]
    matches = [case["is_match"] == "true" for case in cases]
    equal_and_match = sum(1 for equal, match in zip(same, matches, strict=True) if equal and match)
    # Only the legal form parts the two that are equal and yet no match: AG/GmbH and ANO/LLC.
    unequal_forms = [
        (one["legal"], two["legal"])
        for one, two, equal, match in zip(left, right, same, matches, strict=True)
        if equal and not match
    ]
    assert equal_and_match >= 85
    assert unequal_forms == [("ag", "gmbh"), ("ev", "llc")]
