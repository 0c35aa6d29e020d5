"""Files in which a name is all there is: what equal names are worth there."""

from __future__ import annotations

from contextlib import closing

import numpy as np
import pytest

import keepone.reference.fit
import keepone.stages.fit
from keepone.engines.duckdb import DuckDBEngine
from keepone.kernels.namesakes import odds_of_equal_names
from keepone.kernels.pair_levels import compared_fields, term_frequencies
from keepone.settings import FitSettings
from tests.matching.tables import Matchable, Record, all_pairs


def _file(carried: dict[int, int], **types: str) -> Matchable:
    """Return a file in which so many names (values) are carried by so many records (keys)."""
    records: list[Record] = [
        {"name": {"tokens": [f"name{records}x{nth}"]}, "beside": {"value": f"v{copy % 2}"}}
        for records, names in carried.items()
        for nth in range(names)
        for copy in range(records)
    ]
    return Matchable({"name": "organisation", **types}, records)


def _shares(file: Matchable) -> list[float]:
    field, *_ = compared_fields(**file.compared_tables())
    odds = odds_of_equal_names(field)
    return [round(share, 2) for share in (odds / (1 + odds)).tolist()]


def test_many_equal_names_are_duplicates() -> None:
    """Of 1,000 names two in a hundred are namesakes anyway: 20 and a half of 305."""
    assert _shares(_file({1: 700, 2: 300}))[0] == pytest.approx(0.93)


def test_no_more_equal_names_than_usual_are_namesakes() -> None:
    assert _shares(_file({1: 980, 2: 20}))[0] == pytest.approx(0.18)


def test_names_that_stand_more_often_than_companies_do() -> None:
    """Companies stand in the file twice; what stands there eight times is none."""
    twice, five, fifteen, *more = _shares(_file({1: 400, 2: 590, 4: 3, 8: 7}))
    assert twice > 0.95
    assert five == pytest.approx(0.02)
    assert fifteen > five
    assert np.isnan(more).all()


def test_copies_of_a_record_count_where_nothing_else_tells() -> None:
    file = _file({1: 5, 2: 1, 20: 1})
    field, *_ = compared_fields(**file.compared_tables())
    counted = term_frequencies([field]).to_pylist()
    glued = {line["value"]: line["records"] for line in counted if line["part"] == "tokens glued"}
    assert glued == {"name2x0": 2, "name20x0": 20}


def test_copies_of_a_record_do_not_count_beside_another_field() -> None:
    field, *_ = compared_fields(**_file({1: 5, 20: 1}, beside="identifier").compared_tables())
    counted = term_frequencies([field]).to_pylist()
    assert {line["value"]: line["records"] for line in counted} == {"name20x0": 2}


@pytest.mark.parametrize("carried", [{1: 30, 2: 15}, {1: 40, 2: 4, 9: 1}, {1: 5}])
def test_a_fit_to_names_alone_is_the_references(carried: dict[int, int]) -> None:
    tables = _file(carried).tables()
    tables["candidates"] = all_pairs(tables["distinct"])
    with closing(DuckDBEngine()) as engine:
        ours, theirs = (
            each(engine, FitSettings(), **tables)
            for each in (keepone.stages.fit.fit, keepone.reference.fit.fit)
        )
    assert ours["model"]["fields"] == theirs["model"]["fields"]
    assert ours["frequencies"].to_pylist() == theirs["frequencies"].to_pylist()


@pytest.mark.parametrize("beside", ["category", "city", "phone", "title"])
def test_a_fit_to_names_and_a_field_beside_them_is_the_references(beside: str) -> None:
    """Vague fields move, and what tells keeps what is believed but for what all pairs show."""
    records: list[Record] = [
        {
            "name": {"tokens": [f"name{nth // 2}", "of", f"town{nth % 5}"]},
            "beside": {"value": f"v{nth % 3}", "tokens": [f"v{nth % 4}"]},
            "kind": {"value": f"k{nth % 2}"},
        }
        for nth in range(40)
    ]
    tables = Matchable(
        {"name": "organisation", "beside": beside, "kind": "category"}, records
    ).tables()
    tables["candidates"] = all_pairs(tables["distinct"])
    with closing(DuckDBEngine()) as engine:
        ours, theirs = (
            each(engine, FitSettings(), **tables)["model"]
            for each in (keepone.stages.fit.fit, keepone.reference.fit.fit)
        )
    assert ours["iterations"] == theirs["iterations"] > 0
    assert ours["fields"] == theirs["fields"]
