"""What has changed since a plan was made: cells, new pointers, children, records that are gone."""

from __future__ import annotations

import pyarrow as pa

from keepone.merge_plan.accounts import Accounts
from keepone.merge_plan.before import Before
from keepone.merge_plan.document import Plan
from keepone.merge_plan.freshness import changes_since
from tests.merge_plan.ids import sf_id
from tests.merge_plan.worlds import (
    NAME,
    PARENT,
    Rows,
    account,
    accounts_of,
    children_of,
    group_of,
    planned,
)

A, B, C, D, E = (account(number) for number in range(5))
CONTACT, OTHER, CASE = sf_id("003", 1), sf_id("003", 2), sf_id("500", 1)
CHILDREN = children_of([(CONTACT, "contact", B), (OTHER, "contact", A), (CASE, "case", D)])


def rows() -> Rows:
    """A and B are merged, C is junk; D points to B, E stands alone."""
    return {
        record: {NAME: "Acme", "Phone": None, PARENT: parent}
        for record, parent in ((A, None), (B, None), (C, None), (D, B), (E, None))
    }


def plan_of() -> tuple[Plan, Before]:
    return planned(rows(), [group_of(rows(), A, B)], junk=[C], children=CHILDREN)


def changes(fresh: Accounts, children: pa.Table | None = None) -> list[tuple[str, str]]:
    plan, before = plan_of()
    assert [each.record_id for each in plan.deletions] == [C]
    return [(each.record_id, each.what) for each in changes_since(plan, before, fresh, children)]


def test_an_export_of_today_that_is_as_it_was_changes_nothing() -> None:
    backwards = dict(reversed(rows().items()))
    assert changes(accounts_of(backwards), CHILDREN) == []
    more = rows() | {account(9): {NAME: "New"}}
    more[E] |= {NAME: "other", PARENT: D}  # which the plan does not touch
    assert changes(accounts_of(more)) == []


def test_cells_that_differ_are_named_and_so_is_what_is_gone() -> None:
    now = rows()
    now[A] |= {NAME: None, "Phone": "1"}
    del now[B]
    del now[D]
    assert changes(accounts_of(now)) == [
        (A, f"differs in {NAME}, Phone"),
        (B, "is not in the fresh export"),
    ]


def test_columns_that_only_one_export_has_are_not_compared() -> None:
    now: Rows = {record: {NAME: "Acme", "Extra": "x"} for record in rows()}
    assert changes(accounts_of(now)) == []


def test_an_account_that_points_to_what_goes_is_a_change_of_that() -> None:
    now = rows()
    now[E][PARENT] = B[:15]
    now[account(9)] = {NAME: "New", "Phone": None, PARENT: C}
    assert changes(accounts_of(now)) == [
        (B, f"{E} points to it now"),
        (C, f"{account(9)} points to it now"),
    ]
    now = rows()
    now[D][PARENT] = A  # which stays
    assert changes(accounts_of(now)) == []


def test_children_that_are_new_or_gone_are_changes_of_what_goes() -> None:
    fresh = accounts_of(rows())
    new = sf_id("003", 7)
    gained = children_of([(CONTACT, "contact", B), (OTHER, "contact", A), (new, "contact", C)])
    assert changes(fresh, gained) == [(C, f"the child {new} is new")]
    lost = children_of([(OTHER, "contact", A)])
    assert changes(fresh, lost) == [(B, f"the child {CONTACT} has gone")]
    moved = children_of([(CONTACT, "contact", D), (OTHER, "contact", E)])
    assert changes(fresh, moved) == [(B, f"the child {CONTACT} has gone")]


def test_children_of_kinds_that_only_one_has_are_not_compared() -> None:
    fresh = accounts_of(rows())
    assert changes(fresh, children_of([(CASE, "case", B)])) == [(B, f"the child {CASE} is new")]
    assert changes(fresh, children_of([(sf_id("006", 1), "opportunity", B)])) == []
