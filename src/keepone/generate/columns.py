"""Columns of text and numbers, and how a share of a column is altered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from keepone.generate.streams import Stream

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Mask: TypeAlias = npt.NDArray[np.bool_]
Texts: TypeAlias = npt.NDArray[np.object_]

Change: TypeAlias = Callable[[str, int], str]
"""Takes a text and 63 random bits and returns the changed text; the same bits, the same change."""


def texts(values: Iterable[str]) -> Texts:
    """Return `values` as a column."""
    return np.array(list(values), dtype=object)


def altered(values: Texts, where: Mask, change: Change, stream: Stream) -> Texts:
    """Return `values` with `change` made where `where` is true."""
    rows = np.flatnonzero(where)
    result = values.copy()
    draws = stream.raw(len(rows)).tolist()
    result[rows] = texts(map(change, values[rows].tolist(), draws))
    return result
