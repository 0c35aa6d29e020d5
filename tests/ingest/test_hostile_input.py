"""Input that was made to do harm, or might as well have been: limits, and values no one expects."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from keepone.errors import InputError, SettingsError
from keepone.readers.workbook import read_workbook
from keepone.readers.workbook_child import GAP
from keepone.settings import IngestSettings
from tests.fuzz.book_cases import size_bomb, span_bomb

from .conftest import Run

Write = Callable[[str, str | bytes], Path]


def test_times_that_no_calendar_has_are_the_numbers_that_stand_there(
    run: Run, tmp_path: Path
) -> None:
    far = pa.array([2**62, 0, None], pa.int64())
    table = pa.table(
        {
            "Name": ["a", "b", "c"],
            "Us": far.cast(pa.timestamp("us")),
            "Ms": far.cast(pa.timestamp("ms", "UTC")),
            "Day": pa.array([2**31 - 1, 0, None], pa.int32()).cast(pa.date32()),
            "Zone": pa.array([0, 0, None]).cast(pa.timestamp("us", "Nowhere/At_All")),
            "In": pa.StructArray.from_arrays([far.cast(pa.timestamp("us"))], ["x"]),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    found = run(tmp_path / "a.parquet")
    rows = {found.column("Name")[at]: at for at in range(3)}
    told = {
        header: (found.column(header)[rows["a"]], found.column(header)[rows["b"]])
        for header in found.headers[1:]
    }
    assert told == {
        "Us": (str(2**62), "1970-01-01"),
        "Ms": (str(2**62), "1970-01-01T00:00:00+00:00"),
        "Day": (str(2**31 - 1), "1970-01-01"),
        "Zone": ("1970-01-01T00:00:00+00:00", "1970-01-01T00:00:00+00:00"),
        "In": (f'{{"x": "{2**62}"}}', '{"x": "1970-01-01"}'),
    }


def test_text_in_parquet_that_is_not_utf_8_is_read_and_told(run: Run, tmp_path: Path) -> None:
    written = ["Müller".encode("cp1252"), "Zürich".encode(), b"Acme"]
    ends = np.cumsum([0, *map(len, written)]).astype(np.int32)
    buffers = [None, pa.array(ends).buffers()[1], pa.py_buffer(b"".join(written))]
    names = pa.Array.from_buffers(pa.string(), 3, buffers)
    inside = pa.StructArray.from_arrays([names], ["x"])
    pq.write_table(pa.table({"Name": names, "In": inside}), tmp_path / "a.parquet")
    found = run(tmp_path / "a.parquet")
    assert set(found.column("Name")) == {"Müller", "Zürich", "Acme"}
    assert '{"x": "Müller"}' in found.column("In")
    assert [note for note in found.notes if "not in UTF-8, read as Windows-1252" in note]


def test_more_columns_than_any_table_has(run: Run, write: Write) -> None:
    header = ",".join(f"c{at}" for at in range(6_000))
    with pytest.raises(InputError, match="more than 5,000 columns"):
        run(write("a.csv", f"{header}\n{header}\n"))
    lines = "\n".join(f'{{"key {at}": 1}}' for at in range(6_000))
    with pytest.raises(InputError, match="more than 5,000 columns"):
        run(write("a.jsonl", lines))


def test_many_columns_without_a_name_are_told_shortly(run: Run, write: Write) -> None:
    found = run(write("a.csv", "Name" + ",Name" * 40 + "," * 40 + "\n" + "x," * 80 + "x\n"))
    assert len(set(found.headers)) == 81
    assert all(len(note) < 300 for note in found.notes)
    assert "and 30 more" in "".join(found.notes)


def test_lists_in_lists_without_end_cost_their_row(run: Run, write: Write) -> None:
    deep = "[" * 101 + "]" * 101
    found = run(write("a.jsonl", f'{{"n": "a"}}\n{{"n": {deep}}}\n{{"n": {deep[2:-2]}}}\n'))
    assert found.codes == [(2, "deep_json")]


@pytest.mark.parametrize("encoding", ["idna", "punycode", "undefined", "unicode_escape", "zlib"])
def test_codecs_that_no_file_is_written_in(run: Run, write: Write, encoding: str) -> None:
    with pytest.raises(SettingsError, match="no text encoding"):
        run(write("a.csv", "Id,Name\n1,a\n"), encoding=encoding)


def test_half_a_surrogate_pair_in_utf_7_costs_its_row(run: Run, write: Write) -> None:
    found = run(write("a.csv", "Id,Name\n1,+2AA-\n2,b\n"), encoding="utf-7")
    assert found.codes == [(2, "bad_encoding")]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_no_file(run: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(InputError, match="a device or a pipe"):
        run(tmp_path / "pipe.csv")


def test_a_header_longer_than_the_sample_decides_the_delimiter(run: Run, write: Write) -> None:
    header = ",".join(f'"a;{at}\n{"x" * 20}"' for at in range(3_000))
    found = run(write("a.csv", f"{header}\n{','.join('v' * 3_000)}\n"))
    assert len(found.headers) == 3_000
    assert len(found.ids) == 1


def test_a_cell_far_below_the_others(run: Run, write: Write) -> None:
    found = run(write("a.xlsx", span_bomb("A1048576")))
    assert found.rows == len(found.ids) == 1
    assert "1,048,574 blank rows were passed over" in found.notes[0]
    assert "from row 2 to 1,048,575" in found.notes[0]


def test_gaps_that_people_leave_are_rows(run: Run, tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Id", "Name"])
        sheet.write_row(GAP + 1, 0, ["1", "a"])
    found = run(tmp_path / "a.xlsx")
    assert found.ids == ["1"]
    assert [code for _, code in found.codes] == ["empty_row"] * GAP


def test_a_small_workbook_has_little_time(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keepone.readers.workbook._LEAST_SECONDS", 1)
    path = write("a.xlsx", size_bomb(600, filling=b"<row/>"))
    with pytest.raises(InputError, match="within 1 seconds"):
        read_workbook(path, "a.xlsx", IngestSettings(), [])


def test_a_small_workbook_has_little_memory(run: Run, write: Write) -> None:
    with pytest.raises(InputError, match="needs more than 2,048 MB"):
        run(write("a.xlsx", span_bomb("XFD1048576")))
