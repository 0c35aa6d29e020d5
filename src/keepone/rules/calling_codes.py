"""Telephone numbering plans: what the commonest way of writing a number needs to be known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from keepone.rules.files import rule_csv


@dataclass(frozen=True, slots=True)
class NumberingPlan:
    """One country's plan.

    `trunk` is the national prefix, empty if there is none. `plain` tells for which numbers dropping
    it is all there is to do: `yes` for all, `trunk` for those written with it, `no` where area or
    carrier codes change as well. `international` matches what is dialled first to leave the
    country. `lengths` counts a national number without its prefix.
    """

    country: str
    code: str
    trunk: str
    plain: str
    international: re.Pattern[str]
    lengths: frozenset[int]


@dataclass(frozen=True, slots=True)
class CallingCodes:
    """Numbering plans by country (lower-case alpha-2), and the main country of each code."""

    by_country: Mapping[str, NumberingPlan]
    by_code: Mapping[str, NumberingPlan]


@cache
def calling_codes() -> CallingCodes:
    """Return the shipped numbering plans."""
    plans = {
        row["country"]: NumberingPlan(
            country=row["country"],
            code=row["code"],
            trunk=row["trunk"],
            plain=row["plain"],
            international=re.compile(row["international"] or "(?!)"),
            lengths=frozenset(int(length) for length in row["lengths"].split("|")),
        )
        for row in rule_csv("calling_codes.csv")
        if row["country"]
    }
    main = {
        row["code"]: plans[row["country"]] for row in rule_csv("calling_codes.csv") if row["main"]
    }
    return CallingCodes(MappingProxyType(plans), MappingProxyType(main))
