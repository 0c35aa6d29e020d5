"""Block: which pairs are worth comparing.

A union of cheap keys. A key value that few records share makes pairs as it is; one that too many
share is crossed with the record's other frequent keys, twice at most, until the block is small
(dynamic blocking, McNeill, Kardes and Borthwick 2012). The smallest blocks go first until the
budget of pairs is spent, so the cap follows from the file and not from a constant.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import pyarrow as pa

from keepone.engine import Engine, Scope, quote
from keepone.file_keys import (
    KEY_BITS,
    FileKey,
    file_keys,
    largest_block,
    meets_near,
    sql_text,
)
from keepone.settings import BlockSettings

# A file may always make this many pairs, however short it is.
_FREE_PAIRS = 100_000
# Times that two words one letter apart may stand in the file together, to be a key.
MOST_NEAR = 200
# A block of so few is worth its pairs whatever its key is.
TINY_BLOCK = 4
# How the budget is shared between single keys, crossed pairs of keys, and crossed triples.
_BUDGET_SHARES = (0.2, 0.5, 0.3)
# A record's frequent keys are crossed rarest first, and no more than these many.
_MOST_CROSSED = 6
# Whole strong values are never capped away: in blocks past the cap each record still meets this
# many neighbours.
_NEIGHBOURS_EACH = 6
# About so many pairs are put together at a time, in no more than so many passes.
_PASS_PAIRS = 1_000_000
_MOST_PASSES = 8
# So many candidates, drawn at even steps, tell how many pairs of capped keys others have found.
_SAMPLED = 50_000


_COMPARED = """
SELECT f.*
FROM features AS f
JOIN (SELECT DISTINCT representative FROM distinct_records) AS d ON d.representative = f.row
"""

_ATOMS = """
SELECT row, atom, bit_or(bits) AS bits, bool_or(solo) AS solo
FROM ({kinds})
GROUP BY row, atom
"""

# A file whose compared fields make no key has pairs of equal records alone.
_NO_ATOMS = "SELECT 0 AS row, hash('') AS atom, 0 AS bits, false AS solo WHERE false"

# Words that differ by one letter share one of the forms left when a letter is taken away. A common
# word has many such neighbours and needs none: what it is mistyped in has rarer words.
_NEAR_WORDS = """
WITH words AS (
    SELECT k.key AS word, count(*) AS times
    FROM ({keys}) AS k
    WHERE length(k.key) BETWEEN 5 AND 30
    GROUP BY k.key
    HAVING count(*) < $most
), forms AS (
    SELECT word, times, word AS form FROM words
    UNION ALL
    SELECT word, times, left(word, i::INTEGER - 1) || substr(word, i::INTEGER + 1) AS form
    FROM (SELECT word, times, unnest(range(1, length(word) + 1)) AS i FROM words)
)
SELECT DISTINCT a.word AS a, b.word AS b
FROM forms AS a
JOIN forms AS b ON a.form = b.form AND a.word < b.word
WHERE a.times + b.times <= $most AND damerau_levenshtein(a.word, b.word) = 1
"""

_NEAR_ATOMS = """
SELECT k.row, hash({space}, n.a, n.b) AS atom, {bits}::INTEGER AS bits, {solo} AS solo
FROM ({keys}) AS k
JOIN (
    SELECT a, b, a AS word FROM {near}
    UNION ALL
    SELECT a, b, b AS word FROM {near}
) AS n ON n.word = k.key
"""

_MEMBERSHIPS = """
SELECT m.row, m.atom, m.bits, c.size, m.solo OR c.size <= $tiny AS solo
FROM {source} AS m
JOIN (
    SELECT atom, count(*) AS size
    FROM {source}
    GROUP BY atom
    HAVING count(*) BETWEEN 2 AND $largest
) AS c ON c.atom = m.atom
"""

_CAP = """
SELECT coalesce(max(size), 1)::BIGINT AS cap
FROM (
    SELECT size, sum(pairs) OVER (ORDER BY size) AS spent
    FROM (
        SELECT size, sum(size - 1) / 2.0 AS pairs
        FROM {memberships}
        WHERE solo
        GROUP BY size
    )
)
WHERE spent <= $budget
"""

_LARGE = """
SELECT row, atom, bits
FROM {memberships}
WHERE size > $cap OR NOT solo
QUALIFY row_number() OVER (PARTITION BY row ORDER BY solo AND size <= $full, size, atom) <= $most
"""

# Which records a share of the budget costs pairs. Keys that the whole budget leaves to be crossed
# are crossed before others, so that what it would make of them is there, or is a block too large:
# at the level of pairs of keys, as triples are made of those.
_LOST = "SELECT DISTINCT row FROM {memberships} WHERE solo AND size > $cap AND size <= $full"

_LEFT_OUT = """
SELECT row FROM distinct_records WHERE representative IN (SELECT row FROM ({lost}) AS parts)
ORDER BY row
"""

_CROSSED_TWO = """
SELECT a.row, hash(a.atom, b.atom) AS atom, a.bits | b.bits AS bits, true AS solo
FROM large_one AS a
JOIN large_one AS b ON a.row = b.row AND a.atom < b.atom
"""

# The triple of atoms a < b < c is made once, from the pair (a, b).
_CROSSED_THREE = """
SELECT ab.row, hash(ab.a, ab.b, c.atom) AS atom, ab.bits | c.bits AS bits, true AS solo
FROM (
    SELECT a.row, a.atom AS a, b.atom AS b, a.bits | b.bits AS bits
    FROM large_one AS a
    JOIN large_one AS b ON a.row = b.row AND a.atom < b.atom
    JOIN large_two AS ab ON ab.row = a.row AND ab.atom = hash(a.atom, b.atom)
) AS ab
JOIN large_one AS c ON c.row = ab.row AND c.atom > ab.b
"""

# Neighbours are those whose other values read alike.
_STRONG = """
SELECT m.row, m.atom, m.bits, t.text
FROM atoms AS m
JOIN (
    SELECT atom
    FROM atoms
    WHERE atom IN (SELECT atom FROM ({kinds}))
    GROUP BY atom
    HAVING count(*) > $cap
) AS s ON s.atom = m.atom
JOIN (SELECT row, concat_ws(' ', {columns}) AS text FROM compared) AS t ON t.row = m.row
"""

_NEIGHBOURS = """
SELECT least(row, other) AS l, greatest(row, other) AS r, bits
FROM (
    SELECT row, bits, lead(row, {distance}) OVER (PARTITION BY atom ORDER BY text, row) AS other
    FROM strong
)
WHERE other IS NOT NULL
"""

_PAIRS_OF_BLOCKS = """
SELECT
    a.row AS l,
    b.row AS r,
    CASE WHEN a.bits & b.bits = 0 THEN a.bits | b.bits ELSE a.bits & b.bits END AS bits
