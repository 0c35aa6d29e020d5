"""What the fields of one pair say together."""

from __future__ import annotations

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
