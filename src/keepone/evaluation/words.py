"""What the stages that lose pairs, and those that make wrong ones, are called to people."""

from __future__ import annotations

from types import MappingProxyType

LOST = MappingProxyType(
    {
        "reading": "a record is not in the run",
        "blocking": "never compared",
        "score": "scored below cluster.join",
        "grouping": "scored above it, and parted",
    }
)
WRONG = MappingProxyType(
    {"score": "scored above cluster.join", "grouping": "brought together by others"}
)
