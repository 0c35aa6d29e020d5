"""A fixed workload, by which the speed of the machine at this moment is known.

It is made of what stages are made of: a join and an aggregate in DuckDB, array work in NumPy,
string comparison in RapidFuzz, and plain Python over words, each about a quarter of its time on the
machine that it was laid out on. Its data are the same everywhere and always, so that the time of a
stage over its time says how much work the stage is, whatever else the machine does meanwhile.
"""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

import duckdb
import numpy as np
import pyarrow as pa
from rapidfuzz.distance import JaroWinkler
from rapidfuzz.process import cpdist

_SEED = 20_240_229
_ROWS = 500_000
_KEYS = 40_000
_NUMBERS = 450_000
_COMPARED = 120_000
_LETTERS = np.array(list("aabcdeeefghiiklmnoooprsttuvw"))

_JOIN = """
SELECT l.k % 1000 AS part, count(*) AS n, sum(l.v * r.v) AS total, max(r.word) AS word
FROM rows_l AS l
JOIN rows_r AS r ON l.k = r.k
GROUP BY part
ORDER BY part
"""


class Calibration:
    """The workload with its data; `seconds()` runs it once and tells how long that took."""

    def __init__(self, threads: int) -> None:
        random = np.random.default_rng(_SEED)
        letters = _LETTERS[random.integers(0, len(_LETTERS), (_KEYS, 9))]
        self._words = ["".join(row) for row in letters]
        self._numbers = random.integers(0, _ROWS, _NUMBERS)
        self._picks = random.integers(0, _KEYS, (2, _COMPARED))
        self._threads = threads
        self._connection = duckdb.connect(":memory:", config={"threads": threads})
        left = {"k": random.integers(0, _KEYS, _ROWS), "v": random.integers(0, 1000, _ROWS)}
        right = {"k": np.arange(_KEYS), "v": random.integers(0, 1000, _KEYS), "word": self._words}
        self._connection.register("rows_l", pa.table(left))
        self._connection.register("rows_r", pa.table(right))

    def __enter__(self) -> Self:
        self.seconds()  # the first time is for caches and pages
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._connection.close()

    def seconds(self) -> float:
        """Run the workload once and return its seconds of wall time."""
        began = time.perf_counter()
        for _ in range(2):
            self._connection.execute(_JOIN).fetchall()
        order = np.argsort(self._numbers, kind="stable")
        np.bincount(np.cumsum(self._numbers[order]) % _KEYS)
        left, right = ([self._words[pick] for pick in side] for side in self._picks)
        cpdist(left, right, scorer=JaroWinkler.similarity, workers=self._threads)
        seen: dict[str, int] = {}
        for word in self._words:
            for piece in (word[:3].title(), word[2:5].upper(), word[4:7].strip(), word[6:]):
                seen[piece] = seen.get(piece, 0) + len(piece)
        return time.perf_counter() - began
