"""Whether the interval of missed pairs holds what was missed, on every labelled set.

    python -m bench.accuracy.missed [--out FILE]

A true pair is missed where its two records are no candidate pair: equal records always are one.
Of a set that labels pairs, only labelled ones can be missed, so the estimate, which is of all, is
held against a number that is too small.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from bench.accuracy.sets import LabelledSet
from bench.accuracy.unseen import judged, unseen_runs
from keepone.runs import Run

_TRUE = """
SELECT a.representative AS a, b.representative AS b
FROM rows AS a
JOIN rows AS b ON a.entity = b.entity AND a.row < b.row
"""

_TRUE_BY_LABELS = """
SELECT a.representative AS a, b.representative AS b
FROM labelled AS t
JOIN rows AS a ON a.row = t.l
JOIN rows AS b ON b.row = t.r
WHERE t.is_match
"""

_MISSED = """
SELECT count(*), count(*) FILTER (WHERE c.l IS NULL)
FROM ({true}) AS t
LEFT JOIN candidates AS c ON c.l = least(t.a, t.b) AND c.r = greatest(t.a, t.b)
"""


def row_of(labelled: LabelledSet, run: Run) -> tuple[str, bool]:
    """Return a set's line of the table, and whether the interval held the truth."""
    with judged(labelled, run) as connection:
        true = _TRUE if labelled.kind == "clusters" else _TRUE_BY_LABELS
        counted = connection.execute(_MISSED.format(true=true)).fetchone()
        assert counted is not None
        told = connection.execute("SELECT pairs, low, high FROM missed WHERE part = 'all'")
        found = told.fetchone()
        assert found is not None
    pairs, missed = counted
    estimate, low, high = found
    held = low <= missed <= high
    figures = f"{pairs:,} | {missed:,} | {estimate:,} | {low:,} to {high:,}"
    return f"| {labelled.name} | {figures} | {'yes' if held else 'no'} |", held


def main() -> None:
    """Measure every set and print the table."""
    parser = argparse.ArgumentParser(description="Pairs that blocking missed, and the estimate.")
    parser.add_argument("--out", type=Path, help="also write the table here")
    options = parser.parse_args()
    lines = ["| set | true pairs | missed | estimate | 90 % interval | held |",
             "|---|---:|---:|---:|---:|---|"]  # fmt: skip
    with tempfile.TemporaryDirectory() as scratch:
        rows = [row_of(labelled, run) for labelled, run in unseen_runs(Path(scratch))]
    lines += [row for row, _ in rows]
    lines += ["", f"Held: {sum(held for _, held in rows)} of {len(rows)}."]
    table = "\n".join(lines) + "\n"
    sys.stdout.write(table)
    if options.out:
        options.out.write_text(table, encoding="utf-8")


if __name__ == "__main__":
    main()
