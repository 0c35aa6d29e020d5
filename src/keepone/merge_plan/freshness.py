"""What changed between two exports of the same accounts, and between two of their children."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from keepone.merge_plan.accounts import Accounts
from keepone.merge_plan.before import Before, touched_records
from keepone.merge_plan.document import Plan

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
    plan: Plan, before: Before, fresh: Accounts, children: pa.Table | None
) -> list[Change]:
    """Return what changed about the records of a plan since the images were taken.

    That is their cells and, of records that go, what other accounts and, with `children`, child
    records point to them: a merge would move what is new as well, and the way back would not know
    it. Of children those kinds are compared that both have.
    """
    touched = touched_records(plan)
    found = _changed_cells(before, touched, fresh)
    going = [record for group in plan.groups for record in group.losers]
    going += [deletion.record_id for deletion in plan.deletions]
    _find_pointers(before, going, fresh, found)
    if children is not None:
        for target, what in _changed_children(before.children, children, set(going)).items():
            found.setdefault(target, Change(target, what))
    return [found[record] for record in touched if record in found]


def _changed_cells(before: Before, touched: list[str], fresh: Accounts) -> dict[str, Change]:
    wanted = pc.is_in(before.table.column("record_id"), value_set=pa.array(touched, pa.string()))
    here = before.table.filter(wanted)
    cells = {header: here.column(f"c{at:03d}") for at, header in enumerate(before.headers)}
    return changed_accounts(here.column("record_id").combine_chunks(), cells, fresh)


def _find_pointers(
    before: Before, going: list[str], fresh: Accounts, found: dict[str, Change]
) -> None:
    """Find accounts that point to a record that goes, and did not before."""
    place = {record: at for at, record in enumerate(before.ids)}
    meant = before.meant()
    targets = pa.array(going, pa.string())
    for header, now in fresh.pointers.items():
        was = meant.get(header, [None] * len(before.ids))
        pointing = pc.is_in(now, value_set=targets, skip_nulls=True)
        for record, target in zip(
            fresh.ids.filter(pointing).to_pylist(), now.filter(pointing).to_pylist(), strict=True
        ):
            if record not in place or was[place[record]] != target:
                found.setdefault(target, Change(target, f"{record} points to it now"))


def _changed_children(was: pa.Table, now: pa.Table, going: set[str]) -> dict[str, str]:
    """Return by account what children it has gained or lost."""
    both = set(was.column("kind").to_pylist()) & set(now.column("kind").to_pylist())
    before, after = _pointers(was, going, both), _pointers(now, going, both)
    found: dict[str, str] = {}
    for pointer in sorted(before ^ after):
        child, _, _, parent = pointer
        what = "is new" if pointer in after else "has gone"
        found.setdefault(parent, f"the child {child} {what}")
    return found


def _pointers(
    children: pa.Table, going: set[str], kinds: set[str]
) -> set[tuple[str, str, str, str]]:
    names = ("child_id", "kind", "column", "parent_id")
    columns = (children.column(name).to_pylist() for name in names)
    return {row for row in zip(*columns, strict=True) if row[3] in going and row[1] in kinds}
