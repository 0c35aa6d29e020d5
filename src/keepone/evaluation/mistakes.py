"""The worst mistakes of a run: where it was surest and wrong, or had the least excuse.

Of wrong pairs those with the highest score, of lost ones those that should have been the easiest,
by the stage that is to blame. Whatever parts the same two groups of one entity, or joins the same
two entities in one group, is one mistake, shown by its highest pair.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from keepone.artifacts import read_artifact
from keepone.evaluation.replay import Replay
from keepone.evaluation.truth import Trial
from keepone.kernels.calibration import Calibration
from keepone.schema import CANDIDATES

# Pairs that were never compared and are now, to see which were easy; those of small entities first.
_MOST_COMPARED = 100_000
_MILLION = 1_000_000

_DISAGREED = """
CREATE TABLE disagreed AS
SELECT
    a.entity = b.entity AS is_match,
    least(a.row, b.row) AS one,
    greatest(a.row, b.row) AS other,
    CASE WHEN a.entity = b.entity THEN a.entity ELSE CAST(a."group" AS VARCHAR) END AS within,
    CASE WHEN a.entity = b.entity THEN CAST(least(a."group", b."group") AS VARCHAR)
        ELSE least(a.entity, b.entity) END AS side,
    CASE WHEN a.entity = b.entity THEN CAST(greatest(a."group", b."group") AS VARCHAR)
        ELSE greatest(a.entity, b.entity) END AS other_side,
    a.n * b.n AS n,
    pairs.probability,
    pairs.model_probability
FROM candidates
LEFT JOIN pairs ON pairs.l = candidates.l AND pairs.r = candidates.r
JOIN cells AS a ON a.representative = candidates.l
JOIN cells AS b ON b.representative = candidates.r
WHERE (a.entity = b.entity) <> (a."group" = b."group")
  AND (candidates.l < candidates.r
    OR a.entity < b.entity
    OR (a.entity = b.entity AND a."group" < b."group"))
"""
"""One compared pair of cells on which run and truth disagree: `n` pairs of records."""

_LABELS_DISAGREED = """
CREATE TABLE disagreed AS
SELECT
    is_match,
    least(row_l, row_r) AS one,
    greatest(row_l, row_r) AS other,
    id_l AS within,
    id_l AS side,
    id_r AS other_side,
    1 AS n,
    probability,
    model_probability
FROM labels
WHERE is_read AND is_match <> is_grouped AND (is_candidate OR NOT is_match)
"""

_UNCOMPARED = """
CREATE TABLE uncompared AS
WITH parted AS (
    SELECT entity, count(*) AS n FROM cells GROUP BY entity HAVING count(DISTINCT "group") > 1
),
chosen AS (
    SELECT entity
    FROM (SELECT entity, sum(n * n) OVER (ORDER BY n, entity) AS upto FROM parted)
    WHERE upto <= $most
)
SELECT
    true AS is_match,
    least(a.row, b.row) AS one,
    greatest(a.row, b.row) AS other,
    a.entity AS within,
    CAST(a."group" AS VARCHAR) AS side,
    CAST(b."group" AS VARCHAR) AS other_side,
    a.n * b.n AS n,
    least(a.representative, b.representative) AS l,
    greatest(a.representative, b.representative) AS r
FROM cells AS a
JOIN cells AS b ON b.entity = a.entity AND a."group" < b."group"
JOIN chosen ON chosen.entity = a.entity
ANTI JOIN candidates
  ON candidates.l = least(a.representative, b.representative)
 AND candidates.r = greatest(a.representative, b.representative)
"""
"""One pair of cells of an entity that stand in different groups and were never compared."""

_LABELS_UNCOMPARED = """
CREATE TABLE uncompared AS
SELECT
    is_match,
    least(row_l, row_r) AS one,
    greatest(row_l, row_r) AS other,
    id_l AS within,
    id_l AS side,
    id_r AS other_side,
    1 AS n,
    least(a.representative, b.representative) AS l,
    greatest(a.representative, b.representative) AS r
