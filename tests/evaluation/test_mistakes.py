"""The worst mistakes, compared with a list of every pair that is one."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from keepone.evaluation.mistakes import Mistake, worst_mistakes
from keepone.evaluation.replay import Replay
from keepone.evaluation.truth import trial
from keepone.runs import Run
from tests.evaluation.worlds import (
    judged,
    put,
    score_of,
    truth_file,
    worlds,
    write_entities,
    write_labels,
)
from tests.runner.toy_pipeline import table

_STAGES = {
    ("lost", "blocking"), ("lost", "score"), ("lost", "grouping"),
    ("wrong", "score"), ("wrong", "grouping"),
}  # fmt: skip


class _Imagination:
    """Scores pairs that were never compared by their rows alone; keeps no low score."""

    def stage(self, name: str, *, candidates: pa.Table) -> dict[str, pa.Table]:
        assert name == "score"
        lines = candidates.drop_columns("keys").to_pylist()
        kept = [line for line in lines if imagined(line["l"], line["r"]) is not None]
        told = [
            {**line, "probability": imagined(line["l"], line["r"]), "weight": 0, "conflicts": 0}
            for line in kept
        ]
        return {"scored": table("scored", told)}


def imagined(left: int, right: int) -> int | None:
    return None if (left + right) % 3 == 0 else 10_000 * (1 + left + 7 * right)


def found_in(run: Run, world: dict[str, Any], *, labels: bool, most: int) -> tuple[Mistake, ...]:
    put(run, world)
    truth = run.path / ("pairs.csv" if labels else "truth.parquet")
    (write_labels if labels else write_entities)(world, truth)
    with trial(run, truth) as opened:
        found = worst_mistakes(opened, cast("Replay", _Imagination()), most)
    # The stranger is in the truth alone.
    assert found.unread == (("stranger",) if world["stranger"] and not labels else ())
    return found.pairs


def listed(world: dict[str, Any], *, labels: bool) -> list[Mistake]:
    """Return all mistakes, pair by pair."""
    kinds: dict[tuple[Any, ...], list[tuple[int, int, int | None]]] = defaultdict(list)
    for left, right in combinations(range(len(world["groups"])), 2):
        entities = [world["entities"][row] for row in (left, right)]
        if None in entities:
            continue
        groups = [world["groups"][row] for row in (left, right)]
        together, compared, high = judged(world, left, right)
        score = score_of(world, left, right)
        if entities[0] == entities[1] and not together:
            stage = ("grouping" if high else "score") if compared else "blocking"
            if not compared:
                ends = sorted(world["representatives"][row] for row in (left, right))
                score = imagined(*ends)
            key = ("lost", stage, entities[0], *sorted(groups))
        elif entities[0] != entities[1] and together and score is not None:
            key = ("wrong", "score" if high else "grouping", groups[0], *sorted(entities))
        else:
            continue
        kinds[(*key, left, right) if labels else key].append((left, right, score))
    found = []
    for (kind, stage, *_), pairs in kinds.items():
        left, right, score = min(pairs, key=lambda pair: (-(pair[2] or 0), pair[0], pair[1]))
        percent = None if score is None else score / 10_000
        found.append(Mistake(kind, stage, left, right, percent, len(pairs)))
    return sorted(
        found, key=lambda each: (each.kind, each.stage, -(each.score or 0), each.one, each.other)
    )


@pytest.mark.parametrize("labels", [False, True])
@given(world=worlds(), most=st.sampled_from([1, 2, 100]))
@hypothesis_settings(max_examples=60)
def test_the_worst_of_each_kind_are_found(
    shell: Run, world: dict[str, Any], most: int, labels: bool
) -> None:
    found = found_in(shell, world, labels=labels, most=most)
    expected = listed(world, labels=labels)
    for kind, stage in _STAGES:
        of_kind = [each for each in expected if (each.kind, each.stage) == (kind, stage)]
        own = [each for each in found if (each.kind, each.stage) == (kind, stage)]
        assert own == of_kind[:most]
    assert {(each.kind, each.stage) for each in found} <= _STAGES


def test_records_that_were_not_read_are_named(toy: Run, tmp_path: Path) -> None:
    truth = truth_file(tmp_path, "record_id,entity_id\nr02,1\ngone,1\nlost,1\nno,2\n")
    with trial(toy, truth) as opened:
        found = worst_mistakes(opened, cast("Replay", _Imagination()), 2)
    assert found.unread == ("gone", "lost")
