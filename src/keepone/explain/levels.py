"""Levels of agreement in words that need no knowledge of the model."""

from __future__ import annotations

from keepone.kernels.street_levels import STREET_LEVELS
from keepone.kernels.value_levels import SHARED_BY
from keepone.rules.model_prior import model_rules

_KEPT = {
    "one side adds little": "one side adds little",
    "one side adds some": "one side adds something",
    "one side adds much": "one side adds much",
    "one side adds a number": "one side adds a number",
    "numbers differ": "numbers differ",
    "both keep little": "each has a little of its own",
    "both keep some": "each has something of its own",
    "both keep much": "each has much of its own",
}
_RARITY = {
    "common": "what they share is common",
    "some": "what they share is not so common",
    "rare": "what they share is rare",
    "very rare": "what they share is very rare",
}
_PLAIN = {
    "same but for spelling, common": "the same but for spelling; common words",
    "same but for spelling": "the same but for spelling",
    "nothing shared": "nothing in common",
    "nearly the same": "nearly the same",
    "different": "different",
    "same year": "another day of the same year",
    "one side has none": "one side has none",
    "same number, like street": "same number, a street that is like it",
    "same number, other street": "same number, another street",
    "other number, same street": "another number in the same street",
    "a number missing, same street": "same street, a number is missing",
    "a number missing, like street": "a street that is like it, a number is missing",
    "other number, like street": "another number, a street that is like it",
    "other street": "another street",
}


def level_in_words(type_: str, level: str, values: tuple[str | None, str | None] = ("", "")) -> str:
    """Return what a level of a field type says, in words.

    `values` tell which side has none, where there is nothing to compare.
    """
    if level == "missing":
        return _missing(type_, values)
    if level in _PLAIN:
        return _PLAIN[level]
    kind, _, rest = level.partition(", ")
    if rest.startswith("shared by "):
        same = "same number and street" if level in STREET_LEVELS else "the same"
        most = 15 if level in STREET_LEVELS else SHARED_BY[-1]
        who = "names" if type_ in model_rules().held else "records"
        return f"{same}; {_shared(rest.removeprefix('shared by '), most, who)}"
    return f"{_KEPT[kind]}; {_RARITY[rest.removesuffix(' shared')]}"


def _missing(type_: str, values: tuple[str | None, str | None]) -> str:
    if type_ == "legal_form":
        return "the same" if values[0] else "neither has one"
    absent = [value is None for value in values]
    return (
        "both have none"
        if all(absent)
        else "one side has none"
        if any(absent)
        else "too little to compare"
    )


def _shared(by: str, most: int, who: str) -> str:
    """Return how many have a value, by the upper bound that a level names."""
    if by == "more":
        return f"more than {most} {who} have it"
    bounds = (1, *SHARED_BY)
    least = bounds[bounds.index(int(by)) - 1] + 1
    return f"up to {by} {who} have it" if least == 2 else f"{least} to {by} {who} have it"
