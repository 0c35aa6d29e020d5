"""The same three accounts, in a file of each kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Run

CORPUS = Path(__file__).with_name("corpus")
READABLE = sorted(
    path.name for path in CORPUS.iterdir() if path.name not in {".gitattributes", "password.xlsx"}
)


@pytest.mark.parametrize("name", READABLE)
def test_every_kind_of_file_gives_the_same_records(run: Run, name: str) -> None:
    found = run(CORPUS / name)
    assert found.rejects == []
    fallback = ["1 line not in UTF-8"] if name in {"windows1252.csv", "latin1.csv"} else []
    assert [note.split(": ")[1].split(", ")[0] for note in found.notes] == fallback
    assert found.ids == ["001A000000AAAAAIA5", "001A000000AAAABIA5", "001A000000AAAACIA5"]
    assert found.headers == [
        "Account ID", "Account Name", "Phone", "Billing Postal Code", "Created Date", "Active",
    ]  # fmt: skip
    assert found.column("Account ID") == ["001A000000AAAAA", "001A000000AAAAB", "001A000000AAAAC"]
    assert found.column("Account Name") == [
        "Northwind Bakery, Inc.", "Müller & Söhne GmbH", 'Quillfeather "Q" Books',
    ]  # fmt: skip
    assert found.column("Phone") == ["5551234567"] * 3
    assert found.column("Billing Postal Code") == ["02134", "10115", "10001"]
    assert found.column("Created Date") == ["2021-03-05", "2020-11-30", "2019-07-01"]
    assert found.column("Active") == ["true", "false", "true"]
    assert found.tables["records"].column("source_file").to_pylist() == [name] * 3


def test_files_with_the_same_columns_are_one_dataset(run: Run) -> None:
    found = run([CORPUS / "comma.csv", CORPUS / "typed.parquet"])
    assert found.tables["records"].column("dataset").to_pylist() == [""] * 3
    assert [line["code"] for line in found.rejects] == ["repeated_id"] * 3
