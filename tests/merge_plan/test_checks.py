"""What can be wrong with a merge: each check by its words, what is no fault, what no file shows."""

from __future__ import annotations

import pytest

from keepone.errors import SettingsError
from keepone.merge_plan.checks import GroupChecks, acceptable_checks, check_accepted, unseen_checks
from keepone.merge_plan.groups import Junk, MergeGroup, Verdicts
from keepone.merge_plan.planning import Planner
from tests.merge_plan.ids import sf_id
from tests.merge_plan.worlds import NAME, PARENT, Rows, account, accounts_of, children_of, group_of

A, B, C, D, E, F = (account(number) for number in range(6))
CONTACT, OTHER, USER = sf_id("003", 1), sf_id("003", 2), sf_id("005", 1)
Cells = dict[str, str | None]


def findings(
    *cells: Cells, children: tuple[tuple[str, str, str], ...] = (), **told: str
) -> dict[str, str]:
    """Return what is wrong with a group of records that have these cells."""
    records = [account(number) for number in range(len(cells))]
    rows: Rows = {record: {NAME: "Acme", **own} for record, own in zip(records, cells, strict=True)}
    checks = GroupChecks(accounts_of(rows), children_of(children, **told))
    return checks.findings(group_of(rows, *records))


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ([{"IsDeleted": "TRUE"}, {"IsDeleted": "false"}],
         {"already_deleted": f"deleted already, says the export: {A}"}),
        ([{PARENT: B}, {}], {"parent_in_group": f"{B} is the parent of {A}, and in its group"}),
        ([{}, {PARENT: A[:15]}],
         {"parent_in_group": f"{A} is the parent of {B}, and in its group"}),
        ([{PARENT: B}, {PARENT: A}],
         {"each_others_parents": f"{A} and {B} are each other's parents"}),
        ([{"Is Person Account": "1"}, {"Is Person Account": "0"}, {}],
         {"person_and_business": "1 of 3 are person accounts, the others business accounts;"
          " Salesforce merges only accounts of one kind"}),
        ([{"Partner Account": "true"}, {"Customer Portal Account": "true"}],
         {"portal_users": "has both customer and partner users; Salesforce calls their portal types"
          " incompatible and does not merge"}),
        ([{"Record Type": "Customer"}, {"Record Type": "Partner"}],
         {"record_types_differ": "record types differ: Customer, Partner"}),
        ([{"Account Currency": "GBP"}, {"Account Currency": "EUR"}],
         {"currencies_differ": "currencies differ: GBP, EUR"}),
        ([{"Account Owner": name} for name in ("Kim", "Lee", "Kim ", "Ann", "Bo")],
         {"owners_differ": "owners differ: Kim, Lee, Ann, Bo"}),
        ([{"Account Owner": name} for name in ("Kim", "Lee", "Ann", "Bo", "Zoe", "Cy")],
         {"owners_differ": "owners differ: Kim, Lee, Ann, Bo and 2 more"}),
    ],
)  # fmt: skip
def test_what_the_export_shows(cells: list[Cells], found: dict[str, str]) -> None:
    assert findings(*cells) == found


@pytest.mark.parametrize(
    "cells",
    [
        [{"IsDeleted": "0"}, {"IsDeleted": None}],
        [{PARENT: C}, {PARENT: C}],
        [{PARENT: A}, {PARENT: None}],
        [{"Is Person Account": "1"}, {"Is Person Account": "yes"}],
        [{"Partner Account": "1"}, {"Partner Account": "1"}],
        [{"Customer Portal Account": "1"}, {"Customer Portal Account": "0"}],
        [{"Account Owner": "Kim"}, {"Account Owner": " KIM "}, {"Account Owner": " "}],
    ],
)
def test_what_is_no_fault(cells: list[Cells]) -> None:
    assert findings(*cells) == {}


def test_what_children_show() -> None:
    both = ((CONTACT, "contact", B), (OTHER, "contact", A), (OTHER, "contact", B))
    assert findings({}, {}, children=both) == {
        "related_contact": f"the contact {OTHER} is related to two of its accounts; remove the"
        " redundant relationship first"
    }
    relations = ((CONTACT, "account_contact_relation", A), (OTHER, "contact", B))
    assert "related_contact" in findings({}, {}, children=relations, contact=OTHER)
    assert findings({}, {}, children=relations) == {}


