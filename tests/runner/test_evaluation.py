"""The evaluation's counts, compared with a count of every single pair."""

from __future__ import annotations

import csv
import json
from itertools import combinations
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from keepone.cli import app
from keepone.errors import GateError, InputError
from keepone.evaluate import Evaluation, evaluate_run
from keepone.runs import Run
from tests.runner.toy_pipeline import ToySource, replaced, run_toy, table

JOIN = 500_000


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Any]:
    """Draw groups, representatives, candidates, scores and entities of a few records."""
    count = draw(st.integers(2, 7))
    rows = list(range(count))
    representatives: list[int] = []
    for row in rows:
        standing = sorted({row, *representatives})
        representatives.append(draw(st.sampled_from(standing)))
    stands = sorted(set(representatives))
    couples = [(left, right) for left in stands for right in stands if left <= right]
    candidates = sorted(draw(st.sets(st.sampled_from(couples))))
    scored = draw(
        st.dictionaries(
            st.sampled_from(candidates), st.sampled_from([10_000, JOIN - 1, JOIN, 990_000])
        )
        if candidates
        else st.just({})
    )
    return {
        "groups": [draw(st.sampled_from(rows[: row + 1])) for row in rows],
        "representatives": representatives,
        "candidates": candidates,
        "scored": scored,
        "entities": [draw(st.sampled_from(["x", "y", "z", None])) for _ in rows],
        "stranger": draw(st.sampled_from(["x", "y", None])),
    }


def put(run: Run, world: dict[str, Any]) -> None:
    """Let the run's tables be those of the world."""
    count = len(world["groups"])
    tables = {
        "00_records": [
            {"row": row, "dataset": "", "record_id": f"r{row + 2:02d}", "source_file": "toy.csv"}
            for row in range(count)
        ],
        "02_distinct": [
            {"row": row, "representative": one} for row, one in enumerate(world["representatives"])
        ],
        "03_candidates": [
            {"l": left, "r": right, "keys": 1} for left, right in world["candidates"]
        ],
        "05_pairs": [
            {
                "l": left,
                "r": right,
                "weight": 0,
                "probability": 1_000_000 - probability,
                "model_probability": probability,
                "conflicts": 0,
            }
            for (left, right), probability in sorted(world["scored"].items())
        ],
        "06_groups": [{"row": row, "group": group} for row, group in enumerate(world["groups"])],
    }
    for name, rows in tables.items():
        pq.write_table(table(name[3:], rows), run.path / "stages" / f"{name}.parquet")


def judged(world: dict[str, Any], left: int, right: int) -> tuple[bool, bool, bool]:
    """Return whether two records are grouped, were compared, and scored high enough."""
    ends = sorted((world["representatives"][left], world["representatives"][right]))
    pair = (ends[0], ends[1])
    return (
        world["groups"][left] == world["groups"][right],
        pair in world["candidates"],
        world["scored"].get(pair, 0) >= JOIN,
    )


def counted(world: dict[str, Any]) -> dict[str, Any]:
    """Count what the evaluation counts, pair by pair."""
    lost = dict.fromkeys(("reading", "blocking", "score", "grouping"), 0)
    wrong = dict.fromkeys(("score", "grouping"), 0)
    true = grouped = correct = 0
    labelled = [row for row, entity in enumerate(world["entities"]) if entity is not None]
    for left, right in combinations(labelled, 2):
        same = world["entities"][left] == world["entities"][right]
        together, compared, high = judged(world, left, right)
        true += same
        grouped += together
        correct += same and together
        if same and not together:
            lost["blocking" if not compared else "grouping" if high else "score"] += 1
        if together and not same:
            wrong["score" if compared and high else "grouping"] += 1
    if world["stranger"]:
        lost["reading"] = sum(entity == world["stranger"] for entity in world["entities"])
        true += lost["reading"]
    return {
        "true_pairs": true,
        "grouped_pairs": grouped,
        "correct_pairs": correct,
        "lost": lost,
        "wrong": wrong,
    }


def write_entities(world: dict[str, Any], path: Path) -> None:
    ids = [f"r{row + 2:02d}" for row in range(len(world["entities"]))]
    lines = {"record_id": [*ids, "stranger"], "entity_id": [*world["entities"], world["stranger"]]}
    pq.write_table(pa.table(lines), path)


