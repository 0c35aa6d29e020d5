"""Levels of agreement of street lines: house number and street name together."""

from __future__ import annotations

import numpy as np

from keepone.kernels.columns import Column, Levels
from keepone.kernels.encoding import Longs
from keepone.kernels.token_comparison import compare_tokens
from keepone.kernels.value_levels import equal_values, grade

STREET_LEVELS = (
    "missing",
    "same number and street, shared by 2",
    "same number and street, shared by 5",
    "same number and street, shared by 15",
    "same number and street, shared by more",
    "same number, like street",
    "same number, other street",
    "other number, same street",
    "a number missing, same street",
    "a number missing, like street",
    "other number, like street",
    "other street",
)


# The same place: what more records share weighs less, then what is only alike; and so for a street
# whose number differs or is missing.
STREETS_FALLING = ((1, 2, 3, 4), (1, 5, 6), (1, 8, 9), (1, 7, 10, 11))


def compare_streets(column: Column, left: Longs, right: Longs) -> Levels:
    """Levels of number and street name together: see STREET_LEVELS."""
    number = column.values["number"]
    both, equal = equal_values(number, left, right)
    tokens = column.tokens["tokens"]
    overlap = compare_tokens(tokens, column.vocabulary["tokens"], left, right)
    same = ~overlap.missing & (overlap.shared > 0) & (overlap.left == 0) & (overlap.right == 0)
    # A street is like another when what is shared outweighs what either side keeps.
    like = (
        ~overlap.missing
        & ~same
        & (overlap.shared > np.minimum(overlap.left, overlap.right))
        & (overlap.shared > 0)
    )
    levels = np.select(
        [
            overlap.missing & equal,
            overlap.missing,
            equal & same,
            equal & like,
            equal,
            both & same,
            same,
            ~both & like,
            both & like,
        ],
        [6, 0, 1, 5, 6, 7, 8, 9, 10],
        default=11,
    ).astype(np.int8)
    exact = np.flatnonzero(levels == 1)
    if len(exact):
        place = column.values["place"]
        of_left, of_right = (place.counts[place.codes[side[exact]]] for side in (left, right))
        shared = np.maximum(of_left, of_right)
        levels[exact] = 1 + np.minimum(grade(shared), 3)
    return levels
