"""Pairs as they would be if equal records were not one, counted against listing them all."""

from __future__ import annotations

from itertools import combinations

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from keepone.counts import uncollapsed_pairs


@settings(max_examples=50)
@given(st.data())
def test_every_two_records_whose_representatives_are_a_pair_are_counted(
    data: st.DataObject,
) -> None:
    classes = data.draw(st.lists(st.integers(0, 6), min_size=1, max_size=14))
    representative = [classes.index(each) for each in classes]
    repeated = {row for row in representative if representative.count(row) > 1}
    possible = sorted(combinations(sorted(set(representative)), 2))
    chosen = data.draw(st.sets(st.sampled_from(possible))) if possible else set()
    candidates = sorted({*chosen, *((row, row) for row in repeated)})
    columns = {
        ("distinct", "representative"): representative,
        ("candidates", "l"): [left for left, _ in candidates],
        ("candidates", "r"): [right for _, right in candidates],
    }
    counted = uncollapsed_pairs(
        lambda *name: pa.chunked_array([pa.array(columns[name], pa.int32())])
    )
    wanted = {
        (a, b)
        for a, b in combinations(range(len(classes)), 2)
        if tuple(sorted((representative[a], representative[b]))) in candidates
    }
    assert counted == len(wanted)
