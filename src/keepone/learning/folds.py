"""Parts labels so that none of them helps to judge what was learned from the others."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from keepone.kernels.encoding import Longs
from keepone.learning.labels import Labels


@dataclass(frozen=True, slots=True)
class Folds:
    """The fold of each label's two entities. A label is judged in the fold of the first.

    Entities are what labelled matches join. A model that judges a fold learns from the labels alone
    that have neither side in it.
    """

    count: int
    left: Longs
    right: Longs

    def judged(self, fold: int) -> npt.NDArray[np.bool_]:
        """Return the labels that are judged in a fold."""
        own: npt.NDArray[np.bool_] = self.left == fold
        return own

    def learned(self, *folds: int) -> npt.NDArray[np.bool_]:
        """Return the labels that touch none of these folds."""
        touched: npt.NDArray[np.bool_] = np.isin(self.left, folds) | np.isin(self.right, folds)
        return ~touched


def parted(labels: Labels, record_ids: Sequence[str], count: int) -> Folds:
    """Deal the entities among `count` folds, in an order that hangs on their record ids alone."""
    rows, at = np.unique(np.concatenate((labels.left, labels.right)), return_inverse=True)
    left, right = np.split(at.reshape(-1), 2)
    joined = coo_array(
        (np.ones(int(labels.match.sum())), (left[labels.match], right[labels.match])),
        shape=(len(rows), len(rows)),
    )
    entities, entity = connected_components(joined, directed=False)
    names = [""] * entities
    for row, own in zip(rows[::-1].tolist(), entity[::-1].tolist(), strict=True):
        names[own] = record_ids[row]
    order = sorted(range(entities), key=lambda own: hashlib.sha256(names[own].encode()).digest())
    fold = np.empty(entities, dtype=np.int64)
    fold[order] = np.arange(entities) % count
    return Folds(count, fold[entity[left]], fold[entity[right]])
