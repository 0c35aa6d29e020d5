"""Given names that one person may go by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cache

from keepone.rules.files import rule_yaml


@cache
def names_of_forms() -> Mapping[str, frozenset[str]]:
    """Return, for each name and form of a name, the names that it may stand for, itself included.

    Two words are forms of one name where these sets meet. A word that is not here stands for
    itself.
    """
    names: defaultdict[str, set[str]] = defaultdict(set)
    for name, forms in rule_yaml("given_names.yaml")["forms"].items():
        names[name].add(name)
        for form in forms:
            names[form] |= {name, form}
    return {form: frozenset(own) for form, own in names.items()}
