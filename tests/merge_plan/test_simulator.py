"""The CRM in memory refuses what the platform refuses, and says why; the rest it does."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pytest

from keepone.merge_plan.before import Before, take_before
from keepone.merge_plan.simulator import IllegalError, Org
from tests.merge_plan.ids import sf_id
from tests.merge_plan.worlds import (
    CODE,
    NAME,
    NOTE,
    PARENT,
    Rows,
    account,
    accounts_of,
    children_of,
)

A, B, C, D, E = (account(number) for number in range(5))
CONTACT = sf_id("003", 1)
NEITHER = account(77)


def before_of(rows: Rows, children: pa.Table | None = None) -> Before:
    return take_before(accounts_of(rows), children_of([]) if children is None else children, rows)


@pytest.fixture
def org() -> Org:
    """Five accounts: B is D's parent, C has a contact, A and E have codes."""
    rows: Rows = {
        record: {NAME: "Acme", NOTE: None, CODE: code, PARENT: parent}
        for record, code, parent in (
            (A, "k1", None), (B, None, None), (C, None, None), (D, None, B), (E, "k2", None),
        )
    }  # fmt: skip
    before = before_of(rows, children_of([(CONTACT, "contact", C)]))
    return Org(before, writable=[NAME, NOTE, CODE, PARENT], unique=[CODE], parent=PARENT)


def cell(org: Org, record: str, column: str) -> str | None:
    return org.cells[record][["Account ID", NAME, NOTE, CODE, PARENT].index(column)]


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda org: org.merge(A, [], {}), "a merge takes 1 or 2 records beside the master"),
        (lambda org: org.merge(A, [B, C, D], {}), "a merge takes 1 or 2 records"),
        (lambda org: org.merge(A, [B, B], {}), "a record stands twice in one merge"),
        (lambda org: org.merge(A, [B, A], {}), "a record stands twice in one merge"),
        (lambda org: org.merge(A, [NEITHER], {}), f"there is no record {NEITHER}"),
        (lambda org: org.merge(NEITHER, [A], {}), f"there is no record {NEITHER}"),
        (lambda org: org.merge(A, [B], {CODE: "k3"}), "a merge cannot write 'Code__c', which is"),
        (lambda org: org.merge(A, [B], {"Fax": "1"}), "'Fax' cannot be written"),
        (lambda org: org.merge(B, [D], {PARENT: B}), f"{B} would be its own ancestor"),
        (lambda org: org.merge(D, [B], {}), f"{D} would become its own parent"),
        (lambda org: org.update(A, {CODE: "K2"}), "another record has the same value of 'Code__c'"),
        (lambda org: org.update(B, {PARENT: D}), f"{B} would be its own ancestor"),
        (lambda org: org.update(NEITHER, {}), f"there is no record {NEITHER}"),
        (lambda org: org.delete(C), f"{C} has child records, which would be deleted with it"),
        (lambda org: org.delete(B), f"other accounts point to {B}"),
        (lambda org: org.undelete(A), f"{A} is not in the recycle bin"),
        (lambda org: org.point(A, PARENT, "x", NEITHER), f"there is no record {NEITHER}"),
        (lambda org: org.point(B, PARENT, D, D), f"{B} would be its own ancestor"),
        (lambda org: org.give_child(0, NEITHER), f"there is no record {NEITHER}"),
    ],
)
def test_what_the_platform_refuses(org: Org, act: Callable[[Org], None], said: str) -> None:
    with pytest.raises(IllegalError) as told:
        act(org)
    assert said in str(told.value)


def test_what_is_gone_cannot_be_used(org: Org) -> None:
    org.merge(A, [B], {})
    org.delete(E)
    acts: list[tuple[Callable[[], None], str]] = [
        (lambda: org.merge(C, [B], {}), f"{B} was merged into {A} before"),
        (lambda: org.update(E, {NOTE: "x"}), f"{E} is deleted"),
        (lambda: org.update(C, {PARENT: B}), f"{B} was merged into {A} before"),
        (lambda: org.give_child(0, E), f"{E} is deleted"),
    ]
    for act, said in acts:
        with pytest.raises(IllegalError) as told:
            act()
        assert str(told.value) == said


def test_a_merge_moves_all_that_points(org: Org) -> None:
    org.merge(A, [B, C], {NOTE: "of B", NAME: None})
    assert org.merged == {B: A, C: A}
    assert org.live == {A, D, E}
    assert (cell(org, D, PARENT), org.child_parents) == (A, [A])
    assert (cell(org, A, NOTE), cell(org, A, NAME)) == ("of B", None)
    with pytest.raises(IllegalError, match="child records"):
        org.delete(A)


def test_a_unique_value_is_free_once_its_record_has_another_or_is_gone(org: Org) -> None:
    org.update(A, {CODE: "k1"})
    org.update(A, {CODE: "k3"})
    org.update(B, {CODE: "k1"})
    org.merge(C, [E], {})
    org.update(C, {CODE: "k2"})
    with pytest.raises(IllegalError, match="another record has the same value"):
        org.undelete(E)


def test_what_comes_back_is_as_it_went_and_nothing_moves_back_to_it(org: Org) -> None:
    org.merge(A, [D, B], {})
    org.undelete(B)
    org.undelete(D)
    assert (org.live, org.merged) == ({A, B, C, D, E}, {})
    # D's own pointer is what it was when it went: nothing had moved it by then.
    assert cell(org, D, PARENT) == B
    with pytest.raises(IllegalError, match="other accounts point"):
        org.delete(B)
    org.point(D, PARENT, None, None)
    org.delete(B)
    assert (org.deleted, org.live) == ({B}, {A, C, D, E})
    org.undelete(B)
    assert org.deleted == set()


def test_a_child_that_is_given_away_leaves_its_account_free(org: Org) -> None:
    org.give_child(0, B)
    org.delete(C)
    org.point(D, PARENT, A, A)
    with pytest.raises(IllegalError, match="child records"):
        org.delete(B)
    assert cell(org, D, PARENT) == A


def test_a_circle_that_was_there_before_is_not_the_merges(org: Org) -> None:
    rows: Rows = {
        record: {NAME: "Acme", PARENT: parent}
        for record, parent in ((A, B), (B, A), (C, A), (D, None))
    }
    looped = Org(before_of(rows), writable=[NAME], unique=[], parent=PARENT)
    looped.merge(C, [D], {})
    assert looped.merged == {D: C}
    with pytest.raises(IllegalError, match="its own ancestor"):
        looped.update(A, {NAME: "x"})
