"""What a reader gives: sources, the sheets in them, and the rows that are no records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pyarrow as pa

from keepone.errors import InternalError
from keepone.shelf import MEMORY, Shelf

RAW_LENGTH = 2_000


@dataclass(frozen=True, slots=True)
class Reject:
    """One input row that is no record: where it stands (1-based), a code, and what to do."""

    source_row: int
    code: str
    message: str
    raw: str
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of a source, every cell as text.

    `cells` holds the accepted rows in the order they came, one string column per header; empty
    cells are null, all others are as they came. `source_rows` (int64) are their 1-based lines.
    Every row read is in `cells` or in `rejects`; a sheet that loses one cannot be made.
    """

    label: str
    header: tuple[str, ...]
    cells: pa.Table
    source_rows: pa.ChunkedArray
    rejects: tuple[Reject, ...]
    rows_read: int

    def __post_init__(self) -> None:
        if self.cells.num_rows + len(self.rejects) != self.rows_read:
            message = (
                f"{self.label}: {self.rows_read} rows read, but {self.cells.num_rows} records"
                f" and {len(self.rejects)} rejects came of them"
            )
            raise InternalError(message)


@dataclass(slots=True)
class Source:
    """One input: a file, or a table in memory.

    `name` is unique among a run's sources, `sha256` the digest of the input's bytes and `size`
    their number. `read()` gives the sheets and fills in `rows` (rows read; None before) and
    `notes` (what a person should know of the reading, one sentence each). Reading again starts
    over and gives the same; nothing read is kept.
    """

    name: str
    sha256: str
    size: int
    reader: Callable[[list[str], Shelf], tuple[Sheet, ...]] = field(repr=False)
    rows: int | None = None
    notes: list[str] = field(default_factory=list)

    def read(self, shelf: Shelf = MEMORY) -> tuple[Sheet, ...]:
        """Read the whole source; `shelf` keeps the cells.

        Raises `InputError` where it is damaged, of an unknown kind, or without columns.
        """
        self.notes.clear()
        sheets = self.reader(self.notes, shelf)
        self.rows = sum(sheet.rows_read for sheet in sheets)
        return sheets
