"""Which record is kept, said in words; and what settings are refused."""

from __future__ import annotations

from typing import Any

import pytest

from keepone.engines.duckdb import DuckDBEngine
from keepone.errors import SettingsError
from keepone.rules.relationship_ranks import rank_table
from keepone.settings import SurvivorshipSettings
from keepone.stages.survivorship import survivorship
from tests.aftermatch.tables import Matched

_ENGINE = DuckDBEngine(threads=1)


def _members(case: Matched, **choices: Any) -> list[dict[str, Any]]:
    tables = case.tables()
    reads = ("inputs", "fields", "normalized", "distinct", "pairs", "groups", "judgements")
    made = survivorship(
        _ENGINE, SurvivorshipSettings(**choices), **{name: tables[name] for name in reads}
    )
    lines: list[dict[str, Any]] = made["members"].to_pylist()
    return lines


def test_the_primary_that_people_chose_last_is_kept() -> None:
    case = _group({}, {"Phone": "+15551234567"}, {})
    case.judged = [(2, "primary", 0, None), (0, "primary", 0, None)]
    found = _members(case)
    assert {line["primary"] for line in found} == {0}
    assert {line["criterion"] for line in found} == {"decided by person 1"}


def test_links_between_records_that_people_hold_together_are_sure() -> None:
    """And others are as sure as the way that leads to them."""
    pairs = [(0, 1, -3_000, 30_000, 1), (0, 2, 500, 500_000, 0), (1, 2, 7_000, 970_000, 2)]
    case = Matched([{}, {}, {}], [0, 0, 0], pairs=pairs)
    case.judged = [(0, "same", 0, None), (1, "same", 0, None)]
    told = ("probability", "weight", "conflicts")
    assert [tuple(line[name] for name in told) for line in _members(case)] == [
        (None, None, 0),
        (1_000_000, None, 0),
        (970_000, 7_000, 2),
    ]


def test_equal_records_are_not_surer_by_what_people_said_of_one() -> None:
    """Rows 1 and 2 are equal, by what many share: row 1 was held together with the primary."""
    pairs = [(0, 1, 500, 400_000, 0), (1, 1, 900, 600_000, 0)]
    case = Matched([{"Phone": "+1"}, {}, {}], [0, 0, 0], representatives=[0, 1, 1], pairs=pairs)
    case.judged = [(0, "same", 0, None), (1, "same", 0, None)]
    assert [line["probability"] for line in _members(case)] == [None, 1_000_000, 600_000]


def _group(*lines: dict[str, str | None]) -> Matched:
    pairs = [
        (left, right, 9_000, 990_000, 0)
        for left in range(len(lines))
        for right in range(left + 1, len(lines))
    ]
    return Matched(list(lines), [0] * len(lines), pairs=pairs)


@pytest.mark.parametrize(
    ("lines", "criteria", "primary", "criterion"),
    [
        (
            [{"Relationship": "Prospect"}, {"Relationship": " CUSTOMER "}],
            None,
            1,
            "relationship: CUSTOMER",
        ),
        (
            [{"Relationship": "Former Customer"}, {"Relationship": None}],
            None,
            1,
            "relationship: (empty)",
        ),
        (
            [{"Relationship": "Customer"}, {"Relationship": "Customer", "Phone": "1"}],
            None,
            1,
            "most complete: 3 of 3 fields",
        ),
        (
            [{"Created Date": "2014-03-03"}, {"Created Date": "2014-03-02"}, {"Phone": "1"}],
            None,
            1,
            "oldest: 2014-03-02",
        ),
        ([{"Phone": "  "}, {"Phone": " 1"}], None, 1, "most complete: 2 of 2 fields"),
        ([{"Phone": "1"}, {"Phone": "2"}], None, 0, "record id"),
        ([{"Size": "9"}, {"Size": "1,200"}, {"Size": "x"}], "Size:max", 1, "Size highest: 1,200"),
        ([{"Size": None}, {"Size": "-9"}, {"Size": "$8"}], "Size:min", 1, "Size lowest: -9"),
        ([{"Size": "2020-02-01"}, {"Size": ""}], "Size:min", 0, "Size earliest: 2020-02-01"),
        ([{"Size": "B"}, {"Size": "A"}, {"Size": " "}], "Size:min", 1, "Size first: A"),
        ([{"Size": " "}, {"Size": "0"}], "Size:present", 1, "Size: present"),
        ([{"Size": "lost"}, {"Size": "Partner"}], "Size:rank", 1, "Size: Partner"),
    ],
)  # fmt: skip
def test_the_first_criterion_that_tells_records_apart_is_kept_in_words(
    lines: list[dict[str, str | None]], criteria: str | None, primary: int, criterion: str
) -> None:
    choices = {} if criteria is None else {"criteria": (criteria,)}
    for member in _members(_group(*lines), **choices):
        assert (member["primary"], member["criterion"]) == (primary, criterion)