FROM labels
JOIN distincts AS a ON a.row = labels.row_l
JOIN distincts AS b ON b.row = labels.row_r
WHERE is_match AND NOT is_grouped AND NOT is_candidate
ORDER BY id_l, id_r
LIMIT $most
"""

_TO_COMPARE = "SELECT DISTINCT l, r, 0 AS keys FROM uncompared ORDER BY l, r"

# A wrong pair that was not even scored is in no list: some scored pair has brought it together.
_WORST = """
WITH staged AS (
    SELECT
        * EXCLUDE (model_probability),
        CASE
            WHEN (coalesce(model_probability, 0) >= $join) = is_match THEN 'grouping'
            ELSE 'score'
        END AS stage
    FROM disagreed
    WHERE is_match OR probability IS NOT NULL
    UNION ALL
    SELECT uncompared.* EXCLUDE (l, r), imagined.probability, 'blocking'
    FROM uncompared
    LEFT JOIN imagined ON imagined.l = uncompared.l AND imagined.r = uncompared.r
),
mistakes AS (
    SELECT
        *,
        CAST(sum(n) OVER mistake AS BIGINT) AS pairs,
        row_number() OVER (
            mistake ORDER BY coalesce(probability, 0) DESC, one, other
        ) AS place
    FROM staged
    WINDOW mistake AS (PARTITION BY is_match, stage, within, side, other_side)
)
SELECT
    CASE WHEN is_match THEN 'lost' ELSE 'wrong' END AS kind,
    stage, one, other, probability, pairs
FROM mistakes
WHERE place = 1
QUALIFY row_number() OVER (
    PARTITION BY is_match, stage ORDER BY coalesce(probability, 0) DESC, one, other
) <= $most
ORDER BY kind, stage, coalesce(probability, 0) DESC, one, other
"""

_UNREAD = "SELECT id FROM ({wanted}) AS wanted(id) ANTI JOIN ids USING (id) ORDER BY id LIMIT $most"


@dataclass(frozen=True, slots=True)
class Mistake:
    """Two records that the run has together and the truth apart (`wrong`), or the reverse (`lost`).

    `stage` is to blame, as in `Evaluation`. `score` is in percent: that of a pair lost in blocking
    is what it would have had; None below the least score that is kept. The mistake concerns `pairs`
    of records. `one` and `other` are rows of the run.
    """

    kind: Literal["lost", "wrong"]
    stage: str
    one: int
    other: int
    score: float | None
    pairs: int


@dataclass(frozen=True, slots=True)
class Mistakes:
    """The worst mistakes by kind and stage, the worst first, and records that were never read."""

    pairs: tuple[Mistake, ...]
    unread: tuple[str, ...]


def worst_mistakes(opened: Trial, replay: Replay, most: int) -> Mistakes:
    """Return up to `most` mistakes of each kind and stage."""
    by_entity, database = opened.by_entity, opened.database
    database.execute(_DISAGREED if by_entity else _LABELS_DISAGREED)
    database.execute(_UNCOMPARED if by_entity else _LABELS_UNCOMPARED, {"most": _MOST_COMPARED})
    database.register("imagined", _imagined(opened, replay))
    found = tuple(
        Mistake(kind, stage, one, other, _percent(probability), pairs)
        for kind, stage, one, other, probability, pairs in opened.rows(
            _WORST, join=opened.join, most=most
        )
    )
    wanted = "SELECT id FROM truth"
    if not by_entity:
        wanted = "SELECT id_l FROM truth UNION SELECT id_r FROM truth"
    unread = opened.rows(_UNREAD.format(wanted=wanted), most=most)
    return Mistakes(found, tuple(record_id for (record_id,) in unread))


def _imagined(opened: Trial, replay: Replay) -> pa.Table:
    """Return the pairs that were never compared as the run would have scored them."""
    pairs = opened.database.sql(_TO_COMPARE).to_arrow_table()
    made = replay.stage("score", candidates=CANDIDATES.conform(pairs))["scored"]
    calibration = Calibration.of(read_artifact(opened.run.path, "calibration", opened.files))
    weight, by_itself = (made.column(name).to_numpy() for name in ("weight", "probability"))
    probability = pa.array(calibration.apply(weight, by_itself))
    return made.select(["l", "r"]).append_column("probability", probability)


def _percent(probability: int | None) -> float | None:
    return None if probability is None else 100 * probability / _MILLION
