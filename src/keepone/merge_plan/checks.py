"""What can be wrong with a merge, found in the given files before anything is exported.

A group with a finding is left out of the plan and listed for a person. What a file does not show is
listed for the operator instead.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from keepone.errors import SettingsError
from keepone.merge_plan.accounts import Accounts
from keepone.merge_plan.groups import MergeGroup
from keepone.merge_plan.wire import says_yes
from keepone.rules.salesforce import Role


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is checked. `unseen` says what to look at where no file shows it.

    What `shows` it is a column of the accounts that plays one of these roles, or a child export of
    such a kind. A check that is accepted by name leaves no group out: the platform merges such
    records, and what is lost may be what is wanted. What is `only_salesforce` other systems do not
    have.
    """

    name: str
    unseen: str = ""
    shows: tuple[Role, ...] = ()
    children: tuple[str, ...] = ()
    may_be_accepted: bool = False
    only_salesforce: bool = False


CHECKS: tuple[Check, ...] = (
    Check("open_verify"),
    Check("changed"),
    Check("decided_since"),
    Check("already_deleted"),
    Check(
        "parent_in_group",
        "No column says which account is whose parent: check that no account to be merged is the"
        " parent of another in its group.",
        shows=("parent",),
    ),
    Check("each_others_parents"),
    Check("hierarchy_cycle"),
    Check(
        "person_and_business",
        "No column Is Person Account: if the org has person accounts, check that no group mixes"
        " them with business accounts.",
        shows=("person",),
        only_salesforce=True,
    ),
    Check(
        "portal_users",
        "Neither the columns Is Customer Portal and Is Partner nor an export of users with User"
        " Type were given: if the org has sites or portals, check that no group has both customer"
        " and partner users.",
        shows=("customer_portal", "partner"),
        children=("user",),
        only_salesforce=True,
    ),
    Check(
        "related_contact",
        "No export of contacts or account contact relations was given: check that no contact is"
        " related to two accounts of one group; remove the redundant relationship first.",
        children=("contact", "account_contact_relation"),
        only_salesforce=True,
    ),
    Check(
        "record_types_differ",
        "No column Record Type: check that the records of a group have the same record type.",
        shows=("record_type",),
        may_be_accepted=True,
        only_salesforce=True,
    ),
    Check(
        "currencies_differ",
        "No column Account Currency: if the org has several currencies, check that the records of"
        " a group share theirs.",
        shows=("currency",),
        may_be_accepted=True,
    ),
    Check(
        "owners_differ",
        "No column Account Owner: check that nobody loses an account that is theirs.",
        shows=("owner",),
        may_be_accepted=True,
    ),
    Check("value_refused"),
    Check("unique_value_taken"),
)

_SAME_IN_ALL: tuple[tuple[str, Role, str], ...] = (
    ("record_types_differ", "record_type", "record types"),
    ("currencies_differ", "currency", "currencies"),
    ("owners_differ", "owner", "owners"),
)
# Values that a reason names.
_NAMED = 4


def acceptable_checks() -> list[str]:
    """Return the names of the checks that can be accepted."""
    return [check.name for check in CHECKS if check.may_be_accepted]


def check_accepted(names: Sequence[str]) -> frozenset[str]:
    """Return the names of checks that are accepted; `SettingsError` for one that cannot be."""
    for name in names:
        if name not in acceptable_checks():
            message = f"--accept {name}: there is no such check that can be accepted"
            raise SettingsError(message, hint=f"These can: {', '.join(acceptable_checks())}.")
    return frozenset(names)


def unseen_checks(accounts: Accounts, children: pa.Table) -> list[Check]:
    """Return the checks about which the given files say nothing."""
    kinds = set(children.column("kind").to_pylist())
    return [
        check
        for check in CHECKS
        if check.unseen
        and (accounts.salesforce or not check.only_salesforce)
        and not any(role in accounts.roles for role in check.shows)
        and not kinds.intersection(check.children)
    ]


