"""Runs of labelled files whose prior was learned on the others: as a new file is run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal
from unittest import mock

import duckdb

import keepone
from bench.accuracy.learn_prior import Counted, count_levels, pool
from bench.accuracy.sets import LabelledSet, labelled_sets, origin_of, read_truth
from keepone.generate import generate, write
from keepone.kernels.comparisons import COMPARISONS
from keepone.runs import Run

# Sizes of generated accounts beside the labelled sets of 10,000.
_SIZES = (1_000, 94_000)


def others(name: str, counted: dict[str, list[Counted]]) -> list[Counted]:
    """Return what all sets counted but those of the same origin."""
    return [one for own in counted.values() for one in own if one.origin != origin_of(name)]


@contextmanager
def prior_of(counted: list[Counted]) -> Iterator[None]:
    """Let runs take the prior that these counts make."""
    priors = {
        (type_, level): (float(own_m), float(own_u))
        for type_, (m, u) in pool(counted).items()
        for level, own_m, own_u in zip(COMPARISONS[type_].levels[1:], m, u, strict=True)
    }
    with mock.patch("keepone.stages.fit.level_priors", return_value=priors):
        yield


def unseen_runs(scratch: Path) -> Iterator[tuple[LabelledSet, Run]]:
    """Run every labelled set, and accounts of other sizes, and yield each with its run."""
    sets = labelled_sets(scratch)
    counted = {each.name: count_levels(each) for each in sets}
    for each in [*sets, *_generated(scratch)]:
        settings = {"profile": {"link": each.link}}
        with prior_of(others(each.name, counted)):
            result = keepone.run(
                each.records, workspace=scratch / "unseen", run_id=each.name, settings=settings
            )
        yield each, Run(result.path)


def _generated(scratch: Path) -> Iterator[LabelledSet]:
    profiles: tuple[Literal["crm", "dense"], ...] = ("crm", "dense")
    for profile in profiles:
        for size in _SIZES:
            out = scratch / f"accounts_{profile}_{size}.csv"
            truth = write(generate(size, profile=profile, seed=7), out)
            yield LabelledSet(f"accounts_{profile}_{size}", out, truth)


_ROWS = """
CREATE TABLE rows AS
SELECT r.row, r.record_id, d.representative, {entity} AS entity
FROM records AS r
JOIN distincts AS d ON d.row = r.row
{joined}
"""

_TRUE_BY_LABELS = """
CREATE TABLE labelled AS
SELECT least(l.row, r.row) AS l, greatest(l.row, r.row) AS r, t.match = '1' AS is_match
FROM truth AS t
JOIN rows AS l ON l.record_id = t.id_l
JOIN rows AS r ON r.record_id = t.id_r
"""


@contextmanager
def judged(labelled: LabelledSet, run: Run) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a run's tables in SQL beside `rows` (row, representative, entity).

    Where the truth labels pairs, entities are null and `labelled` holds (l, r, is_match) by row.
    """
    result = keepone.open_run(str(run.path))
    with duckdb.connect(":memory:") as connection:
        for name in ("records", "distinct", "candidates", "pairs", "missed"):
            # DISTINCT is a word of SQL's own.
            held = "distincts" if name == "distinct" else name
            connection.register(held, result.table(name).to_arrow())
        connection.register("truth", read_truth(labelled.truth))
        if labelled.kind == "clusters":
            joined = "LEFT JOIN truth AS t ON t.record_id = r.record_id"
            known = "coalesce(t.entity_id, '?' || r.record_id)"
            connection.execute(_ROWS.format(entity=known, joined=joined))
        else:
            connection.execute(_ROWS.format(entity="NULL", joined=""))
            connection.execute(_TRUE_BY_LABELS)
        yield connection
