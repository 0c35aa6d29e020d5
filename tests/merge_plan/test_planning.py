"""What a plan makes of groups: steps, what travels, what waits, what is left out."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

from keepone.errors import InputError
from keepone.merge_plan.document import Plan
from keepone.merge_plan.groups import Winner
from keepone.merge_plan.proof import prove
from keepone.merge_plan.restoration import way_back
from keepone.merge_plan.targets import Names, find_targets, read_names
from tests.merge_plan.ids import sf_id
from tests.merge_plan.worlds import (
    CODE,
    NAME,
    PARENT,
    Rows,
    account,
    children_of,
    group_of,
    planned,
)

_A, _B, _C, _D, _E, _F, _G = (account(number) for number in range(7))
_DESCRIBE = {
    "name": "Account",
    "fields": [
        {"name": "Id", "label": "Account ID", "type": "id", "updateable": False},
        {
            "name": "Name",
            "label": "Account Name",
            "type": "string",
            "updateable": True,
            "length": 12,
        },
        {"name": "Total__c", "label": "Total", "type": "double", "updateable": False},
        {"name": CODE, "label": "Code", "type": "string", "updateable": True, "unique": True},
        {"name": "Since__c", "label": "Since", "type": "date", "updateable": True},
    ],
}


def _rows(*records: str, **columns: str) -> Rows:
    return {record: {NAME: f"Company {record[-5]}", **columns} for record in records}


def _checks(plan: Plan) -> list[str]:
    return [each.check for each in plan.left_out]


def _described(tmp_path: Path, told: object = _DESCRIBE) -> Names:
    path = tmp_path / "account.json"
    path.write_text(json.dumps({"status": 0, "result": told}), encoding="utf-8")
    return read_names(path, None)


def test_five_records_take_two_steps_and_values_travel_with_their_record() -> None:
    rows = _rows(_A, _B, _C, _D, _E, Fax="", Phone="1")
    winners = {"Phone": Winner("4", _D), "Fax": Winner("5", _B), "Website": Winner("x;y", None)}
    for row in rows.values():
        row["Website"] = None
    plan, before = planned(rows, [group_of(rows, _A, _B, _C, _D, _E, winners=winners)])
    (group,) = plan.groups
    assert [(step.number, step.duplicates, step.values) for step in group.steps] == [
        (1, [_B, _C], {"Fax": "5"}),
        (2, [_D, _E], {"Phone": "4", "Website": "x;y"}),
    ]
    assert group.late == {}
    assert prove(plan, before).holds


def test_a_value_without_a_known_field_is_told_and_not_written() -> None:
    rows = _rows(_A, _B, Region="N")
    plan, before = planned(rows, [group_of(rows, _A, _B, winners={"Region": Winner("S", _B)})])
    assert plan.groups[0].golden == {"Region": "S"}
    assert plan.groups[0].steps[0].values == {}
    assert [each.column for each in plan.unwritten] == ["Region"]
    assert prove(plan, before).holds


def test_unique_values_wait_until_the_merge_has_freed_them(tmp_path: Path) -> None:
    rows = _rows(_A, _B)
    rows[_A][CODE], rows[_B][CODE] = None, "k1"
    names = _described(tmp_path)
    plan, before = planned(
        rows, [group_of(rows, _A, _B, winners={CODE: Winner("k1", _B)})], names=names
    )
    assert plan.groups[0].steps[0].values == {}
    assert plan.groups[0].late == {CODE: "k1"}
    assert prove(plan, before).holds
    eager = plan.groups[0].model_copy(
        update={"steps": [plan.groups[0].steps[0].model_copy(update={"values": {CODE: "k1"}})]}
    )
    proof = prove(plan.model_copy(update={"groups": [eager]}), before)
    assert proof.findings == [
        f"step 1 (group g-{_A}): a merge cannot write 'Code__c', which is unique"
    ]


def test_a_unique_value_that_another_record_has_is_left_to_a_person(tmp_path: Path) -> None:
    rows = _rows(_A, _B, _C)
    rows[_C][CODE] = "K1"
    group = group_of(rows, _A, _B, winners={CODE: Winner("k1", None)})
    plan, _ = planned(rows, [group], names=_described(tmp_path))
    assert _checks(plan) == ["unique_value_taken"]


@pytest.mark.parametrize(
    ("column", "value"),
    [(NAME, "thirteen long"), ("Since", "03/04/2020"), (NAME, "#N/A")],
)
def test_a_value_that_its_field_refuses_is_left_to_a_person(
    tmp_path: Path, column: str, value: str
) -> None:
    rows = _rows(_A, _B, Since="2020-01-31")
    group = group_of(rows, _A, _B, winners={column: Winner(value, _B)})
    plan, _ = planned(rows, [group], names=_described(tmp_path))
    assert _checks(plan) == ["value_refused"]
    assert repr(value) in plan.left_out[0].reason


def test_a_parent_that_was_merged_away_is_where_it_went() -> None:
    rows = _rows(_A, _B, _C, _D, _E)
    rows[_D][PARENT] = _B[:15]
    rows[_E][PARENT] = _B
    groups = [
        group_of(rows, _A, _B),
        group_of(rows, _C, _D, winners={PARENT: Winner(_B[:15], _D)}),
    ]
    plan, before = planned(rows, groups)
    assert plan.groups[1].steps[0].values == {PARENT: _A}
    proof = prove(plan, before)
    assert proof.holds
    # D is gone by then, so that E and C follow.
    assert proof.accounts == 1


def test_groups_that_close_a_circle_together_are_not_both_merged() -> None:
    rows = _rows(_A, _B, _C, _D)
    rows[_A][PARENT], rows[_C][PARENT] = _D, _B
    plan, before = planned(rows, [group_of(rows, _A, _B), group_of(rows, _C, _D)])
    assert [group.master for group in plan.groups] == [_A]
    assert _checks(plan) == ["hierarchy_cycle"]
    assert prove(plan, before).holds


def test_every_account_that_is_pointed_elsewhere_is_counted() -> None:
    rows = _rows(_A, _B, _C, _D)
    rows[_C][PARENT] = rows[_D][PARENT] = _B
    proof = prove(*planned(rows, [group_of(rows, _A, _B)]))
    assert (proof.merges, proof.merged, proof.accounts, proof.holds) == (1, 1, 2, True)


def test_every_child_that_is_pointed_elsewhere_is_counted() -> None:
    rows = _rows(_A, _B, _C)
    contacts = [(sf_id("003", number), "contact", to) for number, to in enumerate((_A, _B, _B))]
    plan, before = planned(rows, [group_of(rows, _A, _B)], children=children_of(contacts))
    proof = prove(plan, before)
    assert (proof.children, proof.holds) == (2, True)


def test_the_way_back_goes_from_the_top_of_a_hierarchy_down() -> None:
    rows = _rows(_E, _D, _C, _B, _A, _F, _G)
    # B and D are merged away: below each stands one that comes back to it, the lowest first here.
    for parent, record in pairwise((_A, _B, _C, _D, _E)):
        rows[record][PARENT] = parent
    groups = [group_of(rows, _F, _B), group_of(rows, _G, _D)]
    back = way_back(*planned(rows, groups))
    assert [(each.record_id, each.target) for each in back.accounts] == [(_C, _B), (_E, _D)]


def test_a_plan_is_not_proven_until_it_is_and_is_called_by_all_that_it_does(
    tmp_path: Path,
) -> None:
    rows = _rows(_A, _B)
    rows[_B][CODE] = "7"
    groups = [group_of(rows, _A, _B, winners={CODE: Winner("7", _B)})]
    plan, _ = planned(rows, groups)
    assert not plan.proven
    assert plan.plan_id == planned(rows, groups)[0].plan_id
    assert plan.plan_id != planned(rows, [group_of(rows, _B, _A)])[0].plan_id
    # What can be written is part of it, be it that nothing else changes.
    assert plan.plan_id != planned(rows, groups, names=_described(tmp_path))[0].plan_id


def test_the_created_date_follows_the_oldest_record() -> None:
    rows = _rows(_A, _B, _C)
    days = {_A: "2020-05-01", _B: "2019-05-01", _C: "2020-05-01"}
    for record, day in days.items():
        rows[record]["Created Date"] = day
    plan, _ = planned(rows, [group_of(rows, _A, _B)])
    assert plan.groups[0].oldest == _B
    plan, _ = planned(rows, [group_of(rows, _A, _C)])
    assert plan.groups[0].oldest is None


def test_values_that_are_too_much_for_a_step_are_written_afterwards() -> None:
    """A step carries 24,000 characters, as a script has them: values that still fit travel."""
    rows = _rows(_A, _B, _C, _D)
    texts = {"Description": "x" * 23_930, "Site": "y" * 70, "Fax": "1"}
    for row in rows.values():
        row.update(dict.fromkeys(texts))
    winners = {column: Winner(text, _B) for column, text in texts.items()}
    plan, _ = planned(rows, [group_of(rows, _A, _B, winners=winners)])
    (group,) = plan.groups
    assert set(group.steps[0].values) == {"Description", "Fax"}
    assert set(group.late) == {"Site"}


def test_an_older_record_is_told_only_where_it_is_not_the_master() -> None:
    rows = _rows(_A, _B, _C)
    rows[_A]["Created Date"], rows[_B]["Created Date"] = None, "2020-05-01"
    rows[_C]["Created Date"] = "2020-05-02"
    plan, _ = planned(rows, [group_of(rows, _A, _C, _B)])
    assert plan.groups[0].oldest == _B
    plan, _ = planned(_rows(_A, _B), [group_of(_rows(_A, _B), _A, _B)])
    assert plan.groups[0].oldest is None


def test_what_a_group_cannot_do_leaves_the_hierarchy_as_it_was() -> None:
    """A is under C and C under B: B cannot go into A, and C is no circle for what comes after."""
    rows = _rows(_A, _B, _C, _D)
    rows[_A][PARENT], rows[_C][PARENT] = _C, _B
    rows[_B][PARENT] = rows[_D][PARENT] = None
    groups = [group_of(rows, _A, _B), group_of(rows, _C, _D)]
    plan, before = planned(rows, groups)
    assert _checks(plan) == ["hierarchy_cycle"]
    assert plan.left_out[0].reason == "merging it would make an account its own ancestor"
    assert [group.losers for group in plan.groups] == [[_D]]
    assert prove(plan, before).holds


def test_junk_is_told_why_it_stays() -> None:
    rows = _rows(_A, _B, _C, _D)
    rows[_D][PARENT] = _B
    children = children_of([(sf_id("003", 1), "contact", _C)])
    plan, _ = planned(rows, [], junk=[_B, _C], children=children)
    assert [(each.group_id, each.records, each.reason) for each in plan.left_out] == [
        (None, [_B], "junk; other accounts point to it"),
        (None, [_C], "junk; child records point to it and would go with it"),
    ]
    plan, _ = planned(rows, [], junk=[_A])
    assert plan.left_out[0].reason == (
        "junk; no child export was given, so what would be deleted with it is not known; make the"
        " plan with --children"
    )


def test_junk_is_deleted_only_where_the_files_show_that_nothing_needs_it() -> None:
    rows = _rows(_A, _B, _C, _D)
    rows[_D][PARENT] = _B
    children = children_of([(sf_id("003", 1), "contact", _C)])
    plan, before = planned(rows, [], junk=[_A, _B, _C], children=children)
    assert [each.record_id for each in plan.deletions] == [_A]
    assert _checks(plan) == ["has_children", "has_children"]
    assert prove(plan, before).holds
    plan, _ = planned(rows, [], junk=[_A])
    assert (plan.deletions, _checks(plan)) == ([], ["children_unknown"])


def test_a_contact_of_two_members_keeps_them_apart() -> None:
    rows = _rows(_A, _B)
    contact = sf_id("003", 1)
    two = children_of([(contact, "contact", _A), (contact, "contact", _B)])
    plan, _ = planned(rows, [group_of(rows, _A, _B)], children=two)
    assert _checks(plan) == ["related_contact"]


def test_portal_users_of_two_kinds_keep_them_apart() -> None:
    rows = _rows(_A, _B)
    children = children_of([(sf_id("005", 1), "user", _A)], user_type="PowerPartner")
    rows[_B]["IsCustomerPortal"] = "true"
    plan, _ = planned(rows, [group_of(rows, _A, _B)], children=children)
    assert _checks(plan) == ["portal_users"]


def test_a_plan_that_was_tampered_with_does_not_hold() -> None:
    rows = _rows(_A, _B, _C, _D, Phone="1")
    winners = {"Phone": Winner("2", _B)}
    plan, before = planned(rows, [group_of(rows, _A, _B, winners=winners), group_of(rows, _C, _D)])
    one, two = plan.groups
    step = one.steps[0]
    wrong = {
        "does not end as its golden value": one.model_copy(
            update={"steps": [step.model_copy(update={"values": {}})]}
        ),
        "was merged into": one.model_copy(
            update={"steps": [step, step.model_copy(update={"number": 9})]}
        ),
        "stands twice": one.model_copy(
            update={"steps": [step.model_copy(update={"duplicates": [_B, _B]})]}
        ),
        "a merge takes": one.model_copy(
            update={"steps": [step.model_copy(update={"duplicates": [_B, _C, _D]})]}
        ),
        "there is no record": one.model_copy(
            update={"steps": [step.model_copy(update={"duplicates": [_F]})]}
        ),
        "cannot be written": one.model_copy(
            update={"steps": [step.model_copy(update={"values": {"Created Date": "x"}})]}
        ),
    }
    for told, group in wrong.items():
        findings = prove(plan.model_copy(update={"groups": [group, two]}), before).findings
        assert any(told in finding for finding in findings), told


def test_a_describe_file_says_what_can_be_updated(tmp_path: Path) -> None:
    headers = ["Account ID", "Account Name", "Total", "Code", "Since", "Billing City", "Owner"]
    targets, unwritten = find_targets(
        headers, frozenset({"Account ID"}), _described(tmp_path), salesforce=True
    )
    assert {target.column: (target.api_name, target.late) for target in targets} == {
        "Account Name": ("Name", False), "Code": (CODE, True), "Since": ("Since__c", False),
    }  # fmt: skip
    assert [each.column for each in unwritten] == ["Total", "Billing City", "Owner"]


def test_a_mapping_goes_before_what_headers_say(tmp_path: Path) -> None:
    path = tmp_path / "mapping.csv"
    path.write_text("column,api_name\nRegion,Region__c\nPhone,\nTown,BillingCity\n", "utf-8")
    names = read_names(None, path)
    headers = ["Region", "Phone", "Town", "Billing City", "Odd__c"]
    targets, unwritten = find_targets(headers, frozenset(), names, salesforce=True)
    assert {target.column: target.api_name for target in targets} == {
        "Region": "Region__c", "Town": "BillingCity", "Odd__c": "Odd__c",
    }  # fmt: skip
    assert {each.column: each.why for each in unwritten} == {
        "Phone": "the mapping leaves it out", "Billing City": "'Town' is written instead",
    }  # fmt: skip
    with pytest.raises(InputError, match="'Town'"):
        find_targets(["Phone", "Region"], frozenset(), names, salesforce=True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[", "cannot be read as a describe file"),
        ("[]", "is no describe file: it has no list of fields"),
        ('{"name": "Account"}', "is no describe file: it has no list of fields"),
        ('{"result": 7}', "is no describe file: it has no list of fields"),
        ('{"fields": ["Name"]}', "is no describe file: it has no list of fields"),
        ('{"fields": [{"label": "Name"}]}', "is no describe file: it has no list of fields"),
        ('{"name": "Lead", "fields": []}', "describes Lead, not Account"),
    ],
)
def test_another_file_is_no_describe_file(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError) as told:
        read_names(path, None)
    assert told.value.message.startswith(f"{path} {said}")
    assert told.value.hint == (
        "Get one with: sf sobject describe --sobject Account --json > account.json"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", " is no mapping file"),
        (b"column\nPhone\n", " is no mapping file"),
        (b"column,api_name\n\xff,x\n", " cannot be read as a mapping file"),
    ],
)
def test_another_file_is_no_mapping_file(tmp_path: Path, text: bytes, said: str) -> None:
    path = tmp_path / "mapping.csv"
    path.write_bytes(text)
    with pytest.raises(InputError) as told:
        read_names(None, path)
    assert told.value.message.startswith(f"{path}{said}")
    assert "column,api_name" in str(told.value.hint)


def test_a_mapping_that_does_not_fit_is_told_with_what_does() -> None:
    with pytest.raises(InputError) as told:
        find_targets(["Phone"], frozenset(), Names(mapped={"Town": "City"}), salesforce=True)
    assert told.value.message == "the mapping names a column that the export does not have: 'Town'"
    assert told.value.hint == "The columns are: Phone."
    twice = Names(mapped={"Phone": "Fax", "Tel": "Fax"})
    with pytest.raises(InputError) as told:
        find_targets(["Phone", "Tel"], frozenset(), twice, salesforce=True)
    assert told.value.message == "the mapping writes 'Phone' and 'Tel' to one field"
    assert told.value.hint == "Leave the api_name of one of them empty."


def test_columns_that_are_not_written_are_told_with_the_reason(tmp_path: Path) -> None:
    headers = ["Id", "Created Date", "Region", "Phone"]
    for names, salesforce, told in (
        (Names(), True, {
            "Created Date": "Salesforce keeps it itself, or shows it for another field",
            "Region": "no standard field has that name; say with --mapping what its API name is",
        }),
        (Names(), False, {"Created Date": "the system keeps it itself"}),
        (_described(tmp_path), True, {
            "Created Date": "Salesforce keeps it itself, or shows it for another field",
            "Region": "the describe file has no field of that name",
            "Phone": "the describe file has no field of that name",
        }),
    ):  # fmt: skip
        _, unwritten = find_targets(headers, frozenset({"Id"}), names, salesforce=salesforce)
        assert {each.column: each.why for each in unwritten} == told
    _, (total,) = find_targets(["Total"], frozenset(), _described(tmp_path), salesforce=True)
    assert total.why == "the describe file says that it cannot be updated"


def test_a_label_that_two_fields_have_tells_neither(tmp_path: Path) -> None:
    fields = [
        {"name": name, "label": "Region", "updateable": True, "type": "string"}
        for name in ("Region__c", "Area__c")
    ]
    fields.append({"name": "Key__c", "label": "Key", "updateable": True, "externalId": True})
    names = _described(tmp_path, {"fields": fields})
    headers = ["Region", "AREA__C", "Key"]
    targets, _ = find_targets(headers, frozenset(), names, salesforce=True)
    assert [(each.column, each.api_name, each.late) for each in targets] == [
        ("AREA__C", "Area__c", False), ("Key", "Key__c", True),
    ]  # fmt: skip


def test_records_of_another_system_get_tables_only() -> None:
    rows: Rows = {str(number): {NAME: "Acme", "Telefon": str(number)} for number in range(1, 4)}
    plan, before = planned(rows, [group_of(rows, "1", "3", winners={"Telefon": Winner("3", "3")})])
    assert not plan.salesforce
    assert plan.groups[0].steps[0].values == {}
    assert plan.groups[0].late == {"Telefon": "3"}
    assert {each.check for each in plan.unseen} == {
        "parent_in_group", "currencies_differ", "owners_differ",
    }  # fmt: skip
    assert prove(plan, before).holds


def test_salesforce_records_that_are_no_accounts_get_tables_only() -> None:
    rows: Rows = {sf_id("003", number): {NAME: "Kim"} for number in range(2)}
    plan, before = planned(rows, [group_of(rows, *rows)])
    assert not plan.salesforce
    assert prove(plan, before).holds
