"""What is asked, and that no answer is lost."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import keepone
from keepone.cli import app
from keepone.errors import InputError
from keepone.learning.answers import AnswerFile
from keepone.learning.compared import ComparedRun
from keepone.learning.labels import read_labels
from keepone.learning.questions import Questions
from keepone.runs import Run


@pytest.fixture(scope="module")
def questions(done: Run) -> Questions:
    return Questions(ComparedRun(done))


def label(run: Run, out: Path, *more: str, typed: str = "") -> Any:
    options = ["--out", str(out), *more]
    return CliRunner().invoke(app, ["label", str(run.path), *options], input=typed)


def pairs_of(path: Path) -> list[tuple[str, str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [(line["id_l"], line["id_r"], line["match"]) for line in csv.DictReader(file)]


def test_the_same_answers_give_the_same_questions(
    done: Run, questions: Questions, entity_of: dict[str, str]
) -> None:
    one = questions.next({}, 60)
    assert one == Questions(ComparedRun(done)).next({}, 60)
    assert len({(ask.id_l, ask.id_r) for ask in one}) == 60
    answers: dict[tuple[str, str], bool | None] = {
        (ask.id_l, ask.id_r): entity_of[ask.id_l] == entity_of[ask.id_r] for ask in one
    }
    more = questions.next(answers, 40)
    assert more == questions.next(dict(reversed(answers.items())), 40)
    assert not {(ask.id_l, ask.id_r) for ask in more} & answers.keys()


def test_doubt_comes_first_and_what_is_sure_is_asked_too(questions: Questions) -> None:
    asked = [ask.probability for ask in questions.next({}, 40)]
    doubtful = sum(0.05 < probability < 0.95 for probability in asked)
    assert doubtful >= 20
    assert any(probability > 0.99 for probability in asked)
    assert any(probability < 0.05 for probability in asked)


def test_in_the_end_every_pair_has_been_asked_about(tmp_path: Path) -> None:
    rows = [
        ["id", "name", "city"],
        *([str(at), f"Vezatex Photo {word}", "Lyon"] for at, word in enumerate(("Inc", "LLC", ""))),
        *([str(3 + at), "Borealis Freight", "Oslo"] for at in range(3)),
    ]
    path = tmp_path / "six.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    run = Run(keepone.run(path, workspace=tmp_path).path)
    questions = Questions(ComparedRun(run))
    asked = questions.next({}, 1_000)
    assert len(asked) == len(questions)
    assert all(ask.id_l != ask.id_r for ask in asked)
    assert questions.next({(ask.id_l, ask.id_r): None for ask in asked}, 5) == []


def test_answers_are_on_the_disk_one_by_one_and_go_on(done: Run, tmp_path: Path) -> None:
    out = tmp_path / "labels.csv"
    said = label(done, out, "--count", "4", typed="y\nwhat\nN\nu\nq\n")
    assert said.exit_code == 0, said.output
    first = pairs_of(out)
    assert [match for _, _, match in first] == ["1", "0", "unsure"]
    assert "keepone train" in said.stdout
    again = label(done, out, "--count", "2", typed="yes\nno\n")
    assert again.exit_code == 0, again.output
    both = pairs_of(out)
    assert both[:3] == first
    assert [match for _, _, match in both[3:]] == ["1", "0"]
    assert len({(one, two) for one, two, _ in both}) == 5


def test_back_takes_the_answer_back(done: Run, tmp_path: Path) -> None:
    out = tmp_path / "labels.csv"
    said = label(done, out, "--count", "3", typed="b\ny\ny\nb\nn\nb\nb\nn\ny\ny\n")
    assert said.exit_code == 0, said.output
    assert [match for _, _, match in pairs_of(out)] == ["0", "1", "1"]


def test_what_is_asked_is_shown(done: Run, tmp_path: Path) -> None:
    said = label(done, tmp_path / "l.csv", "--count", "1", typed="")
    assert "Account Name" in said.stdout
    assert "≠" in said.stdout
    assert "No answers yet" in said.stdout
    assert not (tmp_path / "l.csv").exists()


def test_a_sheet_to_fill_in_is_read_as_labels(
    done: Run, tmp_path: Path, entity_of: dict[str, str]
) -> None:
    out = tmp_path / "labels.csv"
    said = label(done, out, "--count", "30", "--propose")
    lines = list(csv.DictReader(io.StringIO(said.stdout)))
    assert len(lines) == 30
    assert {"id_l", "id_r", "match", "Account Name (l)", "Account Name (r)"} <= lines[0].keys()
    for line in lines[:20]:
        line["match"] = "yes" if entity_of[line["id_l"]] == entity_of[line["id_r"]] else "no"
    with out.open("w", encoding="utf-8", newline="") as file:
        sheet = csv.DictWriter(file, lines[0].keys())
        sheet.writeheader()
        sheet.writerows(lines)
    labels = read_labels([out], ComparedRun(done))
    assert (len(labels), labels.left_out["open"]) == (20, 10)
    # The same command goes on in the sheet, whose other columns stay.
    answered = label(done, out, "--count", "1", typed="n\n")
    assert answered.exit_code == 0, answered.output
    kept = pairs_of(out)
    assert kept[:30] == [(line["id_l"], line["id_r"], line["match"]) for line in lines]
    assert len(kept) == 31


def test_json_says_the_same(done: Run, tmp_path: Path) -> None:
    out = tmp_path / "labels.csv"
    told = json.loads(label(done, out, "--count", "7", "--json").stdout)
    sheet = csv.DictReader(io.StringIO(label(done, out, "--count", "7", "--propose").stdout))
    assert [(one["id_l"], one["id_r"]) for one in told["pairs"]] == [
        (line["id_l"], line["id_r"]) for line in sheet
    ]
    assert told["pairs"][0]["left"]["Account Name"]


@pytest.mark.parametrize(
    ("content", "answers", "kept"),
    [
        (b"", {}, b""),
        (b"id_l,id_r,match\nb,a,1\n", {("a", "b"): True}, None),
        (b"id_l,id_r,match\na,b,0", {("a", "b"): False}, b"id_l,id_r,match\na,b,0\n"),
        (b"id_l,id_r,match\na,b,0\nc,", {("a", "b"): False}, b"id_l,id_r,match\na,b,0\n"),
        (b"\xef\xbb\xbfmatch,id_r,id_l\r\nunsure,b,a\r\n,c,d\r\n", {("a", "b"): None}, None),
    ],
)
def test_what_stands_there_is_read(
    tmp_path: Path, content: bytes, answers: dict[Any, Any], kept: bytes | None
) -> None:
    """Also after a power cut in the middle of an answer."""
    path = tmp_path / "labels.csv"
    path.write_bytes(content)
    file = AnswerFile(path)
    assert file.answers == answers
    assert path.read_bytes() == (content if kept is None else kept)
    file.give(("x", "y"), None)
    assert AnswerFile(path).answers == answers | {("x", "y"): None}
    assert file.take_back() == ("x", "y")
    assert AnswerFile(path).answers == answers


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"id,name\n1,x\n", "holds no answers"),
        (b"id_l,id_r,match\na,b,maybe\nc,d,1\n", "line 2: match is 'maybe'"),
        (b"id_l,id_r,match\na\nc,d,1\n", "line 2"),
        (b"\xff\xfe\x00", "not UTF-8"),
    ],
)
def test_a_file_of_something_else_is_left_alone(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "labels.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=said):
        AnswerFile(path)
    assert path.read_bytes() == content
