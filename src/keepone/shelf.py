"""Tables too big for memory: written once to a file of the run, then mapped from there.

A mapped table is an Arrow table like any other, but its pages are the file's: the system drops them
when memory is short and reads them again. So the columns that only pass through a run, however
wide, never stand in memory as a whole.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from keepone.files import private_file, private_folder, workspace_errors

Positions: TypeAlias = npt.NDArray[np.integer]

# What is worked on at a time where a table is not: bytes of text, and rows.
BLOCK_BYTES = 16 << 20
BLOCK_ROWS = 1 << 20
# A table that is put in order is parted into parts of so many blocks.
_PART_BLOCKS = 4
# What a cell costs beside its text, about.
_CELL_BYTES = 8
# More text than this does not fit into one Arrow array.
_ARRAY_BYTES = 2**31 - 1


class Shelf:
    """Keeps tables in memory as long as there is room, past that in mapped files.

    `room` is how many bytes Arrow may hold in this process, beside what it held when the shelf was
    made; without a folder there is no end to it. `block` is how many bytes of text are worked on at
    a time past that. Where a table is kept changes nothing about it but
    its chunks. A file is gone as soon as nothing reads it, on systems that remove files in use;
    elsewhere it stays until its folder is removed.
    """

    def __init__(self, folder: Path | None = None, room: int = 0, block: int = BLOCK_BYTES) -> None:
        self.block = block
        self._folder = folder
        self._room = room
        self._before: int = pa.total_allocated_bytes()
        self._files = 0
        self._mapped: WeakKeyDictionary[mmap.mmap, tuple[int, int]] = WeakKeyDictionary()

    def sink(self, schema: pa.Schema) -> Sink:
        """Return a sink for the rows of a new table."""
        return Sink(self, schema, self.block)

    def keep(self, schema: pa.Schema, rows: Iterable[pa.Table]) -> pa.Table:
        """Return the rows, one piece after the other, as a table."""
        sink = self.sink(schema)
        for piece in rows:
            sink.add(piece)
        return sink.table()

    def take(self, table: pa.Table, positions: Positions) -> pa.Table:
        """Return the rows of `table` at `positions`, in that order."""
        if self.fits(table):
            wanted = pa.array(positions)
            columns = [whole(column).take(wanted) for column in table.columns]
            return pa.Table.from_arrays(columns, schema=table.schema)
        return self.keep(table.schema, self._taken(table, positions))

    def _taken(self, table: pa.Table, positions: Positions) -> Iterator[pa.Table]:
        """Give the rows at `positions` in that order, without reading here and there in a file.

        One pass through the table deals its rows out to the parts of the result; then each part,
        small enough to stay in the system's hands, is put in order.
        """
        sizes = np.concatenate([row_bytes(piece) for piece in _by_rows(table)])[positions]
        parts = list(_stretches(sizes, _PART_BLOCKS * self.block))
        ends = np.array([end for _, end in parts])
        buffer = max(1, 2 * self.block // max(1, len(parts)))
        sinks = [Sink(self, table.schema, buffer) for _ in parts]
        dealt: list[list[Positions]] = [[] for _ in parts]
        by_source = np.argsort(positions, kind="stable")
        first, start = 0, 0
        for block in self.blocks(table, self.block):
            start, before = start + block.num_rows, start
            last = int(np.searchsorted(positions, start, sorter=by_source))
            wanted, first = by_source[first:last], last
            owner = np.searchsorted(ends, wanted, side="right")
            for part in np.unique(owner):
                places = wanted[owner == part]
                sinks[part].add(rows_at(block, positions[places] - before))
                dealt[part].append(places)
        for part, (begin, end) in enumerate(parts):
            rows = sinks[part].table()
            self._fetch(rows)
            order = np.argsort(np.concatenate(dealt[part]))
            for low, high in _stretches(sizes[begin:end], self.block):
                yield rows_at(rows, order[low:high])
            self.release()

    def pieces(self, table: pa.Table) -> Iterator[pa.Table]:
        """Give the table whole if another of its size still fits into memory, else in blocks."""
        if self.fits(table):
            yield table
            return
        yield from self.blocks(table, self.block)

    def blocks(self, table: pa.Table, size: int) -> Iterator[pa.Table]:
        """Give the rows in slices as `blocks` does, each read from its file in one go."""
        for block in blocks(table, size):
            self._fetch(block)
            yield block
            self.release()

    def fits(self, table: pa.Table) -> bool:
        """Whether another table of this size has room in memory, each column in one array."""
        size: int = table.nbytes
        return size <= _ARRAY_BYTES and (self._folder is None or self._held() + size <= self._room)

    def rows_at_once(self, table: pa.Table, most: int) -> int:
        """Return how many rows of a table to work on at a time, values of all columns in memory.

        As many as may be, `most`, if the table has room in memory; else so few that they take about
        as much as some blocks, one row at the least.
        """
        if self.fits(table):
            return most
        rows = _PART_BLOCKS * self.block * table.num_rows // max(1, table.nbytes)
        return int(max(1, min(most, rows)))

    def is_full(self) -> bool:
        """Whether new tables go to files."""
        return self._folder is not None and self._held() >= self._room

    def joined(self, table: pa.Table) -> pa.Table:
        """Return a table with one chunk a column, unless it is mapped or too long for that."""
        if self.bytes_in_memory(table) < table.nbytes or table.nbytes > _ARRAY_BYTES:
            return table
        return table.combine_chunks()

    def bytes_in_memory(self, table: pa.Table) -> int:
        """Return what the table costs in memory: mapped columns cost nothing."""
        return sum(
            chunk.nbytes
            for column in table.columns
            for chunk in column.chunks
            if not self._maps(chunk)
        )

    def release(self) -> None:
        """Let go of the mapped pages that were read; they come back when they are read again.

        Where tables go to files, memory is short: what was freed is given back to the system, too,
        which the allocator keeps otherwise, several blocks' worth of it.
        """
        if hasattr(mmap, "MADV_DONTNEED"):  # not every system takes advice
            for file in tuple(self._mapped):
                file.madvise(mmap.MADV_DONTNEED)
        if self._files:
            pa.default_memory_pool().release_unused()

    def _fetch(self, rows: pa.Table) -> None:
        """Have the system read what these rows need: page by page, on demand, costs far more."""
        if not hasattr(mmap, "MADV_WILLNEED"):
            return
        for column in rows.columns:
            for chunk in column.chunks:
                for buffer in filter(None, chunk.buffers()):
                    for file, (start, end) in tuple(self._mapped.items()):
                        if start <= buffer.address < end:
                            at = (buffer.address - start) // mmap.PAGESIZE * mmap.PAGESIZE
                            length = buffer.address - start + buffer.size - at
                            file.madvise(mmap.MADV_WILLNEED, at, length)

    def new_file(self) -> Path:
        """Return the path of a new file, empty and its owner's alone."""
        assert self._folder is not None
        with workspace_errors(self._folder):
            private_folder(self._folder)
        self._files += 1
        path = self._folder / f"table-{self._files}.arrow"
        with workspace_errors(path):
            private_file(path)
        return path

    def map(self, path: Path) -> pa.Table:
        """Return the table in the Arrow file at `path`, mapped; the file belongs to the table."""
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        buffer = pa.py_buffer(mapped)
        self._mapped[mapped] = (buffer.address, buffer.address + buffer.size)
        with suppress(PermissionError):  # a system that keeps open files keeps it for now
            path.unlink()
        with pa.ipc.open_file(buffer) as reader:
            return reader.read_all()

    def _held(self) -> int:
        allocated: int = pa.total_allocated_bytes()
        return max(0, allocated - self._before)

    def _maps(self, chunk: pa.Array) -> bool:
        addresses = [buffer.address for buffer in chunk.buffers() if buffer is not None]
        return any(
            start <= address < end for start, end in self._mapped.values() for address in addresses
        )


