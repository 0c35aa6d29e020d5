"""What changed between two exports of the same accounts, and between two of their children."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from keepone.merge_plan.accounts import Accounts
from keepone.merge_plan.before import Before

GONE = "is not in the fresh export"


@dataclass(frozen=True, slots=True)
class Change:
    """One record that is not as it was, with what is different."""

    record_id: str
    what: str


def changed_accounts(
    ids: pa.Array, cells: Mapping[str, pa.ChunkedArray], fresh: Accounts
) -> dict[str, Change]:
    """Return the records whose cells differ in a column that both exports have, or that are gone.

    `ids` and `cells` are the export before.
    """
    there = pc.index_in(ids, value_set=fresh.ids)
    found: dict[str, Change] = {}
    columns: dict[str, list[str]] = {}
    for header, column in cells.items():
        if header not in fresh.cells.column_names:
            continue
        now = fresh.cells.column(header).combine_chunks().take(there)
        was = column.combine_chunks()
        both = pc.fill_null(pc.not_equal(was, now), fill_value=False)
        differs = pc.or_(both, pc.not_equal(was.is_null(), now.is_null()))
        for record in ids.filter(pc.and_(differs, there.is_valid())).to_pylist():
            columns.setdefault(record, []).append(header)
    for record in ids.filter(there.is_null()).to_pylist():
        found[record] = Change(record, GONE)
    for record, headers in columns.items():
        found[record] = Change(record, f"differs in {', '.join(headers)}")
    return found


def changes_since(
    before: Before, touched: Iterable[str], fresh: Accounts, children: pa.Table | None
) -> list[Change]:
    """Return what changed about the touched records since the images were taken.

    That is their cells, what other accounts point to them, and, with `children`, which child
    records do: a merge would move what is new as well, and the way back would not know it.
    """
    records = list(touched)
    wanted = pa.array(records, pa.string())
    here = before.table.filter(pc.is_in(before.table.column("record_id"), value_set=wanted))
    cells = {header: here.column(f"c{at:03d}") for at, header in enumerate(before.headers)}
    ids = here.column("record_id").combine_chunks()
    found = changed_accounts(ids, cells, fresh)
    kept = {record: place for place, record in enumerate(before.ids)}
    for header, meant in fresh.pointers.items():
        was = before.meant().get(header)
        pointing = pc.and_(meant.is_valid(), pc.is_in(meant, value_set=wanted))
        for record, target in zip(
            fresh.ids.filter(pointing).to_pylist(), meant.filter(pointing).to_pylist(), strict=True
        ):
            place = kept.get(record)
            if place is None or was is None or was[place] != target:
                found.setdefault(target, Change(target, f"{record} points to it now"))
    if children is not None:
        for target, what in _changed_children(before.children, children, set(records)).items():
            found.setdefault(target, Change(target, what))
    return [found[record] for record in records if record in found]


def _changed_children(was: pa.Table, now: pa.Table, touched: set[str]) -> dict[str, str]:
    """Return by account what children it has gained or lost."""
    before, after = _pointers(was, touched), _pointers(now, touched)
    found: dict[str, str] = {}
    for pointer in sorted(before ^ after):
        child, _, parent = pointer
        what = "is new" if pointer in after else "has gone"
        found.setdefault(parent, f"the child {child} {what}")
    return found


def _pointers(children: pa.Table, touched: set[str]) -> set[tuple[str, str, str]]:
    columns = (children.column(name).to_pylist() for name in ("child_id", "column", "parent_id"))
    return {row for row in zip(*columns, strict=True) if row[2] in touched}
