"""Lists of groups: what each filter, search and order gives, against the tables of the run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keepone.review.desk import OpenRun
from keepone.review.listing import Listing, ListQuery, Overlay, QueueQuery
from keepone.review.queue import Claims, next_group

DISPOSITIONS = ("keep", "enrich", "merge", "delete", "verify")
RULES = (
    "junk_blacklisted", "only_record", "primary_gains", "primary_stays", "weak_link", "duplicate",
    "no such rule",
)  # fmt: skip
ORDERS = {
    "priority": "review_priority",
    "size": "size",
    "score": "min_score",
    "verify": "verify",
    "name": "primary_name",
}


@pytest.fixture(scope="module")
def tables(made_open: OpenRun) -> dict[str, list[dict[str, Any]]]:
    """Give the groups and records of the run, the plain way."""
    prepared = made_open.prepared
    return {"groups": prepared.groups.to_pylist(), "records": prepared.records.to_pylist()}


def overlay_of(count: int, opened: list[int], decided: dict[str, list[int]]) -> Overlay:
    """Return what decisions make of groups; positions count round."""
    masks = [np.zeros(count, dtype=np.bool_) for _ in range(2)]
    masks[0][[at % count for at in opened]] = True
    by = {
        name: np.unique(np.array([at % count for at in groups], dtype=np.int32))
        for name, groups in decided.items()
    }
    for groups in by.values():
        masks[1][groups] = True
    none = np.zeros(0, dtype=np.int32)
    return Overlay(1, masks[0], masks[1], int(masks[0].sum()), lambda author: by.get(author, none))


def fits(
    query: ListQuery, at: int, group: dict[str, Any], rules: set[str], overlay: Overlay
) -> bool:
    """Whether a list holds a group, by what its parameters say."""
    score = group["min_score"]
    flags = group["flags"].split(", ")
    return all(
        (
            not query.disposition or any(group[name] > 0 for name in query.disposition),
            not query.rule or bool(rules & set(query.rule)),
            not query.flag or any(flag in flags for flag in query.flag),
            group["size"] >= query.size_from,
            query.size_to is None or group["size"] <= query.size_to,
            (query.score_from <= 0 and query.score_to >= 100)
            or (score is not None and query.score_from <= score <= query.score_to),
            query.state != "open" or bool(overlay.open[at]),
            query.state != "decided" or bool(overlay.decided[at]),
            not query.by or at in overlay.by(query.by),
        )
    )


queries = st.builds(
    ListQuery,
    disposition=st.lists(st.sampled_from(DISPOSITIONS), max_size=2).map(tuple),
    rule=st.lists(st.sampled_from(RULES), max_size=2).map(tuple),
    flag=st.lists(
        st.sampled_from(["weak_link", "weak", "one_source", "legal_forms_differ", ""]), max_size=2
    ).map(tuple),
    size_from=st.sampled_from([1, 2, 3, 100]),
    size_to=st.sampled_from([None, 1, 2, 3, 10**12]),
    score_from=st.sampled_from([0.0, 20.0, 90.0, 99.95]),
    score_to=st.sampled_from([100.0, 99.95, 50.0, 0.0]),
    state=st.sampled_from(["all", "open", "decided"]),
    by=st.sampled_from([None, "Ann", "Bob", "Nobody"]),
    sort=st.sampled_from(sorted(ORDERS)),
    reverse=st.booleans(),
    page=st.sampled_from([1, 2, 1_000_000]),
    per_page=st.sampled_from([10, 200]),
)
some = st.lists(st.integers(0, 10_000), max_size=40)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=queries, opened=some, decided=st.dictionaries(st.sampled_from(["Ann", "Bob"]), some))
def test_a_list_holds_what_its_parameters_say(
    made_open: OpenRun,
    tables: dict[str, list[dict[str, Any]]],
    query: ListQuery,
    opened: list[int],
    decided: dict[str, list[int]],
) -> None:
    groups = tables["groups"]
    overlay = overlay_of(len(groups), opened, decided)
    rules: list[set[str]] = [set() for _ in groups]
    for record, at in zip(tables["records"], made_open.prepared.group_at, strict=True):
        rules[at].add(record["rule"])
    listing = Listing(made_open.prepared)
    found = listing.positions(query, overlay).tolist()
    expected = {at for at, group in enumerate(groups) if fits(query, at, group, rules[at], overlay)}
    assert len(found) == len(set(found))
    assert set(found) == expected
    assert listing.positions(query, overlay).tolist() == found  # as it was kept

    page = listing.page(query, overlay)
    start = (query.page - 1) * query.per_page
    assert page.positions == found[start : start + query.per_page]
    assert page.groups == len(found)
    assert page.records == sum(groups[at]["size"] for at in found)
    assert page.pages == max(1, -(-len(found) // query.per_page))


@pytest.mark.parametrize("sort", sorted(ORDERS))
def test_a_list_is_in_the_order_it_says(
    sort: Any, made_open: OpenRun, tables: dict[str, list[dict[str, Any]]]
) -> None:
    groups = tables["groups"]
    overlay = overlay_of(len(groups), [], {})
    found = made_open.listing.positions(ListQuery(sort=sort), overlay).tolist()
    values = [groups[at][ORDERS[sort]] for at in found]
    there = [value for value in values if value is not None]
    assert values[: len(there)] == there  # what has none comes last
    if sort == "name":
        assert [name.lower() for name in there] == sorted(name.lower() for name in there)
    else:
        assert there == sorted(there, reverse=True)
    turned = made_open.listing.positions(ListQuery(sort=sort, reverse=True), overlay).tolist()
    assert turned == found[::-1]


def searched(opened: OpenRun, text: str) -> set[str]:
    """Return the ids of the groups that a search finds."""
    overlay = overlay_of(len(opened.prepared.groups), [], {})
    ids = opened.prepared.groups.column("group_id")
    found = opened.listing.positions(ListQuery(q=text), overlay)
    return {ids[at].as_py() for at in found.tolist()}


def test_a_search_finds_records_by_all_they_are_known_by(made_open: OpenRun) -> None:
    prepared = made_open.prepared
    ids = prepared.groups.column("group_id").to_pylist()
    normalized = prepared.tables.whole("normalized").to_pylist()
    for row in range(0, len(normalized), 37):
        line, group = normalized[row], ids[prepared.group_at[row]]
        record_id = prepared.records.column("record_id")[row].as_py()
        assert searched(made_open, record_id) == {group}
        assert searched(made_open, group) == {group}
        for text in (line["name"], line["name"].upper(), f"  {line['name'][1:]} ", line["website"]):
            if text:
                assert group in searched(made_open, text), text
        if line["phone"]:
            digits = "".join(filter(str.isdigit, line["phone"]))
            assert group in searched(made_open, digits[-7:])
            assert group in searched(made_open, f"({digits[-7:-4]}) {digits[-4:]}")


@pytest.mark.parametrize(
    "text", ["%", "_", "\\", "'", '"', "(", "[a-z]", ".*", "\x00", "🦊", "..."]
)
def test_a_search_is_for_letters_and_no_pattern(text: str, made_open: OpenRun) -> None:
    normalized = made_open.prepared.tables.whole("normalized")
    names = normalized.column("name").to_pylist()
    group_at = made_open.prepared.group_at
    ids = made_open.prepared.groups.column("group_id").to_pylist()
    holding = {ids[group_at[row]] for row, name in enumerate(names) if name and text in name}
    found = searched(made_open, text)
    assert holding <= found
    sites = normalized.column("website").to_pylist()
    assert found - holding <= {
        ids[group_at[row]] for row, site in enumerate(sites) if site and text in site
    }


# --- the queue ---


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    step=st.sampled_from([1, -1]), sort=st.sampled_from(sorted(ORDERS)), start=st.integers(0, 10**4)
)
def test_the_queue_goes_round_all_that_is_open(
    made_open: OpenRun, step: Any, sort: Any, start: int
) -> None:
    standing = made_open.standing
    ids = made_open.prepared.groups.column("group_id").to_pylist()
    waiting = np.flatnonzero(standing.overlay.open)
    order = made_open.listing.positions(ListQuery(sort=sort), standing.overlay)
    expected = [at for at in order.tolist() if at in set(waiting.tolist())][::step]
    turn = start % len(expected)
    at, seen = expected[turn], []
    for _ in expected:
        query = QueueQuery(sort=sort, step=step, after=ids[at])
        found = next_group(made_open, Claims(), "Ann", query)
        assert found is not None
        seen.append(at := found)
    assert seen == expected[turn + 1 :] + expected[: turn + 1]


def test_a_group_that_somebody_has_open_is_passed_over_while_there_are_others(
    made_open: OpenRun,
) -> None:
    claims = Claims()
    ann, bob = "Ann", "Bob"
    first = next_group(made_open, claims, ann, QueueQuery())
    assert first is not None
    claims.take("one", first, ann)
    second = next_group(made_open, claims, bob, QueueQuery())
    assert second not in {None, first}
    assert next_group(made_open, claims, ann, QueueQuery()) == first
    claims = Claims()
    for at in np.flatnonzero(made_open.standing.overlay.open).tolist():
        claims.take("one", at, ann)
    assert next_group(made_open, claims, bob, QueueQuery()) == first