@pytest.mark.parametrize(
    ("user_type", "cell", "fault"),
    [
        ("PowerPartner", "Customer Portal Account", True),
        ("PowerPartner", "Partner Account", False),
        ("CspLitePortal", "Customer Portal Account", False),
        ("CspLitePortal", "Partner Account", True),
    ],
)
def test_what_kind_of_portal_users_are(user_type: str, cell: str, fault: bool) -> None:
    found = findings({}, {cell: "1"}, children=((USER, "user", A),), user_type=user_type)
    assert list(found) == ["portal_users"] * fault


def test_what_the_run_objects_to_stands_beside_what_the_export_shows() -> None:
    rows: Rows = {A: {NAME: "Acme", "IsDeleted": "1"}, B: {NAME: "Acme", "IsDeleted": "0"}}
    group = MergeGroup("g", B, (A,), {}, (("open_verify", "doubtful"),))
    found = GroupChecks(accounts_of(rows), children_of([])).findings(group)
    assert found == {
        "open_verify": "doubtful",
        "already_deleted": f"deleted already, says the export: {A}",
    }


def test_a_group_of_which_a_record_is_gone_is_left_out_with_what_is_known() -> None:
    rows: Rows = {A: {NAME: "Acme"}}
    planner = Planner(accounts_of(rows), children_of([]), [], frozenset(), travel=True)
    planner.add(MergeGroup("g", A, (B,), {}, (("changed", f"{B} is gone"),)))
    (left,) = planner.planned.left_out
    assert (left.check, left.group_id, left.records) == ("changed", "g", [A, B])
    assert left.reason == f"{B} is gone"
    assert planner.planned.groups == []


def test_some_checks_can_be_accepted_and_no_others() -> None:
    assert acceptable_checks() == ["record_types_differ", "currencies_differ", "owners_differ"]
    assert check_accepted(["owners_differ"]) == {"owners_differ"}
    with pytest.raises(SettingsError) as told:
        check_accepted(["owners_differ", "parent_in_group"])
    assert told.value.message == (
        "--accept parent_in_group: there is no such check that can be accepted"
    )
    assert told.value.hint == ("These can: record_types_differ, currencies_differ, owners_differ.")


def test_what_no_file_shows_is_left_to_the_operator() -> None:
    told: Rows = {A: {NAME: "Acme", "Owner": "Kim", PARENT: B}, B: {NAME: "Bolt"}}
    unseen = {each.name for each in unseen_checks(accounts_of(told), children_of([]))}
    assert unseen == {
        "person_and_business", "portal_users", "related_contact", "record_types_differ",
        "currencies_differ",
    }  # fmt: skip
    children = children_of([(CONTACT, "contact", A), (USER, "user", A)])
    unseen = {each.name for each in unseen_checks(accounts_of(told), children)}
    assert unseen == {"person_and_business", "record_types_differ", "currencies_differ"}
    other: Rows = {"1": {NAME: "Acme"}, "2": {NAME: "Bolt"}}
    unseen = {each.name for each in unseen_checks(accounts_of(other), children_of([]))}
    assert unseen == {"parent_in_group", "currencies_differ", "owners_differ"}


def test_an_objection_names_the_first_record_that_there_is_a_reason_against() -> None:
    groups = (MergeGroup("g", A, (B, C), {}, (("open_verify", "x"),)), MergeGroup("h", D, (E,), {}))
    verdicts = Verdicts(groups, (Junk(F, "junk", (("has_children", "y"),)), Junk(A, "junk")))
    made = verdicts.objecting("changed", {C: "is gone", B: "differs", F: "differs too"})
    assert [group.objections for group in made.groups] == [
        (("open_verify", "x"), ("changed", f"{B} differs")),
        (),
    ]
    assert [each.objections for each in made.junk] == [
        (("has_children", "y"), ("changed", "differs too")),
        (),
    ]
