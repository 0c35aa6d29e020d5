"""Kernels and references agree on real columns."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pytest

from tests.fields.kinds import KINDS

pytestmark = pytest.mark.data

_COLUMNS = (
    ("chicago", "Address", None, "streets"),
    ("chicago", "Address", None, "addresses"),
    ("chicago", "Phone", None, "phones"),
    ("fodors_zagat", "addr", None, "streets"),
    ("fodors_zagat", "phone", None, "phones"),
    ("overture", "street", None, "streets"),
    ("overture", "phone", "country", "phones"),
    ("overture", "postcode", "country", "postal_codes"),
    ("overture", "region", "country", "regions"),
    ("overture", "website", None, "web"),
    ("overture", "email", None, "mail"),
    ("ieee_oui", "address", None, "addresses"),
    ("febrl3", "date_of_birth", None, "dates"),
    ("febrl3", "street_number", None, "street_numbers"),
)


@pytest.mark.parametrize(("folder", "column", "country", "name"), _COLUMNS)
def test_kernel_and_reference_agree_on_real_values(
    benchmark_data: Callable[[str], Path], folder: str, column: str, country: str | None, name: str
) -> None:
    path = benchmark_data(folder) / "records.csv"
    wanted = [column] if country is None else [column, country]
    options = pacsv.ConvertOptions(
        include_columns=wanted,
        column_types=dict.fromkeys(wanted, pa.string()),
        strings_can_be_null=True,
    )
    table = pacsv.read_csv(
        path, convert_options=options, parse_options=pacsv.ParseOptions(newlines_in_values=True)
    )
    rows = table.group_by(wanted).aggregate([]).sort_by([(name, "ascending") for name in wanted])
    step = max(1, rows.num_rows // 3_000)
    values = rows.column(column).to_pylist()[::step]
    places = rows.column(country).to_pylist()[::step] if country else [None] * len(values)
    assert KINDS[name].by_kernel(values, places) == KINDS[name].by_reference(values, places)
