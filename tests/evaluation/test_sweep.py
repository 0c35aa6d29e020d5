"""Groups at other thresholds, compared with those of the reference, pair by pair."""

from __future__ import annotations

from itertools import combinations, pairwise
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from keepone.artifacts import read_artifact
from keepone.errors import RunError
from keepone.evaluation.figures import figures
from keepone.evaluation.replay import Replay
from keepone.evaluation.sweep import THRESHOLDS, SweepPoint, sweep
from keepone.evaluation.truth import trial
from keepone.manifest import read_manifest, write_manifest
from keepone.pipeline import STAGES
from keepone.reference.cluster import cluster
from keepone.runs import Run
from keepone.settings import Settings


@pytest.fixture(scope="module")
def points(judged: tuple[Run, Path]) -> tuple[SweepPoint, ...]:
    run, truth = judged
    with trial(run, truth) as opened:
        return sweep(opened, Replay(run), figures(opened).pairs.true)


def grouped(run: Run, threshold: float) -> dict[str, int]:
    """Return the group of each record id, as the reference makes them."""
    files = [file for stage in run.manifest().stages for file in stage.artifacts]
    stage = next(stage for stage in STAGES if stage.name == "cluster")
    tables = {name: read_artifact(run.path, name, files) for name in stage.reads}
    own = Settings().cluster.model_copy(update={"join": threshold})
    groups = cluster(None, own, **tables)["groups"]
    ids = read_artifact(run.path, "records", files).column("record_id").to_pylist()
    return dict(zip(ids, groups.column("group").to_pylist(), strict=True))


@pytest.mark.parametrize("threshold", [25, 50, 80, 99])
def test_groups_are_those_of_a_run_with_that_threshold(
    judged: tuple[Run, Path], points: tuple[SweepPoint, ...], threshold: int
) -> None:
    run, truth = judged
    entities = dict(zip(*pq.read_table(truth).to_pydict().values(), strict=True))
    group = grouped(run, threshold)
    pairs = [
        (entities[one] == entities[other], group[one] == group[other])
        for one, other in combinations(entities, 2)
        if entities[one] == entities[other] or group[one] == group[other]
    ]
    (point,) = (point for point in points if point.threshold == threshold)
    assert (point.groups.correct, point.groups.found, point.groups.true) == (
        sum(same and together for same, together in pairs),
        sum(together for _, together in pairs),
        sum(same for same, _ in pairs),
    )


def test_the_runs_own_threshold_gives_the_runs_own_figures(
    judged: tuple[Run, Path], points: tuple[SweepPoint, ...]
) -> None:
    run, truth = judged
    (own,) = (point for point in points if point.current)
    with trial(run, truth) as opened:
        evaluation = figures(opened)
    assert own.partition is not None
    assert own.groups == evaluation.pairs
    assert own.partition.b_cubed == evaluation.b_cubed
    assert own.partition.groups == evaluation.groups
    assert [point.threshold for point in points] == [float(each) for each in THRESHOLDS]


def test_labelled_pairs_are_swept_too(
    judged: tuple[Run, Path], points: tuple[SweepPoint, ...], tmp_path: Path
) -> None:
    run, truth = judged
    entities = dict(zip(*pq.read_table(truth).to_pydict().values(), strict=True))
    labels = [f"{one},gone,1" for one in sorted(entities)[:1]]
    # All pairs of records that follow each other by entity: most are true, some are not.
    order = sorted(entities, key=lambda one: (entities[one], one))
    for one, other in pairwise(order):
        labels.append(f"{one},{other},{int(entities[one] == entities[other])}")
    path = tmp_path / "pairs.csv"
    path.write_text("\n".join(["id_l,id_r,match", *labels]))
    with trial(run, path) as opened:
        swept = sweep(opened, Replay(run), figures(opened).pairs.true)
    for threshold in (25.0, 80.0):
        group = grouped(run, threshold)
        verdicts = [
            (one != "gone" and other != "gone" and group[one] == group[other], match == "1")
            for one, other, match in (label.split(",") for label in labels)
        ]
        (point,) = (point for point in swept if point.threshold == threshold)
        assert point.partition is None
        assert (point.groups.correct, point.groups.found, point.groups.true) == (
            sum(together and match for together, match in verdicts),
            sum(together for together, _ in verdicts),
            sum(match for _, match in verdicts),
        )


def test_a_run_with_settings_of_another_release_is_not_swept(toy: Run) -> None:
    manifest = read_manifest(toy.path)
    unknown = manifest.settings | {"cluster": {"join": 50.0, "moon": "full"}}
    write_manifest(toy.path, manifest.model_copy(update={"settings": unknown}))
    with pytest.raises(RunError, match="settings that this release does not know"):
        Replay(toy)