class GroupChecks:
    """Checks groups one by one; what has to be gathered from whole files is gathered once."""

    def __init__(self, accounts: Accounts, children: pa.Table) -> None:
        self._place = accounts.place
        self._columns = {role: accounts.column(header) for role, header in accounts.roles.items()}
        parent = accounts.roles.get("parent")
        meant = accounts.pointers.get(parent) if parent is not None else None
        self._parents = meant.to_pylist() if meant is not None else None
        self._contacts = _by_parent(children, "contact_id")
        self._users = _by_parent(children, "user_type")

    def findings(self, group: MergeGroup) -> dict[str, str]:
        """Return what is wrong with a group: by check, in words."""
        found = dict(group.objections)
        rows = [self._place[record] for record in group.members]
        self._find_deleted(group, rows, found)
        self._find_parents(group, rows, found)
        self._find_persons(rows, found)
        self._find_portals(group, rows, found)
        self._find_contacts(group, found)
        for check, role, words in _SAME_IN_ALL:
            values = self._values(role, rows)
            if len({value.casefold() for value in values}) > 1:
                found[check] = f"{words} differ: {_listed(values)}"
        return found

    def _values(self, role: Role, rows: Sequence[int]) -> list[str]:
        """Return the values of the records in the column of a role, each once, blanks aside."""
        cells = self._columns.get(role)
        if cells is None:
            return []
        return list(dict.fromkeys(text for row in rows if (text := (cells[row] or "").strip())))

    def _is(self, role: Role, row: int) -> bool:
        cells = self._columns.get(role)
        return cells is not None and says_yes(cells[row])

    def _find_deleted(self, group: MergeGroup, rows: Sequence[int], found: dict[str, str]) -> None:
        gone = [
            record
            for record, row in zip(group.members, rows, strict=True)
            if self._is("deleted", row)
        ]
        if gone:
            found["already_deleted"] = f"deleted already, says the export: {_listed(gone)}"

    def _find_parents(self, group: MergeGroup, rows: Sequence[int], found: dict[str, str]) -> None:
        if self._parents is None:
            return
        members = set(group.members)
        inside = {
            record: parent
            for record, row in zip(group.members, rows, strict=True)
            if (parent := self._parents[row]) in members
        }
        for record, parent in inside.items():
            if inside.get(parent) == record and record != parent:
                found["each_others_parents"] = f"{record} and {parent} are each other's parents"
                return
        for record, parent in inside.items():
            found["parent_in_group"] = f"{parent} is the parent of {record}, and in its group"
            return

    def _find_persons(self, rows: Sequence[int], found: dict[str, str]) -> None:
        persons = sum(self._is("person", row) for row in rows)
        if 0 < persons < len(rows):
            found["person_and_business"] = (
                f"{persons} of {len(rows)} are person accounts, the others business accounts;"
                " Salesforce merges only accounts of one kind"
            )

    def _find_portals(self, group: MergeGroup, rows: Sequence[int], found: dict[str, str]) -> None:
        users = {
            "partner" if "partner" in told.lower() else "customer"
            for record in group.members
            for told in self._users.get(record, ())
        }
        if any(self._is("partner", row) for row in rows):
            users.add("partner")
        if any(self._is("customer_portal", row) for row in rows):
            users.add("customer")
        if len(users) > 1:
            found["portal_users"] = (
                "has both customer and partner users; Salesforce calls their portal types"
                " incompatible and does not merge"
            )

    def _find_contacts(self, group: MergeGroup, found: dict[str, str]) -> None:
        seen: set[str] = set()
        for record in group.members:
            contacts = self._contacts.get(record, set())
            both = seen & contacts
            if both:
                found["related_contact"] = (
                    f"the contact {min(both)} is related to two of its accounts; remove the"
                    " redundant relationship first"
                )
                return
            seen |= contacts


def _by_parent(children: pa.Table, column: str) -> Mapping[str, set[str]]:
    """Return what children tell in a column, by the account that they point to."""
    told = children.filter(pc.is_valid(children.column(column)))
    found: defaultdict[str, set[str]] = defaultdict(set)
    for parent, text in zip(
        told.column("parent_id").to_pylist(), told.column(column).to_pylist(), strict=True
    ):
        found[parent].add(text)
    return found


def _listed(values: Sequence[str]) -> str:
    named = ", ".join(values[:_NAMED])
    return named if len(values) <= _NAMED else f"{named} and {len(values) - _NAMED} more"