@pytest.mark.parametrize(
    ("lines", "criterion", "primary", "said"),
    [
        (["A", "B"], "max", 1, "Size last: B"),
        (["2020-02-01", "2021-02-01 10:00"], "max", 1, "Size latest: 2021-02-01"),
        (["2.5", "€ 2.50", "-$1,000.5"], "min", 2, "Size lowest: -$1,000.5"),
        (["2020-02-01", "7"], "max", 1, "Size highest: 7"),
        (["2020-02-01", "7", "2020-02-02"], "max", 2, "Size latest: 2020-02-02"),
        (["2020-02-01", "lost"], "max", 0, "Size latest: 2020-02-01"),
        (["lost", "x" * 99], "max", 1, f"Size last: {'x' * 80}"),
    ],
)
def test_what_most_values_are_decides_how_a_column_is_compared(
    lines: list[str], criterion: str, primary: int, said: str
) -> None:
    sizes: list[dict[str, str | None]] = [{"Size": line} for line in lines]
    found = _members(_group(*sizes), criteria=(f"Size:{criterion}",))
    assert {(member["primary"], member["criterion"]) for member in found} == {(primary, said)}


def test_a_record_alone_is_its_own_primary_and_groups_do_not_touch_each_other() -> None:
    case = Matched(
        [{}, {"Phone": "1"}, {}, {}, {"Phone": "2"}],
        [0, 1, 1, 3, 3],
        pairs=[
            (0, 1, 500, 500_000, 0),
            (1, 2, 7_000, 970_000, 1),
            (2, 3, 9_000, 990_000, 2),
            (3, 4, 8_000, 980_000, 4),
        ],
    )
    told = ("group", "size", "primary", "criterion", "probability", "weight", "conflicts")
    fullest = "most complete: 2 of 2 fields"
    assert [tuple(member[name] for name in told) for member in _members(case)] == [
        (0, 1, 0, "alone", None, None, 0),
        (1, 2, 1, fullest, None, None, 0),
        (1, 2, 1, fullest, 970_000, 7_000, 1),
        (3, 2, 4, fullest, 980_000, 8_000, 4),
        (3, 2, 4, fullest, None, None, 0),
    ]


def test_the_weakest_link_of_the_best_path_counts_and_conflicts_add_up() -> None:
    case = Matched(
        [{}] * 4,
        [0] * 4,
        pairs=[
            (0, 1, 9_000, 990_000, 1),
            (0, 2, 1_000, 600_000, 4),
            (1, 2, 8_000, 970_000, 2),
        ],
    )
    found = [(m["probability"], m["weight"], m["conflicts"]) for m in _members(case)]
    assert found == [(None, None, 0), (990_000, 9_000, 1), (970_000, 8_000, 3), (0, 0, 0)]


def test_equal_records_are_as_sure_as_their_own_pair_or_a_better_way_round() -> None:
    equal = Matched([{}] * 3, [0] * 3, [0, 0, 2], [(0, 0, 700, 700_000, 0)])
    assert _members(equal)[1]["probability"] == 700_000
    equal.pairs.append((0, 2, 9_000, 960_000, 0))
    assert [member["probability"] for member in _members(equal)] == [None, 960_000, 960_000]


def test_own_rank_table_ranks_its_values_then_the_others() -> None:
    lines: list[dict[str, str | None]] = [{"Size": "gold"}, {"Size": "Tin"}, {"Size": None}]
    choices = {"criteria": ("rank",), "rank_column": "Size"}
    assert _members(_group(*lines), **choices, rank_table={"tin": 1})[0]["primary"] == 1
    with_others = {"tin": 2, "gold": 2, "*": 1}
    assert _members(_group(*lines), **choices, rank_table=with_others)[0]["primary"] == 2
    long = _group({"Size": "tin"}, {"Size": "x" * 99})
    found = _members(long, **choices, rank_table={"x" * 99: 1})
    assert found[0]["criterion"] == f"Size: {'x' * 80}"


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"criteria": ("newest",)}, "'newest' is no criterion"),
        ({"criteria": ("Size:median",)}, "'Size:median' is no criterion"),
        ({"criteria": ("Sizes:max",)}, "no column is called 'Sizes'"),
        ({"criteria": ("rank",), "rank_column": "Tier"}, "no column is called 'Tier'"),
        ({"rank_table": {"A-1": 1, "a 1": 2}}, "twice with different ranks"),
    ],
)
def test_settings_that_cannot_be_applied_are_refused(choices: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        _members(_group({}, {}), **choices)


def test_shipped_ranks_put_what_pays_first_and_what_has_ended_last() -> None:
    ranks = rank_table({})
    order = ["Customer - Direct", "Channel Partner / Reseller", "Prospect", "Lead", None, "Churned"]
    found = [ranks.rank(value) for value in order]
    assert found == sorted(set(found))
