"""Rows and cells that are no records: each is a reject with its place, and the rest goes ahead."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Answer, Keepone

Write = Callable[[str, str | bytes], Path]
HEADER = "Id,Name,City\n"


def rejected(answer: Answer) -> list[tuple[int, str]]:
    return [(int(reject["row"]), reject["code"]) for reject in answer.rejects]


def test_ragged_rows(keepone_run: Keepone, write: Write) -> None:
    body = "1,Acme,Rome\n2,Beta\n3,Gamma,Oslo,Norway\n4,Delta,Bern\n"
    answer = keepone_run(write("a.csv", HEADER + body))
    answer.took(records=2, rejects=2)
    assert rejected(answer) == [(3, "ragged_row"), (4, "ragged_row")]
    assert [reject["raw"] for reject in answer.rejects] == ["2,Beta", "3,Gamma,Oslo,Norway"]
    assert "2 ragged row" in answer.out


def test_broken_quotes(keepone_run: Keepone, write: Write) -> None:
    body = '1,"Acme,Rome\n2,Beta,Oslo\n3,"Gamma" Ltd,Bern\n4,"Delta ""D"" Co",Wien\n'
    answer = keepone_run(write("a.csv", HEADER + body))
    answer.took(records=2, rejects=2)
    assert rejected(answer) == [(2, "broken_quotes"), (4, "broken_quotes")]
    assert {record["Name"] for record in answer.records} == {"Beta", 'Delta "D" Co'}


def test_nul_bytes(keepone_run: Keepone, write: Write) -> None:
    body = "1,Acme\0 Inc,Rome\n2,Beta,Oslo\n3,Gamma,Bern\n"
    answer = keepone_run(write("a.csv", HEADER + body))
    answer.took(records=2, rejects=1)
    assert rejected(answer) == [(2, "nul_byte")]
    assert answer.rejects[0]["column"] == "Name"


def test_mixed_encodings_are_read_and_told(keepone_run: Keepone, write: Write) -> None:
    text = HEADER.encode() + "1,Müller,Köln\n".encode() + "2,Möller,Fürth\n".encode("cp1252")
    answer = keepone_run(write("a.csv", text))
    answer.took(records=2, rejects=0)
    assert {record["Name"] for record in answer.records} == {"Müller", "Möller"}
    assert "read as Windows-1252" in answer.out


def test_the_wrong_encoding_loses_no_row(keepone_run: Keepone, write: Write) -> None:
    path = write("a.csv", (HEADER + "1,Müller,Ulm\n2,Moll,Ulm\n3,Noll,Jena\n").encode("cp1252"))
    answer = keepone_run(path, "--set", "ingest.encoding=utf-8")
    answer.took(records=2, rejects=1)
    assert rejected(answer) == [(2, "bad_encoding")]


def test_an_unknown_encoding(keepone_run: Keepone, write: Write) -> None:
    path = write("a.csv", HEADER + "1,Acme,Rome\n")
    answer = keepone_run(path, "--set", "ingest.encoding=klingon")
    answer.refused("ingest.encoding", "'klingon'")


def test_a_cell_of_a_megabyte(keepone_run: Keepone, write: Write) -> None:
    body = f"1,{'x' * 1_000_000},Rome\n2,Beta,Oslo\n3,Gamma,Bern\n"
    path = write("a.csv", HEADER + body)
    answer = keepone_run(path)
    answer.took(records=2, rejects=1)
    assert rejected(answer) == [(2, "cell_too_long")]
    assert len(answer.rejects[0]["raw"]) == 2_000
    assert len(answer.out + answer.err) < 5_000


def test_a_cell_of_a_megabyte_that_is_allowed(keepone_run: Keepone, write: Write) -> None:
    long = "word " * 200_000
    path = write("a.csv", f"{HEADER}1,Acme,Rome\n2,{long},Oslo\n3,Gamma,Bern\n")
    answer = keepone_run(path, "--set", "ingest.max_cell=2000000")
    answer.took(records=3, rejects=0)
    assert max(len(record["Name"]) for record in answer.records) == len(long)


def test_a_header_of_a_megabyte_is_not_printed_whole(keepone_run: Keepone, write: Write) -> None:
    path = write("a.csv", f"Id,{'N' * 1_000_000},Name\n1,a,Acme\n2,b,Beta\n")
    answer = keepone_run(path)
    answer.took(records=2, rejects=0)
    assert len(answer.out) < 5_000


def test_columns_by_the_hundred(keepone_run: Keepone, write: Write) -> None:
    names = [f"Custom {n}" for n in range(400)]
    lines = [",".join(["Id", "Name", *names])]
    lines += [",".join([f"{n}", f"Company {n}", *["x"] * len(names)]) for n in range(4)]
    lines += [lines[-1]]
    answer = keepone_run(write("a.csv", "\n".join(lines)))
    answer.took(records=4, rejects=1)
    assert len(answer.out) < 5_000


def test_repeated_column_names_are_numbered_and_kept(keepone_run: Keepone, write: Write) -> None:
    path = write("a.csv", "Name,City,Name,\nAcme,Rome,Acme Inc,x\nBeta,Oslo,Beta Ltd,y\n")
    answer = keepone_run(path)
    answer.took(records=2, rejects=0)
    assert "column names stand more than once and were numbered: Name" in answer.out
    (acme,) = [record for record in answer.records if record["Name"] == "Acme"]
    assert (acme["Name (2)"], acme["Column 4"]) == ("Acme Inc", "x")


def test_a_first_row_that_looks_like_a_record_is_told(keepone_run: Keepone, write: Write) -> None:
    path = write("a.csv", "Acme Inc,Rome,555-201-3344\nBeta LLC,Oslo,555-301-3344\n")
    answer = keepone_run(path)
    answer.took(records=1, rejects=0)
    assert "the first row was taken for the header" in answer.out


def test_missing_and_repeated_ids(keepone_run: Keepone, write: Write) -> None:
    ids = [f"A{n}" for n in range(30)]
    lines = [f"{one},Company {one},Rome\n" for one in ids]
    body = "".join([*lines, ",Acme,Rome\n", ",Acme,Rome\n", "A7,,Rome\n"])
    answer = keepone_run(write("a.csv", "Account ID,Name,City\n" + body))
    answer.took(records=32, rejects=1)
    assert rejected(answer) == [(34, "repeated_id")]
    assert "A7" in answer.rejects[0]["message"]
    made = {record["record_id"] for record in answer.records} - set(ids)
    assert len(made) == 2
    assert all(one.startswith("auto-") for one in made)


def test_salesforce_ids_of_15_and_18_characters(keepone_run: Keepone, write: Write) -> None:
    short = ["001300000000aaA", "001300000000aaB", "001300000000aaC", "001300000000aaD"]
    whole = ["001300000000aaAAAQ", "001300000000aaBAAQ", "001300000000aaCAAQ", "001300000000aaDAAQ"]
    given = [short[0], whole[1], short[2], whole[3], whole[0], whole[2][:-1] + "X"]
    body = "".join(f"{one},Company {n},Rome\n" for n, one in enumerate(given))
    answer = keepone_run(write("a.csv", "Account ID,Name,City\n" + body))
    answer.took(records=4, rejects=2)
    assert sorted(record["record_id"] for record in answer.records) == whole
    assert rejected(answer) == [(6, "repeated_id"), (7, "bad_id_checksum")]


def test_an_id_column_that_is_not_there(keepone_run: Keepone, write: Write) -> None:
    path = write("a.csv", HEADER + "1,Acme,Rome\n")
    answer = keepone_run(path, "--set", "ingest.id_column=Number")
    answer.refused("no input has a column 'Number'", "Id, Name, City")


def test_broken_json_lines(keepone_run: Keepone, write: Write) -> None:
    lines = [json.dumps({"id": n, "name": f"Company {n}", "city": "Rome"}) for n in range(5)]
    lines[2] = lines[2][:-5]
    answer = keepone_run(write("a.jsonl", "\n".join(lines)))
    answer.took(records=4, rejects=1)
    assert rejected(answer) == [(3, "broken_json")]


@pytest.mark.parametrize("header", ["\x1b[31mName\x1b[0m", "[bold]Name", "Na\rme", "Name\u202e"])
def test_a_header_cannot_steer_the_terminal(
    keepone_run: Keepone, write: Write, header: str
) -> None:
    path = write("a.csv", f'Id,"{header}"\n1,Acme\n2,Beta\n')
    answer = keepone_run(path)
    answer.took(records=2, rejects=0)
    refused = keepone_run(path, "--map", "name=City", "--workspace", "other")
    for said in (answer.out, refused.err):
        assert "Name" in said or "Na" in said
        assert not {"\x1b", "\r", "\u202e"} & set(said)


def test_files_that_differ_in_their_columns_are_told(keepone_run: Keepone, write: Write) -> None:
    write("a.csv", HEADER + "1,Acme,Rome\n2,Beta,Oslo\n")
    write("b.csv", "Number,Company,Town\n7,Acme,Rome\n8,Gamma,Oslo\n")
    write("c.csv", "Number,Name\n7,Acme\n8,Gamma\n")
    answer = keepone_run("a.csv", "b.csv")
    answer.took(records=4, rejects=0)
    assert "a and b: taken for one field each: Name = Company, City = Town" in answer.out
    assert "compared only among" not in answer.out
    answer = keepone_run("a.csv", "c.csv", "--workspace", "other")
    assert "taken for one field" not in answer.out
    assert "compared only among records of a: City" in answer.out


def test_a_field_takes_one_column_of_each_file(keepone_run: Keepone, write: Write) -> None:
    write("a.csv", "Id,Firm X,Other\n1,Acme,Rome\n2,Beta,Oslo\n")
    write("b.csv", "Number,Firm Y,Town\n7,Acme,Rome\n8,Gamma,Oslo\n")
    both = ("--map", "name=Firm X", "--map", "name=Firm Y")
    answer = keepone_run("a.csv", "b.csv", *both)
    answer.took(records=4, rejects=0)
    assert "Firm X = Firm Y" in answer.out
    (answer.run / "report.html").unlink()
    answer = keepone_run("a.csv", "b.csv", *both, "--map", "name=Town", "--workspace", "two")
    answer.refused("'Firm Y' and 'Town' of b are both mapped to the field 'name'", "name_2=COLUMN")
    answer = keepone_run("a.csv", "b.csv", "--map", "name=Frim", "--workspace", "three")
    answer.refused("no column is headed 'Frim'", "a: 'Id', 'Firm X', 'Other'; b: 'Number', ")
