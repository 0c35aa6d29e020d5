"""What a reader has gathered so far of one sheet."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import InitVar, dataclass, field, replace

import pyarrow as pa

from keepone.readers.cells import row_text, split_faulty
from keepone.readers.footers import TAIL, Row, footer_rows
from keepone.readers.source import Reject, Sheet
from keepone.shelf import Shelf, Sink

_FOOTER = "the row is part of the report's footer (totals, notices), not a record; nothing is lost"


@dataclass(slots=True)
class Gathered:
    """Rows in the order they came: good ones on a shelf, faulty ones as rejects.

    Readers `count` what they see apart from handing it in, so that `Sheet` can prove that nothing
    got lost. `damage` tells that U+FFFD marks what could not be decoded.
    """

    label: str
    header: tuple[str, ...]
    max_cell: int
    shelf: InitVar[Shelf]
    damage: bool = False
    _rows_read: int = 0
    _cells: Sink = field(init=False)
    _numbers: list[pa.Array] = field(default_factory=list)
    _rejects: list[Reject] = field(default_factory=list)
    _last_ragged: deque[Row] = field(default_factory=lambda: deque(maxlen=TAIL))

    def __post_init__(self, shelf: Shelf) -> None:
        self._cells = shelf.sink(pa.schema([(name, pa.string()) for name in self.header]))

    def count(self, rows: int) -> None:
        """Note that so many rows were seen."""
        self._rows_read += rows

    def add(self, table: pa.Table, numbers: pa.Array) -> None:
        """Hand in rows that have a cell for each header, with their 1-based lines."""
        table = table.rename_columns(list(self.header))
        good, numbers, rejects = split_faulty(
            table, numbers, max_cell=self.max_cell, damage=self.damage
        )
        self._rejects += rejects
        if good.num_rows:
            self._cells.add(good)
            self._numbers.append(numbers)

    def reject(self, reject: Reject) -> None:
        """Hand in a row that is no record."""
        self._rejects.append(reject)

    def reject_ragged(self, reject: Reject, cells: Sequence[str | None]) -> None:
        """Hand in a row with the wrong number of cells; it may turn out to be a footer."""
        self._rejects.append(reject)
        self._last_ragged.append(Row(reject.source_row, tuple(cells), accepted=False))

    def sheet(self) -> Sheet:
        """Return all of it, the report's footer told apart."""
        numbers = pa.chunked_array(self._numbers, pa.int64())
        cells, numbers, rejects = self._without_footer(self._cells.table(), numbers)
        rejects.sort(key=lambda reject: reject.source_row)
        return Sheet(self.label, self.header, cells, numbers, tuple(rejects), self._rows_read)

    def _without_footer(
        self, cells: pa.Table, numbers: pa.ChunkedArray
    ) -> tuple[pa.Table, pa.ChunkedArray, list[Reject]]:
        start = max(0, cells.num_rows - TAIL)
        tail = [
            Row(number, tuple(row.values()), accepted=True)
            for number, row in zip(
                numbers[start:].to_pylist(), cells.slice(start).to_pylist(), strict=True
            )
        ]
        footer = footer_rows([*tail, *self._last_ragged], width=len(self.header))
        if not footer:
            return cells, numbers, list(self._rejects)
        rejects = [
            replace(reject, code="report_footer", message=_FOOTER)
            if reject.source_row in footer and reject.code == "ragged_row"
            else reject
            for reject in self._rejects
        ]
        swept = [row for row in tail if row.number in footer]
        rejects += [
            Reject(row.number, "report_footer", _FOOTER, row_text(row.cells)) for row in swept
        ]
        # Below a footer stands nothing but footer: what was swept is the end of the table.
        left = cells.num_rows - len(swept)
        return cells.slice(0, left), numbers.slice(0, left), rejects
