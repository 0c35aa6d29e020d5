"""Golden records side by side: one line a group, every field with its value and its story."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keepone.ids import golden_names
from keepone.kernels.encoding import Longs
from keepone.kernels.roster import NONE, at_places
from keepone.rules.golden import Part
from keepone.shelf import cells_at, whole

# What stands between two values that lost.
_BETWEEN = " | "


class GoldenSource:
    """What golden records are put together from: the records, and the table `golden`.

    `parts` are the fields that there are, in the order in which they are shown.
    """

    def __init__(
        self, records: pa.Table, inputs: pa.Table, golden: pa.Table, parts: Sequence[Part]
    ) -> None:
        self._ids = whole(records.column("record_id"))
        self._inputs, self._golden, self._parts = inputs, golden, parts
        self._groups = golden.column("group").to_numpy()
        names = golden_names([part.header for part in parts])
        shown = [name for name, *_ in names] + [name for _, *told in names for name in told]
        self.schema = pa.schema([(name, pa.string()) for name in shown])

    def records_of(self, primaries: pa.Table) -> pa.Table:
        """Return the golden records of some groups, given by the lines of their primaries.

        The groups follow each other in the table `golden`, which is sorted by them.
        """
        groups = primaries.column("group").to_numpy()
        kept = primaries.column("row").to_numpy().astype(np.int64)
        alone = primaries.column("size").to_numpy() == 1
        begin, end = np.searchsorted(self._groups, [groups[0], groups[-1] + 1])
        lines = self._golden.slice(begin, end - begin).combine_chunks()
        at = np.searchsorted(groups, lines.column("group").to_numpy())
        columns = whole(lines.column("column")).dictionary_encode()
        codes = columns.indices.to_numpy()
        lost = _joined(whole(lines.column("beaten")))
        values: list[pa.Array] = []
        told: list[pa.Array] = []
        for part in self._parts:
            code = columns.dictionary.index(part.column).as_py()
            mine = np.flatnonzero(codes == code)
            line = np.full(len(groups), NONE, dtype=np.int64)
            line[at[mine]] = mine
            picked = pa.array(line, mask=line < 0)
            source = pc.fill_null(lines.column("source"), NONE).to_numpy().astype(np.int64)
            given = at_places(source, line)
            text = self._cells(part, np.where(alone, kept, given))
            values.append(pc.coalesce(text, whole(lines.column("value")).take(picked)))
            told += [
                self._ids.take(pa.array(given, mask=given < 0)),
                whole(lines.column("strategy")).take(picked),
                lost.take(picked),
            ]
        return pa.Table.from_arrays([*values, *told], schema=self.schema)

    def _cells(self, part: Part, rows: Longs) -> pa.Array:
        """Return a part's cells as they came, null where a row is none."""
        somewhere = np.maximum(rows, 0)
        cells = [cells_at(self._inputs.column(column), somewhere) for column in part.columns]
        text = cells[0] if len(cells) == 1 else pc.coalesce(*cells)
        return pc.if_else(pa.array(rows >= 0), text, pa.scalar(None, pa.string()))


def _joined(beaten: pa.Array) -> pa.Array:
    """Return the values that lost as one text, null where there are none."""
    texts = pa.ListArray.from_arrays(beaten.offsets, beaten.values.field("value"))
    joined = pc.binary_join(texts, _BETWEEN)
    return pc.if_else(pc.equal(joined, ""), pa.scalar(None, pa.string()), joined)
