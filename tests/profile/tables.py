"""Small input tables for the profile stage: records, inputs and headers from rows of text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

Tables = dict[str, pa.Table]


def input_tables(
    headers: Sequence[str],
    rows: Sequence[Sequence[str | None]],
    ids: Sequence[str] | None = None,
    datasets: Sequence[str] | None = None,
) -> Tables:
    """Return the tables that ingest would make; the first column is the record id unless given."""
    keys = [str(row[0]) for row in rows] if ids is None else list(ids)
    parts = [""] * len(rows) if datasets is None else list(datasets)
    order = sorted(range(len(rows)), key=lambda index: (parts[index], keys[index]))
    count = len(rows)
    row_numbers = pa.array(range(count), pa.int32())
    columns = [f"c{index:03d}" for index in range(len(headers))]
    cells = {
        column: pa.array([rows[row][index] or None for row in order], pa.string())
        for index, column in enumerate(columns)
    }
    return {
        "records": pa.table(
            {
                "row": row_numbers,
                "dataset": pa.array([parts[row] for row in order], pa.string()),
                "record_id": pa.array([keys[row] for row in order], pa.string()),
                "source_file": pa.array(["accounts.csv"] * count, pa.string()),
            }
        ),
        "inputs": pa.table({"row": row_numbers, **cells}),
        "headers": pa.table({"column": columns, "header": list(headers)}),
    }


def files_together(
    files: Mapping[str, tuple[Sequence[str], Sequence[Sequence[str | None]]]],
) -> Tables:
    """Return the tables of several files with different headers; each row's first cell is its id.

    An id that stands in two files is qualified by the file's name, as ingest does.
    """
    headers = list(dict.fromkeys(header for names, _ in files.values() for header in names))
    given = [str(row[0]) for _, rows in files.values() for row in rows]
    rows, ids, datasets = [], [], []
    for name, (names, cells) in files.items():
        for row in cells:
            held = dict(zip(names, row, strict=True))
            rows.append([held.get(header) for header in headers])
            clash = len(set(given)) < len(given)
            ids.append(f"{name}:{row[0]}" if clash else str(row[0]))
            datasets.append(name)
    return input_tables(headers, rows, ids, datasets)


def written_tables() -> Mapping[str, dict[str, Any]]:
    """Return the tables of `tables.yaml` by name."""
    text = Path(__file__).with_name("tables.yaml").read_text(encoding="utf-8")
    tables: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return tables


def parse_rows(text: str) -> tuple[list[str], list[list[str]]]:
    """Return the headers and rows of a table written with bars."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return lines[0], lines[1:]
