"""What the fields of one pair say together, and how probable a match that makes it."""

from __future__ import annotations

import math
from collections.abc import Sequence


def total_evidence(weights: Sequence[int], families: Sequence[str], overlap: int) -> int:
    """Return the sum of the fields' weights, in the same unit.

    Within a family the strongest weight for and the strongest against count whole, the rest for
    and the rest against by `overlap` thousandths, each rounded down.
    """
    total = 0
    for family in set(families):
        own = [weight for weight, name in zip(weights, families, strict=True) if name == family]
        speaks_for = sorted((weight for weight in own if weight > 0), reverse=True)
        against = sorted(weight for weight in own if weight < 0)
        for strongest, *rest in filter(None, (speaks_for, against)):
            total += strongest + sum(rest) * overlap // 1000
    return total


def probability_of(weight: int, slope: float) -> int:
    """Return the model's probability in millionths for a match weight in 1/1000 bit."""
    bits = slope * weight / 1000
    odds = math.exp2(min(max(bits, -60), 60))
    return round(1_000_000 * odds / (1 + odds))
