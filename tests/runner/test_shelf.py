"""Tables kept in memory or mapped from files are the same tables."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepone.shelf import BLOCK_ROWS, Shelf, blocks, row_bytes

_ROWS = st.lists(
    st.tuples(st.one_of(st.none(), st.text(max_size=40)), st.integers(-9, 9)), max_size=60
)
_SCHEMA = pa.schema([("text", pa.string()), ("number", pa.int32())])


def _pieces(rows: list[tuple[str | None, int]], size: int) -> list[pa.Table]:
    return [
        pa.Table.from_pylist(
            [{"text": text, "number": number} for text, number in rows[start : start + size]],
            _SCHEMA,
        )
        for start in range(0, len(rows), size)
    ]


@settings(max_examples=60)
@given(rows=_ROWS, size=st.integers(1, 20), data=st.data())
def test_rows_come_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str | None, int]],
    size: int,
    data: st.DataObject,
) -> None:
    shelf = Shelf(tmp_path_factory.mktemp("shelf") / "spill", 0, block=100)
    expected = pa.Table.from_batches(
        [batch for piece in _pieces(rows, size) for batch in piece.to_batches()], _SCHEMA
    )
    kept = shelf.keep(_SCHEMA, _pieces(rows, size))
    assert kept.equals(expected)
    assert shelf.bytes_in_memory(kept) == 0
    chosen = data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=80)) if rows else []
    positions = np.array(chosen, dtype=np.int64)
    assert shelf.take(kept, positions).equals(expected.take(pa.array(positions)))
    assert Shelf().take(kept, positions).equals(expected.take(pa.array(positions)))


@given(texts=st.lists(st.one_of(st.none(), st.text(max_size=30)), min_size=1, max_size=60))
def test_blocks_hold_all_rows_and_about_their_size(texts: list[str | None]) -> None:
    table = pa.table({"text": pa.array(texts, pa.string())})
    found = list(blocks(table, 100))
    assert pa.concat_tables(found).equals(table)
    assert all(block.num_rows == 1 or row_bytes(block).sum() <= 100 for block in found)


def test_tables_without_text_are_parted_by_rows() -> None:
    table = pa.table({"number": np.zeros(BLOCK_ROWS + 1, dtype=np.int8)})
    assert [block.num_rows for block in blocks(table)] == [BLOCK_ROWS, 1]


def test_a_table_goes_to_a_file_only_when_there_is_no_room(tmp_path: Path) -> None:
    piece = pa.table({"text": ["x" * 1000] * 1000})
    for room, mapped in ((10**9, False), (0, True)):
        shelf = Shelf(tmp_path / str(room), room)
        kept = shelf.keep(piece.schema, [piece, piece])
        assert (shelf.bytes_in_memory(kept) == 0) is mapped
        assert (shelf.joined(kept) is kept) is mapped


@pytest.mark.skipif(sys.platform == "win32", reason="the system keeps files in use")
def test_no_file_outlives_its_table(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "spill", 0)
    kept = shelf.keep(_SCHEMA, _pieces([("a", 1)], 1))
    assert shelf.bytes_in_memory(kept) == 0
    part = kept.column("text").chunk(0)
    del kept
    gc.collect()
    shelf.release()
    assert part.to_pylist() == ["a"]
    assert not list((tmp_path / "spill").iterdir())


def test_a_table_is_given_whole_where_it_fits_and_in_blocks_elsewhere(tmp_path: Path) -> None:
    table = pa.table({"number": pa.array(range(2 * BLOCK_ROWS), pa.int64())})
    (whole,) = Shelf(tmp_path / "roomy", 100_000_000, block=800).pieces(table)
    assert whole is table
    parts = list(Shelf(tmp_path / "narrow", 0, block=800).pieces(table))
    assert len(parts) > 1
    assert pa.concat_tables(parts) == table
