"""What is believed of each field type's levels before a file is seen.

`model_prior.csv` holds one row per field type and level: the share of matches (m) and of
non-matching candidate pairs (u) that show it, learned over labelled files of many kinds by
`bench/accuracy/learn_prior.py`. `model_prior.yaml` holds the few numbers of the whole model.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from keepone.rules.files import rule_csv, rule_yaml


@dataclass(frozen=True, slots=True)
class ModelRules:
    """Numbers of the model as a whole.

    `dependence` tempers the log-odds, since the fields of a record are not independent; a file with
    one telling field has nothing to temper. Within one of the `families` of field types that say
    much the same, the strongest evidence for and against counts whole and the rest by the share
    `overlap`. `strength[n]` says, in units of the file's own pairs, how much the prior weighs
    against a file of n telling fields (those whose type is not `vague`), the last for all that have
    more; infinite keeps the levels as they are believed to be, since a mixture of so few fields
    finds two classes in anything. `least_strength` is the least of it, in pairs. `absent` is the
    probability that grouping takes a pair to have that was never scored.
    """

    dependence: float
    strength: tuple[float, ...]
    least_strength: float
    absent: float
    overlap: float
    vague: tuple[str, ...]
    families: dict[str, tuple[str, ...]]

    def telling(self, types: Iterable[str]) -> int:
        """Return how many of the compared fields' types are not vague."""
        return sum(type_ not in self.vague for type_ in types)

    def slope(self, telling: int) -> float:
        """Return the log-odds in bits that a bit of match weight is worth, by telling fields."""
        return self.dependence if telling > 1 else 1.0

    def prior_strength(self, telling: int) -> float:
        """Return the prior's weight in units of the file's own pairs, by telling fields."""
        return self.strength[min(telling, len(self.strength) - 1)]

    def family(self, type_: str, field: str) -> str:
        """Return the family of a field: that of its type, or one of its own."""
        named = (name for name, types in self.families.items() if type_ in types)
        return next(named, f"field {field}")


@cache
def model_rules() -> ModelRules:
    """Return the shipped numbers."""
    numbers = rule_yaml("model_prior.yaml")
    families = {name: tuple(types) for name, types in numbers.pop("families").items()}
    strength, vague = tuple(numbers.pop("strength")), tuple(numbers.pop("vague"))
    return ModelRules(**numbers, strength=strength, vague=vague, families=families)


@cache
def level_priors() -> dict[tuple[str, str], tuple[float, float]]:
    """Return (m, u) by (field type, level)."""
    return {
        (row["type"], row["level"]): (float(row["m"]), float(row["u"]))
        for row in rule_csv("model_prior.csv")
    }
