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

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class ModelRules:
    """Numbers of the model as a whole.

    `dependence` tempers the evidence, since the fields of a record are not independent: the more of
    them tell, the more they repeat each other, and one alone has nothing to repeat. Within one of
    the `families` of field types that say much the same, the strongest evidence for and against
    counts whole and the rest by the share `overlap`. `prior_share` is how much of the log-odds of a
    match, before a field is looked at, counts against the evidence when pairs are scored: blocking
    finds most matches by several keys.

    In a file of fewer than `fitted_from` telling fields (see `telling`) these keep the weights that
    are believed of them, since a mixture of so few finds two classes in anything; the vague ones
    move, since the others say which pairs match. The prior weighs as much as `strength_matches`
    times the matches found, where few fields tell as `strength_few` times, and as `strength_others`
    times the other pairs, and as `least_strength` pairs at the least: few matches do not make a
    class of their own. Where all are fitted, weights are `relearned` so many times from the groups
    that they make: of each label the share `relearned_kept` stays the model's own probability, and
    a weight is believed to lie within `relearned_spread` bits of what it was, that of every pair
    within `relearned_spread_of_start`. That all differs counts against a match by at least the
    share `against` of what it counts in the prior, `against_names` in fields of the types `names`:
    else the tenants of one building, or all that share a postal code, become a class whose names
    may differ; where levels are not fitted, `against_names_believed` in these: there one other
    field is all that speaks for a match. `absent` is the probability that grouping takes a pair to
    have that was never scored; that belief weighs as much as `doubt` scored pairs between the same
    groups. A value of a type in `held` is as common as there are names of organisations that share
    it. `namesakes` is how many of the names of a file several companies share, as a share of all
    its names: by how many records carry the name, in the grades of equal values.

    The threshold at which groups are joined has a leeway, told by how often two links of a record
    contradict each other: in the share `contradicted` of cases, grouping has none, and with each
    halving `leeway_per_halving` more, between `least_leeway` and `most_leeway`; that belief weighs
    as much as `contradicted_wedges` cases. Files whose levels are not fitted have no leeway: where
    two fields tell, the doubts of a group's pairs are about the same one.
    """

    dependence: float
    prior_share: float
    fitted_from: int
    vague_tell: int
    strength_matches: float
    strength_others: float
    strength_few: float
    least_strength: float
    relearned: int
    relearned_kept: float
    relearned_spread: float
    relearned_spread_of_start: float
    absent: float
    doubt: int
    contradicted: float
    contradicted_wedges: int
    leeway_per_halving: float
    least_leeway: float
    most_leeway: float
    overlap: float
    against: float
    against_names: float
    against_names_believed: float
    namesakes: tuple[float, ...]
    names: tuple[str, ...]
    vague: tuple[str, ...]
    held: tuple[str, ...]
    families: dict[str, tuple[str, ...]]

    def telling(self, types: Iterable[str]) -> int:
        """Return how many of the compared fields' types are not vague.

        Beside two that are not, so many vague ones as `vague_tell` tell as much as one; the legal
        form is a part of the name.
        """
        whole = [type_ for type_ in types if type_ != "legal_form"]
        vague = sum(type_ in self.vague for type_ in whole)
        telling = len(whole) - vague
        return telling + (vague // self.vague_tell if telling > 1 else 0)

    def slope(self, telling: int) -> float:
        """Return the log-odds in bits that a bit of evidence is worth, by telling fields."""
        return round(1 / (1 + self.dependence * max(telling - 1, 0)), 3)

    def fits_levels(self, telling: int) -> bool:
        """Return whether the levels of all fields are fitted, by telling fields."""
        return telling >= self.fitted_from

    def strength(self, telling: int) -> float:
        """Return how many times the matches found the prior weighs as, by telling fields."""
        return self.strength_matches if self.fits_levels(telling) else self.strength_few

    def moves(self, type_: str, telling: int) -> bool:
        """Return whether the levels of a field of this type are fitted, by telling fields."""
        return self.fits_levels(telling) or type_ in self.vague

    def leeway(self, wedges: int, contradictions: int) -> int:
        """Return by how much less than one half will do to join large groups, in millionths.

        Less than 0 where more is wanted. `wedges` counts pairs of links of one record whose other
        ends were compared, `contradictions` those where the model rules out that these match.
        """
        believed = self.contradicted * self.contradicted_wedges
        share = (contradictions + believed) / (wedges + self.contradicted_wedges)
        leeway = -self.leeway_per_halving * math.log2(share / self.contradicted)
        return round(_MILLION * min(max(leeway, self.least_leeway), self.most_leeway))

    def leeway_at(self, join: int, leeway: int) -> int:
        """Return the leeway at one half as that at the threshold `join`, all in millionths.

        It is one of the log-odds: near certainty the same is less of a probability. It takes no
        threshold below what pairs are believed to have that were never scored.
        """
        scaled = 4 * leeway * join * (_MILLION - join) // _MILLION**2
        return min(scaled, join - round(self.absent * _MILLION))

    def differing(self, type_: str, m: float, u: float, *, telling: int) -> int:
        """Return what it weighs at most that all differs, in 1/1000 bit; 0 or less.

        `m` and `u` are the prior's shares of that level, `telling` how many fields tell.
        """
        share = self.against
        if type_ in self.names:
            fitted = self.fits_levels(telling)
            share = self.against_names if fitted else self.against_names_believed
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
    namesakes, names, vague, held = (
        tuple(numbers.pop(key)) for key in ("namesakes", "names", "vague", "held")
    )
    return ModelRules(
        **numbers, namesakes=namesakes, names=names, vague=vague, held=held, families=families
    )


@cache
def level_priors() -> dict[tuple[str, str], tuple[float, float]]:
    """Return (m, u) by (field type, level)."""
    return {
        (row["type"], row["level"]): (float(row["m"]), float(row["u"]))
        for row in rule_csv("model_prior.csv")
    }
