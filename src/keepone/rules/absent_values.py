"""What people type into a cell that has nothing to say."""

from __future__ import annotations

from functools import cache

from keepone.rules.files import rule_yaml


@cache
def absent_values() -> frozenset[str]:
    """Return the shipped values, as normalised text."""
    return frozenset(rule_yaml("absent_values.yaml")["absent"])
