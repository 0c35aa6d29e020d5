"""Training from files of labels: what is read, how it is judged, when a model is replaced."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import keepone
from keepone.cli import app
from keepone.errors import GateError, InputError, SettingsError
from keepone.evaluation import evaluate_run
from keepone.learning.compared import ComparedRun
from keepone.learning.folds import parted
from keepone.learning.labels import Labels, pair_digest, read_labels
from keepone.learning.training import train_run
from keepone.model import Model
from keepone.model_files import read_model, write_model
from keepone.runs import Run


def written(path: Path, rows: list[list[Any]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


@pytest.fixture(scope="module")
def answers(done: Run, entity_of: dict[str, str]) -> list[list[Any]]:
    """Give every third pair that the run scored, with its label as text."""
    result = keepone.open_run(str(done.path))
    ids = result.table("records").to_arrow().column("record_id").to_pylist()
    pairs = result.table("pairs").to_arrow().to_pylist()[::3]
    found = [(ids[pair["l"]], ids[pair["r"]]) for pair in pairs if pair["l"] < pair["r"]]
    return [[one, two, int(entity_of[one] == entity_of[two])] for one, two in found]


def labelled(path: Path, answers: list[list[Any]]) -> Path:
    return written(path, [["id_l", "id_r", "match"], *answers])


def train(run: Run, labels: Path, out: Path, *more: str) -> Any:
    options = ["--labels", str(labels), "--out", str(out), *more]
    return CliRunner().invoke(app, ["train", str(run.path), *options])


def test_a_trained_model_is_better_and_a_run_takes_it(
    done: Run, accounts: Path, answers: list[list[Any]], truth: Path, tmp_path: Path
) -> None:
    out = tmp_path / "model.json"
    said = train(done, labelled(tmp_path / "labels.csv", answers), out)
    assert said.exit_code == 0, said.output
    assert "log loss" in said.stdout
    model = read_model(out)
    training = model.training
    assert training is not None
    assert model.calibrated
    assert training.labels == len(answers)
    assert training.after.log_loss < training.before.log_loss
    assert training.after.ece < training.before.ece

    options = ["--workspace", str(tmp_path), "--run-id", "with", "--quiet", "--model", str(out)]
    for column in ("Phone", "Website", "Billing Street", "Billing Postal Code"):
        options += ["--map", f"ignore={column}"]
    ran = CliRunner().invoke(app, ["run", str(accounts), *options])
    assert ran.exit_code == 0, ran.output
    figures = []
    for run in (done.path, tmp_path / "runs" / "with"):
        judged = CliRunner().invoke(app, ["evaluate", str(run), "--truth", str(truth), "--json"])
        figures.append(json.loads(judged.stdout)["f1"])
    # Both miss a pair or two in a hundred; which ones is chance.
    assert figures[1] > figures[0] - 0.002


def test_training_twice_gives_the_same_model(
    done: Run, answers: list[list[Any]], tmp_path: Path
) -> None:
    """In whichever order the labels stand, and however they are spread over files."""
    whole = labelled(tmp_path / "whole.csv", answers)
    half = len(answers) // 2
    parts = [
        labelled(tmp_path / "a.csv", answers[half:][::-1]),
        labelled(tmp_path / "b.csv", [[two, one, match] for one, two, match in answers[:half]]),
    ]
    assert train_run(done, [whole]).model == train_run(done, parts).model


def test_python_trains_evaluates_and_saves(
    done: Run, truth: Path, answers: list[list[Any]], tmp_path: Path
) -> None:
    result = keepone.open_run(str(done.path))
    labels = labelled(tmp_path / "labels.csv", answers)
    trained = result.train(labels)
    trained.save(tmp_path / "model.json")
    assert read_model(tmp_path / "model.json") == trained.model
    assert trained.model == train_run(done, [labels]).model

    study = result.evaluate(truth, mistakes=3)
    assert study.evaluation == evaluate_run(done, truth)
    assert len(study.mistakes) > 0


def test_a_truth_of_entities_labels_what_was_compared(
    done: Run, truth: Path, entity_of: dict[str, str]
) -> None:
    run = ComparedRun(done)
    labels = read_labels([truth], run)
    ids = run.table("records", ["record_id"]).column(0).to_pylist()
    candidates = run.table("candidates")
    pairs = zip(candidates["l"].to_pylist(), candidates["r"].to_pylist(), strict=True)
    apart = [(one, two) for one, two in pairs if one < two]
    met = {pair: set[bool]() for pair in apart}
    for one, two, match in zip(
        labels.left.tolist(), labels.right.tolist(), labels.match.tolist(), strict=True
    ):
        if one < two:
            met[one, two].add(match)
    assert all(met.values())
    assert all((entity_of[ids[one]] == entity_of[ids[two]]) in met[one, two] for one, two in apart)


def test_what_teaches_nothing_is_counted(
    done: Run, answers: list[list[Any]], tmp_path: Path
) -> None:
    run = ComparedRun(done)
    ids = run.table("records", ["record_id"]).column(0).to_pylist()
    candidates = {
        (line["l"], line["r"]) for line in run.table("candidates", ["l", "r"]).to_pylist()
    }
    representative = run.table("distinct")["representative"].to_pylist()
    never = next(
        row
        for row in range(1, len(ids))
        if representative[row] == row and (representative[0], row) not in candidates
    )
    more = [
        ["nobody", ids[0], "1"],
        [ids[0], ids[never], "no"],
        [ids[1], ids[2], "unsure"],
        [ids[1], ids[3], ""],
    ]
    labels = read_labels([labelled(tmp_path / "l.csv", [*answers[:50], *more])], run)
    assert labels.left_out == {"open": 2, "unknown": 1, "uncompared": 1}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([["id_l", "id_r", "match"], ["a", "b", "maybe"]], "match is 'maybe'"),
        ([["id_l", "id_r", "match"], ["a", "b", "1"], ["b", "a", "0"]], "a and b both yes and no"),
        ([["id_l", "id_r"], ["a", "b"]], "holds no labels"),
        ([["record_id", "entity_id"], ["a", "x"], ["a", "y"]], "record a that it is several"),
        ([["id_l", "id_r", "match"]], "0 labelled pairs are of use here"),
    ],
)
def test_labels_that_cannot_be_used_are_told(
    done: Run, tmp_path: Path, rows: list[list[str]], said: str
) -> None:
    with pytest.raises(InputError, match=said) as error:
        train_run(done, [written(tmp_path / "labels.csv", rows)])
    assert error.value.hint


@pytest.mark.parametrize("name", ["nowhere.csv", "broken.parquet"])
def test_a_file_that_cannot_be_read_is_told(done: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(InputError, match=f"labels file .*{name}"):
        train_run(done, [tmp_path / name])


def test_labels_in_parquet_say_the_same(
    done: Run, answers: list[list[Any]], tmp_path: Path
) -> None:
    columns = dict(zip(("id_l", "id_r", "match"), zip(*answers, strict=True), strict=True))
    table = pa.table({name: list(values) for name, values in columns.items()})
    pq.write_table(table, tmp_path / "l.parquet")
    run = ComparedRun(done)
    one = read_labels([tmp_path / "l.parquet"], run)
    other = read_labels([labelled(tmp_path / "l.csv", answers)], run)
    assert one.match.tolist() == other.match.tolist()
    assert one.left.tolist() == other.left.tolist()


def test_a_model_that_gains_nothing_is_not_written(
    done: Run, answers: list[list[Any]], tmp_path: Path
) -> None:
    """Labels that are thrown dice cannot be learned, once the odds are those of the dice."""
    dice = np.random.default_rng(1).random(len(answers)) < 0.5
    drawn = [[one, two, int(match)] for (one, two, _), match in zip(answers, dice, strict=True)]
    labels, first = labelled(tmp_path / "dice.csv", drawn), tmp_path / "first.json"
    assert train(done, labels, first).exit_code == 0
    # From there on nothing is left to gain.
    settings = keepone.Settings.model_validate({"fit": {"model": str(first)}})
    ids = done.finished().settings["profile"]["ignore"]
    settings = settings.model_copy(
        update={"profile": settings.profile.model_copy(update={"ignore": tuple(ids)})}
    )
    again = keepone.run(
        done.path.parents[1] / "accounts.csv", workspace=tmp_path, settings=settings
    )
    out = tmp_path / "out.json"
    said = train(Run(again.path), labels, out)
    assert isinstance(said.exception, GateError)
    assert said.exception.exit_code == 3
    assert "calibration error" in said.stdout
    assert not out.exists()
    assert train(Run(again.path), labels, out, "--force").exit_code == 0
    assert out.exists()


def test_a_better_model_stays(done: Run, answers: list[list[Any]], tmp_path: Path) -> None:
    out = tmp_path / "model.json"
    most = labelled(tmp_path / "most.csv", answers[: -len(answers) // 4])
    assert train(done, most, out).exit_code == 0
    standing = out.read_bytes()
    # It learned from more than these, all of which it has seen.
    few = labelled(tmp_path / "few.csv", answers[:60])
    refused = train(done, few, out)
    assert isinstance(refused.exception, GateError)
    assert out.read_bytes() == standing
    # The same labels again, or those and more, may replace it.
    assert train(done, most, out).exit_code == 0
    assert out.read_bytes() == standing
    # One whose weights are nonsense is judged by labels that it has not seen.
    model = read_model(out)
    fields = tuple(
        field.model_copy(
            update={
                "levels": tuple(
                    level.model_copy(update={"weight": -level.weight}) for level in field.levels
                )
            }
        )
        for field in model.fields
    )
    write_model(out, model.model_copy(update={"fields": fields}))
    everything = labelled(tmp_path / "all.csv", answers)
    said = train(done, everything, out, "--json")
    assert said.exit_code == 0, said.output
    told = json.loads(said.stdout)
    assert told["standing"]["unseen"] >= 20
    assert told["standing"]["before"]["log_loss"] > told["standing"]["after"]["log_loss"]


def test_another_file_is_never_overwritten(
    done: Run, answers: list[list[Any]], tmp_path: Path
) -> None:
    out = tmp_path / "notes.json"
    out.write_text("mine", encoding="utf-8")
    said = train(done, labelled(tmp_path / "l.csv", answers), out, "--force")
    assert isinstance(said.exception, SettingsError)
    assert out.read_text("utf-8") == "mine"


def test_a_standing_model_of_other_fields_stays(
    done: Run, answers: list[list[Any]], tmp_path: Path
) -> None:
    trained = train_run(done, [labelled(tmp_path / "l.csv", answers)])
    first, *_ = trained.model.fields
    other = Model.model_validate(
        trained.model.model_dump() | {"fields": [first.model_dump() | {"field": "branch"}]}
    )
    assert not trained.against(other).is_worse


def test_no_entity_is_on_both_sides_of_a_fold() -> None:
    left, right = np.array([0, 1, 4, 0, 6, 7]), np.array([1, 2, 5, 4, 7, 8])
    match = np.array([True, True, True, False, True, False])
    labels = Labels(left, right, match, {})
    folds = parted(labels, [f"id {row}" for row in range(9)], 3)
    entity = {0: "a", 1: "a", 2: "a", 4: "b", 5: "b", 6: "c", 7: "c", 8: "d"}
    for fold in range(3):
        learned = np.flatnonzero(folds.learned(fold)).tolist()
        judged = np.flatnonzero(folds.judged(fold)).tolist()
        known = {entity[row] for at in learned for row in (int(left[at]), int(right[at]))}
        assert known.isdisjoint({entity[int(left[at])] for at in judged})
    assert sorted(np.concatenate([np.flatnonzero(folds.judged(f)) for f in range(3)])) == [
        *range(6)
    ]


def test_a_pairs_digest_is_the_same_in_either_order_and_tells_pairs_apart() -> None:
    assert pair_digest("a", "bc") == pair_digest("bc", "a") != pair_digest("ab", "c")
