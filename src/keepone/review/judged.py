"""What reviewers judged, pair by pair, beside what the run made of each pair."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, islice
from threading import Lock

import numpy as np

from keepone.decisions import Decision
from keepone.group_pairs import MILLION
from keepone.review.pairs import NOT_SCORED, Longs, Pairs
from keepone.review.prepared import Prepared, Rows
from keepone.review.standing import Standing

# Pairs of one decision that are looked at; a group of thousands would drown all others.
_PAIRS_OF_ONE = 200


class Judged:
    """The pairs that decisions judged, kept by decision: each is looked up once."""

    def __init__(self, prepared: Prepared, pairs: Pairs, standing: Standing) -> None:
        self._standing = standing
        self._pairs = pairs
        self._probability: Rows = prepared.table("pairs").column("probability").to_numpy()
        self._records = len(prepared.records)
        self._lock = Lock()
        self._known: dict[tuple[str, int], Longs] = {}

    def counts(
        self, decisions: Sequence[Decision], edges: Sequence[float]
    ) -> tuple[list[int], list[int]]:
        """Return how many judged pairs score between two edges (percent), and how many are one.

        Of two judgements of the same pair the newer counts; `decisions` are given oldest first.
        """
        same, probability = self._newest(decisions)
        inner = np.array(edges[1:-1]) * MILLION // 100
        at = np.searchsorted(inner, probability, side="right")
        counted = np.bincount(at, minlength=len(edges) - 1)
        agreed = np.bincount(at, weights=same, minlength=len(edges) - 1)
        return counted.tolist(), agreed.astype(np.int64).tolist()

    def _newest(self, decisions: Sequence[Decision]) -> tuple[Longs, Longs]:
        """Return of each scored pair whether it is one, and its probability."""
        with self._lock:
            new = [each for each in decisions if (each.id, each.erased) not in self._known]
            if new:
                self._learn(new)
            told = [self._known[each.id, each.erased] for each in reversed(decisions)]
        every = np.concatenate([np.zeros((3, 0), dtype=np.int64), *told], axis=1)
        _, first = np.unique(every[0], return_index=True)
        return every[1, first], every[2, first]

    def _learn(self, decisions: Sequence[Decision]) -> None:
        """Look up the pairs of decisions, of all of them together."""
        found = [_pairs(self._standing, each) for each in decisions]
        ends = np.cumsum([len(pairs) for pairs in found])[:-1]
        lines = [line for pairs in found for line in pairs]
        left, right, same = np.array(lines, dtype=np.int64).reshape(-1, 3).T
        places = self._pairs.places(left, right)
        every = np.array([left * self._records + right, same, places])
        for decision, mine in zip(decisions, np.split(every, ends, axis=1), strict=True):
            key, one, place = mine[:, mine[2] != NOT_SCORED]
            self._known[decision.id, decision.erased] = np.array(
                [key, one, self._probability[place]], dtype=np.int64
            )


def _pairs(standing: Standing, decision: Decision) -> list[tuple[int, int, bool]]:
    """Return the pairs of rows that a decision holds together, or apart."""
    if decision.kind not in {"same", "different", "split"}:
        return []
    part_of = standing.parts(decision)
    return [
        (left, right, part_of[left] == part_of[right])
        for left, right in islice(combinations(sorted(part_of), 2), _PAIRS_OF_ONE)
    ]
