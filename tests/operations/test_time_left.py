"""The time that is said to be left: right where costs are, scaled by the machine, and never odd."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepone.costs import measured, seconds_of
from keepone.estimate import Estimate, in_words
from keepone.manifest import StageRun
from keepone.pipeline import STAGES


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def done(name: str, rows: int, *, reused: bool = False) -> StageRun:
    return StageRun(
        name=name, number=0, engine="duckdb", fingerprint="", reused=reused, seconds=0,
        cpu_seconds=0, write_seconds=0, peak_rss_mb=None, rows=rows, bytes=0, artifacts=[],
    )  # fmt: skip


def rows_of(stage: str, records: int, pairs: int) -> int:
    return {"ingest": records, "block": pairs}.get(stage, 1)


def test_every_stage_has_a_cost() -> None:
    assert {*measured()} >= {*(stage.name for stage in STAGES), "report"}
    for costs in measured().values():
        sizes = [cost.records for cost in costs]
        assert sizes == sorted(set(sizes))
        assert all(cost.seconds > 0 and cost.pairs > 0 for cost in costs)


@pytest.mark.parametrize("slowness", [0.5, 1.0, 4.0])
@pytest.mark.parametrize("records", [100_000, 1_000_000])
def test_on_a_machine_of_another_speed_it_is_right_to_a_fifth(
    slowness: float, records: int
) -> None:
    clock = Clock()
    estimate = Estimate(records * 400, clock)
    pairs = next(cost.pairs for cost in measured()["score"] if cost.records == records)
    times = {stage: slowness * seconds_of(stage, records, pairs) for stage in measured()}
    whole = sum(times.values())
    passed, wrong, looked = 0.0, 0, 0
    for stage, time in times.items():
        estimate.started(stage)
        for _ in range(20):
            clock.now += time / 20
            passed += time / 20
            if 0.1 * whole < passed < 0.95 * whole:
                looked += 1
                wrong += abs(estimate.left() - (whole - passed)) > 0.2 * (whole - passed)
        estimate.finished(done(stage, rows_of(stage, records, pairs)))
    assert looked > 20
    assert wrong <= 0.05 * looked
    assert estimate.left() == pytest.approx(0, abs=1e-6)
    assert estimate.share() == pytest.approx(1)


@settings(max_examples=50)
@given(
    st.integers(0, 10**10),
    st.integers(0, 10**7),
    st.lists(st.floats(0, 1000), min_size=len(STAGES) + 1, max_size=len(STAGES) + 1),
    st.sets(st.sampled_from([stage.name for stage in STAGES])),
)
def test_it_is_never_below_nothing_whatever_happens(
    size: int, rows: int, times: list[float], reused: set[str]
) -> None:
    clock = Clock()
    estimate = Estimate(size, clock)
    for stage, time in zip([*(stage.name for stage in STAGES), "report"], times, strict=True):
        estimate.started(stage)
        clock.now += time
        assert 0 <= estimate.left() < float("inf")
        assert 0 <= estimate.share() <= 1
        estimate.finished(done(stage, rows, reused=stage in reused))


def test_a_cost_grows_with_the_size_and_not_below_the_smallest() -> None:
    for stage in measured():
        assert seconds_of(stage, 0, None) == seconds_of(stage, 1_000, None)
    assert seconds_of("normalize", 2_000_000, None) > seconds_of("normalize", 1_000_000, None)
    assert seconds_of("score", 1_000, 10**7) > seconds_of("score", 1_000, None)
    assert seconds_of("no such stage", 1_000, None) == 0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "a few seconds left"), (43, "about 45 s left"), (130, "about 2 min left")],
)
def test_it_is_said_no_finer_than_it_is_known(seconds: float, words: str) -> None:
    assert in_words(seconds) == words
