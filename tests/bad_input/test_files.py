"""Files that hold nothing to work on: the answer says which, why, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from .conftest import Keepone

Write = Callable[[str, str | bytes], Path]
HEADER = "Id,Name,City\n"
CORPUS = Path(__file__).parents[1] / "ingest" / "corpus"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.csv", "", "is empty"),
        ("blank.csv", "\n \n\n", "is empty"),
        ("header.csv", HEADER, "no row below it"),
        ("ragged.csv", HEADER + "1,Acme\n2\n", "line 2 of ragged.csv (ragged_row)"),
        ("unfilled.csv", HEADER + ",,\n , ,\n", "none of the 2 rows"),
        ("noise.csv", bytes(n * n * 31 % 251 for n in range(4_000)), "binary data"),
        ("nuls.csv", b"\0" * 4_000, "binary data"),
        ("page.csv", "<!DOCTYPE html><html><body>Log in</body></html>", "a web page"),
        ("list.json", '[{"Name": "Acme"}]', "one JSON list"),
    ],
)
def test_a_file_without_records(
    keepone_run: Keepone, write: Write, name: str, content: str | bytes, said: str
) -> None:
    keepone_run(write(name, content)).refused(name, said)


def test_a_missing_file_is_told_with_the_folder_it_was_looked_for_in(
    keepone_run: Keepone, tmp_path: Path
) -> None:
    keepone_run("accounts.csv").refused("accounts.csv does not exist", str(tmp_path))


def test_a_folder_is_told_with_what_to_name_instead(keepone_run: Keepone, tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    keepone_run("exports").refused("exports is a folder", "exports/*.csv")


def test_a_file_given_twice(keepone_run: Keepone, write: Write) -> None:
    path = write("a.csv", HEADER + "1,Acme,Rome\n2,Beta,Oslo\n")
    keepone_run(path, path.name).refused("given twice")


def test_one_bad_file_among_good_ones_is_named(keepone_run: Keepone, write: Write) -> None:
    good = write("good.csv", HEADER + "1,Acme,Rome\n2,Beta,Oslo\n")
    keepone_run(good, write("bad.csv", "")).refused("bad.csv is empty")


def test_without_a_column_to_compare_the_columns_are_listed(
    keepone_run: Keepone, write: Write
) -> None:
    rows = "".join(f"{n},{n % 2 == 0},x\n" for n in range(40))
    path = write("a.csv", "Id,Is Active,Constant\n" + rows)
    answer = keepone_run(path)
    answer.refused("no column can be compared", "--map FIELD=COLUMN")
    for header in ("Id", "Is Active", "Constant"):
        assert repr(header) in answer.err


def test_a_column_that_was_not_seen_for_a_name_can_be_mapped(
    keepone_run: Keepone, write: Write
) -> None:
    path = write("a.csv", "Key,Zzz\n" + "".join(f"{n},X{n:04d}Y\n" for n in range(40)))
    keepone_run(path).refused("no column can be compared")
    keepone_run(path, "--map", "name=Zzz").took(records=40, rejects=0)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_parquet_file_cut_short(keepone_run: Keepone, tmp_path: Path, share: float) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"Name": [f"Company {n}" for n in range(1_000)]}), path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    keepone_run(path).refused("a.parquet", "Parquet")


@pytest.mark.parametrize("share", [0.2, 0.9])
@pytest.mark.parametrize("name", ["accounts.xlsx", "accounts.xls"])
def test_a_workbook_cut_short(
    keepone_run: Keepone, tmp_path: Path, name: str, share: float
) -> None:
    whole = (CORPUS / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: int(len(whole) * share)])
    keepone_run(name).refused(name, "no whole workbook")


def test_a_workbook_with_a_password(keepone_run: Keepone) -> None:
    keepone_run(CORPUS / "password.xlsx").refused("password.xlsx", "protected by a password")


def test_a_workbook_without_rows_or_without_the_wanted_sheet(
    keepone_run: Keepone, tmp_path: Path
) -> None:
    book: Any = openpyxl.Workbook()
    book.active.title = "Empty"
    book.save(tmp_path / "book.xlsx")
    keepone_run("book.xlsx").refused("book.xlsx is empty")
    book.active.append(["Name", "City"])
    book.active.append(["Acme", "Rome"])
    book.save(tmp_path / "book.xlsx")
    answer = keepone_run("book.xlsx", "--set", "ingest.sheet=March")
    answer.refused("no sheet 'March'", "Its sheets are: Empty")
