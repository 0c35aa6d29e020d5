"""Retypes columns that only the other columns of the table explain."""

from __future__ import annotations

from dataclasses import dataclass

from keepone.rules.column_evidence import ColumnEvidence
from keepone.rules.column_types import MAIN_NAMES, Typing
from keepone.rules.column_values import Need, name_kind


@dataclass(frozen=True, slots=True)
class NeighbourPlace:
    """A place that a column holds if others hold places: when it may, and by what it is chosen."""

    type: str
    takes: frozenset[str]
    beside: frozenset[str]
    by: tuple[str, ...]
    need: Need


NEIGHBOUR_PLACES: tuple[NeighbourPlace, ...] = (
    NeighbourPlace(
        "region",
        frozenset({"organisation", "category", "identifier", "given_name"}),
        frozenset({"city", "postal_code", "country", "street"}),
        ("region",),
        Need(("region",), 400),
    ),
    NeighbourPlace(
        "postal_code",
        frozenset({"number", "identifier"}),
        frozenset({"city", "region", "country", "street"}),
        ("postal", "digits_4_6"),
        Need(("postal", "digits_4_6"), 800, ("year", "date"), 500),
    ),
    NeighbourPlace(
        "city",
        frozenset({"organisation", "category", "given_name"}),
        frozenset({"postal_code", "region", "country", "street"}),
        ("city_word",),
        Need(("city_word",), 30, ("company", "number", "code", "long"), 150),
    ),
)


def settle_neighbours(typings: dict[str, Typing], evidence: dict[str, ColumnEvidence]) -> None:
    """Retype in place what only the other columns explain.

    A plain `name` of single words beside given names is a family name, and the other way about;
    titles there are positions; columns that their own header leaves open are places when they
    stand beside places; and every table gets something to be called by.
    """
    _settle_names(typings, evidence)
    _settle_job_titles(typings, evidence)
    for place in NEIGHBOUR_PLACES:
        _settle_place(place, typings, evidence)
    if not {typing.type for typing in typings.values()}.intersection(MAIN_NAMES):
        _promote(typings, evidence)


def _settle_names(typings: dict[str, Typing], evidence: dict[str, ColumnEvidence]) -> None:
    for missing, there in (("family_name", "given_name"), ("given_name", "family_name")):
        kinds = [typing.type for typing in typings.values()]
        if there not in kinds or missing in kinds:
            continue
        for column, typing in typings.items():
            seen = evidence[column]
            one_word = seen.share("single") >= 700 and seen.share("words") >= 700
            unsaid = typing.generic or (typing.strength == 0 and missing == "family_name")
            if (
                unsaid
                and one_word
                and typing.type in ("organisation", "title", "person")
                and seen.share("city_word") < 100
            ):
                beside = f"single words beside a {there.replace('_', ' ')}"
                typings[column] = Typing(missing, f"{typing.why}; {beside}", 1)
                break


def _settle_job_titles(typings: dict[str, Typing], evidence: dict[str, ColumnEvidence]) -> None:
    """Take the short titles of a table of persons for their positions, not for works."""
    if not {"given_name", "family_name"} <= {typing.type for typing in typings.values()}:
        return
    for column, typing in typings.items():
        if typing.type == "title" and evidence[column].sample.tokens < 40:
            why = f"{typing.why}; beside personal names a position"
            typings[column] = Typing("category", why, typing.strength)


def _settle_place(
    place: NeighbourPlace, typings: dict[str, Typing], evidence: dict[str, ColumnEvidence]
) -> None:
    kinds = {typing.type for typing in typings.values()}
    if place.type in kinds or not place.beside & kinds:
        return
    possible = [
        column
        for column, typing in typings.items()
        if typing.strength == 0
        and typing.type in place.takes
        and not evidence[column].unique
        and place.need.met(evidence[column])
    ]
    if possible:
        best = max(possible, key=lambda column: evidence[column].share(*place.by))
        named = sum(typing.type == "organisation" for typing in typings.values())
        if typings[best].type != "organisation" or named > 1:
            why = f"{typings[best].why}; beside other places they read as {place.type}"
            typings[best] = Typing(place.type, why.replace("_", " "))


def _promote(typings: dict[str, Typing], evidence: dict[str, ColumnEvidence]) -> None:
    """Make the most telling column of words the table's name."""
    worded = [
        column
        for column, typing in typings.items()
        if typing.type in ("category", "text", "city")
        and evidence[column].share("letter") >= 600
        and evidence[column].share("boolean") < 500
        and not evidence[column].constant
    ]
    if worded:
        best = max(worded, key=lambda column: (evidence[column].distinct, evidence[column].filled))
        kind = "title" if name_kind(evidence[best]) == "title" else "organisation"
        why = f"the most telling words of the table; {typings[best].why}"
        typings[best] = Typing(kind, why, typings[best].strength)
