"""Groups side by side with their primaries: which cells of a record differ from its primary's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

SAME, DIFFERS, GAINS = 0, 1, 2
"""A cell agrees with the primary's or is empty; differs; has a value where the primary has none."""

Marked = tuple[pa.Table, npt.NDArray[np.bool_]]
"""Rows of review_ready, and which of them are wanted."""


def whole_groups(batches: Iterable[Marked]) -> Iterator[Marked]:
    """Give the same rows cut between groups, the primary of each group first."""
    held: list[Marked] = []
    for table, wanted in batches:
        if not table.num_rows:
            continue
        begins = _begins(table)
        last = int(begins[-1])
        groups = table.column("group_id")
        if held and held[-1][0].column("group_id")[-1] != groups[0]:
            yield _primaries_first(held)
            held = []
        if last:
            held.append((table.slice(0, last), wanted[:last]))
            yield _primaries_first(held)
            held = []
        held.append((table.slice(last), wanted[last:]))
    if held:
        yield _primaries_first(held)


def states(table: pa.Table, columns: Sequence[str | None]) -> npt.NDArray[np.uint8]:
    """Return a row of states a record, one for each of these columns; None is always `SAME`.

    The table holds whole groups, the primary of each first.
    """
    begins = _begins(table)
    sizes = np.diff(np.append(begins, table.num_rows))
    primaries = pa.array(np.repeat(begins, sizes))
    found = np.zeros((table.num_rows, len(columns)), dtype=np.uint8)
    for place, name in enumerate(columns):
        if name is None:
            continue
        own = table.column(name)
        primary = own.take(primaries)
        differs = pc.fill_null(pc.not_equal(own, primary), fill_value=False)
        gains = pc.and_(pc.is_valid(own), pc.is_null(primary))
        found[differs.to_numpy(), place] = DIFFERS
        found[gains.to_numpy(), place] = GAINS
    return found


def _begins(table: pa.Table) -> npt.NDArray[np.int64]:
    """Return where groups begin in rows that are sorted by group."""
    groups = table.column("group_id").combine_chunks()
    changes = pc.not_equal(groups.slice(1), groups.slice(0, max(len(groups) - 1, 0)))
    return np.concatenate([[0], np.flatnonzero(changes.to_numpy(zero_copy_only=False)) + 1])


def _primaries_first(held: Sequence[Marked]) -> Marked:
    table = pa.concat_tables([rows for rows, _ in held])
    wanted = np.concatenate([mask for _, mask in held])
    begins = _begins(table)
    group = np.repeat(np.arange(len(begins)), np.diff(np.append(begins, table.num_rows)))
    order = np.lexsort((~table.column("is_primary").to_numpy(), group))
    return table.take(pa.array(order)), wanted[order]
