"""The stage: datasets, order, and its row-by-row reference."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepone.engines.duckdb import DuckDBEngine
from keepone.errors import InputError
from keepone.readers import Sheet, Source, open_sources
from keepone.reference.ingest import ingest as reference
from keepone.schema import TABLES
from keepone.settings import IngestSettings
from keepone.stages.ingest import ingest

from .conftest import Run

Write = Callable[[str, str | bytes], Path]

_HEADERS = st.sampled_from(
    [("Id", "Name"), ("Name", "Id"), ("Account ID", "Name", "City"), ("Name",), ("x", "row key")]
)
_IDS = st.sampled_from(
    [None, " ", "1", "2", "3 ", "ä", "Z", "001D000000IRt53", "001D000000IRt53IAD",
     "001D000000IRT53IAD", "001D000000IRt5a", "001D000000IRt5bIAD"]
)  # fmt: skip
_CELLS = st.sampled_from([None, "a", "b", " a", "é"])


@st.composite
def _sheets(draw: st.DrawFn, label: str) -> Sheet:
    header = draw(_HEADERS)
    cells = [_CELLS if name in {"Name", "City", "x"} else _IDS for name in header]
    rows = draw(st.lists(st.tuples(*cells), max_size=8))
    types = pa.schema([(name, pa.string()) for name in header])
    table = pa.Table.from_pylist([dict(zip(header, row, strict=True)) for row in rows], types)
    numbers = pa.chunked_array([pa.array(range(1, len(rows) + 1), pa.int64())])
    return Sheet(label, header, table, numbers, (), len(rows))


def _source(sheet: Sheet) -> Source:
    return Source(sheet.label, "0" * 64, 0, lambda _notes, _shelf: (sheet,))


def _outcome(
    stage: Callable[..., dict[str, pa.Table]],
    engine: Any,
    slice_: IngestSettings,
    sheets: list[Sheet],
) -> dict[str, Any] | str:
    try:
        tables = stage(engine, slice_, sources=[_source(sheet) for sheet in sheets])
    except InputError as error:
        return type(error).__name__
    return {name: TABLES[name].conform(table).to_pylist() for name, table in tables.items()}


@settings(max_examples=120)
@given(
    st.tuples(_sheets("a.csv"), _sheets("a.xlsx"), _sheets("b.csv")),
    st.integers(1, 3),
    st.sampled_from([None, None, "Name", "City"]),
)
def test_the_stage_does_what_the_reference_says(
    engine: DuckDBEngine, sheets: tuple[Sheet, ...], count: int, id_column: str | None
) -> None:
    slice_ = IngestSettings(id_column=id_column)
    given_sheets = list(sheets[:count])
    assert _outcome(ingest, engine, slice_, given_sheets) == _outcome(
        reference, None, slice_, given_sheets
    )


@settings(max_examples=40)
@given(_sheets("a.csv"), st.randoms(use_true_random=False))
def test_the_order_of_rows_means_nothing(
    engine: DuckDBEngine, sheet: Sheet, chance: random.Random
) -> None:
    order = list(range(sheet.cells.num_rows))
    chance.shuffle(order)
    cells = sheet.cells.take(pa.array(order, pa.int64()))
    shuffled = Sheet(sheet.label, sheet.header, cells, sheet.source_rows, (), sheet.rows_read)
    first = _outcome(ingest, engine, IngestSettings(), [sheet])
    second = _outcome(ingest, engine, IngestSettings(), [shuffled])
    if isinstance(first, str) or isinstance(second, str):
        assert first == second
        return
    for name in ("records", "inputs", "headers"):
        assert first[name] == second[name]
    # Only the line on which a reject stands may differ.
    rejects = [
        sorted((line["code"], line["raw"]) for line in found["rejects"])
        for found in (first, second)
    ]
    assert rejects[0] == rejects[1]


def test_threads_and_order_of_files_mean_nothing(write: Write) -> None:
    paths = [
        write(
            f"{name}.csv",
            "Id,Name\n" + "".join(f"{name}{i % 4_000},{i % 7}\n" for i in range(5_000)),
        )
        for name in "abc"
    ]
    found = []
    for threads, ordered in ((1, paths), (4, paths[::-1])):
        engine = DuckDBEngine(threads=threads)
        found.append(
            ingest(engine, IngestSettings(), sources=open_sources(ordered, IngestSettings()))
        )
        engine.close()
    for name, table in found[0].items():
        assert table.equals(found[1][name]), name


def test_files_with_other_columns_are_datasets_of_their_own(run: Run, write: Write) -> None:
    accounts = write("accounts.csv", "Id,Name\n1,a\n2,b\n")
    leads = write("leads.csv", "Company,Id,Fax\nx,1,9\ny,3,8\n")
    found = run([leads, accounts])
    assert found.headers == ["Id", "Name", "Company", "Fax"]
    assert found.ids == ["accounts:1", "accounts:2", "leads:1", "leads:3"]
    assert found.column("Id") == ["1", "2", "1", "3"]
    assert found.column("Company") == [None, None, "x", "y"]
    assert found.tables["records"].column("dataset").to_pylist() == [
        "accounts", "accounts", "leads", "leads",
    ]  # fmt: skip
    apart = write("other.csv", "Company,Id,Fax\nx,7,9\ny,8,8\n")
    assert run([apart, accounts]).ids == ["1", "2", "7", "8"]


def test_files_of_one_name_are_told_apart_by_their_folders(
    run: Run, write: Write, tmp_path: Path
) -> None:
    for folder in ("east", "west"):
        (tmp_path / folder).mkdir()
        write(f"{folder}/a.csv", f"Id,Name\n{folder}1,a\n")
    found = run([tmp_path / "west" / "a.csv", tmp_path / "east" / "a.csv"])
    assert found.tables["records"].column("source_file").to_pylist() == ["east/a.csv", "west/a.csv"]


def test_cells_stay_as_they_came(run: Run, write: Write) -> None:
    found = run(write("a.csv", 'Id,Name,Zip\n1,"  Acme ""X"" ",02134\n2,"",1e5\n'))
    assert found.column("Name") == ['  Acme "X" ', None]
    assert found.column("Zip") == ["02134", "1e5"]


def test_only_a_header_beside_other_files_is_no_error(run: Run, write: Write) -> None:
    assert run([write("a.csv", "Id,Name\n"), write("b.csv", "Id,Name\n1,x\n")]).ids == ["1"]


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "file", "records"),
    [("chicago", "records.csv", 3_337), ("historical_50k", "records.parquet", 50_578)],
)
def test_benchmark_sets_come_whole(
    run: Run, benchmark_data: Callable[[str], Path], name: str, file: str, records: int
) -> None:
    found = run(benchmark_data(name) / file)
    assert len(found.ids) == records
    assert found.rejects == []
