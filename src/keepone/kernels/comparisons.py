"""How values of each field type are compared: one table.

`COMPARISONS` says for every field type which parts of a value it looks at, what its levels are
called, and which function finds the level of each pair. Level 0 always means that there is nothing
to compare: a side has no value, or legal forms do not differ. Those are compared as a field of
their own, `legal_form`, beside the name that they were split off.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from keepone.kernels.columns import Column, Levels
from keepone.kernels.encoding import Longs
from keepone.kernels.list_levels import (
    TOKEN_LEVELS,
    TOKENS_FALLING,
    compare_people,
    compare_words_of,
)
from keepone.kernels.street_levels import STREET_LEVELS, STREETS_FALLING, compare_streets
from keepone.kernels.value_levels import (
    DATE_LEVELS,
    DATES_FALLING,
    FORM_LEVELS,
    FORMS_FALLING,
    VALUE_LEVELS,
    VALUES_FALLING,
    compare_codes,
    compare_dates,
    compare_forms,
    compare_numbers,
    compare_strictly,
)
from keepone.kernels.word_levels import compare_given, compare_names


@dataclass(frozen=True, slots=True)
class Comparison:
    """How one field type is compared.

    `parts` are the value parts, `lists` the token parts it needs; `levels` names its levels, in
    the order of the codes that `compare(column, left, right)` returns. `falling` holds chains of
    levels of which none may weigh more than the one before. `named` says that the lists are names,
    of which it matters how many others hold all their words; `persons` that they are persons', who
    go by other forms and initials of their given names.
    """

    parts: tuple[str, ...]
    lists: tuple[str, ...]
    levels: tuple[str, ...]
    compare: Callable[[Column, Longs, Longs], Levels]
    falling: tuple[tuple[int, ...], ...]
    named: bool = False
    persons: bool = False


_STRICT = Comparison(("value",), (), VALUE_LEVELS, compare_strictly, VALUES_FALLING)
_CODES = Comparison(("value",), (), VALUE_LEVELS, compare_codes, VALUES_FALLING)
_NAMES = Comparison(("value",), (), VALUE_LEVELS, compare_names, VALUES_FALLING)
_TOKENS = Comparison((), ("tokens",), TOKEN_LEVELS, compare_words_of, TOKENS_FALLING, named=True)
_PERSONS = replace(_TOKENS, persons=True)
_STREETS = Comparison(
    ("number", "place"), ("tokens",), STREET_LEVELS, compare_streets, STREETS_FALLING
)

COMPARISONS: dict[str, Comparison] = {
    "organisation": _TOKENS,
    "legal_form": Comparison(("value",), (), FORM_LEVELS, compare_forms, FORMS_FALLING),
    "title": _TOKENS,
    "text": _TOKENS,
    "person": _PERSONS,
    "people": Comparison((), ("people",), TOKEN_LEVELS, compare_people, TOKENS_FALLING, named=True),
    "given_name": Comparison(("value",), (), VALUE_LEVELS, compare_given, VALUES_FALLING),
    "family_name": _NAMES,
    "street": _STREETS,
    "address": _STREETS,
    "street_number": _STRICT,
    "city": _NAMES,
    "region": _STRICT,
    "postal_code": _CODES,
    "country": _STRICT,
    "phone": _CODES,
    "email": _CODES,
    "web": _STRICT,
    "identifier": _CODES,
    "date": Comparison(("value",), (), DATE_LEVELS, compare_dates, DATES_FALLING),
    "number": Comparison(("value",), (), VALUE_LEVELS, compare_numbers, VALUES_FALLING),
    "category": _STRICT,
}
