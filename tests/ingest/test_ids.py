"""Record ids: found, lengthened, made, and unique."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepone.errors import InputError
from keepone.kernels.salesforce_ids import are_salesforce_ids, eighteen, lengthened
from keepone.readers.id_headers import id_candidates

from .conftest import Run

Write = Callable[[str, str | bytes], Path]
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def test_checksums() -> None:
    given_ids = pa.array(
        ["001D000000IRt53", "001D000000IRt53IAD", "001d000000irt53IAD", None, "", "A-7"]
    )
    ids, sound = eighteen(given_ids)
    assert ids.to_pylist() == [
        "001D000000IRt53IAD", "001D000000IRt53IAD", "001d000000irt53IAD", None, "", "A-7",
    ]  # fmt: skip
    assert sound.to_pylist() == [True, True, False, True, True, True]


@given(st.lists(st.text(_LETTERS, min_size=15, max_size=15), min_size=1))
def test_lengthened_ids_stand_and_a_change_of_case_shows(short: list[str]) -> None:
    long, _ = eighteen(pa.array(short, pa.string()))
    again, sound = eighteen(long)
    assert again.equals(long)
    assert all(sound.to_pylist())
    assert [text[:15] for text in long.to_pylist()] == short
    assert are_salesforce_ids(long)
    swapped = [text[:15].swapcase() + text[15:] for text in long.to_pylist()]
    _, sound = eighteen(pa.array(swapped, pa.string()))
    assert sound.to_pylist() == [not any(c.isalpha() for c in text) for text in short]


@given(st.sampled_from(["001", "00Q", "a0B"]), st.text(_LETTERS, min_size=12, max_size=12))
def test_one_id_is_lengthened_as_a_column_is(prefix: str, rest: str) -> None:
    short = prefix + rest
    (long,) = eighteen(pa.array([short]))[0].to_pylist()
    assert lengthened(short) == (short if short.isdigit() else long)
    assert lengthened(long) == long


@pytest.mark.parametrize("text", ["", "A-7", "001D000000IRt53\n", "555D000000IRt53", "1" * 15])
def test_what_may_be_no_id_keeps_its_length(text: str) -> None:
    assert lengthened(text) == text


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (["001D000000IRt53", "001D000000IRt5a"], True),
        (["a0X000000IRt53Q", "a0X000000IRt5aQ"], True),
        (["001D000000IRt53IAD", "001D000000IRt53"], True),
        (["001D000000IRt53XXX", "001D000000IRt53"], False),
        (["abcdefghijklmno", "zbcdefghijklmno"], False),
        (["001000000000001", "001000000000002"], False),
        (["17", "18"], False),
        ([None], False),
    ],
)
def test_which_columns_are_taken_for_salesforce_ids(ids: list[str], expected: bool) -> None:
    assert are_salesforce_ids(pa.array(ids, pa.string())) is expected


def test_ids_of_15_and_18_characters_are_the_same(run: Run, write: Write) -> None:
    rows = (
        "001D000000IRt53,a,\n001D000000IRt53IAD,a,b\n001D000000IRt5aIAD,c,d\n001D000000IRt5b,e,f\n"
    )
    found = run(write("a.csv", "Id,Name,City\n" + rows))
    assert found.ids == ["001D000000IRt53IAD", "001D000000IRt5aIAD", "001D000000IRt5bIAD"]
    assert found.column("City") == ["b", "d", "f"]
    assert found.codes == [(2, "repeated_id")]
    assert found.rejects[0]["column"] == "Id"


def test_an_id_whose_checksum_fails_is_rejected(run: Run, write: Write) -> None:
    rows = "001D000000IRt53IAD,a\n001D000000IRT53IAD,b\n001D000000IRt5aIAD,c\n"
    found = run(write("a.csv", "Id,Name\n" + rows))
    assert found.ids == ["001D000000IRt53IAD", "001D000000IRt5aIAD"]
    assert found.codes == [(3, "bad_id_checksum")]


def test_missing_ids_are_made_from_the_content(run: Run, write: Write) -> None:
    first = run(write("a.csv", "Id,Name,City\n1,a,b\n2,c,d\n3,g,h\n,e,f\n ,e,f\n,e,g\n"))
    made = [record_id for record_id in first.ids if record_id.startswith("auto-")]
    assert len(made) == 3
    assert sum(record_id.endswith("-2") for record_id in made) == 0
    assert first.rejects == []
    second = run(write("b.csv", "Id,City,Name,Fax\n9,x,y,\n8,,,1\n7,,,2\n,f,e,\n,f,e,\n"))
    assert set(made) & set(second.ids)
    assert sum(record_id.endswith("-2") for record_id in second.ids) == 1


def test_of_repeated_ids_the_fullest_row_is_kept(run: Run, write: Write) -> None:
    found = run(write("a.csv", "Id,Name,City\n1,a,\n1,z,y\n1,b,y\n2,c,d\n3,e,f\n4,g,h\n"))
    assert found.column("Name") == ["b", "c", "e", "g"]
    assert found.codes == [(2, "repeated_id"), (3, "repeated_id")]


def test_a_column_that_repeats_its_values_is_no_id(run: Run, write: Write) -> None:
    rows = "".join(f"{row % 10},n{row},k{row}\n" for row in range(100))
    found = run(write("a.csv", "Customer ID,Name,Provider ID\n" + rows))
    assert found.rejects == []
    assert found.ids == sorted(f"k{row}" for row in range(100))
    foreign = run(write("b.csv", "Parent ID,Name\n" + rows.replace(",k", "k")))
    assert all(record_id.startswith("auto-") for record_id in foreign.ids)


@pytest.mark.parametrize("header", ["Kundennummer", "Account Number", "Customer No.", "Nr."])
def test_a_number_that_no_other_record_has_is_the_id(run: Run, write: Write, header: str) -> None:
    assert run(write("a.csv", f"Name,{header}\na,70\nb,71\nc,72\n")).ids == ["70", "71", "72"]
    repeated = run(write("b.csv", f"Name,{header}\na,70\nb,70\nc,72\n"))
    assert repeated.rejects == []
    assert all(record_id.startswith("auto-") for record_id in repeated.ids)


def test_rows_without_an_id_may_have_columns_by_the_thousand(run: Run, write: Write) -> None:
    header = ",".join(f"Column {column}" for column in range(1_500))
    row = ",".join("x" for _ in range(1_500))
    assert len(run(write("a.csv", f"{header}\n{row}\n{row}\n")).ids) == 2


def test_the_setting_decides(run: Run, write: Write) -> None:
    path = write("a.csv", "Id,Code\n1,x\n2,y\n")
    assert run(path, id_column="Code").ids == ["x", "y"]
    with pytest.raises(InputError, match="no input has a column 'Key'") as caught:
        run(path, id_column="Key")
    assert "Id, Code" in (caught.value.hint or "")


def test_candidates_in_order() -> None:
    headers = ("Name", "HQ Id", "Account ID", "Record ID", "Valid", "legacy_key__c", "CompanyID")
    assert id_candidates(headers) == (
        "Record ID", "Account ID", "CompanyID", "HQ Id", "legacy_key__c",
    )  # fmt: skip
