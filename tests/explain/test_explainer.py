"""Explanations of a whole run, held to what its tables say."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from pathlib import Path
from random import Random

import pytest

import keepone
from keepone.errors import RunError
from keepone.explain import Explainer, Explanation
from keepone.run_tables import RunTables
from keepone.runs import Run
from tests.explain.conftest import Explained

_REVIEW, _JOIN = 200_000, 500_000


def expected(run: Explained, left: int, right: int) -> tuple[str, set[str]]:
    """Return the stage and the possible rules for two records, from the tables alone."""
    ends = sorted((run.representative[left], run.representative[right]))
    pair = (ends[0], ends[1])
    _, by_itself, probability = run.pairs.get(pair, (0, 0, 0))
    if run.group[left] == run.group[right]:
        return "cluster", {"linked" if by_itself >= _JOIN else "by_others"}
    if pair not in run.candidates:
        return "block", {"no_common_key", "capped", "support_keys"}
    if by_itself < _JOIN and probability < _REVIEW:
        return "score", {"below_review" if probability else "below_floor"}
    return "cluster", {"split" if by_itself >= _JOIN else "below_join"}


def of(run: Explained, left: int, right: int) -> Explanation:
    return run.explainer.explain(run.ids[left], run.ids[right])


def test_every_stored_pair_adds_up(explained: Explained) -> None:
    """Of equal records the pair is that of two of them."""
    seen: Counter[str] = Counter()
    for (left, right), (weight, by_itself, probability) in explained.pairs.items():
        end = right
        if left == right:
            end = max(row for row, one in enumerate(explained.representative) if one == left)
        found = of(explained, left, end)
        waterfall = found.waterfall
        assert waterfall is not None
        bits = [round(1000 * step.bits) for step in waterfall.steps]
        assert round(1000 * waterfall.start) + sum(bits) == weight
        assert round(1000 * waterfall.weight) == weight
        assert round(1_000_000 * waterfall.model_probability) == by_itself
        assert round(1_000_000 * waterfall.probability) == probability
        assert waterfall.worth is not None
        assert waterfall.compared
        assert waterfall.kept
        stage, rules = expected(explained, left, end)
        assert (found.stage, found.rule in rules) == (stage, True)
        assert found.together == (explained.group[left] == explained.group[end])
        seen[found.rule] += 1
    assert seen.keys() >= {"linked", "by_others", "below_review", "below_join"}


def test_every_pair_that_was_not_kept_has_its_reason(explained: Explained) -> None:
    random = Random(5)
    rows = range(len(explained.ids))
    below = sorted(explained.candidates - explained.pairs.keys())
    chosen = random.sample(below, 60) + random.sample([*combinations(rows, 2)], 100)
    seen: Counter[str] = Counter()
    for left, right in chosen:
        if left == right:
            continue
        found = of(explained, left, right)
        stage, rules = expected(explained, left, right)
        assert (found.stage, found.rule in rules) == (stage, True)
        assert (found.keys is None) == (stage != "block")
        if found.keys is not None:
            # A key that both have in a block small enough would have made them a pair.
            assert all(key.verdict != "compared" for key in found.keys.shared)
            assert bool(found.keys.shared) == (found.rule != "no_common_key")
        if stage == "score" and found.waterfall is not None:
            assert found.waterfall.probability < 0.01
        seen[found.rule] += 1
    assert seen.keys() >= {"below_floor", "no_common_key"}


def test_the_path_to_the_primary_is_as_sure_as_the_record(explained: Explained) -> None:
    longest = 0
    for member in explained.members:
        row, primary = member["row"], member["primary"]
        if row == primary:
            continue
        found = of(explained, row, primary)
        assert found.waterfall is not None
        direct = found.waterfall.probability if found.waterfall.kept else 0.0
        weakest = min((link.probability for link in found.path), default=direct)
        assert round(1_000_000 * weakest) == member["probability"]
        assert found.left is not None
        assert found.left.score == round(member["probability"] / 10_000, 2)
        if found.path:
            longest = max(longest, len(found.path))
            ends = [found.path[0].left, *(link.right for link in found.path)]
            assert (ends[0], ends[-1]) == (explained.ids[row], explained.ids[primary])
            assert [link.left for link in found.path] == ends[:-1]
            assert [link.probability for link in found.path if link.weakest] == [weakest]
    assert longest >= 2


def test_the_same_pair_the_other_way_about_is_explained_alike(explained: Explained) -> None:
    for left, right in sorted(explained.pairs)[:40]:
        if left == right:
            continue
        one, other = of(explained, left, right), of(explained, right, left)
        assert (one.stage, one.rule) == (other.stage, other.rule)
        assert one.waterfall is not None
        assert other.waterfall is not None
        assert one.waterfall.weight == other.waterfall.weight
        for step, mirrored in zip(one.waterfall.steps, other.waterfall.steps, strict=True):
            assert (step.left, step.right) == (mirrored.right, mirrored.left)
            assert (step.left_compared, step.bits) == (mirrored.right_compared, mirrored.bits)
        assert (one.left, one.right) == (other.right, other.left)


def test_values_stand_as_they_came_and_as_they_were_compared(explained: Explained) -> None:
    left, right = next(pair for pair in sorted(explained.pairs) if pair[0] != pair[1])
    found = of(explained, left, right)
    assert found.waterfall is not None
    assert found.left is not None
    step = next(step for step in found.waterfall.steps if step.field == "name")
    assert step.header == "Account Name"
    assert step.left == found.left.name
    assert step.left_compared is not None
    assert step.left_compared == step.left_compared.lower()


@pytest.mark.parametrize("rows", [(0, 1), (5, 300)])
def test_an_explanation_is_plain_data(explained: Explained, rows: tuple[int, int]) -> None:
    told = of(explained, *rows).as_dict()
    assert told["run_id"] == "crm"
    assert {"stage", "rule", "says", "waterfall", "path", "keys", "split"} <= told.keys()


def test_a_table_that_a_run_has_not_is_told_with_what_to_do(explained: Explained) -> None:
    tables = RunTables(explained.run)
    assert not tables.has("nothing")
    with pytest.raises(RunError) as told:
        tables.whole("nothing")
    assert told.value.message == "the run crm has no table nothing"
    assert told.value.hint == "Run it again with the same inputs and --run-id."


def test_a_town_that_one_of_two_names_says_is_told(tmp_path: Path) -> None:
    lines = ["id,name,city,phone"]
    lines += [f"r{at},filler{at} works,Berne,031555{at:04d}" for at in range(40)]
    lines += ["a,Grand Hotel Geneva,Geneva,0225550001", "b,Grand Hotel,Geneva,0225550001"]
    lines += ["c,Grand Hotel Geneva,Geneva,0225550002"]
    (tmp_path / "hotels.csv").write_text("\n".join(lines), encoding="utf-8")
    result = keepone.run(tmp_path / "hotels.csv", workspace=tmp_path / "w", run_id="hotels")
    explainer = Explainer(Run(result.path))
    says = {}
    for pair in (("a", "b"), ("a", "c")):
        compared = explainer.explain(*pair).waterfall
        assert compared is not None
        says[pair] = next(step.says for step in compared.steps)
    assert says["a", "b"].startswith("the same; ")
    assert says["a", "b"].endswith("the words of their town do not count")
    assert "town" not in says["a", "c"]
