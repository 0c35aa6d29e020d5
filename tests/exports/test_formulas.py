"""No cell of a CSV file becomes a formula, and each gives its value back."""
# ruff: noqa: RUF001 - the wide signs are what is tested

from __future__ import annotations

import csv
import re
import tempfile
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepone import InputError, read_export
from keepone.exports.csv_file import write_csv
from keepone.exports.formulas import escaped, escaped_text, unescaped, unescaped_text

_DANGEROUS = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "+1-555-0100",
    "-1+1",
    "-A1",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\x00",
    "\x1b[31m",
    "\x7f",
    "  =1+1",
    "\u00a0=1+1",
    "\ufeff=1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(1)",
    "+",
    "-",
    "+1 (555) 010-0199",
    "-1,5",
    "+1 555\n=1",
]
_HARMLESS = [
    "",
    "Acme",
    "'t Hooft",
    "7-Eleven",
    "a=b",
    "+1 555 010 0199",
    "+15550100199",
    "+33 1.42.68.53.00",
    "-12.50",
    "'",
    "''",
    "'+1 555",
    "(555) 010-0199",
]


@pytest.mark.parametrize("text", _DANGEROUS)
def test_what_a_spreadsheet_would_compute_begins_with_an_apostrophe(text: str) -> None:
    assert escaped_text(text) == f"'{text}"
    assert unescaped_text(f"'{text}") == text


@pytest.mark.parametrize("text", _HARMLESS)
def test_other_text_stays(text: str) -> None:
    assert escaped_text(text) == text
    assert unescaped_text(text) == text


@pytest.mark.parametrize("text", ["'=1", "''=1", "'@x", "'\t"])
def test_an_apostrophe_that_was_there_is_kept(text: str) -> None:
    assert escaped_text(text) == f"'{text}"
    assert unescaped_text(escaped_text(text)) == text


_TEXTS = st.text(alphabet=st.sampled_from("=+-@'\t\r\n\x00 019.,aé＝株\u00a0\""), max_size=6)


@given(_TEXTS)
@settings(max_examples=300)
def test_the_escape_can_be_undone_and_leaves_nothing_active(text: str) -> None:
    cell = escaped_text(text)
    assert unescaped_text(cell) == text
    if re.match(r"[=@\x00-\x1f]", text):
        assert cell[0] == "'"


@given(st.lists(_TEXTS | st.sampled_from(_DANGEROUS + _HARMLESS)))
def test_a_column_is_escaped_as_its_cells_are(texts: list[str]) -> None:
    column = pa.chunked_array([texts], pa.string())
    assert escaped(column).to_pylist() == [escaped_text(text) for text in texts]
    assert unescaped(column).to_pylist() == [unescaped_text(text) for text in texts]


@given(st.lists(st.tuples(st.none() | _TEXTS, st.none() | st.text(max_size=4)), max_size=8))
@settings(max_examples=60)
def test_a_file_gives_every_value_back(rows: list[tuple[str | None, str | None]]) -> None:
    table = pa.table(
        {
            "=name": pa.array([row[0] for row in rows], pa.string()),
            "other": pa.array([row[1] for row in rows], pa.string()),
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        assert write_csv(path, table.schema, [table], raw=False) == len(rows)
        assert read_export(path).to_pylist() == table.to_pylist()
        with path.open(encoding="utf-8", newline="") as file:
            header = next(csv.reader(file))
    assert header == ["'=name", "other"]


def test_raw_is_exact(tmp_path: Path) -> None:
    table = pa.table({"name": pa.array(_DANGEROUS, pa.string())})
    write_csv(tmp_path / "x.csv", table.schema, [table], raw=True)
    with (tmp_path / "x.csv").open(encoding="utf-8", newline="") as file:
        assert [line[0] for line in csv.reader(file)][1:] == _DANGEROUS


def test_what_is_no_csv_file_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read"):
        read_export(tmp_path / "nothing.csv")
