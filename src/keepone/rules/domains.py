"""Internet domains that say nothing about the company that uses them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from keepone.rules.files import rule_yaml


@dataclass(frozen=True, slots=True)
class Domains:
    """Registered domains, lower case.

    `free_mail` are mailbox providers. On a `path_platforms` site a company is the first path
    segment that is not among the domain's generic segments; on a `host_platforms` site it is the
    subdomain.
    """

    free_mail: frozenset[str]
    path_platforms: Mapping[str, frozenset[str]]
    host_platforms: frozenset[str]


@cache
def domains() -> Domains:
    """Return the shipped domain lists."""
    data = rule_yaml("domains.yaml")
    return Domains(
        free_mail=frozenset(data["free_mail"]),
        path_platforms=MappingProxyType(
            {domain: frozenset(generic) for domain, generic in data["path_platforms"].items()}
        ),
        host_platforms=frozenset(data["host_platforms"]),
    )
