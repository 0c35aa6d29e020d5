"""Which columns pairs are compared on, and why the others are not.

Pairs of columns are looked at through a callable that measures how two of them overlap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from keepone.rules.column_evidence import ColumnEvidence, Overlap
from keepone.rules.column_types import Typing
from keepone.rules.columns import column_rules

OverlapOf = Callable[[str, str], Overlap]

VAGUE = frozenset({"category", "text", "number"})
"""Types whose agreement says little."""

SOFT = VAGUE | {"organisation", "title", "person", "people", "city", "region", "date"}
"""Types that count as vague where only their values, or a minor header, speak for them."""

SPARSE = 40
"""A vague column is compared when at least this percentage of the records fill it."""

EMPTY = 5
"""Below this percentage no vague column is compared, however few the others are."""

FEW = 3
"""With fewer informative columns than this, vague ones are compared even when sparse."""

MOST_VAGUE = 3
"""Beside enough informative columns, no more vague ones than this are compared."""

RUNNING = 500
"""Text is running text when at least this share of its values, in thousandths, is long."""

TEXT_COMPARED = 300
"""Characters of a text that are compared: further ones cost memory and say no more."""

_NEVER = frozenset({"meta", "ignored", "record_id"})

_FAMILIES: tuple[frozenset[str], ...] = (
    frozenset({"organisation", "title", "person", "people"}),
    frozenset({"street", "address"}),
    *(
        frozenset({kind})
        for kind in (
            "given_name", "family_name", "city", "region", "postal_code", "country", "phone",
            "email", "web", "date", "identifier", "category", "number", "text", "street_number",
        )
    ),
)  # fmt: skip
"""Types between which two columns can be near-identical."""


def leave_out(
    typings: Mapping[str, Typing],
    fields: Mapping[str, str],
    evidence: Mapping[str, ColumnEvidence],
    overlap_of: OverlapOf,
) -> dict[str, str]:
    """Return the columns that are not compared, each with the reason; empty if the type says it."""
    out: dict[str, str] = {}
    for name, typing in typings.items():
        if typing.type in _NEVER:
            out[name] = ""
        elif not evidence[name].filled:
            out[name] = "empty"
        elif typing.strength < 3 and (reason := _says_nothing(typing, evidence[name])):
            out[name] = reason
    _leave_out_copies(typings, evidence, overlap_of, out)
    _leave_out_wholes(typings, evidence, overlap_of, out)
    _leave_out_sparse(typings, fields, evidence, out)
    return out


def _says_nothing(typing: Typing, seen: ColumnEvidence) -> str:
    if seen.nearly_constant:
        return "one value is held by more than 95 % of the records"
    if typing.type == "category" and seen.share("boolean") >= 950 and seen.distinct <= 4:
        return "yes or no says too little"
    if typing.type == "identifier" and seen.unique:
        return "no value repeats"
    return ""


def _leave_out_copies(
    typings: Mapping[str, Typing],
    evidence: Mapping[str, ColumnEvidence],
    overlap_of: OverlapOf,
    out: dict[str, str],
) -> None:
    """Leave out the less filled of two columns that mostly hold the same, such as two addresses."""
    for family in _FAMILIES:
        alike = [name for name in typings if name not in out and typings[name].type in family]
        alike.sort(key=lambda name: (typings[name].strength < 3, -evidence[name].filled))
        kept: list[str] = []
        for name in alike:
            original = next(
                (
                    other
                    for other in kept
                    if _near_identical(other, name, typings, evidence, overlap_of)
                ),
                None,
            )
            if original is None or typings[name].strength == 3:
                kept.append(name)
            else:
                out[name] = f"nearly always the same as {evidence[original].header!r}"


def _near_identical(
    one: str,
    other: str,
    typings: Mapping[str, Typing],
    evidence: Mapping[str, ColumnEvidence],
    overlap_of: OverlapOf,
) -> bool:
    shared = overlap_of(one, other)
    fewer = min(evidence[one].sample.drawn, evidence[other].sample.drawn)
    if shared.rows * 2 < fewer or shared.rows < 2:
        return False
    same = shared.equal
    if typings[one].type == "web":
        same = max(same, shared.left_within, shared.right_within)
    return same * 10 >= shared.rows * 8


def _leave_out_wholes(
    typings: Mapping[str, Typing],
    evidence: Mapping[str, ColumnEvidence],
    overlap_of: OverlapOf,
    out: dict[str, str],
) -> None:
    """Leave out full names and one-line addresses whose parts stand in columns of their own."""
    wholes = (
        (("person", "organisation", "people", "title"), ("given_name", "family_name")),
        (("address",), ("street", "city", "postal_code")),
    )
    for whole_types, part_types in wholes:
        parts = [name for name in typings if name not in out and typings[name].type in part_types]
        for whole, typing in typings.items():
            if whole in out or typing.type not in whole_types or typing.strength == 3:
                continue
            inside = [part for part in parts if _made_of(whole, part, evidence, overlap_of)]
            if len({typings[part].type for part in inside}) >= 2:
                names = " and ".join(repr(evidence[part].header) for part in inside)
                out[whole] = f"made of {names}, which are compared"


def _made_of(
    whole: str, part: str, evidence: Mapping[str, ColumnEvidence], overlap_of: OverlapOf
) -> bool:
    shared = overlap_of(part, whole)
    return (
        evidence[part].filled * 2 >= evidence[whole].filled
        and shared.rows >= 2
        and shared.left_within * 10 >= shared.rows * 6
    )


def _leave_out_sparse(
    typings: Mapping[str, Typing],
    fields: Mapping[str, str],
    evidence: Mapping[str, ColumnEvidence],
    out: dict[str, str],
) -> None:
    """Leave out sparse vague columns, as long as enough informative ones remain."""
    canonical = column_rules().canonical.values()
    vague = {
        name
        for name, typing in typings.items()
        if name not in out
        and typing.strength < 3
        and (
            typing.type in VAGUE
            or (typing.type in SOFT and fields[name] not in canonical and not _told(typing))
        )
    }
    informative = [name for name in typings if name not in out and name not in vague]
    least = SPARSE if len(informative) >= FEW else EMPTY
    for name, typing in typings.items():
        seen = evidence[name]
        if name in out or typing.strength == 3 or typing.type not in SOFT:
            continue
        if seen.filled * 100 < seen.records * (least if name in vague else EMPTY):
            percent = seen.filled * 100 // seen.records
            out[name] = f"only {percent} % of the records fill it, and agreement would say little"
    if len(informative) >= FEW:
        for name in vague - out.keys():
            if typings[name].type == "text" and evidence[name].share("long") >= RUNNING:
                out[name] = "running text, whose agreement would say little"
        _leave_out_many(vague - out.keys(), typings, evidence, out)


def _leave_out_many(
    vague: Iterable[str],
    typings: Mapping[str, Typing],
    evidence: Mapping[str, ColumnEvidence],
    out: dict[str, str],
) -> None:
    """Leave out all but the most telling of many vague columns.

    An export has dozens of columns about the business with an account. Records of one company
    differ in them as often as not, and together they would outvote its name and address.
    """

    def rank(name: str) -> tuple[bool, int, int, str]:
        seen = evidence[name]
        return (not _told(typings[name]), -seen.distinct, -seen.filled, name)

    for name in sorted(vague, key=rank)[MOST_VAGUE:]:
        out[name] = f"{MOST_VAGUE} more telling columns of its kind are compared"


def _told(typing: Typing) -> bool:
    """Return whether a header of its own kind speaks for the column."""
    return typing.strength > 0 and not typing.minor
