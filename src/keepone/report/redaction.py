"""A report that may be shown to anybody: ids, counts and rules, and no value of a record."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from keepone.manifest import Manifest
from keepone.report.groups import Group
from keepone.report.sections import Doubted, Rejected

MASK = "●●●●●"


def is_redacted(manifest: Manifest) -> bool:
    """Return whether the run's report is to show no values; runs of former releases do."""
    return bool(manifest.settings["machine"].get("redact", False))


def masked_groups(groups: Iterable[Group]) -> tuple[Group, ...]:
    """Return the groups with a mask for each name; reasons go too, since they may quote values."""
    return tuple(
        replace(
            group,
            members=tuple(
                replace(member, name=MASK, details=(), reason=MASK) for member in group.members
            ),
        )
        for group in groups
    )


def masked_rejects(rejects: Iterable[Rejected]) -> tuple[Rejected, ...]:
    """Return the kinds of reject without what was wrong with the first row of each."""
    return tuple(replace(kind, message=MASK) for kind in rejects)


def masked_decisions(doubts: Iterable[Doubted]) -> tuple[Doubted, ...]:
    """Return decisions without what people wrote about them."""
    return tuple(replace(each, said=MASK, detail=MASK) for each in doubts)