class Sink:
    """Takes the rows of one table, piece by piece; writes `buffer` bytes and more at a time."""

    def __init__(self, shelf: Shelf, schema: pa.Schema, buffer: int) -> None:
        self.schema = schema
        self._shelf = shelf
        self._buffer = buffer
        self._pieces: list[pa.Table] = []
        self._bytes = 0
        self._path: Path | None = None
        self._file: pa.NativeFile | None = None
        self._writer: pa.RecordBatchWriter | None = None

    def add(self, rows: pa.Table) -> None:
        """Take further rows; their columns are those of the schema, by place."""
        self._pieces.append(pa.Table.from_arrays(rows.columns, schema=self.schema))
        self._bytes += rows.nbytes
        if self._writer is None and self._shelf.is_full():
            self._open()
        if self._writer is not None and self._bytes >= self._buffer:
            self._write()

    def table(self) -> pa.Table:
        """Return all rows taken; nothing can be added afterwards."""
        if self._path is None or self._writer is None or self._file is None:
            pieces, self._pieces = self._pieces, []
            return pa.concat_tables(pieces or [self.schema.empty_table()])
        self._write()
        with workspace_errors(self._path):
            self._writer.close()
            self._file.close()
        return self._shelf.map(self._path)

    def _open(self) -> None:
        self._path = self._shelf.new_file()
        with workspace_errors(self._path):
            self._file = pa.OSFile(str(self._path), "wb")
            self._writer = pa.ipc.new_file(self._file, self.schema)

    def _write(self) -> None:
        assert self._path is not None
        assert self._writer is not None
        pieces, self._pieces, self._bytes = self._pieces, [], 0
        if not pieces:
            return
        with workspace_errors(self._path):
            for block in blocks(pa.concat_tables(pieces), self._shelf.block):
                self._writer.write_table(block.combine_chunks())
        del pieces
        self._shelf.release()


