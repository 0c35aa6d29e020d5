"""Which cells count as blank though something stands in them."""

from __future__ import annotations

import re
from functools import cache

from keepone.rules.absent_values import absent_values
from keepone.rules.files import rule_yaml


@cache
def blank_words(kind: str) -> frozenset[str]:
    """Return what says nothing in a column of this type, as words of lower-case ASCII."""
    data = rule_yaml("blank_cells.yaml")
    return (absent_values() | frozenset(data["absent"])) - frozenset(data["means"].get(kind, ()))


@cache
def filler_pattern(kind: str) -> str:
    """Return the pattern of a cell of one character repeated, as words without their spaces.

    Matches the whole text; RE2 and Python's re read it alike.
    """
    fillers = rule_yaml("blank_cells.yaml")["fillers"]
    least = {**fillers["any"], **fillers.get(kind, {})}
    runs = (f"{re.escape(character)}{{{count},}}" for character, count in least.items())
    return f"^(?:{'|'.join(runs)})$"


@cache
def suspect_pattern(kind: str) -> str:
    """Return a pattern that every ASCII cell matches which counts as blank, and few others do."""
    fillers = rule_yaml("blank_cells.yaml")["fillers"]
    between = "[^a-z0-9]*"
    said = [between.join(phrase.replace(" ", "")) for phrase in sorted(blank_words(kind))]
    runs = [
        f"(?:{re.escape(each)}{between})+" for each in {**fillers["any"], **fillers.get(kind, {})}
    ]
    return f"(?i)^{between}(?:{'|'.join([*said, *runs])})?{between}$"
