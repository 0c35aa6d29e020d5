"""Parquet: a table of the run with its declared types, for other programs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

# Others read a file from one end to the other: larger row groups than those of a run serve them.
_GROUP_ROWS = 1 << 17
_GROUP_BYTES = 64 << 20


def write_parquet_file(path: Path, schema: pa.Schema, batches: Iterable[pa.Table]) -> int:
    """Write rows in row groups of some megabytes; return how many."""
    rows = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        held: list[pa.Table] = []
        for batch in batches:
            held.append(batch.cast(schema))
            rows += batch.num_rows
            if (
                sum(table.num_rows for table in held) >= _GROUP_ROWS
                or sum(table.nbytes for table in held) >= _GROUP_BYTES
            ):
                writer.write_table(pa.concat_tables(held))
                held = []
        if held:
            writer.write_table(pa.concat_tables(held))
    return rows
