"""Phrases found among the words of a name, by walking a tree of words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class _Node(Generic[T]):
    """What may follow, and what the phrase that ends here stands for."""

    next: dict[str, _Node[T]] = field(default_factory=dict)
    ends: bool = False
    value: T | None = None


class Phrases(Generic[T]):
    """Finds the longest phrase at the start or at the end of a list of words.

    Built for one direction: `backward` trees are walked from the last word to the first.
    """

    def __init__(self, phrases: Mapping[tuple[str, ...], T], *, backward: bool = False) -> None:
        self._backward = backward
        self._root: _Node[T] = _Node()
        for phrase, value in phrases.items():
            node = self._root
            for word in reversed(phrase) if backward else phrase:
                node = node.next.setdefault(word, _Node())
            node.ends, node.value = True, value
        self.first_words = frozenset(self._root.next)

    def at_start(self, words: Sequence[str], start: int = 0) -> tuple[int, T | None]:
        """Return how many words from `start` the longest phrase covers (0: none), and its value."""
        node, length, value = self._root, 0, None
        for index in range(start, len(words)):
            found = node.next.get(words[index])
            if found is None:
                break
            node = found
            if node.ends:
                length, value = index + 1 - start, node.value
        return length, value

    def at_end(self, words: Sequence[str]) -> tuple[int, T | None]:
        """Return how many last words the longest phrase covers, one at least left over."""
        node, length, value = self._root, 0, None
        for index in range(len(words) - 1, 0, -1):
            found = node.next.get(words[index])
            if found is None:
                break
            node = found
            if node.ends:
                length, value = len(words) - index, node.value
        return length, value
