"""Sound files of every format, small, to be damaged afterwards."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

# When workbooks say that they were made: a case is the same bytes whenever it is made.
CREATED = datetime(2026, 1, 1)
HEADER = ("Account ID", "Name", "Phone", "Street", "City", "Zip", "Created")
_CORPUS = Path(__file__).parents[1] / "ingest" / "corpus"
_FIRST = ("Acme", "Zyxel", "Müller & Söhne", "Raistsmoox", "東京電力", 'The "Best"', "ГАЗ")
_LAST = ("Inc", "GmbH", "Ltd.", "", "Holding, LLC", "S.A.", "& Co.\nKG")
_STREETS = ("966 20th St. Ste 30", "Hauptstraße 5", "P.O. Box 17", "", "1-2-3 Chome")
_CITIES = ("Evanston", "Köln", "", "Springfield", "Zürich")


def rows(random: Random, count: int) -> list[list[str]]:
    """Return so many accounts as texts, by `HEADER`."""
    return [
        [
            f"A{number:05}",
            f"{random.choice(_FIRST)} {random.choice(_LAST)}".strip(),
            f"847-555-{random.randrange(10_000):04}" if random.random() < 0.8 else "",
            random.choice(_STREETS),
            random.choice(_CITIES),
            f"{random.randrange(100_000):05}",
            f"20{random.randrange(10, 25)}-0{random.randrange(1, 10)}-11",
        ]
        for number in range(count)
    ]


def delimited(random: Random, delimiter: str = ",", line_end: str = "\n") -> bytes:
    """Return delimited text in UTF-8."""
    text = io.StringIO()
    quoting: Literal[0, 1] = csv.QUOTE_ALL if random.random() < 0.5 else csv.QUOTE_MINIMAL
    writer = csv.writer(text, delimiter=delimiter, lineterminator=line_end, quoting=quoting)
    writer.writerow(HEADER)
    writer.writerows(rows(random, random.randrange(1, 40)))
    return text.getvalue().encode()


def json_lines(random: Random) -> bytes:
    """Return JSON Lines with an object inside each object, and other values than text."""
    lines = []
    for row in rows(random, random.randrange(1, 30)):
        made: dict[str, Any] = dict(zip(HEADER, row, strict=True))
        made["address"] = {"city": made.pop("City"), "zip": int(made.pop("Zip"))}
        made["tags"] = [random.random(), None, True, {"a": "ü"}]
        lines.append(json.dumps(made, ensure_ascii=random.random() < 0.5))
    return "\n".join(lines).encode()


def workbook(random: Random) -> bytes:
    """Return an XLSX file of one or two sheets, with numbers, dates, formulas and merged cells."""
    file = io.BytesIO()
    options = {"in_memory": True, "constant_memory": random.random() < 0.3}
    with xlsxwriter.Workbook(file, options) as book:
        book.set_properties({"created": CREATED})
        dates = book.add_format({"num_format": "yyyy-mm-dd"})
        for _ in range(random.choice((1, 1, 2))):
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, HEADER)
            for at, row in enumerate(rows(random, random.randrange(1, 25)), start=1):
                sheet.write_row(at, 0, row[:5])
                sheet.write_number(at, 5, float(row[5]))
                sheet.write_datetime(at, 6, datetime(2020, 3, at), dates)
            sheet.write_formula(2, 1, '="Ac"&"me"', value=random.choice(("", "Acme", "#N/A")))
            sheet.merge_range(30, 0, 31, 3, "Total")
    return file.getvalue()


@cache
def old_workbook() -> bytes:
    """Return an XLS file."""
    return (_CORPUS / "accounts.xls").read_bytes()


def table(random: Random) -> pa.Table:
    """Return accounts as an Arrow table of many types."""
    made = rows(random, random.randrange(1, 300))
    columns: dict[str, Any] = {
        name: [row[at] or None for row in made] for at, name in enumerate(HEADER)
    }
    count = len(made)
    columns["Zip"] = pa.array([int(row[5]) for row in made], pa.int32())
    columns["Created"] = pa.array([date(2020, 1, 1 + at % 28) for at in range(count)])
    columns["Sum"] = pa.array([Decimal(at) / 4 for at in range(count)], pa.decimal128(20, 4))
    columns["Seen"] = pa.array([datetime(2020, 1, 1 + at % 28) for at in range(count)])
    columns["Tags"] = pa.array([["a"] * (at % 3) for at in range(count)])
    columns["Place"] = pa.array([{"x": at, "y": str(at)} for at in range(count)])
    columns["Kind"] = pa.array(["k"] * count).dictionary_encode()
    columns["Share"] = pa.array([at / 3 for at in range(count)])
    kept = random.sample(sorted(columns), random.randrange(1, len(columns) + 1))
    return pa.table({name: columns[name] for name in kept})


def parquet(random: Random) -> bytes:
    """Return a Parquet file of any compression, encoding and version."""
    sink = pa.BufferOutputStream()
    pq.write_table(
        table(random),
        sink,
        compression=random.choice(("none", "snappy", "gzip", "zstd", "lz4", "brotli")),
        use_dictionary=random.random() < 0.5,
        row_group_size=random.choice((7, 50, 1_000)),
        data_page_version=random.choice(("1.0", "2.0")),
        version=random.choice(("1.0", "2.4", "2.6")),
        store_schema=random.random() < 0.5,
    )
    written: bytes = sink.getvalue().to_pybytes()
    return written
