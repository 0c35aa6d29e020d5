"""JSON lines: an object a row, with numbers, truths and nulls as such."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import duckdb
import pyarrow as pa

_LINES = "SELECT to_json(batch) AS line FROM batch"


def write_json_lines(path: Path, batches: Iterable[pa.Table]) -> int:
    """Write rows as UTF-8, each on a line of its own; return how many."""
    rows = 0
    with path.open("wb") as file, closing(duckdb.connect(":memory:")) as connection:
        for batch in batches:
            connection.register("batch", batch)
            for (line,) in connection.execute(_LINES).fetchall():
                file.write(line.encode() + b"\n")
            rows += batch.num_rows
    return rows
