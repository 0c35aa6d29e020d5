"""Whether two tables list the same kind of thing, by what their headers say."""

from __future__ import annotations

from collections.abc import Iterable

from keepone.rules.columns import column_rules, match_header

_PERSONAL = frozenset({"given_name", "family_name"})


def same_kind(one: Iterable[str], other: Iterable[str]) -> bool:
    """Return whether tables with these headers can be read as one list, whatever they call it.

    Both name their records, both or neither by a person's names, and at least half of the fields
    that the headers of the poorer one tell stand in the other too. So the companies of another
    system are read beside the accounts; the contacts of an account, or a legend, are not.
    """
    ours, theirs = _told(one), _told(other)
    shared = ours & theirs
    fewer = min(len(ours), len(theirs))
    return (
        "name" in shared
        and ours & _PERSONAL == theirs & _PERSONAL
        and len(shared) >= 2
        and len(shared) * 2 >= fewer
    )


def _told(headers: Iterable[str]) -> frozenset[str]:
    """Return the canonical fields that the headers ask for as a whole."""
    canonical = column_rules().canonical
    told = set()
    for header in headers:
        match = match_header(header)
        if match is not None and match.strength == "whole" and not match.rule.minor:
            told.add(match.rule.field or canonical.get(match.rule.types[0], ""))
    return frozenset(told - {""})
