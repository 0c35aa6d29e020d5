"""Which pairs to ask about: those whose answer teaches most.

Pairs that show the same levels are answered alike, so patterns are asked about, and any pair of
each. A pattern is worth the more, the more in doubt it is and the more pairs show it; and the less,
the more like it was asked about already. Every fourth question goes to the pairs that the run is
sure of, the surest and the most improbable included, in turn by probability: a model that is sure
and wrong would never ask there.

What is in doubt follows the answers: the model is refitted to them each time questions are asked
for. The same run and the same answers give the same questions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from keepone.kernels.encoding import Longs
from keepone.learning.compared import ComparedRun, Floats, counted
from keepone.learning.refit import Counted, refit

# Answers to learn from before the next questions are chosen, and how far they may move weights.
_LEAST_ANSWERS = 10
_STRENGTH = 2.0
# Log-odds, in bits, at which a pattern is worth half of one that is even.
_HALF_DOUBT = 4.0
# One question in so many goes to the next stratum of the run's probabilities.
_EVERY = 4
_STRATA = (0.05, 0.2, 0.5, 0.8, 0.95, 0.99)
# What a question says of a pattern, by the number of fields in which it shows another level.
_SAYS_OF_NEXT = 0.25
_SCATTER = np.uint64(0x9E3779B97F4A7C15)

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Question:
    """Two records to judge: their ids and rows, the probability so far, and pairs like them."""

    id_l: str
    id_r: str
    row_l: int
    row_r: int
    probability: float
    alike: int


class Questions:
    """The scored pairs of a run, to be asked about."""

    def __init__(self, run: ComparedRun) -> None:
        pairs = run.table("pairs", ["l", "r"])
        self._left, self._right = (pairs.column(name).to_numpy().astype(np.int64) for name in "lr")
        self._ids = run.table("records", ["record_id"]).column(0).to_pylist()
        self._representative = run.table("distinct").column("representative").to_numpy()
        self._kinds, self._kind = counted(run.patterns(self._left, self._right))
        self._many = np.bincount(self._kind, minlength=len(self._kinds)).astype(np.float64)
        self._weights = run.weights
        own = self._weights.probability(self._kinds)
        self._stratum = np.searchsorted(np.array(_STRATA), own, side="right")
        # The pairs of each kind, in an order that favours no part of the file.
        mixed = (self._left.astype(np.uint64) << np.uint64(32)) ^ self._right.astype(np.uint64)
        mixed *= _SCATTER
        mixed ^= mixed >> np.uint64(29)
        mixed *= _SCATTER
        self._order = np.lexsort((mixed, self._kind))
        self._starts = np.searchsorted(self._kind[self._order], np.arange(len(self._kinds) + 1))
        self._index: dict[tuple[int, int], int] = {}

    def __len__(self) -> int:
        return len(self._left)

    def next(self, answers: Mapping[Pair, bool | None], count: int) -> list[Question]:
        """Return up to `count` questions, best first, given what was answered; None is unsure."""
        known = [(self._place(pair), match) for pair, match in answers.items()]
        asked = np.array([at for at, _ in known if at is not None], dtype=np.int64)
        weights = self._weights
        said = [(at, match) for at, match in known if at is not None and match is not None]
        if len(said) >= _LEAST_ANSWERS:
            weights = refit(weights, self._counted(said), _STRENGTH)
        probability = weights.probability(self._kinds)
        worth = self._worth(probability)
        left = self._many - np.bincount(self._kind[asked], minlength=len(self._kinds))
        told = np.zeros(len(self._kinds))
        for at in asked.tolist():
            told += self._told(int(self._kind[at]))
        taken = set(asked.tolist())
        found = []
        for number in range(len(answers), len(answers) + count):
            kind = self._choose(number, worth, left, told)
            if kind is None:
                break
            pair = self._first(kind, taken)
            taken.add(pair)
            left[kind] -= 1
            told += self._told(kind)
            found.append(self._question(pair, float(probability[kind])))
        return found

    def _worth(self, probability: Floats) -> tuple[Floats, Floats]:
        """Return what each kind is worth, by doubt and number, and by number alone."""
        sure = np.clip(probability, 1e-9, 1 - 1e-9)
        doubt = 1 / (1 + (np.log2(sure / (1 - sure)) / _HALF_DOUBT) ** 2)
        many = np.sqrt(self._many)
        return doubt * many, many

    def _choose(
        self, number: int, worth: tuple[Floats, Floats], left: Floats, told: Floats
    ) -> int | None:
        """Return the kind that the question of this number is about; None if all are answered."""
        open_ = left > 0
        if not open_.any():
            return None
        turn, rest = divmod(number, _EVERY)
        if rest == _EVERY - 1:
            strata = len(_STRATA) + 1
            within = next(
                own
                for step in range(strata)
                if (own := open_ & (self._stratum == (turn + step) % strata)).any()
            )
            return int(np.argmax(np.where(within, worth[1] / (1 + told), -1.0)))
        return int(np.argmax(np.where(open_, worth[0] / (1 + told), -1.0)))

    def _told(self, kind: int) -> Floats:
        """Return how much a question about a kind says of each."""
        apart = (self._kinds != self._kinds[kind]).sum(axis=1)
        told: Floats = np.power(_SAYS_OF_NEXT, apart)
        return told

    def _first(self, kind: int, taken: set[int]) -> int:
        pairs = self._order[self._starts[kind] : self._starts[kind + 1]].tolist()
        return next(int(pair) for pair in pairs if pair not in taken)

    def _counted(self, said: Iterable[tuple[int, bool]]) -> Counted:
        matches, others = (
            np.bincount(
                [self._kind[at] for at, match in said if match is kind],
                minlength=len(self._kinds),
            ).astype(np.float64)
            for kind in (True, False)
        )
        return Counted(self._kinds, matches, others)

    def _place(self, pair: Pair) -> int | None:
        """Return which of the pairs two records are, as far as they are told apart."""
        if not self._index:
            ends = zip(self._left.tolist(), self._right.tolist(), strict=True)
            self._index = {both: at for at, both in enumerate(ends)}
            self._row = {record_id: row for row, record_id in enumerate(self._ids)}
        rows = [self._row.get(record_id) for record_id in pair]
        if None in rows:
            return None
        left, right = sorted(int(self._representative[row]) for row in rows)
        return self._index.get((left, right))

    def _question(self, pair: int, probability: float) -> Question:
        left, right = int(self._left[pair]), int(self._right[pair])
        if left == right:  # equal records were made one: the first, and the next that is like it
            right = int(self._copies(left)[1])
        alike = int(self._many[self._kind[pair]])
        return Question(self._ids[left], self._ids[right], left, right, probability, alike)

    def _copies(self, row: int) -> Longs:
        return np.flatnonzero(self._representative == row)
