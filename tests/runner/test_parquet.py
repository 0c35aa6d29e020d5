"""Parquet files: what is written comes back, in small row groups, whatever the layout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepone import parquet
from keepone.errors import RunError
from keepone.parquet import Layout, Lookup, read_parquet, write_parquet
from keepone.schema import SCHEMA_VERSION
from keepone.table_schema import Column, TableSchema

TABLE = TableSchema(
    "table",
    "one row",
    ("key",),
    (
        Column("key", pa.int32(), "sorted"),
        Column("label", pa.string(), "one of few", nullable=True, few=True),
        Column("text", pa.string(), "any text", nullable=True),
        Column("share", pa.float64(), "a number", nullable=True),
        Column("flag", pa.bool_(), "yes or no"),
        Column("words", pa.list_(pa.string()), "a list", nullable=True),
    ),
    open=True,
)
TEXT = st.text(st.characters(codec="utf-8"), max_size=5)
LAYOUTS = st.builds(
    Layout, st.sampled_from(["zstd", "snappy", "none"]), st.integers(1, 5), st.booleans()
)
PLAIN = Layout("zstd", 1, narrow=True)


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    rows = st.fixed_dictionaries(
        {
            "label": st.none() | st.sampled_from(["Keep", "Merge"]),
            "text": st.none() | TEXT,
            "share": st.none() | st.floats(allow_nan=False),
            "flag": st.booleans(),
            "words": st.none() | st.lists(TEXT, max_size=3),
            "a.b \u00e9": st.none() | TEXT,
        }
    )
    drawn = draw(st.lists(rows, max_size=40))
    keys = sorted(draw(st.lists(st.integers(-9, 9), min_size=len(drawn), max_size=len(drawn))))
    schema = TABLE.arrow().append(pa.field("a.b \u00e9", pa.string()))
    lines = [{"key": key} | row for key, row in zip(keys, drawn, strict=True)]
    return TABLE.conform(pa.Table.from_pylist(lines, schema=schema))


@pytest.fixture(autouse=True)
def small_row_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "_GROUP_ROWS", 4)


@given(table=tables(), layout=LAYOUTS)
@settings(max_examples=60)
def test_what_is_written_comes_back(table: pa.Table, layout: Layout) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "t.parquet"
        write_parquet(path, table, TABLE, layout)
        back = read_parquet(path, TABLE)
        assert back.schema.equals(table.schema)
        assert back.equals(table)
        assert pa.concat_tables(parquet.row_groups(path, TABLE)).equals(table)
        assert read_parquet(path, TABLE, ["text"]).equals(table.select(["text"]))
        footer = pq.read_metadata(path)
        sizes = [footer.row_group(index).num_rows for index in range(footer.num_row_groups)]
        assert sum(sizes) == table.num_rows
        assert max(sizes) <= 4


@given(table=tables(), chunk=st.integers(1, 9))
@settings(max_examples=30)
def test_the_chunks_of_a_table_do_not_show(table: pa.Table, chunk: int) -> None:
    with TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("a", "b")]
        chunked = pa.Table.from_batches(table.to_batches(chunk), schema=table.schema)
        for path, one in zip(paths, (table, chunked), strict=True):
            write_parquet(path, one, TABLE, PLAIN)
        assert paths[0].read_bytes() == paths[1].read_bytes()


@given(table=tables(), keys=st.sets(st.integers(-10, 10)), data=st.data(), layout=LAYOUTS)
@settings(max_examples=60)
def test_a_lookup_finds_what_a_filter_of_the_whole_finds(
    table: pa.Table, keys: set[int], data: st.DataObject, layout: Layout
) -> None:
    positions = sorted(
        data.draw(st.sets(st.sampled_from(range(table.num_rows)))) if len(table) else ()
    )
    with TemporaryDirectory() as folder:
        path = Path(folder) / "t.parquet"
        write_parquet(path, table, TABLE, layout)
        lookup = Lookup(path, TABLE)
        wanted = [line for line in table.to_pylist() if line["key"] in keys]
        assert lookup.where("key", keys).to_pylist() == wanted
        told = lookup.at(positions, ["key", "label"])
        assert told.equals(table.select(["key", "label"]).take(pa.array(positions, pa.int64())))


def rows(keys: Sequence[int]) -> pa.Table:
    lines = [{"key": key, "label": "Keep", "text": f"t{key}", "flag": True} for key in keys]
    return pa.Table.from_pylist(lines, schema=TABLE.arrow())


def test_a_lookup_reads_one_row_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.parquet"
    write_parquet(path, rows(range(40)), TABLE, PLAIN)
    read: list[int] = []
    original = pq.ParquetFile.read_row_groups

    def noted(
        self: pq.ParquetFile, groups: list[int], *args: object, **options: object
    ) -> pa.Table:
        read.extend(groups)
        return original(self, groups, *args, **options)

    monkeypatch.setattr(pq.ParquetFile, "read_row_groups", noted)
    assert Lookup(path, TABLE).where("key", [17]).column("text").to_pylist() == ["t17"]
    assert read == [4]


def test_the_file_tells_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    write_parquet(path, rows(range(8)), TABLE, PLAIN)
    schema = pq.read_schema(path)
    assert schema.metadata[b"keepone.schema_version"] == str(SCHEMA_VERSION).encode()
    assert schema.field("label").type == pa.dictionary(pa.int32(), pa.string())
    assert schema.field("key").type == pa.int32()
    group = pq.read_metadata(path).row_group(0)
    assert [sorting.column_index for sorting in group.sorting_columns] == [0]
    by_name = {group.column(at).path_in_schema: group.column(at) for at in range(group.num_columns)}
    assert "DELTA_BINARY_PACKED" in by_name["key"].encodings
    assert "RLE_DICTIONARY" in by_name["label"].encodings
    assert "RLE_DICTIONARY" not in by_name["text"].encodings
    write_parquet(path, rows(range(8)), TABLE, replace(PLAIN, narrow=False))
    wide = pq.read_schema(path)
    assert (wide.field("label").type, wide.field("key").type) == (pa.string(), pa.int64())


def test_a_file_of_a_newer_release_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    newer = {"keepone.schema_version": str(SCHEMA_VERSION + 1)}
    pq.write_table(rows([1]).replace_schema_metadata(newer), path)
    with pytest.raises(RunError, match="schema version 3, and this release knows up to 2"):
        read_parquet(path, TABLE)


def test_a_file_that_is_written_anew_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    for keys in ([1], [2, 3]):
        write_parquet(path, rows(keys), TABLE, PLAIN)
        assert read_parquet(path, TABLE).column("key").to_pylist() == keys
