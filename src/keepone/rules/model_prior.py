"""What is believed of each field type's levels before a file is seen.

`model_prior.csv` holds one row per field type and level: the share of matches (m) and of
non-matching candidate pairs (u) that show it, learned over labelled files of many kinds by
`bench/accuracy/learn_prior.py`. `model_prior.yaml` holds the few numbers of the whole model.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from keepone.rules.files import rule_csv, rule_yaml


@dataclass(frozen=True, slots=True)
class ModelRules:
    """Numbers of the model as a whole.

    `dependence` tempers the evidence, since the fields of a record are not independent; a file with
    one telling field has nothing to temper. Within one of the `families` of field types that say
    much the same, the strongest evidence for and against counts whole and the rest by the share
    `overlap`. `prior_share` is how much of the log-odds of a match, before a field is looked at,
    counts against the evidence when pairs are scored: blocking finds most matches by several keys.

    Levels keep the weights that are believed of them in a file of fewer than `fitted_from` telling
    fields (those whose type is not `vague`), since a mixture of so few finds two classes in
    anything. In others the prior weighs as much as `strength_matches` times the matches found and
    `strength_others` times the other pairs, and as `least_strength` pairs at the least: few matches
    do not make a class of their own. That all differs counts against a match by at least the share
    `against` of what it counts in the prior, `against_names` in fields of the types `names`: else
    the tenants of one building, or all that share a postal code, become a class whose names may
    differ. `absent` is the probability that grouping takes a pair to have that was never scored;
    that belief weighs as much as `doubt` scored pairs between the same groups. `namesakes` is how
    many of the names of a file several companies share, as a share of all its names: by how many
    records carry the name, in the grades of equal values.
    """

    dependence: float
    prior_share: float
    fitted_from: int
    strength_matches: float
    strength_others: float
    least_strength: float
    absent: float
    doubt: int
    overlap: float
    against: float
    against_names: float
    namesakes: tuple[float, ...]
    names: tuple[str, ...]
    vague: tuple[str, ...]
    families: dict[str, tuple[str, ...]]

    def telling(self, types: Iterable[str]) -> int:
        """Return how many of the compared fields' types are not vague."""
        return sum(type_ not in self.vague for type_ in types)

    def slope(self, telling: int) -> float:
        """Return the log-odds in bits that a bit of evidence is worth, by telling fields."""
        return self.dependence if telling > 1 else 1.0

    def fits_levels(self, telling: int) -> bool:
        """Return whether the weights of levels move, by telling fields."""
        return telling >= self.fitted_from

    def differing(self, type_: str, m: float, u: float) -> int:
        """Return what it weighs at most that all differs, in 1/1000 bit; 0 or less.

        `m` and `u` are the prior's shares of that level.
        """
        share = self.against_names if type_ in self.names else self.against
        return min(round(1000 * share * math.log2(m / u)), 0)

    def prior_weight(self, match_share: float, telling: int) -> int:
        """Return what every pair weighs before a field is looked at, in 1/1000 bit of evidence."""
        odds = math.log2(match_share / (1 - match_share))
        return round(1000 * self.prior_share * odds / self.slope(telling))

    def family(self, type_: str, field: str) -> str:
        """Return the family of a field: that of its type, or one of its own."""
        named = (name for name, types in self.families.items() if type_ in types)
        return next(named, f"field {field}")


@cache
def model_rules() -> ModelRules:
    """Return the shipped numbers."""
    numbers = rule_yaml("model_prior.yaml")
    families = {name: tuple(types) for name, types in numbers.pop("families").items()}
    namesakes = tuple(numbers.pop("namesakes"))
    names, vague = tuple(numbers.pop("names")), tuple(numbers.pop("vague"))
    return ModelRules(**numbers, namesakes=namesakes, names=names, vague=vague, families=families)


@cache
def level_priors() -> dict[tuple[str, str], tuple[float, float]]:
    """Return (m, u) by (field type, level)."""
    return {
        (row["type"], row["level"]): (float(row["m"]), float(row["u"]))
        for row in rule_csv("model_prior.csv")
    }
