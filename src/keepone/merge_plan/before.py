"""Before-images: the export as it was, as far as the plan or its proof looks at it.

It stands in the plan's folder, so that the plan can be verified and taken back without the run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from keepone.children import CHILDREN
from keepone.errors import InputError
from keepone.merge_plan.accounts import Accounts, Row
from keepone.merge_plan.document import Plan

FOLDER = "before"
_RECORDS, _CHILDREN = "records.parquet", "children.parquet"


@dataclass(frozen=True)
class Before:
    """Records as they were.

    `table` has `record_id`, a column `cNNN` per header of the export and a column `pNNN` per column
    that points, with the record that it points to. `children` are the pointers of child exports to
    these records.
    """

    table: pa.Table
    headers: tuple[str, ...]
    pointers: tuple[str, ...]
    children: pa.Table

    @cached_property
    def ids(self) -> list[str]:
        """The records, in order."""
        found: list[str] = self.table.column("record_id").to_pylist()
        return found

    def rows(self) -> dict[str, Row]:
        """Return the cells of each record, in the order of `headers`."""
        columns = [self.table.column(f"c{at:03d}").to_pylist() for at in range(len(self.headers))]
        rows = zip(*columns, strict=True) if columns else ([] for _ in self.ids)
        return {record: list(row) for record, row in zip(self.ids, rows, strict=True)}

    def meant(self) -> Mapping[str, list[str | None]]:
        """Return, by pointing column, the record that each record points to."""
        return {
            header: self.table.column(f"p{at:03d}").to_pylist()
            for at, header in enumerate(self.pointers)
        }

    def write(self, folder: Path) -> None:
        """Write the images into `folder`."""
        folder.mkdir()
        pq.write_table(self.table, folder / _RECORDS, compression="zstd")
        pq.write_table(self.children, folder / _CHILDREN, compression="zstd")


def take_before(accounts: Accounts, children: pa.Table, touched: Iterable[str]) -> Before:
    """Return the images of the touched records, of all that point, and of what both point to."""
    columns: dict[str, pa.Array | pa.ChunkedArray] = {"record_id": accounts.ids}
    for at, header in enumerate(accounts.headers):
        columns[f"c{at:03d}"] = accounts.cells.column(header)
    wanted = set(touched)
    # A circle of parents can close far from what is merged, and unique values can be held there.
    for at, meant in enumerate(accounts.pointers.values()):
        columns[f"p{at:03d}"] = meant
        wanted.update(accounts.ids.filter(pc.is_valid(meant)).to_pylist())
        wanted.update(meant.drop_null().to_pylist())
    here = pc.is_in(accounts.ids, value_set=pa.array(sorted(wanted), pa.string()))
    touching = pc.is_in(
        children.column("parent_id"), value_set=pa.array(sorted(wanted), pa.string())
    )
    return Before(
        pa.table(columns).filter(here).combine_chunks(),
        tuple(accounts.headers),
        tuple(accounts.pointers),
        children.filter(touching).combine_chunks(),
    )


def read_before(folder: Path, plan: Plan) -> Before:
    """Return the images that stand in a plan's folder; `InputError` where they are damaged."""
    try:
        table = pq.read_table(folder / FOLDER / _RECORDS)
        children = pq.read_table(folder / FOLDER / _CHILDREN).cast(CHILDREN)
    except (OSError, pa.ArrowException) as error:
        message = f"{folder / FOLDER} cannot be read: {error}"
        raise InputError(message, hint="Make the plan again.") from error
    return Before(table, tuple(plan.columns), tuple(plan.pointers), children)


def touched_records(plan: Plan) -> list[str]:
    """Return the records that a plan merges, keeps as masters, or deletes, each once."""
    records = [record for group in plan.groups for record in (group.master, *group.losers)]
    return [*records, *(deletion.record_id for deletion in plan.deletions)]