def figures(evaluation: Evaluation, names: dict[str, Any]) -> dict[str, Any]:
    told = evaluation.as_dict()
    return {name: told[name] for name in names}


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Give a finished run whose tables the tests change."""
    return run_toy(tmp_path_factory.mktemp("shell"))


@given(world=worlds())
@hypothesis_settings(max_examples=60)
def test_entities_are_counted_as_their_pairs_would_be(shell: Run, world: dict[str, Any]) -> None:
    put(shell, world)
    truth = shell.path / "truth.parquet"
    write_entities(world, truth)
    evaluation = evaluate_run(shell, truth)
    expected = counted(world)
    assert figures(evaluation, expected) == expected
    missed = evaluation.true_pairs - evaluation.correct_pairs
    assert sum(evaluation.lost.values()) == missed
    assert sum(evaluation.wrong.values()) == evaluation.grouped_pairs - evaluation.correct_pairs


@given(world=worlds())
@hypothesis_settings(max_examples=30)
def test_labelled_pairs_are_counted_one_by_one(shell: Run, world: dict[str, Any]) -> None:
    world["stranger"] = None
    labelled = [row for row, entity in enumerate(world["entities"]) if entity is not None]
    put(shell, world)
    truth = shell.path / "pairs.csv"
    with truth.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id_l", "id_r", "match"])
        for left, right in combinations(labelled, 2):
            same = world["entities"][left] == world["entities"][right]
            writer.writerow([f"r{right + 2:02d}", f"r{left + 2:02d}", int(same)])
    evaluation = evaluate_run(shell, truth)
    expected = counted(world)
    assert figures(evaluation, expected) == expected


@pytest.fixture
def toy(tmp_path: Path) -> Run:
    return run_toy(tmp_path)


def truth_file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "truth.csv"
    path.write_text(text)
    return path


def test_perfect_groups(toy: Run, tmp_path: Path) -> None:
    truth = truth_file(tmp_path, "id,company\nr02,1\nr03,1\nr04,2\nr06,1\n")
    evaluation = evaluate_run(toy, truth, id_column="id", entity_column="company")
    assert (evaluation.precision, evaluation.recall, evaluation.f1) == (1.0, 1.0, 1.0)


def test_labels_say_where_each_pair_went(toy: Run, tmp_path: Path) -> None:
    labels = "id_l,id_r,match\nr02,r03,1\nr02,r04,yes\nr06,r03,0\nr04,r06,FALSE\nr02,gone,1\n"
    evaluation = evaluate_run(toy, truth_file(tmp_path, labels))
    assert evaluation.as_dict() == {
        "precision": 1 / 2,
        "recall": 1 / 3,
        "f1": 2 / 5,
        "records": 4,
        "labelled_records": 4,
        "unknown_records": 1,
        "true_pairs": 3,
        "grouped_pairs": 2,
        "correct_pairs": 1,
        "lost": {"reading": 1, "blocking": 1, "score": 0, "grouping": 0},
        "wrong": {"score": 1, "grouping": 0},
    }


def test_without_pairs_there_is_no_ratio(toy: Run, tmp_path: Path) -> None:
    evaluation = evaluate_run(toy, truth_file(tmp_path, "record_id,entity_id\nr02,1\nr04,2\n"))
    assert (evaluation.precision, evaluation.recall, evaluation.f1) == (None, None, None)


def test_a_salesforce_id_is_known_by_its_15_characters(tmp_path: Path) -> None:
    def ingest(*_: object, sources: list[ToySource]) -> dict[str, Any]:
        sources[0].rows = 2
        ids = ("001D000000IRFmaIAH", "001D000000IRFmbIAH")
        records = [
            {"row": row, "dataset": "", "record_id": record_id, "source_file": "toy.csv"}
            for row, record_id in enumerate(ids)
        ]
        inputs = [{"row": row, "c000": "Acme"} for row in range(2)]
        return {
            "records": table("records", records),
            "inputs": table("inputs", inputs, "c000"),
            "headers": table("headers", [{"column": "c000", "header": "Name"}]),
            "rejects": table("rejects", []),
        }

    run = run_toy(tmp_path, stages=replaced("ingest", ingest))
    text = "record_id,entity_id\n001D000000IRFma,1\n001D000000IRFmb,1\n"
    assert evaluate_run(run, truth_file(tmp_path, text)).f1 == 1.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "has no column 'record_id'; it has a, b"),
        ("record_id,entity_id\nr02,1\nr02,2\n", "says of record r02 that it is several"),
        ("id_l,id_r,match\nr02,r03,maybe\n", "match is maybe"),
        ("id_l,id_r,match\nr02,r03,\n", "match is empty"),
        ("id_l,id_r,match\nr02,r03,1\nr03,r02,0\n", "both ways"),
    ],
)
def test_a_truth_that_cannot_be_used_is_told(
    toy: Run, tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(InputError) as caught:
        evaluate_run(toy, truth_file(tmp_path, text))
    assert said in caught.value.message


def test_a_truth_that_cannot_be_read_is_told(toy: Run, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        evaluate_run(toy, tmp_path / "none.csv")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(InputError, match="cannot read the truth file"):
        evaluate_run(toy, tmp_path / "broken.parquet")


def test_the_command_tells_people_and_machines(toy: Run, tmp_path: Path) -> None:
    truth = truth_file(tmp_path, "record_id,entity_id\nr02,1\nr03,1\nr04,1\nr06,2\n")
    arguments = ["evaluate", str(toy.path), "--truth", str(truth)]
    shown = CliRunner().invoke(app, arguments)
    assert shown.exit_code == 0
    assert "F1         0.3333" in shown.stdout
    assert "blocking: never compared" in shown.stdout
    told = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
    assert told["run_id"] == "toy"
    assert (told["correct_pairs"], told["grouped_pairs"], told["true_pairs"]) == (1, 3, 3)
    gate = CliRunner().invoke(app, [*arguments, "--min-f1", "0.9"])
    assert isinstance(gate.exception, GateError)
    assert "F1 0.3333 is below the wanted 0.9000" in gate.exception.message


def test_the_gate_is_shut_where_there_is_no_f1(toy: Run, tmp_path: Path) -> None:
    truth = truth_file(tmp_path, "record_id,entity_id\nr01,1\n")
    gate = CliRunner().invoke(
        app, ["evaluate", str(toy.path), "--truth", str(truth), "--min-f1", "0"]
    )
    assert isinstance(gate.exception, GateError)
    assert "there is no F1" in gate.exception.message
