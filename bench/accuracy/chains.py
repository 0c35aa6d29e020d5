"""Measures connected components of the pairs at the threshold against the groups of a run.

    python -m bench.accuracy.chains

Runs every labelled set and prints precision, recall, F1 and the largest group of both as the table
of docs/accuracy_failures.md. Components are those of all pairs that the model by itself puts at
`cluster.join` or more: one doubtful pair makes two groups one.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

import keepone
from bench.accuracy.sets import LabelledSet, labelled_sets
from bench.accuracy.unseen import judged
from keepone.evaluation.agreement import Counted
from keepone.runs import Run

_Ints = npt.NDArray[np.int64]
_JOIN = 500_000

_COUNTED = """
SELECT
    coalesce(sum(shared * (shared - 1) // 2), 0)::BIGINT AS correct,
    (SELECT coalesce(sum(n * (n - 1) // 2), 0)
     FROM (SELECT count(*) AS n FROM grouped GROUP BY "group"))::BIGINT AS found,
    (SELECT coalesce(sum(n * (n - 1) // 2), 0)
     FROM (SELECT count(*) AS n FROM rows GROUP BY entity))::BIGINT AS true_pairs
FROM (
    SELECT count(*) AS shared
    FROM rows
    JOIN grouped USING (row)
    GROUP BY entity, "group"
)
"""

_COUNTED_BY_LABELS = """
SELECT
    count(*) FILTER (WHERE is_match AND a."group" = b."group") AS correct,
    count(*) FILTER (WHERE a."group" = b."group") AS found,
    count(*) FILTER (WHERE is_match) AS true_pairs
FROM labelled
JOIN grouped AS a ON a.row = labelled.l
JOIN grouped AS b ON b.row = labelled.r
"""


def _components(run: Run) -> _Ints:
    """Return the connected component of each record, equal records with their representative."""
    result = keepone.open_run(str(run.path))
    pairs = result.table("pairs").to_arrow()
    representative = result.table("distinct").to_arrow().column("representative").to_numpy()
    strong = pairs.column("model_probability").to_numpy() >= _JOIN
    left, right = (pairs.column(name).to_numpy()[strong] for name in ("l", "r"))
    # Equal records are held together by the pair that their representative makes with itself.
    holds = np.isin(representative, left[left == right])
    copies = np.flatnonzero(holds & (representative != np.arange(len(representative))))
    ends = np.concatenate((left, copies)), np.concatenate((right, representative[copies]))
    size = len(representative)
    graph = coo_array((np.ones(len(ends[0])), ends), shape=(size, size))
    found: _Ints = connected_components(graph, directed=False)[1].astype(np.int64)
    return found


def _counted(labelled: LabelledSet, run: Run, group: _Ints) -> Counted:
    with judged(labelled, run) as tables:
        grouped = {"row": np.arange(len(group)), "group": group}
        tables.register("grouped", pa.table(grouped))
        statement = _COUNTED if labelled.kind == "clusters" else _COUNTED_BY_LABELS
        line = tables.execute(statement).fetchone()
    assert line is not None
    return Counted(*line)


def measured() -> Iterator[str]:
    """Run every set, and yield its line of the table."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        for each in labelled_sets(scratch):
            settings = {"profile": {"link": each.link}}
            result = keepone.run(
                each.records, workspace=scratch, run_id=each.name, settings=settings
            )
            run = Run(result.path)
            groups = result.table("groups").to_arrow().column("group").to_numpy().astype(np.int64)
            cells = [each.name]
            for group in (_components(run), groups):
                counted = _counted(each, run, group)
                ratios = (counted.precision, counted.recall, counted.f1)
                cells += ["-" if ratio is None else f"{ratio:.4f}" for ratio in ratios]
                cells.append(f"{np.unique(group, return_counts=True)[1].max():,}")
            yield f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    for printed in measured():
        print(printed, flush=True)
