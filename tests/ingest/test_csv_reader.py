"""Delimited text: the fast way, the careful way and the reference read the same."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepone.errors import InputError
from keepone.readers.csv_reader import read_csv
from keepone.readers.source import Sheet
from keepone.reference.ingest import csv_rows
from keepone.settings import IngestSettings

_SETTINGS = IngestSettings(delimiter=",")
_PIECES = st.sampled_from(
    ['"', '""', ",", "\n", "\r\n", "\r", "a", "bc", "é", " ", '",', ',"', '"\n', "1,2,3\n", "\n\n"]
)
_CELLS = st.text(st.sampled_from('ab",\n\r é'), max_size=4)


def _read(text: str, block: int = 1 << 20) -> Sheet:
    return read_csv(io.BytesIO(text.encode()), "f", _SETTINGS, [], block=block)


def _outcome(sheet: Sheet) -> list[tuple[int, list[str] | str]]:
    rows = [list(row.values()) for row in sheet.cells.to_pylist()]
    kept = list(zip(sheet.source_rows.to_pylist(), rows, strict=True))
    return sorted(
        [*kept, *((reject.source_row, reject.code) for reject in sheet.rejects)],
        key=lambda item: item[0],
    )


def _expected(text: str) -> list[tuple[int, list[str | None] | str]]:
    outcome: list[tuple[int, list[str | None] | str]] = []
    for line, cells in csv_rows(text, delimiter=",")[1:]:
        if cells is None:
            outcome.append((line, "broken_quotes"))
        elif not any(cell.strip() for cell in cells):
            outcome.append((line, "empty_row"))
        elif len(cells) != 3:
            outcome.append((line, "ragged_row"))
        else:
            outcome.append((line, [cell or None for cell in cells]))
    return outcome


@settings(max_examples=300)
@given(st.lists(_PIECES, max_size=24).map("".join), st.integers(1, 40))
def test_any_text_is_read_as_the_reference_reads_it(body: str, block: int) -> None:
    text = "x,y,z\n" + body
    assert _outcome(_read(text)) == _expected(text)
    assert _outcome(_read(text, block)) == _expected(text)


@settings(max_examples=100)
@given(st.lists(st.tuples(_CELLS, _CELLS, _CELLS), max_size=8), st.booleans(), st.integers(1, 40))
def test_what_is_written_well_comes_back(
    rows: list[tuple[str, str, str]], all_quoted: bool, block: int
) -> None:
    def cell(text: str) -> str:
        if all_quoted or set(text) & set('",\r\n'):
            return '"' + text.replace('"', '""') + '"'
        return text

    text = "x,y,z\n" + "".join(",".join(map(cell, row)) + "\r\n" for row in rows)
    sheet = _read(text, block)
    expected = [[part or None for part in row] for row in rows if any(p.strip() for p in row)]
    assert [list(row.values()) for row in sheet.cells.to_pylist()] == expected
    assert {reject.code for reject in sheet.rejects} <= {"empty_row"}


def test_a_quote_that_is_never_closed_is_given_up_within_reach() -> None:
    text = 'x,y,z\n1,"a,b\n' + "2,c,d\n" * 2_000
    sheet = read_csv(io.BytesIO(text.encode()), "f", _SETTINGS, [], block=512, reach=2_048)
    assert sheet.cells.num_rows == 2_000
    assert [(reject.source_row, reject.code) for reject in sheet.rejects] == [(2, "broken_quotes")]


def test_many_faults_far_apart_and_close_together() -> None:
    good = "1,a,b\n" * 30_000
    faults = '2,"c" d,e\n' * 3_000
    text = "x,y,z\n" + (good + faults) * 2 + good
    sheet = _read(text, 1 << 16)
    assert sheet.cells.num_rows == 90_000
    assert len(sheet.rejects) == 6_000
    assert sheet.rejects[0].source_row == 30_002
    assert sheet.source_rows[-1].as_py() == 96_001


def test_lines_are_counted_through_cells_of_several_lines() -> None:
    sheet = _read('x,y,z\n1,"a\nb\r\nc",d\n\n2,e,f\n3\n')
    assert sheet.source_rows.to_pylist() == [2, 6]
    assert [reject.source_row for reject in sheet.rejects] == [7]


def test_nothing_but_line_ends_is_empty() -> None:
    with pytest.raises(InputError, match="is empty"):
        _read("\r\n\n")
