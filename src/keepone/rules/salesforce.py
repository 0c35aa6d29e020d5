"""What is known of Salesforce's Account: columns that merges are judged by, fields to write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

from keepone.readers.id_headers import header_key
from keepone.rules.files import rule_yaml

Role = Literal[
    "parent", "record_type", "currency", "owner", "person", "customer_portal", "partner",
    "deleted", "created", "modified",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class StandardField:
    """One standard field that can be updated. `length` is the most characters of a text."""

    api_name: str
    type: str
    length: int | None


def find_roles(headers: Iterable[str]) -> dict[Role, str]:
    """Return the header of each role; of several, the one that the rules name first."""
    by_key = {header_key(header): header for header in reversed(list(headers))}
    found: dict[Role, str] = {}
    for role in get_args(Role):
        for key in _roles()[role]:
            if key in by_key:
                found[role] = by_key[key]
                break
    return found


def standard_field(header: str) -> StandardField | None:
    """Return the updateable field that a header names, by its API name or its label."""
    return None if header.endswith("__c") else _fields().get(header_key(header))


def is_read_only(header: str) -> bool:
    """Whether a header names what nobody can write."""
    return not header.endswith("__c") and header_key(header) in _read_only()


@cache
def _roles() -> Mapping[str, list[str]]:
    roles: dict[str, list[str]] = rule_yaml("salesforce.yaml")["roles"]
    return roles


@cache
def _fields() -> Mapping[str, StandardField]:
    found = {}
    for api_name, told in rule_yaml("salesforce.yaml")["fields"].items():
        field = StandardField(api_name, told["type"], told.get("length"))
        for key in (api_name.lower(), *told.get("also", ())):
            found[key] = field
    return found


@cache
def _read_only() -> frozenset[str]:
    return frozenset(rule_yaml("salesforce.yaml")["read_only"])
