"""Names of several words, found from their last word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType


def name_lengths(names: Iterable[str]) -> Mapping[str, tuple[int, ...]]:
    """Return for each last word how many words the names that end with it have, longest first."""
    lengths: dict[str, set[int]] = {}
    for name in names:
        words = name.split()
        lengths.setdefault(words[-1], set()).add(len(words))
    return MappingProxyType(
        {word: tuple(sorted(found, reverse=True)) for word, found in lengths.items()}
    )
