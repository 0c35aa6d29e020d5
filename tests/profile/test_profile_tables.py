"""Tables of many kinds and languages, and the benchmark sets: what each column is taken for."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from keepone.engines.duckdb import DuckDBEngine
from keepone.rules.field_types import TYPES
from keepone.schema import FIELDS
from keepone.settings import ProfileSettings
from keepone.stages.profile import profile
from tests.profile.tables import input_tables, parse_rows, written_tables

_TABLES = written_tables()

_BENCHMARKS: dict[str, dict[str, str]] = {
    "chicago": {
        "Id": "ignored",
        "Source": "meta source",
        "Site name": "*organisation name",
        "Address": "*street street",
        "Zip": "*postal_code postal_code",
        "Phone": "*phone phone",
        "Fax": "*phone fax",
        "Length of Day": "category length_of_day",
        "CC fund": "category cc_fund",
        "Head Start Fund": "ignored",
        "Purple binder service type": "*email email",
    },
    "overture": {
        "name": "*organisation name",
        "street": "*street street",
        "city": "*city city",
        "region": "*region region",
        "postcode": "*postal_code postal_code",
        "country": "*country country",
        "phone": "*phone phone",
        "website": "*web website",
        "email": "*email email",
        "brand": "organisation brand",
        "category": "*category category",
    },
    "fodors_zagat": {
        "source": "meta source",
        "name": "*organisation name",
        "addr": "*street street",
        "city": "*city city",
        "phone": "*phone phone",
        "type": "*category type",
    },
    "dblp_acm": {
        "source": "meta source",
        "title": "*title title",
        "authors": "*people people",
        "venue": "*category venue",
        "year": "*number year",
    },
    "febrl3": {
        "given_name": "*given_name given_name",
        "surname": "*family_name family_name",
        "street_number": "*street_number street_number",
        "address_1": "*street street",
        "address_2": "*street address_2",
        "suburb": "*city city",
        "postcode": "*postal_code postal_code",
        "state": "*region region",
        "date_of_birth": "*date birth_date",
        "soc_sec_id": "*identifier soc_sec_id",
    },
    "historical_50k": {
        "full_name": "person person",
        "first_and_surname": "person first_and_surname",
        "first_name": "*given_name given_name",
        "surname": "*family_name family_name",
        "dob": "*date birth_date",
        "birth_place": "*city birth_place",
        "postcode_fake": "*postal_code postal_code",
        "gender": "*category gender",
        "occupation": "*category occupation",
    },
    "gleif": {
        "legal_name": "*organisation name",
        "country": "*country country",
        "category": "*category category",
    },
    "ieee_oui": {"name": "*organisation name", "address": "*address address"},
}


def _verdicts(fields: Any) -> dict[str, str]:
    """Return what each header became, written as in `tables.yaml`."""
    return {
        row["header"]: "*" * row["compared"]
        + " ".join(part for part in (row["type"], row["field"]) if part)
        for row in fields.to_pylist()
    }


@pytest.mark.parametrize("name", _TABLES)
def test_each_column_is_taken_for_what_it_is(name: str) -> None:
    headers, rows = parse_rows(_TABLES[name]["rows"])
    fields = profile(DuckDBEngine(), ProfileSettings(), **input_tables(headers, rows))["fields"]
    assert FIELDS.conform(fields).num_rows == len(headers)
    assert set(fields["type"].to_pylist()) <= set(TYPES)
    assert _verdicts(fields) == _TABLES[name]["columns"]


@pytest.mark.data
@pytest.mark.parametrize("name", _BENCHMARKS)
def test_benchmark_columns(name: str, benchmark_data: Callable[[str], Path]) -> None:
    headers, rows = _read(benchmark_data(name))
    fields = profile(DuckDBEngine(), ProfileSettings(), **input_tables(headers, rows))["fields"]
    verdicts = _verdicts(fields)
    wanted = {headers[0]: "record_id"} | _BENCHMARKS[name]
    assert {header: verdicts[header] for header in wanted} == wanted


def _read(folder: Path) -> tuple[list[str], list[list[str | None]]]:
    """Return the headers and rows of a benchmark set; its first column is the key."""
    table = folder / "records.parquet"
    if table.exists():
        columns = pq.read_table(table).to_pydict()
        return list(columns), [list(row) for row in zip(*columns.values(), strict=True)]
    with (folder / "records.csv").open(encoding="utf-8", newline="") as file:
        headers, *rows = csv.reader(file)
    return headers, [list(row) for row in rows]
