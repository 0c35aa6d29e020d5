"""What the gate calls worse, what it holds to be chance, and what it refuses to compare."""

from __future__ import annotations

import numpy as np
import pytest

from keepone.benchmark.gate import Check, compare, score_distance
from keepone.benchmark.results import SCORE_BINS, Results, Sample
from keepone.errors import UserError
from tests.benchmark.figures import STAGES, results, samples, size


def timed(
    random: np.random.Generator, slower: float = 1.0, noise: float = 0.03, number: int = 7
) -> dict[str, list[Sample]]:
    taken = {stage: samples(random, 1.5, noise, number) for stage in STAGES}
    return taken | {"score": samples(random, 1.5 * slower, noise, number)}


def failed(then: Results, now: Results, tolerance: float = 5.0) -> list[Check]:
    return [check for check in compare(then, now, tolerance) if check.failed]


def test_nothing_is_called_slower_where_nothing_changed() -> None:
    random = np.random.default_rng(1)
    alarms = 0
    for _ in range(200):
        then, now = (results(size(taken=timed(random))) for _ in range(2))
        alarms += len(failed(then, now))
    # 200 gates of four stages each; the gate of a real benchmark looks again before it calls.
    assert alarms <= 4


def test_a_tenth_is_caught_once_it_was_timed_again() -> None:
    random = np.random.default_rng(2)
    caught = 0
    for _ in range(200):
        then = results(size(taken=timed(random)))
        now = results(size(taken=timed(random, slower=1.1, number=28)))
        caught += [check.subject for check in failed(then, now)] == ["score"]
    assert caught >= 190


def test_a_tenth_within_the_spread_is_shown_and_held_to_be_chance() -> None:
    random = np.random.default_rng(3)
    then = results(size(taken=timed(random, noise=0.3)))
    now = results(
        size(
            taken={
                **then.sizes[0].samples,
                "score": [
                    sample.model_copy(update={"seconds": 1.1 * sample.seconds})
                    for sample in then.sizes[0].samples["score"]
                ],
            }
        )
    )
    checks = [check for check in compare(then, now, 5.0) if check.subject == "score"]
    slow = next(check for check in checks if check.unit == "calibrations")
    assert slow.change == pytest.approx(10)
    assert slow.looks_slower
    assert slow.doubtful
    assert not slow.failed


def test_one_wild_sample_of_three_hides_no_large_slowdown() -> None:
    random = np.random.default_rng(11)
    then = results(size(taken=timed(random)))
    taken = timed(random, slower=3.0, number=3)
    wild = taken["score"][1]
    taken["score"][1] = wild.model_copy(update={"seconds": 4 * wild.seconds})
    assert [check.subject for check in failed(then, results(size(taken=taken)), 50.0)] == ["score"]


def test_a_slower_machine_makes_no_difference() -> None:
    random = np.random.default_rng(4)
    then = results(size(taken=timed(random)))
    halved = {
        name: [
            sample.model_copy(
                update={"seconds": 2 * sample.seconds, "calibration": 2 * sample.calibration}
            )
            for sample in taken
        ]
        for name, taken in then.sizes[0].samples.items()
    }
    assert all(
        check.change == pytest.approx(0)
        for check in compare(then, results(size(taken=halved)), 5.0)
    )


def test_the_tolerance_is_the_callers() -> None:
    random = np.random.default_rng(5)
    then = results(size(taken=timed(random, noise=0.001)))
    now = results(size(taken=timed(random, slower=1.3, noise=0.001)))
    assert [check.subject for check in failed(then, now, 29)] == ["score"]
    assert failed(then, now, 31) == []


@pytest.mark.parametrize(
    ("before", "after", "worse"),
    [
        ((200.0, 205.0, 195.0), (230.0, 236.0, 234.0), False),  # 17 %
        ((200.0, 205.0, 195.0), (245.0, 250.0, 246.0), True),  # 23 %
        ((200.0, 280.0, 195.0), (245.0, 250.0, 246.0), False),  # it was so before, once
        ((5.0, 5.0, 5.0), (25.0, 26.0, 24.0), False),  # a few MB are the allocator's
        ((5.0, 5.0, 5.0), (45.0, 46.0, 44.0), True),
    ],
)
def test_memory_may_grow_by_a_fifth(
    before: tuple[float, ...], after: tuple[float, ...], worse: bool
) -> None:
    taken = timed(np.random.default_rng(6))
    then, now = (results(size(above_mb=above, taken=taken)) for above in (before, after))
    assert {check.subject for check in failed(then, now)} == (set(STAGES) if worse else set())
    assert {check.unit for check in failed(then, now)} <= {"MB"}


def test_more_processor_time_for_the_same_wall_time_is_seen() -> None:
    random = np.random.default_rng(7)
    then, now = (
        results(size(taken={name: samples(random, 1.5, 0.01, 5, share) for name in STAGES}))
        for share in (1.2, 1.6)
    )
    (check,) = failed(then, now)
    assert (check.subject, check.unit) == ("all stages", "shares")
    assert check.change == pytest.approx(100 / 3)


def test_scores_that_moved_are_seen() -> None:
    taken = timed(np.random.default_rng(8))
    moved = [10] * SCORE_BINS
    moved[0], moved[-1] = 0, 20
    still = results(size(taken=taken))
    assert failed(still, results(size(taken=taken, scores=moved))) == []  # a fiftieth moved
    moved[:5], moved[-5:] = [0] * 5, [20] * 5
    (check,) = failed(still, results(size(taken=taken, scores=moved)))
    assert check.subject == "scores"
    assert check.now == pytest.approx(0.1)


def test_the_distance_of_scores() -> None:
    assert score_distance([1, 2, 3], [10, 20, 30]) == pytest.approx(0)
    assert score_distance([1, 0], [0, 1]) == 1
    assert score_distance([0, 0], [0, 0]) == 0
    assert score_distance([0, 0], [1, 0]) == 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"profile": "crm"}, "--profile dense, this one with crm"),
        ({"threads": 4}, "--threads 2, this one with 4"),
        ({"settings": ("cluster.join=60",)}, "--set nothing, this one with cluster.join=60"),
        ({"sizes": [size(1_000)]}, "none of the sizes"),
    ],
)
def test_what_cannot_be_compared_is_told(changed: dict[str, object], said: str) -> None:
    then = results(size(taken=timed(np.random.default_rng(9))))
    with pytest.raises(UserError, match=said):
        compare(then, then.model_copy(update=changed), 5.0)


def test_a_stored_run_of_too_few_samples_is_refused() -> None:
    then = results(size(taken=timed(np.random.default_rng(10), number=2)))
    with pytest.raises(UserError, match="2 samples of a stage, and 3 are needed"):
        compare(then, then, 5.0)