FROM {memberships} AS a
JOIN {memberships} AS b ON a.atom = b.atom AND a.row < b.row
WHERE a.solo AND b.solo AND a.size <= $cap AND b.size <= $cap
"""

_COLLAPSED = """
SELECT representative AS l, representative AS r, 0 AS bits
FROM distinct_records
GROUP BY representative
HAVING count(*) > 1
"""

_CANDIDATES = """
SELECT l, r, bit_or(bits)::INTEGER AS keys
FROM ({parts}) AS parts
LEFT JOIN origins AS a ON a.row = parts.l
LEFT JOIN origins AS b ON b.row = parts.r
WHERE l >= $first
    AND l < $after
    AND (a.origin IS NULL OR b.origin IS NULL OR a.origin <> b.origin)
GROUP BY l, r
ORDER BY l, r
"""

_BLOCKS = """
SELECT atom, bit_or(bits) AS bits, count(*) AS size
FROM atoms
GROUP BY atom
HAVING count(*) > 1 AND (bool_or(solo) OR count(*) <= $tiny)
"""

_CAPPED = "SELECT row, atom FROM atoms WHERE atom IN (SELECT atom FROM blocks WHERE size > $cap)"

_SPENT = """
WITH regained AS (
    SELECT a.atom, $step * count(*) AS pairs
    FROM sampled AS c
    JOIN capped AS a ON a.row = c.l
    JOIN capped AS b ON b.row = c.r AND b.atom = a.atom
    WHERE c.l < c.r
    GROUP BY a.atom
)
SELECT
    kinds.key,
    count(*) FILTER (WHERE blocks.size <= $cap) AS blocks,
    count(*) FILTER (WHERE blocks.size > $cap) AS capped_blocks,
    sum(blocks.size * (blocks.size - 1) // 2) FILTER (WHERE blocks.size > $cap) AS capped_pairs,
    sum(regained.pairs) AS regained_pairs
FROM (SELECT unnest(range(0, $kinds))::INTEGER AS key) AS kinds
JOIN blocks ON blocks.bits & (1 << kinds.key) <> 0
LEFT JOIN regained ON regained.atom = blocks.atom
GROUP BY kinds.key
"""

_BLOCKING = """
WITH kinds AS (
    SELECT unnest(range(0, len($names)))::INTEGER AS key, unnest($names) AS name
), shown AS (
    SELECT keys, count(*) AS pairs FROM candidates GROUP BY keys
), found AS (
    SELECT
        kinds.key,
        sum(shown.pairs) FILTER (WHERE shown.keys & (1 << kinds.key) <> 0) AS pairs,
        sum(shown.pairs) FILTER (WHERE shown.keys = 1 << kinds.key) AS alone,
        sum(shown.pairs * 1000 // greatest(bit_count(shown.keys), 1))
            FILTER (WHERE shown.keys & (1 << kinds.key) <> 0) // 1000 AS cost
    FROM kinds CROSS JOIN shown
    GROUP BY kinds.key
)
SELECT
    kinds.key,
    kinds.name,
    coalesce(spent.blocks, 0)::BIGINT AS blocks,
    coalesce(found.pairs, 0)::BIGINT AS pairs,
    coalesce(found.alone, 0)::BIGINT AS alone,
    coalesce(found.cost, 0)::BIGINT AS cost,
    coalesce(spent.capped_blocks, 0)::BIGINT AS capped_blocks,
    coalesce(spent.capped_pairs, 0)::BIGINT AS capped_pairs,
    greatest(coalesce(spent.capped_pairs, 0) - coalesce(spent.regained_pairs, 0), 0)::BIGINT
        AS lost_pairs,
    $cap::BIGINT AS cap
FROM kinds
LEFT JOIN found ON found.key = kinds.key
LEFT JOIN spent ON spent.key = kinds.key
ORDER BY kinds.key
"""


def _near_atoms(scope: Scope, keys: list[FileKey]) -> list[str]:
    """Find words one letter apart, per field, and return the queries of the keys they make."""
    queries = []
    for index, key in enumerate(keys):
        if meets_near(key.kind):
            near = f"near_{index}"
            scope.table(near, _NEAR_WORDS.format(keys=key.sql), {"most": MOST_NEAR})
            queries.append(
                _NEAR_ATOMS.format(
                    space=sql_text("near:" + key.field),
                    bits=1 << key.bit,
                    solo=key.solo,
                    keys=key.sql,
                    near=near,
                )
            )
    return queries


def _level(
    scope: Scope, name: str, *, source: str, largest: int, budget: float, share: int, crossed: bool
) -> int:
    """Make the pairs of one level of keys, and return the block size that `budget` allowed.

    Of the budget, `share` percent are spent. Leaves `pairs_<name>`, `large_<name>` for the next
    level unless this is the last, and `lost_<name>`, records whose blocks the whole budget might
    have paid for. What a level needed is dropped when it is done: levels do not add up in memory.
    """
    params = {"largest": largest, "tiny": TINY_BLOCK}
    scope.table(name, _MEMBERSHIPS.format(source=source), params)
    cap, full = (
        int(scope.fetch(_CAP.format(memberships=name), {"budget": spent})["cap"][0].as_py())
        for spent in (budget * share / 100, budget)
    )
    # What of crossed keys the whole budget would have paid for is not known here.
    most = cap if share == 100 else full if name == "one" else largest
    scope.table(f"lost_{name}", _LOST.format(memberships=name), {"cap": cap, "full": most})
    scope.table(f"pairs_{name}", _PAIRS_OF_BLOCKS.format(memberships=name), {"cap": cap})
    if crossed:
        large = _LARGE.format(memberships=name)
        told = {"cap": cap, "full": full if name == "one" else cap, "most": _MOST_CROSSED}
        scope.table(f"large_{name}", large, told)
    return cap


def _strong_pairs(scope: Scope, keys: list[FileKey], features: pa.Table, cap: int) -> list[str]:
    """Make and name the tables of pairs of neighbours in blocks of strong values past the cap."""
    strong = [key.atoms() for key in keys if key.kind.strong]
    if not strong:
        return []
    columns = ", ".join(
        f"{quote(name)}::VARCHAR" for name in features.column_names if name != "row"
    )
    kinds = " UNION ALL ".join(strong)
    scope.table("strong", _STRONG.format(kinds=kinds, columns=columns), {"cap": cap})
    near = [_NEIGHBOURS.format(distance=i + 1) for i in range(_NEIGHBOURS_EACH)]
    scope.table("pairs_strong", " UNION ALL ".join(near))
    scope.drop("strong")
    return ["pairs_strong"]


def _candidates(scope: Scope, tables: list[str], rows: int, passes: int) -> pa.Table:
    """Return every pair of `tables` once, sorted, with the keys that made it.

    Many keys make the same pair. Putting pairs together for some of the rows at a time takes less
    memory than all at once, and no longer.
    """
    parts = " UNION ALL ".join(f"SELECT l, r, bits FROM {table}" for table in tables)
    ends = [rows * done // passes for done in range(passes + 1)]
    pieces = (
        scope.fetch(_CANDIDATES.format(parts=parts), {"first": first, "after": after})
        for first, after in pairwise(ends)
    )
    return pa.concat_tables(pieces)


def block(
    engine: Engine,
    settings: BlockSettings,
    *,
    fields: pa.Table,
    features: pa.Table,
    distinct: pa.Table,
    origins: pa.Table,
) -> dict[str, pa.Table]:
    """Return `candidates`, the pairs worth comparing, and `blocking`, what each key cost and found.

    Pairs are over representatives; a representative that stands for several equal records also
    makes the pair with itself. Two records of one source in `origins` make none. In `left_out` are
    the records that lost pairs because no more than a share of them was to be made.
    """
    with engine.scope(features=features, distinct_records=distinct, origins=origins) as scope:
        scope.table("compared", _COMPARED)
        keys = file_keys(fields, features.column_names)
        names = list(dict.fromkeys(key.field for key in keys))[:KEY_BITS]
        records = scope.fetch("SELECT count(*) AS n FROM compared").column("n")[0].as_py()
        budget = float(_FREE_PAIRS + settings.pairs_per_record * records)
        one, two, three = (share * budget for share in _BUDGET_SHARES)
        largest = largest_block(records)

        kinds = [_NO_ATOMS, *(key.atoms() for key in keys), *_near_atoms(scope, keys)]
        scope.table("atoms", _ATOMS.format(kinds=" UNION ALL ".join(kinds)))
        level = partial(_level, scope, largest=largest, share=settings.share)
        cap = level("one", source="atoms", budget=one, crossed=True)
        scope.table("blocks", _BLOCKS, {"tiny": TINY_BLOCK})
        scope.table("capped", _CAPPED, {"cap": cap})
        scope.table("pairs_collapsed", _COLLAPSED)
        made = ["pairs_collapsed", *_strong_pairs(scope, keys, features, cap)]
        scope.drop("compared", "atoms", "one")
        scope.table("crossed", _CROSSED_TWO)
        level("two", source="crossed", budget=two, crossed=True)
        scope.drop("two")
        scope.table("crossed", _CROSSED_THREE)
        level("three", source="crossed", budget=three, crossed=False)
        scope.drop("three", "crossed", "large_one", "large_two")

        made += ["pairs_one", "pairs_two", "pairs_three"]
        passes = min(1 + int(budget) // _PASS_PAIRS, _MOST_PASSES)
        candidates = _candidates(scope, made, features.num_rows, passes)
        scope.add("candidates", candidates)
        step = candidates.num_rows // _SAMPLED + 1
        drawn = pa.array(range(0, candidates.num_rows, step), pa.int64())
        scope.add("sampled", candidates.take(drawn))
        lost = " UNION ALL ".join(
            f"SELECT row FROM lost_{name}" for name in ("one", "two", "three")
        )
        scope.table("spent", _SPENT, {"kinds": len(names), "cap": cap, "step": step})
        return {
            "candidates": candidates,
            "blocking": scope.fetch(_BLOCKING, {"names": names, "cap": cap}),
            "left_out": scope.fetch(_LEFT_OUT.format(lost=lost)),
        }
