"""How well two partitions of the same records agree: in pairs, by record, in whole groups.

A partition is an array with a number per record; records of one number are one group. A record that
the run does not have is in no group of it: `NOWHERE`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

NOWHERE = -1

Longs = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Precision and recall; None where there is nothing to count."""

    precision: float | None
    recall: float | None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall."""
        if self.precision is None or self.recall is None:
            return None
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0

    def as_dict(self) -> dict[str, float | None]:
        """Return the three figures."""
        return {"precision": self.precision, "recall": self.recall, "f1": self.f1}


@dataclass(frozen=True, slots=True)
class Counted:
    """What was found beside what is true, in pairs or in groups: `correct` is both."""

    correct: int
    found: int
    true: int

    @property
    def precision(self) -> float | None:
        """The share of what was found that is true; None if nothing was found."""
        return self.correct / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        """The share of what is true that was found; None if nothing is true."""
        return self.correct / self.true if self.true else None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall; None if nothing is true and nothing found."""
        total = self.found + self.true
        return 2 * self.correct / total if total else None

    def as_dict(self) -> dict[str, int | float | None]:
        """Return the ratios and what they are made of."""
        ratios = {"precision": self.precision, "recall": self.recall, "f1": self.f1}
        return ratios | {"correct": self.correct, "found": self.found, "true": self.true}


@dataclass(frozen=True, slots=True)
class PartitionAgreement:
    """The run's groups beside the true entities, over the records that the truth knows.

    `pairs` are pairs of records. `b_cubed` is the mean over records of what share of the record's
    group is of its entity (precision; records in the run) and of its entity is in its group
    (recall; all records, nothing found for those that the run does not have). `groups` are groups
    that are an entity, whole and with nothing else; `larger_groups` the same without groups and
    entities of one record.
    """

    pairs: Counted
    b_cubed: Agreement
    groups: Counted
    larger_groups: Counted


def agreement(entity: Longs, group: Longs) -> PartitionAgreement:
    """Return how the groups agree with the entities, record by record in the same order."""
    here = group != NOWHERE
    entities, entity_of, entity_sizes = np.unique(entity, return_inverse=True, return_counts=True)
    groups, group_of, group_sizes = np.unique(group[here], return_inverse=True, return_counts=True)
    cells, shared = np.unique(entity_of[here] * max(len(groups), 1) + group_of, return_counts=True)
    of_entity, in_group = np.divmod(cells, max(len(groups), 1))
    whole = (shared == entity_sizes[of_entity]) & (shared == group_sizes[in_group])
    squares = shared.astype(np.float64) ** 2
    return PartitionAgreement(
        pairs=Counted(pairs_within(shared), pairs_within(group_sizes), pairs_within(entity_sizes)),
        b_cubed=Agreement(
            _mean(squares / group_sizes[in_group], int(here.sum())),
            _mean(squares / entity_sizes[of_entity], len(entity)),
        ),
        groups=Counted(int(whole.sum()), len(groups), len(entities)),
        larger_groups=Counted(
            int((whole & (shared > 1)).sum()),
            int((group_sizes > 1).sum()),
            int((entity_sizes > 1).sum()),
        ),
    )


def pairs_within(sizes: Longs) -> int:
    """Return how many pairs of records there are within groups of these sizes."""
    return int((sizes * (sizes - 1) // 2).sum())


def _mean(parts: npt.NDArray[np.float64], number: int) -> float | None:
    """Return the sum of `parts` over `number`, whatever their order."""
    return math.fsum(parts.tolist()) / number if number else None
