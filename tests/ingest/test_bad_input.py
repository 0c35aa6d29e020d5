"""Bad input gets a clear answer and loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from keepone.errors import InputError, SettingsError
from keepone.readers import open_sources
from keepone.settings import IngestSettings

from .conftest import Run

Write = Callable[[str, str | bytes], Path]
HEADER = "Id,Name,City\n"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.csv", "", "is empty"),
        ("blank.csv", "\n\n\r\n", "is empty"),
        ("header.csv", HEADER, "no row below"),
        ("all_bad.csv", HEADER + "1,2\n3\n", "none of the 2 rows"),
        ("cut.parquet", b"PAR1" + b"\x15\x04" * 50, "no whole Parquet file"),
        ("renamed.parquet", HEADER, "no PARQUET file"),
        ("cut.xlsx", b"PK\x03\x04" + b"\x14\0\6\0" * 200, "no whole workbook"),
        ("renamed.xlsx", HEADER, "no XLSX file"),
        ("broken.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "no whole workbook"),
        ("web.xls", "<html><table><tr><td>Name</td></tr></table></html>", "web page"),
        ("paper.pdf", b"%PDF-1.7\n", "a PDF"),
        ("packed.csv.gz", b"\x1f\x8b\x08\x00", "gzip"),
        ("bytes.bin", bytes(range(1, 32)) * 20, "binary"),
        ("list.json", '[{"name": "Acme"}]', "one JSON list"),
        ("bare.jsonl", "{}\n{}\n", "is empty"),
    ],
)
def test_files_that_cannot_be_read(
    run: Run, write: Write, name: str, content: str | bytes, says: str
) -> None:
    with pytest.raises(InputError, match=says) as caught:
        run(write(name, content))
    assert name in caught.value.message
    assert caught.value.hint


def test_missing_files_folders_and_repetitions(run: Run, write: Write, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        run(tmp_path / "nowhere.csv")
    with pytest.raises(InputError, match="is a folder"):
        run(tmp_path)
    path = write("twice.csv", HEADER + "1,a,b\n")
    with pytest.raises(InputError, match="given twice"):
        run([path, str(path)])
    with pytest.raises(InputError, match="no input"):
        run([])


def test_repeated_and_missing_column_names_are_made_unique(run: Run, write: Write) -> None:
    found = run(write("a.csv", "Name,Name,,Name (2),Name\na,b,c,d,e\n"))
    assert found.headers == ["Name", "Name (3)", "Column 3", "Name (2)", "Name (4)"]
    assert [found.column(header) for header in found.headers] == [["a"], ["b"], ["c"], ["d"], ["e"]]
    assert len(found.notes) == 2


def test_ragged_rows_are_rejected_with_their_line(run: Run, write: Write) -> None:
    found = run(write("a.csv", HEADER + "1,a,b\n2,a\n\n3,a,b,c\n4,a,b\n"))
    assert found.ids == ["1", "4"]
    assert found.codes == [(3, "ragged_row"), (5, "ragged_row")]
    assert found.rejects[1]["raw"] == "3,a,b,c"
    assert "4 cells, the header 3" in found.rejects[1]["message"]


def test_a_forgotten_quote_costs_one_row(run: Run, write: Write) -> None:
    body = '1,"a,b\n2,"c ""x""\nd",e\n3,"f" g,h\n4,5" pipe,i\n5,"j\nk,l\n'
    found = run(write("a.csv", HEADER + body))
    assert found.ids == ["2", "4"]
    assert found.column("Name") == ['c "x"\nd', '5" pipe']
    assert found.codes == [
        (2, "broken_quotes"), (5, "broken_quotes"), (7, "broken_quotes"), (8, "ragged_row"),
    ]  # fmt: skip


def test_nul_bytes_long_cells_and_empty_rows(run: Run, write: Write) -> None:
    long = "x" * 1_000_000
    found = run(write("a.csv", f"{HEADER}1,a\0,b\n2,{long},b\n, ,\n3,{'é' * 100_000},b\n"))
    assert found.ids == ["3"]
    assert found.codes == [(2, "nul_byte"), (3, "cell_too_long"), (4, "empty_row")]
    assert [line["column"] for line in found.rejects] == ["Name", "Name", None]
    assert len(found.rejects[1]["raw"]) == 2_000


def test_a_long_quoted_cell_is_no_broken_quote(run: Run, write: Write) -> None:
    found = run(
        write("a.csv", f'{HEADER}1,"{"x, " * 400_000}",b\n2,"{"y" * 9_999_999}",c\n3,a,b\n')
    )
    assert found.ids == ["3"]
    assert {code for _, code in found.codes} <= {"cell_too_long", "broken_quotes"}


def test_mixed_encodings_are_read_line_by_line(run: Run, write: Write) -> None:
    text = HEADER.encode() + "1,Müller,x\n".encode() + "2,Möller “Co”,y\n".encode("cp1252")
    found = run(write("a.csv", text + b"3,\x81,z\n"))
    assert found.column("Name") == ["Müller", "Möller “Co”", "\x81"]
    (note,) = found.notes
    assert note.startswith("a.csv: 2 lines not in UTF-8, read as Windows-1252;")


def test_a_wrong_encoding_rejects_what_it_cannot_read(run: Run, write: Write) -> None:
    path = write("a.csv", HEADER.encode() + "1,Müller,x\n2,Moll,y\n".encode("cp1252"))
    found = run(path, encoding="utf-8")
    assert found.ids == ["2"]
    assert found.codes == [(2, "bad_encoding")]
    with pytest.raises(SettingsError, match=r"ingest\.encoding"):
        run(path, encoding="klingon")
    japanese = write("j.csv", (HEADER + "1,株式会社,東京\n").encode("shift_jis"))
    assert run(japanese, encoding="shift_jis").column("City") == ["東京"]


def test_utf_16_cut_in_the_middle_of_a_character(run: Run, write: Write) -> None:
    text = (HEADER + "1,a,b\n2,c,dd").encode("utf-16")[:-1]
    found = run(write("a.csv", text))
    assert found.ids == ["1"]
    assert found.codes == [(3, "bad_encoding")]


@pytest.mark.parametrize("order", ["le", "be"])
def test_utf_16_without_a_mark_is_read_in_the_order_that_it_shows(
    run: Run, write: Write, order: str
) -> None:
    text = HEADER + "1,Acme,Rome\n"
    path = write("a.csv", text.encode(f"utf-16-{order}"))
    assert run(path, encoding="utf-16").column("City") == ["Rome"]


def test_what_is_no_utf_16_is_refused_or_rejected(run: Run, write: Write) -> None:
    with pytest.raises(InputError):
        run(write("a.csv", HEADER + "1,Acme,Rome\n"), encoding="utf-16")


def test_delimiters(run: Run, write: Write) -> None:
    path = write("a.csv", "Id#Name\n1#a,b,c\n2#d,e,f\n")
    assert run(path, delimiter="#").column("Name") == ["a,b,c", "d,e,f"]
    for wrong in ("", "ab", "\n", "§"):
        with pytest.raises(SettingsError, match=r"ingest\.delimiter"):
            run(path, delimiter=wrong)
    tabs = write("b.csv", "Id\tName\n1\ta, b\n2\tc\n")
    assert run(tabs).column("Name") == ["a, b", "c"]
    assert run(tabs, delimiter="tab").column("Name") == ["a, b", "c"]


def test_a_file_of_one_column(run: Run, write: Write) -> None:
    found = run(write("a.csv", 'Name\nAcme, Inc\n"Beta, LLC"\n'))
    assert found.headers == ["Name"]
    assert sorted(name or "" for name in found.column("Name")) == ["Acme, Inc", "Beta, LLC"]
    assert "the header is one cell" in found.notes[0]


def test_titles_above_the_header_are_rejects(run: Run, write: Write) -> None:
    found = run(
        write("a.csv", "Account Report\nAs of March\n\nId,Name,City\n1,a,b\n2,c,d\n3,e,f\n")
    )
    assert found.headers == ["Id", "Name", "City"]
    assert found.ids == ["1", "2", "3"]
    assert found.codes == [(1, "before_header"), (2, "before_header")]


def test_report_footers_are_told_apart(run: Run, write: Write) -> None:
    body = (
        '1,a,b\n2,Total,c\n3,d,\n\n\n"All Accounts"\n'
        '"Copyright (c) 2000-2024 salesforce.com, inc. All rights reserved."\n'
        '"Confidential Information - Do Not Distribute"\n'
        '"Generated By:  A. Person  3/5/2024"\n"Example Corp"\n'
    )
    found = run(write("a.csv", HEADER + body))
    assert found.ids == ["1", "2", "3"]
    assert found.codes == [(row, "report_footer") for row in (7, 8, 9, 10, 11)]


def test_footers_as_wide_as_the_table(run: Run, write: Write) -> None:
    body = "Acme,a,b\nTotal,c,d\nBeta,,\nGrand Totals (3 records),,12\nConfidential Information,,\n"
    found = run(write("a.csv", "Name,City,Sum\n" + body))
    assert sorted(name or "" for name in found.column("Name")) == ["Acme", "Beta", "Total"]
    assert found.codes == [(5, "report_footer"), (6, "report_footer")]


@pytest.mark.parametrize(
    "line", ["Gesamt: 2 Datensätze", "Nombre de lignes : 2", "Total general: 1.204", "2 Zeilen"]
)
def test_footers_of_other_languages(run: Run, write: Write, line: str) -> None:
    found = run(write("a.csv", HEADER + f"1,a,b\n2,c,d\n{line},,\n"))
    assert found.ids == ["1", "2"]
    assert found.codes == [(4, "report_footer")]


@pytest.mark.parametrize("name", ["Gesamtschule 3 Jena", "3 Suisses", "Total Energies"])
def test_a_name_that_begins_like_a_footer_is_a_record(run: Run, write: Write, name: str) -> None:
    assert run(write("a.csv", HEADER + f"1,a,b\n{name},,\n")).ids == ["1", name]


def test_a_full_row_named_total_is_a_record(run: Run, write: Write) -> None:
    body = "1,Acme,b,4\nTotal,33000,5,6\n"
    assert run(write("a.csv", "Id,Name,City,Sum\n" + body)).ids == ["1", "Total"]


def test_a_ragged_last_row_is_no_footer(run: Run, write: Write) -> None:
    assert run(write("a.csv", HEADER + "1,a,b\nAcme\n")).codes == [(3, "ragged_row")]


def test_json_lines(run: Run, write: Write) -> None:
    lines = [
        '{"id": 1, "name": "a", "tags": ["x", 2], "ratio": 1.50}',
        '{"id": 2}',
        "",
        '{"id": 3, "name": "cut',
        "[4]",
        '{"id": 5, "name": "\\ud800"}',
        '{"id": 6, "name": "", "extra": {"k": null}}',
    ]
    found = run(write("a.jsonl", "\n".join(lines)))
    assert found.headers == ["id", "name", "tags", "ratio", "extra.k"]
    assert found.column("name") == ["a", None, None]
    assert found.column("tags") == ['["x", 2]', None, None]
    assert found.column("ratio") == ["1.5", None, None]
    assert found.column("extra.k") == [None, None, None]
    assert found.codes == [(4, "broken_json"), (5, "broken_json"), (6, "broken_json")]


def test_objects_inside_json_lines_are_columns(run: Run, write: Write) -> None:
    lines = [
        '{"id": 1, "address": {"city": "Rome", "geo": {"lat": 1}, "lines": ["a", "b"]}}',
        '{"id": 2, "address": "Oslo", "a.b": {"c": "inner"}, "a": {"b.c": "also", "d": 4}}',
        '{"id": 3, "address": {}, "x": {"y": 1}, "x.y": "kept"}',
    ]
    found = run(write("a.jsonl", "\n".join(lines)))
    assert found.column("address.city") == ["Rome", None, None]
    assert found.column("address.geo") == ['{"lat": 1}', None, None]
    assert found.column("address.lines") == ['["a", "b"]', None, None]
    assert found.column("address") == [None, "Oslo", "{}"]
    assert found.column("a.b.c") == [None, "inner", None]
    assert found.column("a") == [None, '{"b.c": "also", "d": 4}', None]
    assert found.column("x.y") == [None, None, "kept"]
    assert found.column("x") == [None, None, '{"y": 1}']


def test_nothing_is_read_before_it_is_asked_for(write: Write) -> None:
    (source,) = open_sources(write("a.csv", HEADER), IngestSettings())
    assert (source.name, source.size, source.rows) == ("a.csv", len(HEADER), None)
    assert len(source.sha256) == 64
