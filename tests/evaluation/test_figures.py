"""The evaluation's counts, compared with a count of every single pair and record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings

from keepone.errors import InputError
from keepone.evaluation import Evaluation, evaluate_run
from keepone.runs import Run
from tests.evaluation.worlds import (
    counted,
    put,
    truth_file,
    worlds,
    write_entities,
    write_labels,
)
from tests.runner.toy_pipeline import ToySource, replaced, run_toy, table


def partitions(world: dict[str, Any]) -> tuple[set[frozenset[str]], set[frozenset[str]]]:
    """Return the groups and the entities of the records that the truth knows."""
    entity_of = {str(row): name for row, name in enumerate(world["entities"]) if name}
    if world["stranger"]:
        entity_of["stranger"] = world["stranger"]
    group_of = {one: world["groups"][int(one)] for one in entity_of if one != "stranger"}
    groups, entities = (
        {frozenset(one for one in of if of[one] == name) for name in of.values()}
        for of in (group_of, entity_of)
    )
    return groups, entities


def by_record(world: dict[str, Any]) -> tuple[float | None, float | None]:
    """Return B-cubed precision and recall, a record at a time."""
    groups, entities = partitions(world)
    precision, recall = [], []
    for entity in entities:
        for record in entity:
            group = next((one for one in groups if record in one), frozenset())
            if group:
                precision.append(len(group & entity) / len(group))
            recall.append(len(group & entity) / len(entity))
    return _mean(precision), _mean(recall)


def _mean(parts: list[float]) -> float | None:
    return sum(parts) / len(parts) if parts else None


def figures(evaluation: Evaluation, names: dict[str, Any]) -> dict[str, Any]:
    told = evaluation.as_dict()
    return {name: told[name] for name in names}


@given(world=worlds())
@hypothesis_settings(max_examples=60)
def test_entities_are_counted_as_their_pairs_would_be(shell: Run, world: dict[str, Any]) -> None:
    put(shell, world)
    truth = shell.path / "truth.parquet"
    write_entities(world, truth)
    evaluation = evaluate_run(shell, truth)
    expected = counted(world)
    assert figures(evaluation, expected) == expected
    pairs = evaluation.pairs
    assert sum(evaluation.lost.values()) == pairs.true - pairs.correct
    assert sum(evaluation.wrong.values()) == pairs.found - pairs.correct
    b_cubed = evaluation.b_cubed
    assert b_cubed is not None
    assert by_record(world) == pytest.approx((b_cubed.precision, b_cubed.recall))
    groups, entities = partitions(world)
    for found, least in ((evaluation.groups, 1), (evaluation.larger_groups, 2)):
        assert found is not None
        large = [{one for one in part if len(one) >= least} for part in (groups, entities)]
        assert (found.correct, found.found, found.true) == (
            len(large[0] & large[1]),
            len(large[0]),
            len(large[1]),
        )


@given(world=worlds())
@hypothesis_settings(max_examples=30)
def test_labelled_pairs_are_counted_one_by_one(shell: Run, world: dict[str, Any]) -> None:
    world["stranger"] = None
    put(shell, world)
    truth = shell.path / "pairs.csv"
    write_labels(world, truth)
    evaluation = evaluate_run(shell, truth)
    expected = counted(world)
    assert figures(evaluation, expected) == expected


def test_perfect_groups(toy: Run, tmp_path: Path) -> None:
    truth = truth_file(tmp_path, "id,company\nr02,1\nr03,1\nr04,2\nr06,1\n")
    evaluation = evaluate_run(toy, truth, id_column="id", entity_column="company")
    pairs = evaluation.pairs
    assert (pairs.precision, pairs.recall, pairs.f1) == (1.0, 1.0, 1.0)


def test_labels_say_where_each_pair_went(toy: Run, tmp_path: Path) -> None:
    labels = "id_l,id_r,match\nr02,r03,1\nr02,r04,yes\nr06,r03,0\nr04,r06,FALSE\nr02,gone,1\n"
    evaluation = evaluate_run(toy, truth_file(tmp_path, labels))
    told = evaluation.as_dict()
    del told["calibration"]
    assert told == {
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
        "b_cubed": None,
        "whole_groups": None,
        "larger_whole_groups": None,
    }


def test_without_pairs_there_is_no_ratio(toy: Run, tmp_path: Path) -> None:
    evaluation = evaluate_run(toy, truth_file(tmp_path, "record_id,entity_id\nr02,1\nr04,2\n"))
    pairs = evaluation.pairs
    assert (pairs.precision, pairs.recall, pairs.f1) == (None, None, None)


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
