"""What a glance at a column costs: a column that is mapped from a file is never read as a whole."""

from __future__ import annotations

import pyarrow as pa

from keepone.kernels.value_shapes import glance


def test_a_glance_takes_no_more_memory_than_the_rows_it_sees() -> None:
    long = "é" * 5_000
    chunks = [pa.array([f"{number} {long}" for number in range(500)]) for _ in range(8)]
    column = pa.chunked_array(chunks)
    pool = pa.proxy_memory_pool(pa.default_memory_pool())
    before = pa.default_memory_pool()
    pa.set_memory_pool(pool)
    try:
        seen = glance(column)
    finally:
        pa.set_memory_pool(before)
    assert 0 < len(seen) < len(column)
    assert pool.max_memory() < column.nbytes
