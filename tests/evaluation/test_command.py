"""`keepone evaluate` for people and machines, and as a gate."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from keepone.cli import app
from keepone.errors import GateError
from keepone.evaluation.study import study_run
from keepone.runs import Run
from tests.evaluation.worlds import truth_file


def test_people_are_told_the_figures(toy: Run, tmp_path: Path) -> None:
    truth = truth_file(tmp_path, "record_id,entity_id\nr02,1\nr03,1\nr04,1\nr06,2\n")
    shown = CliRunner().invoke(app, ["evaluate", str(toy.path), "--truth", str(truth)])
    assert shown.exit_code == 0
    assert "F1         0.3333" in shown.stdout
    assert "blocking: never compared" in shown.stdout
    assert "B-cubed    0.6667   F1 by record: precision 0.6667, recall 0.6667" in shown.stdout
    assert "Scores     too few pairs" in shown.stdout


def test_machines_are_told_all(judged: tuple[Run, Path]) -> None:
    run, truth = judged
    arguments = ["evaluate", str(run.path), "--truth", str(truth), "--json", "--mistakes", "2"]
    told = json.loads(CliRunner().invoke(app, arguments).stdout)
    study = study_run(run, truth, mistakes=2)
    assert told == json.loads(json.dumps(study.as_dict()))
    assert told["run_id"] == "judged"
    assert told["f1"] == study.evaluation.f1
    assert len(told["mistakes"]) == len(study.mistakes) <= 10
    assert {point["threshold"] for point in told["sweep"]} >= {25.0, 50.0, 99.0}


def test_a_page_is_written(judged: tuple[Run, Path], tmp_path: Path) -> None:
    run, truth = judged
    page = tmp_path / "evaluation.html"
    arguments = ["evaluate", str(run.path), "--truth", str(truth), "--html", str(page)]
    shown = CliRunner().invoke(app, arguments)
    assert shown.exit_code == 0
    assert str(page) in shown.stdout
    assert page.read_text("utf-8").startswith("<!doctype html>")


def test_the_gate_is_shut_below_the_wanted_f1(toy: Run, tmp_path: Path) -> None:
    truth = truth_file(tmp_path, "record_id,entity_id\nr02,1\nr03,1\nr04,1\nr06,2\n")
    arguments = ["evaluate", str(toy.path), "--truth", str(truth), "--min-f1", "0.9"]
    gate = CliRunner().invoke(app, arguments)
    assert isinstance(gate.exception, GateError)
    assert "F1 0.3333 is below the wanted 0.9000" in gate.exception.message


def test_the_gate_is_shut_where_there_is_no_f1(toy: Run, tmp_path: Path) -> None:
    truth = truth_file(tmp_path, "record_id,entity_id\nr01,1\n")
    arguments = ["evaluate", str(toy.path), "--truth", str(truth), "--min-f1", "0"]
    gate = CliRunner().invoke(app, arguments)
    assert isinstance(gate.exception, GateError)
    assert "there is no F1" in gate.exception.message
