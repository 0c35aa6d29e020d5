"""Decisions as files: what is read of them, what is refused and where, and pairs as labels."""

from __future__ import annotations

from pathlib import Path

import pytest

from keepone.decisions import Decision, RecordKey
from keepone.decisions.decision import different, same
from keepone.decisions.exchange import judged_pairs, read_decisions
from keepone.errors import InputError

A, B, C = (RecordKey.of(name) for name in "abc")
ANSWERS = "id_l,id_r,match\n"


def read(tmp_path: Path, text: str | bytes) -> list[Decision]:
    path = tmp_path / "given.txt"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_decisions(path, "ann")


@pytest.mark.parametrize("yes", ["1", "yes", "y", "true", " YES "])
def test_answers_that_say_the_same(tmp_path: Path, yes: str) -> None:
    (found,) = read(tmp_path, f"{ANSWERS}a, b ,{yes}\n")
    assert (found.kind, found.author, found.parts) == ("same", "ann", ((A, B),))


@pytest.mark.parametrize("no", ["0", "no", "n", "false", "No"])
def test_answers_that_say_not_the_same(tmp_path: Path, no: str) -> None:
    (found,) = read(tmp_path, f"{ANSWERS}a,b,{no}\n")
    assert (found.kind, found.author, found.parts) == ("different", "ann", ((A,), (B,)))


def test_pairs_that_nobody_decided_on_are_left_out(tmp_path: Path) -> None:
    """A spreadsheet also adds columns, a byte order mark, and leaves cells out at the end."""
    text = "\ufefffirst,id_r,match,id_l,seen\nx,b,,a,\nx,b,Unsure,a\nx,b\nx,c,1,a,yesterday\n"
    assert [each.parts for each in read(tmp_path, text)] == [((A, C),)]


def test_an_export_is_read_as_it_was_written(tmp_path: Path) -> None:
    given = [same("zoë", [A, B], "“gleich”"), Decision("note", "bob", value="in May")]
    lines = [each.as_json() for each in given]
    assert read(tmp_path, "\n" + "\n\n".join(lines) + "\n") == given


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{ANSWERS}a,b,1\na,b,perhaps\n", "line 3: match is 'perhaps'; it must be 1, 0 or empty"),
        (f"{ANSWERS}a,a,1\n", "line 2: a decision of kind 'same' names a record twice"),
        (f'{ANSWERS}"a",b,\n"a\nb",,1\n', "line 4: a decision of kind 'same' names a record with"),
        ('{"kind"\n', "line 1: not JSON: "),
        ("{" + '"a":{' * 100_000, "line 1: not JSON: "),
        ('\n{"kind": "same"}\n', "line 2: a decision has a kind, an author, an id and a time"),
        ("id_l,id_r\na,b\n", " holds neither decisions nor answers"),
        ("", " holds neither decisions nor answers"),
        (b"id_l,id_r,match\n\xff,b,1\n", " is not UTF-8 text"),
    ],
)
def test_what_is_refused_is_told_with_its_line(
    tmp_path: Path, text: str | bytes, said: str
) -> None:
    with pytest.raises(InputError) as told:
        read(tmp_path, text)
    assert str(tmp_path / "given.txt") in told.value.message
    assert said in told.value.message
    assert told.value.hint is not None
    assert "id_l, id_r and match" in told.value.hint


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    path = tmp_path / "none.csv"
    with pytest.raises(InputError) as told:
        read_decisions(path, "ann")
    assert told.value.message == f"cannot read {path}: no such file or directory"
    assert "keepone decisions export" in str(told.value.hint)


def test_pairs_that_people_judged_are_labels() -> None:
    given = [same("ann", [A, B]), different("bob", [B, C])]
    assert list(judged_pairs(given)) == [("a", "b", True), ("a", "c", False)]


def test_of_sets_beyond_fifty_each_record_is_paired_with_the_first() -> None:
    keys = [RecordKey.of(f"{number:02d}") for number in range(51)]
    every = list(judged_pairs([same("ann", keys[:50])]))
    assert len(every) == len(set(every)) == 50 * 49 // 2
    assert list(judged_pairs([same("ann", keys)])) == [
        ("00", f"{number:02d}", True) for number in range(1, 51)
    ]
