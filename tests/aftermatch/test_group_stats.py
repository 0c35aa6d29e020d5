"""What is said of a group: its id, counts, flags and what a review of it is worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepone.engines.duckdb import DuckDBEngine
from keepone.errors import InternalError
from keepone.ids import group_id, group_id_sql, name_fields
from keepone.schema import DISPOSITIONS, MEMBERS, POSSIBLE_MATCHES
from keepone.settings import GroupStatsSettings
from keepone.stages.group_stats import group_stats
from tests.aftermatch.tables import Matched

_ENGINE = DuckDBEngine(threads=1)


def _stats(
    lines: list[dict[str, Any]],
    *,
    records: pa.Table | None = None,
    near: Sequence[tuple[int, int, int]] = (),
) -> list[dict[str, Any]]:
    """Return the stats of records by group, rule, probability, conflict bits and judgement.

    `near` are possible matches: two rows and their probability.
    """
    groups = [line["group"] for line in lines]
    judged: list[tuple[int, str, int, str | None]] = [
        (row, line["judged"], 0, None) for row, line in enumerate(lines) if "judged" in line
    ]
    names: list[dict[str, str | None]] = [
        {"Account Name": f" N{row} "} for row in range(len(lines))
    ]
    case = Matched(names, groups, judged=judged)
    tables = case.tables()
    members = [
        {
            "row": row,
            "group": line["group"],
            "size": groups.count(line["group"]),
            "primary": line["group"],
            "criterion": "record id",
            "probability": line.get("probability"),
            "weight": None,
            "conflicts": line.get("conflicts", 0),
        }
        for row, line in enumerate(lines)
    ]
    verdicts = [
        {"row": row, "disposition": "?", "rule": line["rule"], "reason": ""}
        for row, line in enumerate(lines)
    ]
    made = group_stats(
        _ENGINE,
        GroupStatsSettings(),
        records=records or tables["records"],
        fields=tables["fields"],
        inputs=tables["inputs"],
        members=pa.Table.from_pylist(members, schema=MEMBERS.arrow()),
        possible_matches=pa.Table.from_pylist(
            [
                {"l": left, "r": right, "weight": 0, "probability": worth}
                for left, right, worth in near
            ],
            schema=POSSIBLE_MATCHES.arrow(),
        ),
        dispositions=pa.Table.from_pylist(verdicts, schema=DISPOSITIONS.arrow()),
        judgements=tables["judgements"],
    )
    found: list[dict[str, Any]] = made["group_stats"].to_pylist()
    return sorted(found, key=lambda line: str(line["primary_id"]))


def test_a_group_of_which_people_decided_anything_is_flagged() -> None:
    decided, apart, other = _stats(
        [
            {"group": 0, "rule": "decided_keep", "judged": "disposition"},
            {"group": 1, "rule": "alone", "judged": "apart"},
            {"group": 2, "rule": "alone"},
        ]
    )
    assert [each["flags"] for each in (decided, apart, other)] == ["decided", "decided", ""]


def test_a_group_is_counted_by_rule_and_its_review_ranked_by_what_may_go_wrong() -> None:
    group, single = _stats(
        [
            {"group": 0, "rule": "primary"},
            {"group": 0, "rule": "duplicate", "probability": 999_950},
            {"group": 0, "rule": "weak_link", "probability": 700_000, "conflicts": 4},
            {"group": 0, "rule": "ids_conflict", "probability": 990_000, "conflicts": 1},
            {"group": 4, "rule": "alone"},
        ]
    )
    assert group == {
        "group_id": group_id("", "000"),
        "size": 4,
        "min_score": 70.0,
        "mean_score": 89.67,
        "max_score": 100.0,
        "primary_id": "000",
        "primary_name": "N0",
        "keep": 1,
        "enrich": 0,
        "merge": 1,
        "delete": 0,
        "verify": 2,
        "flags": "weak_link, ids_conflict, countries_differ",
        "review_priority": 2.4,
    }
    assert (single["min_score"], single["mean_score"], single["max_score"]) == (None, None, None)
    assert (single["keep"], single["flags"], single["review_priority"]) == (1, "", 0.0)


def test_records_that_nearly_joined_count_by_the_best_pair_with_their_group() -> None:
    doubtful, near, far = _stats(
        [
            {"group": 0, "rule": "primary"},
            {"group": 0, "rule": "weak_link", "probability": 900_000},
            {"group": 2, "rule": "primary"},
            {"group": 2, "rule": "duplicate", "probability": 990_000},
            {"group": 2, "rule": "duplicate", "probability": 990_000},
            {"group": 5, "rule": "alone"},
        ],
        near=[(0, 2, 300_000), (1, 3, 400_000), (1, 5, 250_000)],
    )
    # 0.1 for the doubtful record, and 2 times 3 at 0.4 and 1 at 0.25.
    assert doubtful["review_priority"] == 3.0
    # Where nobody has to look, nothing is gained by looking.
    assert (near["review_priority"], far["review_priority"]) == (0, 0)


def test_a_shared_group_id_is_never_published() -> None:
    twice = Matched([{}, {}], [0, 1]).tables()["records"]
    twice = twice.set_column(2, "record_id", pa.array(["a", "a"]))
    with pytest.raises(InternalError, match="same group_id"):
        _stats([{"group": 0, "rule": "alone"}, {"group": 1, "rule": "alone"}], records=twice)


@given(st.lists(st.tuples(st.text(max_size=9), st.text(max_size=20)), unique=True, max_size=9))
def test_group_ids_are_the_same_in_sql_short_and_distinct(keys: list[tuple[str, str]]) -> None:
    # A text of Arrow and SQL holds no lone surrogates; neither does one that was ever ingested.
    table = pa.table(
        {
            "dataset": pa.array([dataset for dataset, _ in keys], pa.string()),
            "record_id": pa.array([record_id for _, record_id in keys], pa.string()),
        }
    )
    with _ENGINE.scope(given=table) as scope:
        sql = f"SELECT {group_id_sql('dataset', 'record_id')} AS id FROM given"
        found = scope.fetch(sql).column("id").to_pylist()
    assert found == [group_id(*key) for key in keys]
    assert len(set(found)) == len(keys)
    assert all(len(each) == 18 for each in found)


def test_group_ids_do_not_change_from_one_release_to_the_next() -> None:
    assert group_id("", "0015000000Gv7qJAAR") == "g-44573e3683678fbc"


def test_a_record_is_named_by_its_name_else_its_parts_else_nothing() -> None:
    def fields(*names: str | None) -> pa.Table:
        columns = [f"c{at}" for at in range(len(names))]
        return pa.table({"field": pa.array(names, pa.string()), "column": columns})

    assert name_fields(fields("person", "name", None)) == {"name": ("c1",)}
    parts = fields("family_name", None, "given_name")
    assert list(name_fields(parts).items()) == [("given_name", ("c2",)), ("family_name", ("c0",))]
    assert name_fields(fields("phone", None)) == {}
