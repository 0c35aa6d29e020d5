"""Where no country is written, states and postal codes tell it, or nothing does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pytest

from keepone.engines.duckdb import DuckDBEngine
from keepone.reference import normalize as reference
from keepone.rules.home_country import home_country
from keepone.rules.regions import regions
from keepone.schema import FIELDS, ORIGINS, RECORDS
from keepone.settings import NormalizeSettings
from keepone.stages.normalize import normalize

_ENGINE = DuckDBEngine()


@pytest.mark.parametrize(
    ("hints", "country"),
    [
        ({"region": {"ny": 3, "ca": 5, "texas": 1}}, "us"),
        ({"region": {"ontario": 3, "bc": 2, "quebec": 4}}, "ca"),
        ({"region": {"bayern": 3, "hessen": 2}}, "de"),
        ({"region": {"nsw": 3, "victoria": 2, "queensland": 4}}, "au"),
        ({"region": {"ca": 9, "ny": 1}}, None),
        ({"region": {"zone 1": 5, "zone 2": 5, "ny": 2}}, None),
        ({"postal_code": {"60611 1234": 2, "2134": 5, "10001 0": 3}}, "us"),
        ({"postal_code": {"60611": 2, "10115": 5}}, None),
        ({"postal_code": {"ec1a 1bb": 2, "w1 1aa": 5}}, "gb"),
        ({"postal_code": {"k1a 0b1": 2, "m5v3l9": 5}}, "ca"),
        ({"postal_code": {"1012 ab": 2, "3011aa": 5}}, "nl"),
        ({"region": {"ny": 3}, "postal_code": {"ec1a 1bb": 9}}, "us"),
        ({"region": {}, "postal_code": {}}, None),
    ],
)
def test_hints_tell_the_country(
    hints: Mapping[str, Mapping[str, int]], country: str | None
) -> None:
    assert home_country({}, hints) == country


def test_the_country_written_most_often_comes_first() -> None:
    hints = {"region": {"ny": 9}}
    assert home_country({"fr": 2, "de": 2, "us": 1}, hints) == "de"


@pytest.mark.parametrize("country", ["us", "ca", "au", "de"])
def test_all_regions_of_a_country_tell_it(country: str) -> None:
    known = regions().by_country[country]
    assert home_country({}, {"region": dict.fromkeys(known, 1)}) == country


def _normalized(country: str, columns: Mapping[str, Sequence[str | None]]) -> dict[str, list[str]]:
    """Normalise records of the datasets a and b; `columns` are of both, by field."""
    rows = len(next(iter(columns.values())))
    records = [
        {"row": row, "dataset": "a" if 2 * row < rows else "b", "record_id": f"{row:02d}",
         "source_file": "f"}
        for row in range(rows)
    ]  # fmt: skip
    fields = [
        {"column": f"c{at}", "header": name, "field": name, "type": name, "filled": 1,
         "distinct": 1, "compared": True, "why": ""}
        for at, name in enumerate(columns)
    ]  # fmt: skip
    tables = {
        "records": pa.Table.from_pylist(records, schema=RECORDS.arrow()),
        "inputs": pa.table(
            {
                "row": pa.array(range(rows), pa.int32()),
                **{
                    f"c{at}": pa.array(cells, pa.string())
                    for at, cells in enumerate(columns.values())
                },
            }
        ),
        "fields": pa.Table.from_pylist(fields, schema=FIELDS.arrow()),
        "origins": ORIGINS.empty(),
    }
    settings = NormalizeSettings(default_country=country)
    found = normalize(_ENGINE, settings, **tables)
    expected = reference.normalize(_ENGINE, settings, **tables)
    for name, table in found.items():
        assert table.to_pylist() == expected[name].to_pylist(), name
    return {name: found["normalized"].column(name).to_pylist() for name in columns}


def test_zeros_come_back_where_states_tell_the_country() -> None:
    columns: dict[str, Sequence[str | None]] = {
        "region": ["MA", "NJ", "NY", "CA"],
        "postal_code": ["2134", "7030", "10001", "90210"],
    }
    assert _normalized("auto", columns)["postal_code"] == ["02134", "07030", "10001", "90210"]
    assert _normalized("CH", columns)["postal_code"] == ["2134", "7030", "10001", "90210"]


def test_each_dataset_is_read_in_its_own_country() -> None:
    columns: dict[str, Sequence[str | None]] = {
        "country": ["Germany", None, "Germany", None, None, None, None, None],
        "region": [None, None, None, None, "MA", "NY", None, "TX"],
        "phone": ["0711 5550101"] * 4 + ["312-555-0101"] * 4,
    }
    found = _normalized("auto", columns)["phone"]
    assert found == ["+497115550101"] * 4 + ["+13125550101"] * 4


def test_what_tells_nothing_is_read_in_the_commonest_country() -> None:
    columns: dict[str, Sequence[str | None]] = {
        "country": ["Germany", "Germany", None, None],
        "phone": ["0711 5550101"] * 4,
    }
    assert _normalized("auto", columns)["phone"] == ["+497115550101"] * 4
