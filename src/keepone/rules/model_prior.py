"""What is believed of each field type's levels before a file is seen.

`model_prior.csv` holds one row per field type and level: the share of matches (m) and of
non-matching candidate pairs (u) that show it, learned over labelled files of many kinds by
`bench/accuracy/learn_prior.py`. `model_prior.yaml` holds the few numbers of the whole model.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from keepone.rules.files import rule_csv, rule_yaml


@dataclass(frozen=True, slots=True)
class ModelRules:
    """Numbers of the model as a whole.

    `dependence` tempers all weights, since the fields of a record are not independent. Within one
    of the `families` of field types that say much the same, the strongest evidence for and against
    counts whole and the rest by the share `overlap`. The calibrated log-odds in bits are `slope`
    times the match weight plus `intercept`. `strength` (in units of the file's own pairs) and
    `least_strength` (pairs) say how much the prior weighs against the file. `absent` is the
    probability that grouping takes a pair to have that was never scored.
    """

    dependence: float
    slope: float
    intercept: float
    strength: float
    least_strength: float
    absent: float
    overlap: float
    families: dict[str, tuple[str, ...]]

    def family(self, type_: str, field: str) -> str:
        """Return the family of a field: that of its type, or one of its own."""
        named = (name for name, types in self.families.items() if type_ in types)
        return next(named, f"field {field}")


@cache
def model_rules() -> ModelRules:
    """Return the shipped numbers."""
    numbers = rule_yaml("model_prior.yaml")
    families = {name: tuple(types) for name, types in numbers.pop("families").items()}
    return ModelRules(**numbers, families=families)


@cache
def level_priors() -> dict[tuple[str, str], tuple[float, float]]:
    """Return (m, u) by (field type, level)."""
    return {
        (row["type"], row["level"]): (float(row["m"]), float(row["u"]))
        for row in rule_csv("model_prior.csv")
    }
