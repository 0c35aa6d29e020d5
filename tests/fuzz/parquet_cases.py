"""Malformed Parquet: damaged pages, footers that lie, types and values that few writers make."""

from __future__ import annotations

from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.fuzz import sound
from tests.fuzz.case import Case, Maker
from tests.fuzz.damage import damaged

_LIES = (0, -1, 1, 7, 127, 128, 2**20, 2**31 - 1, 2**31, -(2**31), 2**40, 2**62, 2**63 - 1)


def _damaged(random: Random) -> Case:
    content = damaged(random, sound.parquet(random))
    return Case("damaged Parquet", ".parquet", content)


def _damaged_inside(random: Random) -> Case:
    """Pages or footer are damaged, and the marks at both ends still stand."""
    content = sound.parquet(random)
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    pages, metadata = content[4:footer], content[footer:-8]
    if random.random() < 0.5:
        pages = damaged(random, pages)
    else:
        metadata = damaged(random, metadata)
    return Case("Parquet damaged inside", ".parquet", _joined(pages, metadata))


def _lying(random: Random) -> Case:
    """Numbers of the footer or of page headers say something else: sizes, counts, offsets, types.

    They are written as variable-length integers, seven bits a byte.
    """
    content = sound.parquet(random)
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    parts = [bytearray(content[4:footer]), bytearray(content[footer:-8])]
    for _ in range(random.choice((1, 1, 1, 2))):
        part = parts[random.random() < 0.8]
        at = random.randrange(len(part))
        end = at
        while end < len(part) - 1 and part[end] & 0x80:
            end += 1
        part[at : end + 1] = _varint(random.choice(_LIES))
    return Case("Parquet that lies", ".parquet", _joined(*map(bytes, parts)))


def _varint(value: int) -> bytes:
    """Return a signed number as Thrift's compact protocol writes it."""
    rest = (value << 1) ^ (value >> 63)
    digits = bytearray()
    while rest > 0x7F:
        digits.append(rest & 0x7F | 0x80)
        rest >>= 7
    digits.append(rest)
    return bytes(digits)


def _joined(pages: bytes, metadata: bytes) -> bytes:
    return b"PAR1" + pages + metadata + len(metadata).to_bytes(4, "little") + b"PAR1"


def _array(random: Random) -> pa.Array:
    """Return three values of a type that a table of accounts seldom has, some past what fits."""
    offsets = pa.array([0, 2, 4, 6], pa.int32()).buffers()[1]
    buffers = [None, offsets, pa.py_buffer(b"\xff\xfe\xed\xa0ab")]
    bad_text = pa.Array.from_buffers(pa.string(), 3, buffers)
    far = [2**62, -(2**62), None]
    made: tuple[Any, ...] = (
        lambda: bad_text.slice(0),
        bad_text.dictionary_encode,
        lambda: pa.ListArray.from_arrays(pa.array([0, 1, 2, 3], pa.int32()), bad_text),
        lambda: pa.StructArray.from_arrays([bad_text], ["x"]),
        lambda: pa.array(far, pa.int64()).cast(pa.timestamp("us")),
        lambda: pa.array(far, pa.int64()).cast(pa.timestamp("ns")),
        lambda: pa.array(far, pa.int64()).cast(pa.timestamp("ms", "UTC")),
        lambda: pa.array([0, 1, None]).cast(pa.timestamp("us", "Nowhere/At_All")),
        lambda: pa.array([2**31 - 1, -(2**31), None], pa.int32()).cast(pa.date32()),
        lambda: pa.array(far, pa.int64()).cast(pa.date64(), safe=False),
        lambda: pa.array([2**62, -5, None], pa.int64()).cast(pa.time64("us")),
        lambda: pa.array([2**31 - 1, -5, None], pa.int32()).cast(pa.time32("ms")),
        lambda: pa.array([2**62, -(2**62), None], pa.int64()).cast(pa.duration("us")),
        lambda: pa.array([2**64 - 1, 0, None], pa.uint64()),
        lambda: pa.array([float("nan"), float("inf"), -0.0]),
        lambda: pa.array([1e308, 5e-324, None]),
        lambda: pa.array([1.5, float("nan"), None]).cast(pa.float16()),
        lambda: pa.array([b"\xff\0", b"", None], pa.binary()),
        lambda: pa.array([b"abcd", b"\xff\0\xff\0", None], pa.binary(4)),
        lambda: pa.array([[("a", 1)], [], None], pa.map_(pa.string(), pa.int64())),
        lambda: pa.array([[[1], None], [], None]),
        lambda: pa.array([{"a": [{"b": b"\xff"}]}, {}, None]),
        lambda: pa.nulls(3),
        lambda: pa.array(["a\0b", "\ufeff", None], pa.large_string()),
        lambda: pa.array(["1", "2", None]).cast(pa.decimal256(70, 3)),
        lambda: pa.array([True, False, None]),
    )
    return random.choice(made)()


def _odd_types(random: Random) -> Case:
    """Types and values that Arrow holds, and Python's own types do not, or text that is none."""
    count = random.randrange(1, 6)
    names = [random.choice(("a", "", "Name", "a\0", "\x1b[31m", "k" * 9_000)) for _ in range(count)]
    columns = [pa.array(["Acme", "Zyxel", "Beta"]), *(_array(random) for _ in range(count))]
    sink = pa.BufferOutputStream()
    table = pa.Table.from_arrays(columns, ["Company", *names])
    try:
        pq.write_table(table, sink, store_schema=random.random() < 0.7)
    except pa.ArrowException:
        # The format has no such type, or not this value of it.
        return _damaged_inside(random)
    return Case("odd Parquet types", ".parquet", sink.getvalue().to_pybytes(), 3)


def _deep_type(random: Random) -> Case:
    """Lists in lists, or objects in objects, many levels deep."""
    values = pa.array(["x", None, "y"])
    for _ in range(random.choice((5, 60, 400))):
        if random.random() < 0.5:
            values = pa.StructArray.from_arrays([values], ["f"])
        else:
            values = pa.ListArray.from_arrays(pa.array(range(len(values) + 1), pa.int32()), values)
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"Name": ["a", "b", "c"], "Deep": values}), sink)
    return Case("deep Parquet type", ".parquet", sink.getvalue().to_pybytes(), 3)


def _page_bomb(random: Random) -> Case:
    """A small file of many values that are all one."""
    count = random.choice((100_000, 300_000))
    value = random.choice(("", "x" * 10, None))
    sink = pa.BufferOutputStream()
    table = pa.table({"Name": pa.array([value] * count, pa.string()), "No": range(count)})
    pq.write_table(table.select(["Name"]), sink, compression="zstd")
    return Case("Parquet of one value", ".parquet", sink.getvalue().to_pybytes(), count)


def _often(random: Random) -> Case:
    if random.random() < 0.03:
        return random.choice((_deep_type, _page_bomb))(random)
    return random.choice((_lying, _lying, _damaged_inside))(random)


PARQUET_MAKERS: tuple[Maker, ...] = (_damaged, _damaged_inside, _lying, _often, _odd_types)