def blocks(table: pa.Table, size: int = BLOCK_BYTES) -> Iterator[pa.Table]:
    """Give the rows in slices of about `size` bytes of text, at least a row, at most `BLOCK_ROWS`.

    Where they end depends on the text alone, so that files written block by block are the same for
    the same rows.
    """
    for piece in _by_rows(table):
        # What fits whole, as most do, need not be measured row by row.
        most = piece.nbytes + _CELL_BYTES * piece.num_rows * piece.num_columns
        if most <= size or not any(_is_text(column.type) for column in table.columns):
            yield piece
            continue
        for start, end in _stretches(row_bytes(piece), size):
            yield piece.slice(start, end - start)


def row_bytes(table: pa.Table) -> npt.NDArray[np.int64]:
    """Return about how many bytes of memory each row takes; other columns than text are small."""
    sizes = np.full(table.num_rows, _CELL_BYTES * table.num_columns, dtype=np.int64)
    for column in table.columns:
        if _is_text(column.type):
            sizes += pc.fill_null(pc.binary_length(column), 0).to_numpy()
    return sizes


def rows_at(table: pa.Table, positions: Positions) -> pa.Table:
    """Return the rows at `positions`, in that order."""
    columns = [cells_at(column, positions) for column in table.columns]
    return pa.Table.from_arrays(columns, schema=table.schema)


def cells_at(column: pa.ChunkedArray, positions: Positions) -> pa.Array:
    """Return the cells at `positions`, in that order.

    Arrow's own take joins the chunks of a text column first, all of it in memory.
    """
    if column.num_chunks == 1:
        return column.chunk(0).take(pa.array(positions))
    first = np.cumsum([0, *(len(chunk) for chunk in column.chunks)])
    owner = np.searchsorted(first, positions, side="right") - 1
    order = np.argsort(owner, kind="stable")
    edges = np.searchsorted(owner[order], np.arange(column.num_chunks + 1))
    pieces = [
        chunk.take(pa.array(positions[order[edges[at] : edges[at + 1]]] - first[at]))
        for at, chunk in enumerate(column.chunks)
        if edges[at] < edges[at + 1]
    ]
    if not pieces:
        return pa.array([], column.type)
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return pa.concat_arrays(pieces).take(pa.array(back))


def whole(column: pa.ChunkedArray) -> pa.Array:
    """Return a column as one array; taking from one is many times faster than from many."""
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _by_rows(table: pa.Table) -> Iterator[pa.Table]:
    for start in range(0, max(1, table.num_rows), BLOCK_ROWS):
        yield table.slice(start, BLOCK_ROWS)


def _stretches(sizes: Positions, limit: int) -> Iterator[tuple[int, int]]:
    """Give the stretches of rows that take about `limit` bytes each, one at the least."""
    ends = np.cumsum(sizes)
    start = 0
    while start < len(ends):
        before = int(ends[start - 1]) if start else 0
        end = max(start + 1, int(np.searchsorted(ends, before + limit, side="right")))
        yield start, end
        start = end


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


MEMORY = Shelf()
"""Keeps everything in memory."""
