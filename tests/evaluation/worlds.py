"""Small runs and truths that Hypothesis draws, and what is counted in them pair by pair."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

from keepone.runs import Run
from tests.runner.toy_pipeline import table

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
                "probability": calibrated(probability),
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


def write_labels(world: dict[str, Any], path: Path) -> None:
    """Label every pair of records that have an entity."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id_l", "id_r", "match"])
        for left, right, same in labelled_pairs(world):
            writer.writerow([f"r{right + 2:02d}", f"r{left + 2:02d}", int(same)])


def labelled_pairs(world: dict[str, Any]) -> Iterator[tuple[int, int, bool]]:
    """Give every pair of records that have an entity, and whether it is the same."""
    labelled = [row for row, entity in enumerate(world["entities"]) if entity is not None]
    for left, right in combinations(labelled, 2):
        yield left, right, world["entities"][left] == world["entities"][right]


def score_of(world: dict[str, Any], left: int, right: int) -> int | None:
    """Return the calibrated score of two records; None where the run keeps none."""
    ends = sorted((world["representatives"][left], world["representatives"][right]))
    scored: dict[tuple[int, int], int] = world["scored"]
    by_itself = scored.get((ends[0], ends[1]))
    return None if by_itself is None else calibrated(by_itself)


def calibrated(by_itself: int) -> int:
    """Return another score for each, so that one cannot pass for the other."""
    return 1_000_000 - by_itself


def truth_file(folder: Path, text: str) -> Path:
    """Write a truth."""
    path = folder / "truth.csv"
    path.write_text(text)
    return path
